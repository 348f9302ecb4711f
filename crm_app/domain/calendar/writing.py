"""Asking for something to be different in a calendar of one's own. The provider is told by a job (``jobs/calendar_writing``); nothing changes here before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import queries, wishes, writing_queries
from crm_app.domain.calendar.access import get_own_change, get_visible_event
from crm_app.domain.calendar.landing_queries import list_own_addresses
from crm_app.domain.calendar.models import Calendar, ChangeKind, ChangeState, Event, EventChange, EventStatus
from crm_app.domain.calendar.writing_schemas import ChangeView, EventWish, NewEventWish
from crm_app.domain.connections.access import get_own_calendar
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Conflict, Forbidden
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.jobs import queries as job_queries
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

WRITE = "calendar.write"


def create_event(session: Session, actor: Actor, calendar_id: UUID, wish: NewEventWish) -> ChangeView:
    """Ask for a new event in an own calendar, its hours meant where the actor is unless it says otherwise. Forbidden for one that takes no changes."""
    actor.require(Permission.CALENDAR_WRITE)
    calendar = get_own_calendar(session, actor, calendar_id)
    _require_writable(session, actor, calendar)
    wishes.require_whole(wish)
    kept = wishes.kept(wish, list_own_addresses(session, actor))
    if "starts_at" in kept:
        kept.setdefault("time_zone", actor.time_zone)
    key = new_id()
    return _ask(session, actor, EventChange(**_owned(actor), id=key, calendar_id=calendar.id, what=ChangeKind.CREATE.value, uid=f"{key}@mindfulcrm", wish=kept))


def change_event(session: Session, actor: Actor, event_id: UUID, version: int, wish: EventWish) -> ChangeView:
    """Ask for an own event to be different; of a series only this one time.

    Forbidden for a colleague's event, one that somebody else invited them to, and a calendar that takes no changes; Conflict when it has changed
    since ``version``, or a change of it is on its way already.
    """
    row, calendar = _changeable(session, actor, event_id, version)
    return _ask(session, actor, _change_of(session, actor, row, calendar, ChangeKind.CHANGE, wishes.kept(wish, list_own_addresses(session, actor))))


def delete_event(session: Session, actor: Actor, event_id: UUID, version: int) -> ChangeView:
    """Ask for an own event to be taken out of its calendar; of a series only this one time. As ``change_event`` otherwise."""
    row, calendar = _changeable(session, actor, event_id, version)
    return _ask(session, actor, _change_of(session, actor, row, calendar, ChangeKind.DELETE, {}))


def get_change(session: Session, actor: Actor, change_id: UUID) -> ChangeView:
    """A change that the actor has asked for, else NotFound. What is done is remembered for a week."""
    actor.require(Permission.CALENDAR_WRITE)
    row = get_own_change(session, actor, change_id)
    return view(row, writing_queries.get_title(session, actor, row.event_id))


def list_changes(session: Session, actor: Actor) -> tuple[ChangeView, ...]:
    """The actor's changes that wait, and those of the last week that came to nothing, newest first."""
    actor.require(Permission.CALENDAR_WRITE)
    return tuple(view(row, title) for row, title in writing_queries.list_open(session, actor))


def withdraw_change(session: Session, actor: Actor, change_id: UUID) -> None:
    """Ask no longer for a change that waits, or forget one that has ended. Conflict while the provider is just being told."""
    actor.require(Permission.CALENDAR_WRITE)
    job = job_queries.find_open_job(session, actor, WRITE, "change_id", str(change_id))
    row = get_own_change(session, actor, change_id, lock=True)
    if job is not None and job.state == JobState.RUNNING:
        raise Conflict(_("Your calendar is being told of this just now."))
    if job is not None:
        jobs.request_cancel(session, actor, job.id)
    session.delete(row)
    session.flush()


def view(row: EventChange, title: str) -> ChangeView:
    """A change as its owner sees it."""
    done = row.state == ChangeState.DONE
    return ChangeView(
        **row.model_dump(include={"id", "what", "state", "reason", "calendar_id", "event_id", "created_at", "ended_at"}),
        title=title or str(row.wish.get("title", "")), wish=None if done else EventWish.model_validate(row.wish),
    )  # fmt: skip


def _changeable(session: Session, actor: Actor, event_id: UUID, version: int) -> tuple[Event, Calendar]:
    """An event that the actor may change where it stands."""
    actor.require(Permission.CALENDAR_WRITE)
    row = get_visible_event(session, actor, event_id, lock=True)
    if row.owner_id != actor.user_id:
        raise Forbidden(_("Only the person whose calendar this is can change what stands in it."))
    calendar = get_own_calendar(session, actor, row.calendar_id)
    _require_writable(session, actor, calendar)
    if row.organiser and row.organiser not in list_own_addresses(session, actor):
        raise Forbidden(_("Somebody else invited you to this: only they can change it."))
    if row.status == EventStatus.CANCELLED:
        raise Forbidden(_("This event was cancelled: there is nothing to change."))
    require_version(row, version, queries.get_rows(session, actor, [row.id])[0])
    return row, calendar


def _require_writable(session: Session, actor: Actor, calendar: Calendar) -> None:
    if not calendar.writable:
        raise Forbidden(_("This calendar takes no changes from here."))
    if writing_queries.get_home(session, actor, calendar.id).state != ConnectionState.ACTIVE:
        raise Conflict(_("This calendar's connection is not in use just now. Look after it under Settings → Connections."))


def _change_of(session: Session, actor: Actor, row: Event, calendar: Calendar, what: ChangeKind, wish: Mapping[str, Any]) -> EventChange:
    item = writing_queries.get_item(session, actor, row.item_id)
    if writing_queries.is_waiting(session, actor, calendar.id, item.external_id):
        raise Conflict(_("A change of this is on its way to your calendar. Wait until it has arrived."))
    return EventChange(
        **_owned(actor), calendar_id=calendar.id, event_id=row.id, what=what.value, item_ref=item.external_id, uid=row.uid, recurrence_id=row.recurrence_id,
        etag=item.etag, meant_for=row.content_hash, wish=dict(wish),
    )  # fmt: skip


def _owned(actor: Actor) -> dict[str, Any]:
    return {"owner_id": actor.user_id, "audience": Audience.PRIVATE.value}


def _ask(session: Session, actor: Actor, row: EventChange) -> ChangeView:
    """Keep the wish and the work that it makes: both or neither."""
    session.add(row)
    session.flush()
    jobs.enqueue_job(session, actor, WRITE, {"change_id": str(row.id)})
    return view(row, writing_queries.get_title(session, actor, row.event_id))
