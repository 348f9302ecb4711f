"""What is suggested, what a person sees of it, and what they decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from crm_app.domain.disclosure.schemas import SourceKind
from crm_app.domain.editing import Line, Prose
from crm_app.domain.suggestions.models import Kind, State

FORM = ConfigDict(extra="forbid", frozen=True)


class SourceRef(BaseModel):
    """A row that something was drawn from. An entry may be named by what its address says, ``interaction``."""

    model_config = FORM

    kind: Annotated[SourceKind, BeforeValidator(lambda kind: SourceKind.ENTRY if kind == "interaction" else kind)]
    id: UUID


class ProposalCreate(BaseModel):
    """A change that is suggested to the actor. ``payload`` is the form of its kind (``payloads.py``), as JSON would hold it.

    ``task_id``: the task whose work this is. ``unasked``: nobody has just asked for it, so it does not come again once it was rejected, and its
    person is told.
    """

    model_config = FORM

    kind: Kind
    payload: dict[str, Any]
    rationale: Prose = Field(default="", max_length=1_000)
    sources: tuple[SourceRef, ...] = Field(default=(), max_length=20)
    task_id: UUID | None = None
    call_id: UUID | None = None
    unasked: bool = False


class Approval(BaseModel):
    """A person's yes to what they saw: ``standing`` is the view's own. ``payload`` is what they made of it; None takes it as it is."""

    model_config = FORM

    standing: str = Field(max_length=64)
    payload: dict[str, Any] | None = None


class Approvals(BaseModel):
    """Several at once, by their ids, each with the ``standing`` that was seen."""

    model_config = FORM

    seen: dict[UUID, str] = Field(min_length=1, max_length=50)


class Rejections(BaseModel):
    """Several that are decided against at once, by their ids, for one reason."""

    model_config = FORM

    ids: frozenset[UUID] = Field(min_length=1, max_length=50)
    reason: Line = Field(default="", max_length=500)


class Undoing(BaseModel):
    """Several whose decision is taken back at once, by their ids."""

    model_config = FORM

    ids: frozenset[UUID] = Field(min_length=1, max_length=50)


class Revision(BaseModel):
    """What a person made of it, kept until they decide. ``version`` is the one that was read."""

    model_config = FORM

    version: int
    payload: dict[str, Any]


class Rejection(BaseModel):
    """A person's no, with their reason if they like."""

    model_config = FORM

    reason: Line = Field(default="", max_length=500)


class Snooze(BaseModel):
    """Not now: it comes back at this time; with None it is back at once."""

    model_config = FORM

    until: AwareDatetime | None


class SuggestionFilter(BaseModel):
    """Which suggestions a list shows, the latest first. Those that were put off are left out of what is pending unless ``snoozed``; with ``put_off``
    they alone are shown."""

    model_config = FORM

    state: State = State.PENDING
    snoozed: bool = False
    put_off: bool = False
    contact_id: UUID | None = None
    task_id: UUID | None = None
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=100)


class SourceView(BaseModel):
    """A source that its reader sees, by what it is called now."""

    model_config = ConfigDict(frozen=True)

    kind: SourceKind
    id: UUID
    title: str
    link: str


class Difference(BaseModel):
    """One field: what stands now (None: nothing does, it would be new) and what would stand. Both as JSON would hold them."""

    model_config = ConfigDict(frozen=True)

    field: str
    old: Any
    new: Any


class SuggestionView(BaseModel):
    """A suggestion as its owner sees it now. ``about`` are its contacts, ``subject`` the task or goal that it changes.

    ``standing`` goes back with an approval. ``signature`` is set under a letter once it is approved. ``stale``: what it would change has changed since it
    was suggested. ``trouble``: why it cannot be done now, or why it was withdrawn.
    ``letter_id``: the mail that came of it. ``may_undo``: it was decided, and can be taken back.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    kind: Kind
    state: State
    payload: dict[str, Any]
    rationale: str
    sources: tuple[SourceView, ...]
    about: tuple[tuple[UUID, str], ...]
    subject: str
    changes: tuple[Difference, ...]
    standing: str
    signature: str
    stale: bool
    edited: bool
    trouble: str
    task_id: UUID | None
    call_id: UUID | None
    letter_id: UUID | None
    snoozed_until: datetime | None
    expires_at: datetime | None
    decided_at: datetime | None
    reason: str
    may_undo: bool
    created_at: datetime


class SuggestionPage(BaseModel):
    """Some suggestions and the cursor of the next page (None: these were the last)."""

    model_config = ConfigDict(frozen=True)

    suggestions: tuple[SuggestionView, ...]
    next_cursor: str | None


class Waiting(NamedTuple):
    """How many wait for a person now, and how many they have put off and are not back yet."""

    now: int
    put_off: int


class Decided(BaseModel):
    """What became of one of several. ``refusal`` says why it was not done; it waits as before."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    suggestion: SuggestionView | None
    refusal: str
