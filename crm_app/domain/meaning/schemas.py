"""What is asked by its meaning, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.entry_access import Names
from crm_app.domain.meaning.passages import Span


class HitKind(StrEnum):
    """Where what was found is written."""

    ENTRY = "entry"
    MAIL = "mail"


class FoundBy(StrEnum):
    """How it was found: the words stand in it, something like it does, or both."""

    WORDS = "words"
    MEANING = "meaning"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. ``vector`` is what it means to ``model``, of length one; without one only its words are looked for."""

    text: str
    model: str = ""
    vector: tuple[float, ...] = ()


class MeaningHit(BaseModel):
    """An entry (``id`` is the entry's) or a mail (the mail's, of the thread ``thread_id``) that fits, with the passage that does.

    ``entry_id`` is the entry on the timeline: of an entry itself, of a mail the one that stands for it, where one does.

    ``near`` is how near its meaning is, 1 for the same, 0 for no nearer than any two texts, None where only its words were found.
    ``contacts`` are the live ones that the asker sees, never none. ``kind_of_entry`` is the timeline's word for an entry ("note"), empty for a mail.
    """

    model_config = ConfigDict(frozen=True)

    kind: HitKind
    id: UUID
    thread_id: UUID | None = None
    entry_id: UUID | None = None
    kind_of_entry: str = ""
    title: str
    said: str
    occurred_at: datetime
    contacts: Names
    found_by: FoundBy
    near: float | None = None


class MeaningState(BaseModel):
    """Whose vectors are kept; no model while search by meaning is off."""

    model_config = ConfigDict(frozen=True)

    model: str
    local: bool


@dataclass(frozen=True, slots=True)
class DueText:
    """A text of one's own that is to be read for its meaning. ``title`` goes before each passage, since a passage may not say what it is about."""

    source_id: UUID
    title: str
    text: str
    spans: tuple[Span, ...]

    def passages(self) -> tuple[str, ...]:
        """What a model is to read, one for each span."""
        return tuple(f"{self.title}\n{said}" if self.title else said for said in (self.text[span.begins : span.ends].strip() for span in self.spans))


@dataclass(frozen=True, slots=True)
class ReadText:
    """The same once it was read: one vector of length one for each of its spans."""

    due: DueText
    vectors: tuple[tuple[float, ...], ...]
