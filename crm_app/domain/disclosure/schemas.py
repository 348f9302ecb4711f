"""What may be read, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crm_app.domain.interactions.models import Kind

SHOWN: Any = ConfigDict(frozen=True)
LONGEST_SOURCE = 4_000


class SourceKind(StrEnum):
    """What a source is a record of. ``entry`` is one of the timeline, also of a mail or a meeting that came by itself; ``document`` a file of a contact."""

    CONTACT = "contact"
    ENTRY = "entry"
    EVENT = "event"
    TASK = "task"
    GOAL = "goal"
    PROGRAMME = "programme"
    DOCUMENT = "document"


class SensitiveField(StrEnum):
    """What stands apart of a contact, and is read by AI only where the team says so and the contact agrees to health notes."""

    HEALTH_GOALS = "health_goals"
    EMERGENCY_CONTACT = "emergency_contact"
    PRIVATE_NOTES = "private_notes"


class Ref(NamedTuple):
    """Which record."""

    kind: SourceKind
    id: UUID


class Source(BaseModel):
    """One record as a model may be told of it. ``text`` is plain, and at most ``LONGEST_SOURCE`` characters (``cut`` says when there was more).

    It is what people wrote, strangers among them: ``crm_app.ai.hygiene`` puts it into a prompt. ``when`` is when it happened, or is due;
    ``what`` is an entry's kind or a task's status. ``contact_ids`` are all whom it is about: each of them agrees to AI.
    """

    model_config = SHOWN

    kind: SourceKind
    id: UUID
    title: str
    when: datetime | None
    text: str
    contact_ids: frozenset[UUID]
    what: str = ""
    cut: bool = False

    @property
    def ref(self) -> Ref:
        """Which record this is."""
        return Ref(self.kind, self.id)


def people_of(sources: Iterable[Source]) -> frozenset[UUID]:
    """All whom these sources are about: what an ``Ask`` that tells of them names in ``contact_ids``."""
    return frozenset(contact_id for source in sources for contact_id in source.contact_ids)


class DossierWish(BaseModel):
    """How much of a contact is wanted: at most ``most`` sources and ``most_characters`` of them in all; what was written has
    the first claim to that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[SourceKind] = frozenset(SourceKind)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    most: int = Field(default=60, ge=1, le=200)
    most_characters: int = Field(default=24_000, ge=500, le=100_000)


class Dossier(BaseModel):
    """What AI may know of one contact. ``facts`` is the contact itself, ``sources`` everything else: what was written of them first, the newest first, what stands
    for them, and at the end the next few events. ``more``: there is more than was wanted.
    """

    model_config = SHOWN

    contact_id: UUID
    name: str
    facts: Source
    sources: tuple[Source, ...]
    more: bool

    @property
    def everything(self) -> tuple[Source, ...]:
        """The facts first, then the sources."""
        return (self.facts, *self.sources)


class SourceFilter(BaseModel):
    """Which sources are looked for, whomever they are about. ``since`` is inclusive, ``until`` is not.

    ``words`` must all be there, the last one may go on. ``contact_ids``: about one of these. ``entry_kinds`` narrows entries alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: str = Field(default="", max_length=200)
    contact_ids: tuple[UUID, ...] = Field(default=(), max_length=200)
    kinds: frozenset[SourceKind] = frozenset(SourceKind) - {SourceKind.CONTACT}
    entry_kinds: frozenset[Kind] = frozenset()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(default=20, ge=1, le=200)


class Identity(BaseModel):
    """By what somebody is known: whole names and their parts, and ways to reach them."""

    model_config = SHOWN

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class ReachView(BaseModel):
    """Which of the fields that stand apart AI may read in this team."""

    model_config = SHOWN

    fields: frozenset[SensitiveField]
    may_change: bool
