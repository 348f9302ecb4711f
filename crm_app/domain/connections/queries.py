"""Reading connections and what hangs on them, and the functions by which the clock, who is nobody, finds what is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, func, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.calendar.models import Calendar, CalendarItem, Event
from crm_app.domain.connections.models import Connection, ConnectionSecret, RunState, SyncProblem, SyncRun
from crm_app.domain.contacts.models import Contact
from crm_app.domain.drives.models import DriveLink
from crm_app.domain.jobs.models import Job, JobState
from crm_app.domain.mail.models import MailFolder

_HERE = "select from email_place p join mail_folder f on f.id = p.folder_id where p.email_id = e.id and f.connection_id"
_MAIL = text(
    "select count(distinct e.thread_id) as threads, count(*) as mails, count(e.interaction_id) as entries from email e where e.owner_id = :who "  # noqa: S608
    f"and exists ({_HERE} = :connection) and not exists ({_HERE} <> :connection)"
)

SYNC, TEST = "connections.sync", "connections.test"
EARLIER = ""
"""No thing is called so over there: the line of a calendar that tells of all its events from before the months that are read."""
_DUE = text("select connection_id, owner from due_connections(:moment)")
_FIGURES = text("select active, failing, oldest from sync_figures(:moment)")
_TIDY = text("select tidy_syncs(:moment)")


class Figures(NamedTuple):
    """How many connections are meant to sync, how many fail, and how many seconds ago the one furthest behind came in whole."""

    active: int
    failing: int
    oldest: float


def list_due(session: Session, moment: datetime) -> list[tuple[UUID, UUID]]:
    """(connection, owner) of all that are to be synced now and are not yet, for the clock."""
    return [(row.connection_id, row.owner) for row in session.connection().execute(_DUE, {"moment": moment})]


def read_figures(session: Session, moment: datetime) -> Figures:
    """What the metrics say of all connections."""
    return Figures(*session.connection().execute(_FIGURES, {"moment": moment}).one())


def tidy(session: Session, moment: datetime) -> None:
    """Forget runs of more than a month ago, and jobs that nobody waits for."""
    session.connection().execute(_TIDY, {"moment": moment})


def list_own(session: Session, actor: Actor) -> Sequence[Connection]:
    """The actor's connections by name."""
    return session.exec(select(Connection).where(Connection.owner_id == actor.user_id).order_by(func.lower(Connection.name), col(Connection.id))).all()


def count_own(session: Session, actor: Actor) -> int:
    """How many connections the actor has."""
    return session.exec(select(func.count()).where(Connection.owner_id == actor.user_id)).one()


