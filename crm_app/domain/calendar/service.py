"""Looking at calendars, and saying by hand whom an event concerns. Events themselves come from a sync (``landing``), and change by ``writing``."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import follow_up_queries, linking, meetings, queries
from crm_app.domain.calendar.access import get_visible_event, require_own_event
from crm_app.domain.calendar.landing_queries import list_links
from crm_app.domain.calendar.meetings import Traces
from crm_app.domain.calendar.models import Event, LinkHow
from crm_app.domain.calendar.queries import Span
from crm_app.domain.calendar.schemas import CalendarRange, ContactMeetings, EventView
from crm_app.domain.calendar.writing import change_event, create_event, delete_event, get_change, list_changes, withdraw_change
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.interactions.queries import list_earlier_entries
from crm_app.domain.permissions import Permission
from crm_app.domain.plans import keep_plans
from crm_app.domain.rows import now

__all__ = [
    "change_event", "create_event", "delete_event", "get_change", "get_contact_meetings", "get_event", "get_range", "link_contact", "list_changes",
    "unlink_contact", "withdraw_change",
]  # fmt: skip
MOST_DAYS, MOST_EVENTS, MOST_UNNOTED, MOST_FOLLOW_UPS, MOST_COMING = 62, 1_000, 20, 8, 50
UNNOTED_DAYS = 14
LAST_ENTRIES, NEXT_STEPS = 5, 5
_PLANNING = (Permission.CALENDAR_WRITE, Permission.CONTACT_READ, Permission.TASK_READ)
_FIRST, _LAST = date(2, 1, 1), date(9998, 10, 1)


def get_range(session: Session, actor: Actor, first: date, days: int, *, mine: bool = False) -> CalendarRange:
    """The calendar of ``days`` days (1 to 62) from ``first`` on, as the actor counts days. Invalid beyond that. Five statements."""
    actor.require(Permission.CALENDAR_READ)
    if not 1 <= days <= MOST_DAYS or not _FIRST <= first <= _LAST:
        raise Invalid(fields={"days": _("Ask for at most %d days at once.") % MOST_DAYS})
    moment = now()
    keep_plans(session)
    events = queries.list_span(session, actor, Span(first, first + timedelta(days=days)), mine=mine, most=MOST_EVENTS + 1)
    calendars, today = queries.list_calendars(session, actor), today_of(actor)
    plans = any(row.writable for row in calendars) and all(actor.can(one) for one in _PLANNING)
    return CalendarRange(
        first=first, days=days, today=today, events=events[:MOST_EVENTS], capped=len(events) > MOST_EVENTS, calendars=calendars,
        follow_ups=follow_up_queries.list_follow_ups(session, actor, today, moment, MOST_FOLLOW_UPS) if plans else (),
        unnoted=queries.list_unnoted(session, actor, moment - timedelta(days=UNNOTED_DAYS), moment, MOST_UNNOTED),
    )  # fmt: skip


def get_event(session: Session, actor: Actor, event_id: UUID) -> EventView:
    """One event with what is good to know before it begins. NotFound when the actor does not see it."""
    actor.require(Permission.CALENDAR_READ)
    keep_plans(session)
    return _view(session, actor, get_visible_event(session, actor, event_id))


def get_contact_meetings(session: Session, actor: Actor, contact_id: UUID, *, past: int = 20) -> ContactMeetings:
    """A contact's meetings as far as the actor sees them, at most 200 of the past. NotFound when they do not see the contact."""
    actor.require(Permission.CALENDAR_READ)
    keep_plans(session)
    get_visible_contact(session, actor, contact_id)
    most = max(1, min(past, 200))
    coming, ended = queries.list_meetings(session, actor, contact_id, now(), coming=MOST_COMING, past=most + 1)
    return ContactMeetings(coming=tuple(coming), past=tuple(ended[:most]), more_past=len(ended) > most)


def link_contact(session: Session, actor: Actor, event_id: UUID, contact_id: UUID) -> EventView:
    """Say that an event of the actor's own concerns a contact, whatever its calendar says. Its meeting, if it took place, stands on their timeline too."""
    return _say(session, actor, event_id, contact_id, LinkHow.HAND)


def unlink_contact(session: Session, actor: Actor, event_id: UUID, contact_id: UUID) -> EventView:
    """Say that an event of the actor's own does not concern a contact; no sync puts them back. NotFound for somebody whom it did not concern."""
    return _say(session, actor, event_id, contact_id, LinkHow.REMOVED)


def _say(session: Session, actor: Actor, event_id: UUID, contact_id: UUID, how: LinkHow) -> EventView:
    actor.require(Permission.CALENDAR_WRITE)
    row = get_visible_event(session, actor, event_id, lock=True)
    require_own_event(actor, row)
    get_visible_contact(session, actor, contact_id)
    moment, put = now(), how == LinkHow.HAND
    links = list_links(session, [row.id]).get(row.id, {})
    standing = links.get(contact_id)
    if not put and standing is None:
        raise NotFound
    if standing is None or (standing == LinkHow.REMOVED) is put:
        traces = Traces(people={contact_id, *links})
        traces.note(row, moment)
        traces.reopen(row, had=any(one != LinkHow.REMOVED for one in links.values()))
        linking.say_by_hand(session, row, contact_id, how)
        meetings.follow(session, actor, traces, moment, said={contact_id: put})
    return _view(session, actor, get_visible_event(session, actor, event_id))


def _view(session: Session, actor: Actor, row: Event) -> EventView:
    shown = queries.get_rows(session, actor, [row.id])[0]
    people = [contact.id for contact in shown.contacts] if actor.can(Permission.INTERACTION_READ) else []
    return EventView(
        **dict(shown),
        **row.model_dump(include={"description", "url", "time_zone", "organiser", "interaction_id"}),
        attendees=queries.list_attendees(session, row.id),
        last_entries=list_earlier_entries(session, actor, people, row.starts_at, LAST_ENTRIES),
        next_steps=queries.list_next_steps(session, row.id, NEXT_STEPS) if actor.can(Permission.TASK_READ) else (),
    )
