"""Events as pages show them. Everything of a row is one statement, however many rows there are.

What lasts no longer than two days is found by its start, the few longer ones by an index of their own; one's own and the
team's are found apart, so that each has its index under row security.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.calendar.schemas import AttendeeView, EventContactView, EventRow
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.days import day_begins

NO_HUE = "slate"
"""The colour of an event whose calendar its reader does not see."""
_WORTH = "('note', 'meeting', 'call', 'class_attendance')"
_CONTACTS = (
    "(select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.display_name, 'photo_id', c.photo_id, 'how', l.how) order by c.sort_name, c.id), '[]') "
    "from event_contact l join contact c on c.id = l.contact_id where l.event_id = e.id and l.how <> 'removed' and c.deleted_at is null)"
)
_KNOWN = (
    "select from event_contact l join contact_point p on p.contact_id = l.contact_id "
    "where l.event_id = e.id and l.how <> 'removed' and p.kind = 'email' and p.value_norm = a.email"
)
_OTHERS = f"(select count(*) from event_attendee a where a.event_id = e.id and not exists ({_KNOWN}))"  # noqa: S608  names of ours
_NOTED = (
    "(exists (select from interaction i where i.id = e.interaction_id and i.deleted_at is null and i.body <> '') or exists (select from event_contact l "  # noqa: S608  names of ours
    "join interaction_contact x on x.contact_id = l.contact_id and x.occurred_at >= e.starts_at join interaction i on i.id = x.interaction_id "
    f"where l.event_id = e.id and l.how <> 'removed' and x.kind in {_WORTH} and i.deleted_at is null and i.body <> ''))"
)
_OWN = (
    "id", "version", "calendar_id", "title", "location", "meeting_type", "status", "my_response", "starts_at", "ends_at", "all_day", "start_date",
    "end_date", "recurring",
)  # fmt: skip
_MY_ADDRESSES = "select lower(n.username) from connection n where n.owner_id = :who union select lower(u.email) from user_account u where u.id = :who"
_MOVABLE = (
    f"(e.owner_id = :who and e.status <> 'cancelled' and (e.organiser = '' or e.organiser in ({_MY_ADDRESSES})) "
    "and coalesce(k.writable and exists (select from connection n where n.id = k.connection_id and n.state = 'active'), false))"
)
_COLUMNS = (
    f"{', '.join(f'e.{name}' for name in _OWN)}, coalesce(k.name, '') as calendar_name, coalesce(k.hue, '{NO_HUE}') as hue, (e.owner_id = :who) as mine, "
    f"{_MOVABLE} as movable"
)
_ROW = f"select {_COLUMNS}, {_CONTACTS} as contacts, {_OTHERS} as others, {_NOTED} as noted"
_FROM = "from event e left join calendar k on k.id = e.calendar_id"
# A day is a day where its reader is; what lasts all day is one of whichever zone.
_INSIDE = (
    "case when e.all_day then e.start_date < :last and e.end_date > :first "
    "else e.starts_at < :until and (e.ends_at > :since or (e.ends_at = e.starts_at and e.starts_at >= :since)) end"
)
_BY_START = "e.starts_at >= :early and e.starts_at < :late and not e.lasts_days"
_OF_DAYS = "e.lasts_days and e.starts_at < :late and e.ends_at > :early"
_TAKES_PLACE = "e.status <> 'cancelled' and e.my_response is distinct from 'declined'"
_LINKS = "select l.event_id from event_contact l join event e on e.id = l.event_id where l.contact_id = :contact and l.how <> 'removed'"
_SPAN = text(
    f"{_ROW} {_FROM} where e.id in (select e.id from event e where e.owner_id = :who and {_BY_START} "  # noqa: S608  names of ours
    f"union select e.id from event e where e.owner_id = :who and {_OF_DAYS} "
    f"union select e.id from event e where not :mine and e.audience = 'team' and {_BY_START} "
    f"union select e.id from event e where not :mine and e.audience = 'team' and {_OF_DAYS}) "
    f"and {_INSIDE} and k.shown is not false and (not :taking or ({_TAKES_PLACE})) "
    "order by coalesce(e.start_date, day_in_zone(e.starts_at, :zone)), not e.all_day, e.starts_at, e.ends_at, e.id limit :most"
)
_UNNOTED = text(
    f"select {_COLUMNS}, {_CONTACTS} as contacts, {_OTHERS} as others, false as noted {_FROM} "  # noqa: S608  names of ours
    f"where e.owner_id = :who and e.starts_at >= :since and e.starts_at < :until and e.ends_at <= :until and not e.all_day and {_TAKES_PLACE} "
    "and exists (select from event_contact l join contact c on c.id = l.contact_id where l.event_id = e.id and l.how <> 'removed' and c.deleted_at is null) "
    f"and not {_NOTED} order by e.starts_at desc, e.id desc limit :most"
)
_MEETINGS = text(
    f"{_ROW} {_FROM} where e.id in (({_LINKS} and l.starts_at > :early and e.ends_at > :moment order by l.starts_at, l.event_id limit :coming) "
    f"union all ({_LINKS} and l.starts_at <= :moment and e.ends_at <= :moment order by l.starts_at desc, l.event_id desc limit :past)) order by e.starts_at, e.id"
)
_NEXT_MEETING = text(
    f"{_ROW} {_FROM} where e.id = ({_LINKS} and l.starts_at >= :moment and {_TAKES_PLACE} order by l.starts_at, l.event_id limit 1)"
)
_BY_ID = text(f"{_ROW} {_FROM} where e.id = any(:ids) order by e.starts_at, e.id")
_ATTENDEES = text(
    "select a.email, a.name, a.response, (select l.contact_id from event_contact l join contact_point p on p.contact_id = l.contact_id "
    "join contact c on c.id = l.contact_id where l.event_id = a.event_id and l.how <> 'removed' and p.kind = 'email' and p.value_norm = a.email "
    "and c.deleted_at is null order by c.id limit 1) as contact_id from event_attendee a where a.event_id = :event order by a.name = '', a.name, a.email"
)
_NEXT_STEPS = text(
    "select distinct on (t.due_date, t.id) t.title from event_contact l join task_contact x on x.contact_id = l.contact_id join task t on t.id = x.task_id "
    "where l.event_id = :event and l.how <> 'removed' and t.deleted_at is null and t.status not in ('completed', 'cancelled') "
    "order by t.due_date nulls last, t.id limit :most"
)


@dataclass(frozen=True)
class Span:
    """Some days of the reader's, from ``first`` to the day before ``last``."""

    first: date
    last: date

    def values(self, actor: Actor) -> dict[str, Any]:
        """The days as the statements compare them. A day of another zone may begin up to fourteen hours away."""
        since, until = day_begins(self.first, actor.zone), day_begins(self.last, actor.zone)
        return {
            "who": actor.user_id, "first": self.first, "last": self.last, "since": since, "until": until,
            "early": since - timedelta(days=3), "late": until + timedelta(days=1),
        }  # fmt: skip


