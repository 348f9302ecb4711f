"""What somebody wants to be different in a calendar of theirs, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from crm_app.domain.calendar.models import ChangeKind, ChangeState
from crm_app.domain.editing import Line, Prose


class Invited(BaseModel):
    """Somebody who is to be asked to an event, by their address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Line
    name: Line = ""


class EventWish(BaseModel):
    """What is to be different of an event; what is not given stays as it is.

    When it takes place is given as ``starts_at`` and ``ends_at``, or, for whole days, as ``start_date`` and ``end_date``, the day after its last;
    always both of them. ``time_zone`` is where its hours are meant, such as ``Europe/Lisbon``: without one, where they were meant before.
    ``people`` are all who are to be asked besides its owner, and nobody else.
    """

    model_config = ConfigDict(extra="forbid")

    title: Line | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    start_date: date | None = None
    end_date: date | None = None
    time_zone: Line | None = None
    location: Line | None = None
    description: Prose | None = None
    people: tuple[Invited, ...] | None = None


class NewEventWish(EventWish):
    """An event that is to be: it has a title, and its times or days."""

    title: Line


class ChangeView(BaseModel):
    """A wish of one's own and what became of it. Until it is ``done`` everything here is as it was; then ``event_id`` is the event, if there still is one.

    ``wish`` is what is to be different, and None once that is done. ``reason`` is a sentence that says why nothing was changed.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    what: ChangeKind
    state: ChangeState
    reason: str
    calendar_id: UUID
    event_id: UUID | None
    title: str
    wish: EventWish | None
    created_at: datetime
    ended_at: datetime | None
