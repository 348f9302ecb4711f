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
    DOCUMENT = "document"


class FoundBy(StrEnum):
    """How it was found: the words stand in it, something like it does, or both."""

    WORDS = "words"
    MEANING = "meaning"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. ``vector`` is what it means to ``model``, of length one; without one only its words are looked for.

    ``trouble`` is the sentence that says why there is none although search by meaning is on.
    """

    text: str
    model: str = ""
    vector: tuple[float, ...] = ()
    trouble: str = ""


class MeaningHit(BaseModel):
    """An entry (``id`` is the entry's), a mail (the mail's, of the thread ``thread_id``) or a document (its own) that fits, with the passage that does.

    ``entry_id`` is the entry on the timeline: of an entry itself, of a mail the one that stands for it, where one does.

    ``near`` is how near its meaning is, 1 for the same, 0 for no nearer than any two texts, None where only its words were found.
    ``contacts`` are the live ones that the asker sees, never none. ``kind_of_entry`` is the timeline's word for an entry ("note"), empty for a mail and a document.
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


class ChosenModel(BaseModel):
    """A model of a provider that the team has given search by meaning to. ``key`` names what its vectors can be compared with.

    ``payer`` is the owner of the team, whose it is to pay for what is read of nobody.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    model_id: UUID
    key: str
    context_tokens: int
    payer: UUID | None


class MeaningState(BaseModel):
    """Whose vectors are kept, and how many numbers these have; no model while search by meaning is off.

    ``local``: it reads in this process, and nothing is sent. ``chosen`` is whom the team wants to read, None for this machine.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    local: bool
    width: int = 0
    chosen: ChosenModel | None = None


class MeaningProgress(BaseModel):
    """How far the reading has come, over everybody's texts: of ``texts`` so many are ``waiting`` to be looked at, and ``passages`` are known.

    ``pending``: another model has been chosen, and nothing was read by it yet. ``paused`` says in a word why nothing is read just now, ``paused_until``
    when it is tried again.
    """

    model_config = ConfigDict(frozen=True)

    texts: int
    waiting: int
    passages: int
    pending: bool
    paused: str
    paused_until: datetime | None


class ReadingEstimate(BaseModel):
    """What a model elsewhere would be sent for all texts to be known by their meaning: so many texts, of so many letters.

    ``tokens_a_second``: what was measured of late with the model in question; None where it has read nothing yet.
    """

    model_config = ConfigDict(frozen=True)

    texts: int
    letters: int
    tokens_a_second: float | None = None


@dataclass(frozen=True, slots=True)
class DueText:
    """A text of one's own that is to be read for its meaning. ``title`` goes before each passage, since a passage may not say what it is about.

    ``contact_ids`` are all of whom it speaks.
    """

    source_id: UUID
    title: str
    text: str
    spans: tuple[Span, ...]
    contact_ids: frozenset[UUID] = frozenset()

    @property
    def unread(self) -> ReadText:
        """The same as known by its words alone, until something in it changes."""
        return ReadText(DueText(self.source_id, self.title, self.text, ()), ())

    def passages(self) -> tuple[str, ...]:
        """What a model is to read, one for each span."""
        return tuple(f"{self.title}\n{said}" if self.title else said for said in (self.text[span.begins : span.ends].strip() for span in self.spans))


@dataclass(frozen=True, slots=True)
class ReadText:
    """The same once it was read: one vector of length one for each of its spans."""

    due: DueText
    vectors: tuple[tuple[float, ...], ...]