def list_span(session: Session, actor: Actor, span: Span, *, mine: bool, most: int, taking_place: bool = False) -> tuple[EventRow, ...]:
    """What stands on these days in calendars that are shown, in order; with ``mine`` only the asker's own. One statement."""
    return _rows(session, _SPAN, span.values(actor) | {"most": most, "zone": actor.time_zone, "mine": mine, "taking": taking_place})


def list_unnoted(session: Session, actor: Actor, since: datetime, until: datetime, most: int) -> tuple[EventRow, ...]:
    """The asker's own meetings that ended in this time and of which nobody has written anything, the latest first."""
    return _rows(session, _UNNOTED, {"who": actor.user_id, "since": since, "until": until, "most": most})


def list_meetings(session: Session, actor: Actor, contact_id: UUID, moment: datetime, *, coming: int, past: int) -> tuple[list[EventRow], list[EventRow]]:
    """A contact's meetings: up to so many that have not ended, the soonest first, and so many that have, the latest first. One statement."""
    values = {"who": actor.user_id, "contact": contact_id, "moment": moment, "early": moment - timedelta(days=60), "coming": coming, "past": past}
    rows = _rows(session, _MEETINGS, values)
    return [row for row in rows if row.ends_at > moment], [row for row in reversed(rows) if row.ends_at <= moment]


def find_next_meeting(session: Session, actor: Actor, contact_id: UUID, moment: datetime) -> EventRow | None:
    """The contact's next meeting that begins from now on and takes place, as far as the asker sees it."""
    rows = _rows(session, _NEXT_MEETING, {"who": actor.user_id, "contact": contact_id, "moment": moment})
    return rows[0] if rows else None


def get_rows(session: Session, actor: Actor, event_ids: Collection[UUID]) -> tuple[EventRow, ...]:
    """Events that were looked up already, in the order of time."""
    return _rows(session, _BY_ID, {"who": actor.user_id, "ids": list(event_ids)})


def list_attendees(session: Session, event_id: UUID) -> tuple[AttendeeView, ...]:
    """Who else is asked, with the contact whose address it is, where the asker sees them."""
    return tuple(AttendeeView(**row) for row in session.connection().execute(_ATTENDEES, {"event": event_id}).mappings())


def list_next_steps(session: Session, event_id: UUID, most: int) -> tuple[str, ...]:
    """The titles of open tasks about whom the event concerns, the nearest first."""
    return tuple(session.connection().execute(_NEXT_STEPS, {"event": event_id, "most": most}).scalars())


def list_calendars(session: Session, actor: Actor) -> tuple[CalendarRow, ...]:
    """The asker's own calendars, by name."""
    found = select(Calendar).where(Calendar.owner_id == actor.user_id).order_by(Calendar.name, col(Calendar.id))
    return tuple(CalendarRow.model_validate(row) for row in session.exec(found).all())


def _rows(session: Session, found: TextClause, values: dict[str, Any]) -> tuple[EventRow, ...]:
    rows = session.connection().execute(found, values).mappings()
    return tuple(EventRow(**{**row, "contacts": tuple(EventContactView(**contact) for contact in row["contacts"])}) for row in rows)
