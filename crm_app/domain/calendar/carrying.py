"""What telling a provider of a change needs, a transaction for each step. The words with the provider themselves are a job's (``jobs/calendar_writing``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import wishes, writing_queries
from crm_app.domain.calendar.landing import TakenItem, key_of, land_items
from crm_app.domain.calendar.landing_queries import list_own_addresses
from crm_app.domain.calendar.models import Calendar, ChangeKind, ChangeState, Event, EventChange
from crm_app.domain.calendar.reading_schemas import ReadEvent, ReadItem
from crm_app.domain.calendar.writing import WRITE
from crm_app.domain.connections import problems, rules
from crm_app.domain.connections.access import get_own_calendar, get_own_connection
from crm_app.domain.connections.ending import Failure, shut_out
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.plans import Bad, Plan
from crm_app.domain.connections.running import plan_of
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled, JobView
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

GIVEN_UP_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Task:
    """A change that the provider is to be told of. ``again``: it may have been told before, and the answer was lost. ``fault`` is why it is not asked at all."""

    plan: Plan
    change_id: UUID
    what: ChangeKind
    calendar_id: UUID
    calendar_ref: str
    ref: str
    uid: str
    recurrence_id: str
    etag: str
    meant_for: str
    wish: Mapping[str, Any]
    stands: Mapping[str, Any]
    zone: str
    own: frozenset[str]
    organiser: Mapping[str, str]
    again: bool
    gone: bool = False
    fault: str = ""

    def options(self) -> dict[str, Any]:
        """What ``rewrite_item`` is told."""
        return {
            "what": self.what.value, "uid": self.uid, "recurrence_id": self.recurrence_id, "wish": dict(self.wish), "stands": dict(self.stands),
            "zone": self.zone, "own": sorted(self.own), "organiser": dict(self.organiser), "moment": self.plan.moment.isoformat(),
        }  # fmt: skip

    def days(self) -> list[date]:
        """The days on which the event may lie: as it was and as it is to be."""
        return [datetime.fromisoformat(value).date() for kept in (self.stands, self.wish) for name, value in kept.items() if name in (*wishes.TIMES, *wishes.DAYS)]

    def find(self, read: ReadItem) -> ReadEvent | None:
        """The event that it is about, in what was read."""
        return next((event for event in read.events if key_of(event) == (self.uid, self.recurrence_id)), None)


@dataclass(frozen=True, slots=True)
class Stood:
    """A thing as it stands over there in the end, kept and read as a sync does; ``bad`` is why it cannot be read."""

    ref: str
    taken: TakenItem | None = None
    bad: Bad | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a change. ``stood`` is what is over there now, with neither item nor reason where it is gone; None: nobody looked."""

    state: ChangeState
    reason: str = ""
    stood: Stood | None = None
    sign_in: bool = False


def begin_write(session: Session, actor: Actor, job: JobView) -> Task:
    """Hand out what it takes to tell of a change. JobCancelled when it was withdrawn, or has ended."""
    actor.require(Permission.CALENDAR_WRITE)
    jobs.renew_lease(session, actor, job.id, attempt=job.attempts)
    row = writing_queries.find_change(session, actor, UUID(job.payload["change_id"]))
    if row is None or row.state != ChangeState.WAITING:
        raise JobCancelled
    calendar = get_own_calendar(session, actor, row.calendar_id)
    connection = get_own_connection(session, actor, calendar.connection_id)
    event = writing_queries.find_event(session, actor, row.event_id)
    usable = calendar.writable and connection.state == ConnectionState.ACTIVE
    mine = connection.username if "@" in connection.username else actor.email
    return Task(
        plan_of(session, actor, connection, job, row.id, moment=now(), whole=False), row.id, ChangeKind(row.what), calendar.id, calendar.external_id, row.item_ref,
        row.uid, row.recurrence_id, row.etag, row.meant_for, row.wish, _times(event), calendar.time_zone or actor.time_zone, list_own_addresses(session, actor),
        {"email": mine, "name": actor.name}, again=job.attempts > 1 or bool(job.payload.get("again")), gone=event is None and row.what != ChangeKind.CREATE,
        fault="" if usable else _("This calendar takes no changes from here any more."),
    )  # fmt: skip