def list_calendars(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> Sequence[Calendar]:
    """The calendars of these connections by name."""
    found = select(Calendar).where(Calendar.owner_id == actor.user_id, col(Calendar.connection_id).in_(connection_ids))
    return session.exec(found.order_by(func.lower(Calendar.name), col(Calendar.id)).execution_options(populate_existing=True)).all()


def find_secret(session: Session, actor: Actor, connection_id: UUID) -> ConnectionSecret | None:
    """What is sealed of an own connection."""
    return session.exec(select(ConnectionSecret).where(ConnectionSecret.owner_id == actor.user_id, ConnectionSecret.connection_id == connection_id)).first()


def list_with_secret(session: Session, actor: Actor) -> set[UUID]:
    """The actor's connections of which something is sealed."""
    return set(session.exec(select(ConnectionSecret.connection_id).where(ConnectionSecret.owner_id == actor.user_id)).all())


def list_latest_runs(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> dict[UUID, SyncRun]:
    """The latest run of each of these connections that was no dry run."""
    later = aliased(SyncRun)
    real = select(later.id).where(later.connection_id == SyncRun.connection_id, ~col(later.dry))
    newest = real.order_by(col(later.id).desc()).limit(1).correlate(SyncRun).scalar_subquery()
    found = select(SyncRun).where(SyncRun.owner_id == actor.user_id, col(SyncRun.connection_id).in_(connection_ids), col(SyncRun.id) == newest)
    return {run.connection_id: run for run in session.exec(found.execution_options(populate_existing=True)).all()}


def list_runs(session: Session, actor: Actor, connection_id: UUID, limit: int) -> Sequence[SyncRun]:
    """The latest runs of an own connection, newest first."""
    found = select(SyncRun).where(SyncRun.owner_id == actor.user_id, SyncRun.connection_id == connection_id)
    return session.exec(found.order_by(col(SyncRun.id).desc()).limit(limit).execution_options(populate_existing=True)).all()


def list_open_runs(session: Session, actor: Actor, connection_id: UUID) -> Sequence[SyncRun]:
    """Runs that have not ended, or whose process did not live to end them."""
    found = select(SyncRun).where(SyncRun.owner_id == actor.user_id, SyncRun.connection_id == connection_id, SyncRun.state == RunState.RUNNING.value)
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).all()


def find_run(session: Session, actor: Actor, run_id: UUID) -> SyncRun | None:
    """One of the actor's own runs, locked."""
    found = select(SyncRun).where(SyncRun.id == run_id, SyncRun.owner_id == actor.user_id)
    return session.exec(found.with_for_update().execution_options(populate_existing=True)).first()


def count_problems(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many things of each connection are skipped, and how many failed."""
    failed = func.count().filter(col(SyncProblem.kind) == "failed")
    found = select(SyncProblem.connection_id, func.count(), failed).where(SyncProblem.owner_id == actor.user_id, col(SyncProblem.connection_id).in_(connection_ids))
    return {key: (total - bad, bad) for key, total, bad in session.exec(found.group_by(col(SyncProblem.connection_id))).all()}


def count_not_here(session: Session, actor: Actor, connection_id: UUID) -> tuple[int, int]:
    """How many things of a connection are skipped, each event from before the months that are read among them, and how many failed."""
    failed = func.count().filter(col(SyncProblem.kind) == "failed")
    mine = (SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id, SyncProblem.item != EARLIER)
    total, bad = session.exec(select(func.count(), failed).where(*mine)).one()
    return total - bad + count_left_out(session, actor, [row.id for row in list_calendars(session, actor, [connection_id])]), bad


def count_left_out(session: Session, actor: Actor, calendar_ids: Collection[UUID]) -> int:
    """How many things of these calendars lay wholly before the months that are read, and are not here from a time when more were."""
    here = select(Event.id).where(Event.item_id == CalendarItem.id).exists()
    left = (CalendarItem.owner_id == actor.user_id, col(CalendarItem.calendar_id).in_(calendar_ids), col(CalendarItem.left_out), ~here)
    return session.exec(select(func.count()).select_from(CalendarItem).where(*left)).one()


def find_earlier(session: Session, actor: Actor, connection_id: UUID, calendar_ref: str) -> SyncProblem | None:
    """The line that tells of a calendar's events from before the months that are read."""
    mine = (SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id, SyncProblem.calendar_ref == calendar_ref)
    return session.exec(select(SyncProblem).where(*mine, SyncProblem.item == EARLIER).execution_options(populate_existing=True)).first()


def list_problems(session: Session, actor: Actor, connection_id: UUID, limit: int | None = None) -> Sequence[tuple[SyncProblem, str]]:
    """Problems of an own connection with the names of their calendars, folders, books or contacts: those that failed first, the latest first."""
    of = (col(DriveLink.connection_id) == col(SyncProblem.connection_id)) & (cast(DriveLink.contact_id, Text) == SyncProblem.calendar_ref)
    whose = select(Contact.display_name).join(DriveLink, col(DriveLink.contact_id) == col(Contact.id)).where(of).limit(1).correlate(SyncProblem).scalar_subquery()
    found: Any = (
        select(SyncProblem, func.coalesce(Calendar.name, MailFolder.name, AddressBook.name, whose, ""))
        .outerjoin(Calendar, (col(Calendar.connection_id) == col(SyncProblem.connection_id)) & (col(Calendar.external_id) == col(SyncProblem.calendar_ref)))
        .outerjoin(MailFolder, (col(MailFolder.connection_id) == col(SyncProblem.connection_id)) & (col(MailFolder.ref) == col(SyncProblem.calendar_ref)))
        .outerjoin(AddressBook, (col(AddressBook.connection_id) == col(SyncProblem.connection_id)) & (col(AddressBook.external_id) == col(SyncProblem.calendar_ref)))
        .where(SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id)
        .order_by(col(SyncProblem.kind), col(SyncProblem.seen_at).desc(), col(SyncProblem.id).desc())
    )
    return [(row, name) for row, name in session.exec(found.limit(limit) if limit else found).all()]


def list_failed(session: Session, actor: Actor, connection_id: UUID, problem_ids: Collection[UUID]) -> Sequence[SyncProblem]:
    """These problems of an own connection, locked; without ids all that failed."""
    wanted: ColumnElement[bool] = col(SyncProblem.id).in_(problem_ids) if problem_ids else col(SyncProblem.kind) == "failed"
    found = select(SyncProblem).where(SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id, wanted)
    return session.exec(found.order_by(col(SyncProblem.id)).with_for_update().execution_options(populate_existing=True)).all()


def list_calendar_problems(session: Session, actor: Actor, connection_id: UUID, calendar_ref: str) -> dict[str, SyncProblem]:
    """The problems of one calendar by the thing they are about."""
    found = select(SyncProblem).where(SyncProblem.owner_id == actor.user_id, SyncProblem.connection_id == connection_id, SyncProblem.calendar_ref == calendar_ref)
    found = found.where(SyncProblem.item != EARLIER)
    return {row.item: row for row in session.exec(found.execution_options(populate_existing=True)).all()}


def list_known(session: Session, actor: Actor, calendar_id: UUID) -> dict[str, str]:
    """What is kept of a calendar: the provider's refs with their etags."""
    rows = session.exec(select(CalendarItem.external_id, CalendarItem.etag).where(CalendarItem.owner_id == actor.user_id, CalendarItem.calendar_id == calendar_id))
    return {ref: etag for ref, etag in rows.all()}


def list_running(session: Session, actor: Actor) -> set[str]:
    """Ids of the actor's connections of which a sync waits or runs."""
    waits = col(Job.state).in_((JobState.QUEUED.value, JobState.RUNNING.value))
    found = select(col(Job.payload)["connection_id"].astext).where(Job.owner_id == actor.user_id, Job.kind == SYNC, waits)
    return set(session.exec(found).all())


def count_parts(session: Session, actor: Actor, connection_id: UUID) -> tuple[int, int, int]:
    """How many calendars, events and meetings on timelines came through a connection."""
    calendars = select(Calendar.id).where(Calendar.owner_id == actor.user_id, Calendar.connection_id == connection_id)
    events = select(func.count(), func.count(col(Event.interaction_id))).where(col(Event.calendar_id).in_(calendars), Event.owner_id == actor.user_id)
    total, meetings = session.exec(events).one()
    return session.exec(select(func.count()).select_from(calendars.subquery())).one(), total, meetings


def count_mail(session: Session, actor: Actor, connection_id: UUID) -> tuple[int, int, int]:
    """How many threads and mails are in no other mailbox than this one, and how many of them stand on timelines."""
    row = session.connection().execute(_MAIL, {"connection": connection_id, "who": actor.user_id}).one()
    return row.threads, row.mails, row.entries


def forget_items(session: Session, actor: Actor, calendar_id: UUID) -> None:
    """Remove everything that was kept of a calendar; its events go along."""
    session.connection().execute(delete(CalendarItem).where(col(CalendarItem.calendar_id) == calendar_id, col(CalendarItem.owner_id) == actor.user_id))


def forget_marks(session: Session, actor: Actor, connection_id: UUID) -> None:
    """Forget how far the calendars, folders and books of a connection have been read, and which version of each thing: all of it is read anew."""
    calendars = select(Calendar.id).where(Calendar.owner_id == actor.user_id, Calendar.connection_id == connection_id)
    session.connection().execute(update(Calendar).where(col(Calendar.id).in_(calendars)).values(token=""))
    mine = [col(MailFolder.owner_id) == actor.user_id, col(MailFolder.connection_id) == connection_id]
    session.connection().execute(update(MailFolder).where(*mine).values(token=""))
    session.connection().execute(update(CalendarItem).where(col(CalendarItem.calendar_id).in_(calendars)).values(etag=""))
    books = select(AddressBook.id).where(AddressBook.owner_id == actor.user_id, AddressBook.connection_id == connection_id)
    session.connection().execute(update(AddressBook).where(col(AddressBook.id).in_(books)).values(token=""))
    session.connection().execute(update(AddressCard).where(col(AddressCard.book_id).in_(books)).values(etag=""))
    told = [col(SyncProblem.owner_id) == actor.user_id, col(SyncProblem.connection_id) == connection_id]
    session.connection().execute(update(SyncProblem).where(*told).values(etag="", retry_at=None))


def forget_problems(session: Session, actor: Actor, connection_id: UUID, calendar_ref: str) -> None:
    """Remove the problems of a calendar that is not synced any more."""
    gone = [col(SyncProblem.owner_id) == actor.user_id, col(SyncProblem.connection_id) == connection_id, col(SyncProblem.calendar_ref) == calendar_ref]
    session.connection().execute(delete(SyncProblem).where(*gone))
