"""Reading what somebody wants to be different in their calendars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar, CalendarItem, ChangeState, Event, EventChange
from crm_app.domain.connections.models import Connection

MOST = 100
_LOST = text("select change_id, owner from lost_event_changes(:moment)")


def list_open(session: Session, actor: Actor) -> Sequence[tuple[EventChange, str]]:
    """The actor's changes that wait or came to nothing, newest first, each with what its event is called now."""
    found = select(EventChange, Event.title).join(Event, col(Event.id) == col(EventChange.event_id), isouter=True)
    mine = found.where(EventChange.owner_id == actor.user_id, EventChange.state != ChangeState.DONE.value)
    rows = session.exec(mine.order_by(col(EventChange.created_at).desc(), col(EventChange.id).desc()).limit(MOST)).all()
    return [(row, title or "") for row, title in rows]


def get_title(session: Session, actor: Actor, event_id: UUID | None) -> str:
    """What an own event is called; nothing for one that is gone."""
    found = columns(col(Event.title)).where(col(Event.id) == event_id, col(Event.owner_id) == actor.user_id)
    return session.execute(found).scalar() or ""


def get_home(session: Session, actor: Actor, calendar_id: UUID) -> Connection:
    """The account of an own calendar."""
    found = select(Connection).join(Calendar, col(Calendar.connection_id) == col(Connection.id))
    return session.exec(found.where(Calendar.id == calendar_id, Connection.owner_id == actor.user_id)).one()


def get_item(session: Session, actor: Actor, item_id: UUID) -> CalendarItem:
    """The thing in an own calendar that holds an event."""
    return session.exec(select(CalendarItem).where(CalendarItem.id == item_id, CalendarItem.owner_id == actor.user_id)).one()


def is_waiting(session: Session, actor: Actor, calendar_id: UUID, item_ref: str) -> bool:
    """Whether a change of this thing is on its way."""
    waits = columns(col(EventChange.id)).where(col(EventChange.calendar_id) == calendar_id, col(EventChange.item_ref) == item_ref)
    mine = waits.where(col(EventChange.owner_id) == actor.user_id, col(EventChange.state) == ChangeState.WAITING.value)
    return session.execute(mine).first() is not None


def find_change(session: Session, actor: Actor, change_id: UUID) -> EventChange | None:
    """An own change, locked, if it is still there."""
    mine = select(EventChange).where(EventChange.id == change_id, EventChange.owner_id == actor.user_id)
    return session.exec(mine.with_for_update().execution_options(populate_existing=True)).first()


def find_event_id(session: Session, calendar: Calendar, uid: str) -> UUID | None:
    """The first event of this name in a calendar."""
    found = columns(col(Event.id)).where(col(Event.calendar_id) == calendar.id, col(Event.uid) == uid)
    return session.execute(found.order_by(col(Event.starts_at))).scalar()


def list_written(session: Session, calendar_id: UUID, since: datetime) -> frozenset[str]:
    """The things of a calendar that were written over there since then."""
    found = columns(col(EventChange.item_ref)).where(col(EventChange.calendar_id) == calendar_id, col(EventChange.ended_at) >= since)
    return frozenset(session.execute(found.where(col(EventChange.item_ref) != "")).scalars())


def find_event(session: Session, actor: Actor, event_id: UUID | None) -> Event | None:
    """An own event, if it is still there."""
    return session.exec(select(Event).where(Event.id == event_id, Event.owner_id == actor.user_id)).first()


def list_lost(session: Session, moment: datetime) -> list[tuple[UUID, UUID]]:
    """(change, owner) of all that wait without any work for them, for the clock."""
    return [(row.change_id, row.owner) for row in session.connection().execute(_LOST, {"moment": moment})]