def end_write(session: Session, actor: Actor, job: JobView, task: Task, carried: Carried) -> None:
    """Take in what stands over there now, and write down what became of the change; its owner is told unless it is done."""
    actor.require(Permission.CALENDAR_WRITE)
    jobs.renew_lease(session, actor, job.id, attempt=job.attempts)
    connection = get_own_connection(session, actor, task.plan.connection_id, lock=True)
    calendar = get_own_calendar(session, actor, task.calendar_id, lock=True)
    row = writing_queries.find_change(session, actor, task.change_id)
    if row is None or row.state != ChangeState.WAITING:
        raise JobCancelled
    if carried.stood is not None:
        _land(session, actor, task, calendar, carried.stood)
        row.item_ref = carried.stood.ref
    row.state, row.reason, row.ended_at = carried.state.value, carried.reason, now()
    if carried.state == ChangeState.DONE:
        row.wish, row.uid = {}, _uid(carried, row.uid)
        row.event_id = row.event_id or writing_queries.find_event_id(session, calendar, row.uid)
    session.flush()
    if carried.sign_in:
        shut_out(session, actor, connection, Failure(carried.reason, sign_in=True))
    elif carried.state != ChangeState.DONE:
        _tell(session, actor, row)
    jobs.finish_job(session, actor, job.id, {"state": carried.state.value}, attempt=job.attempts)


def wait_and_try_again(session: Session, actor: Actor, job: JobView, task: Task, reason: str, after: float | None) -> None:
    """Tell of it later, for nobody answers: later and later, and for an hour at most."""
    actor.require(Permission.CALENDAR_WRITE)
    jobs.renew_lease(session, actor, job.id, attempt=job.attempts)
    row = writing_queries.find_change(session, actor, task.change_id)
    if row is None or row.state != ChangeState.WAITING:
        raise JobCancelled
    tries = int(job.payload.get("tries", 0)) + 1
    wait = rules.wait_after(tries, after, rules.CHANCE)
    if now() + wait > row.created_at + GIVEN_UP_AFTER:
        return end_write(session, actor, job, task, Carried(ChangeState.REFUSED, _("It could not be told to your calendar for an hour. %s") % reason))
    jobs.finish_job(session, actor, job.id, {"state": ChangeState.WAITING.value}, attempt=job.attempts)
    jobs.enqueue_job(session, actor, WRITE, {"change_id": str(row.id), "tries": tries, "again": True}, after=wait)
    return None


def take_up(session: Session, actor: Actor, change_id: UUID) -> bool:
    """Have a change told of whose work got lost: its job was given up, or is not there any more. False when it waits no longer."""
    actor.require(Permission.CALENDAR_WRITE)
    row = writing_queries.find_change(session, actor, change_id)
    if row is None or row.state != ChangeState.WAITING:
        return False
    if now() > row.created_at + GIVEN_UP_AFTER:
        row.state, row.reason, row.ended_at = ChangeState.REFUSED.value, _("Your calendar could not be told of it. Look there whether it was changed."), now()
        session.flush()
        _tell(session, actor, row)
        return False
    jobs.enqueue_job(session, actor, WRITE, {"change_id": str(row.id), "again": True})
    return True


def _uid(carried: Carried, uid: str) -> str:
    """By which name it stands over there: some providers give a new event one of their own."""
    events = carried.stood.taken.read.events if carried.stood is not None and carried.stood.taken is not None else ()
    return uid if not events or any(event.uid == uid for event in events) else events[0].uid


def _times(event: Event | None) -> dict[str, str]:
    """When an event takes place by what is kept of it, as a wish would say it."""
    names = () if event is None else wishes.DAYS if event.all_day else wishes.TIMES
    return {name: getattr(event, name).isoformat() for name in names}


def _land(session: Session, actor: Actor, task: Task, calendar: Calendar, stood: Stood) -> None:
    """As a sync would, but for the cursor: that one asks what else there is."""
    items = [stood.taken] if stood.taken else []
    gone = (stood.ref,) if stood.taken is None and stood.bad is None else ()
    land_items(session, actor, calendar, items, gone=gone, unread={stood.ref} if stood.bad else (), moment=task.plan.moment)
    told = problems.Page({item.ref for item in items}, [stood.bad] if stood.bad else [], gone, None, frozenset())
    problems.keep(session, actor, task.plan.connection_id, task.calendar_ref, told, task.plan.moment)


def _tell(session: Session, actor: Actor, row: EventChange) -> None:
    about = ("event", row.event_id) if row.event_id else None
    notify_self(session, actor, Kind.EVENT_FAILED, about=about, key=str(row.id), detail=row.reason)
