"""What is on its way to a calendar, drawn as it would be. Nothing else here takes it for granted: the provider has the last word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import ChangeKind, ChangeState, EventStatus
from crm_app.domain.calendar.schemas import CalendarRange, EventRow
from crm_app.domain.calendar.writing_schemas import ChangeView, EventWish
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.days import day_begins
from crm_app.domain.permissions import Permission


@dataclass(frozen=True)
class Drawn:
    """Events as they are to be drawn, the ids of those that are being saved, and of these the ones that are no events yet."""

    events: Sequence[EventRow]
    saving: Collection[UUID] = ()
    unborn: Collection[UUID] = ()


def writable(found: CalendarRange, actor: Actor) -> list[CalendarRow]:
    """The calendars that an event can be put into from here."""
    return [row for row in found.calendars if row.writable] if actor.can(Permission.CALENDAR_WRITE) else []


def with_changes(events: Sequence[EventRow], changes: Iterable[ChangeView], calendars: Sequence[CalendarRow], actor: Actor) -> Drawn:
    """The events with what waits put over them."""
    waiting = [change for change in changes if change.state == ChangeState.WAITING]
    if not waiting:
        return Drawn(events)
    wishes = {change.event_id: change.wish or EventWish() for change in waiting if change.event_id}
    shown = {row.id: row for row in calendars if row.shown}
    born = [
        _new(change, shown[change.calendar_id], actor)
        for change in waiting
        if change.what == ChangeKind.CREATE and change.calendar_id in shown
    ]
    moved = [event.model_copy(update=_said(wishes[event.id], actor)) if event.id in wishes else event for event in events]
    unborn = frozenset(row.id for row in born)
    return Drawn([*moved, *born], unborn | wishes.keys(), unborn)


def _new(change: ChangeView, calendar: CalendarRow, actor: Actor) -> EventRow:
    """An event that is not there yet, under the id of the change that makes it."""
    return EventRow(
        id=change.id, version=0, calendar_id=calendar.id, calendar_name=calendar.name, hue=calendar.hue, meeting_type=None, status=EventStatus.CONFIRMED,
        my_response=None, recurring=False, contacts=(), others=0, noted=False, mine=True,
        **{"title": change.title, "location": "", "all_day": False, "start_date": None, "end_date": None, **_said(change.wish or EventWish(), actor)},
    )  # fmt: skip


def _said(wish: EventWish, actor: Actor) -> dict[str, Any]:
    """What a wish makes different of an event's row."""
    given: dict[str, Any] = {name: value for name in ("title", "location") if (value := getattr(wish, name)) is not None}
    if wish.start_date and wish.end_date:
        last = max(wish.end_date, wish.start_date + timedelta(days=1))
        begins, ends = day_begins(wish.start_date, actor.zone), day_begins(last, actor.zone)
        return {**given, "all_day": True, "start_date": wish.start_date, "end_date": last, "starts_at": begins, "ends_at": ends}
    if wish.starts_at and wish.ends_at:
        return {**given, "all_day": False, "start_date": None, "end_date": None, "starts_at": wish.starts_at, "ends_at": wish.ends_at}
    return given
