"""What one run of a connection needs, a transaction for each step: rows, cursor and counts of a page stand or fall together.

Nothing here speaks to a provider. Each step asks first whether the job still is this attempt's and still wanted, so that whoever
lost it, or was told to stop, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.landing import TakenItem, land_items, reading_window
from crm_app.domain.calendar.landing_queries import carry_words_of_calendars, list_rereads
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.calendar.writing_queries import list_written
from crm_app.domain.changes.queries import read_by_key
from crm_app.domain.connections import earlier, problems, queries, rules, secrets
from crm_app.domain.connections.access import get_own_calendar, get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionKind, ConnectionState, RunState, SyncRun
from crm_app.domain.connections.plans import COUNTED, Bad, Counts, Found, Known, Plan, Rehearsed, Taken
from crm_app.domain.connections.source import RemoteCalendar, SourceDown
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled, JobView
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now
from crm_app.domain.secret_box import SealBroken

REREAD_DAYS = 30
"""What comes again is read anew when less than a year less so many days of it are left."""


def begin_run(session: Session, actor: Actor, job: JobView) -> Plan:
    """Write down that a run begins, and hand out what it needs. JobCancelled when the connection is not to be synced any more."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, UUID(job.payload["connection_id"]), lock=True)
    asked, dry = bool(job.payload.get("asked")), bool(job.payload.get("dry"))
    wanted = row.state == ConnectionState.ACTIVE or (row.state == ConnectionState.SIGN_IN_NEEDED and asked)
    if jobs.renew_lease(session, actor, job.id, attempt=job.attempts) or not wanted:
        raise JobCancelled
    moment = now()
    for left in queries.list_open_runs(session, actor, row.id):
        left.state, left.reason, left.ended_at = RunState.CANCELLED.value, _("It was interrupted, and taken up again."), moment
    whole = bool(job.payload.get("full")) or rules.is_whole_due(row.kind, row.last_full_at, moment)
    run = SyncRun(owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=row.id, full=whole, dry=dry)
    session.add(run)
    if not dry:
        row.last_run_at, row.next_run_at = moment, moment + timedelta(minutes=row.interval_minutes)  # whatever becomes of this run
    session.flush()
    return plan_of(session, actor, row, job, run.id, moment=moment, whole=whole)


def get_access(session: Session, actor: Actor, job: JobView) -> Plan:
    """What it takes to try a connection; no run begins."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, UUID(job.payload["connection_id"]))
    return plan_of(session, actor, row, job, job.id, moment=now(), whole=True)


def get_way(session: Session, actor: Actor, connection_id: UUID) -> Plan:
    """What it takes to ask an own account for one thing, outside of any job."""
    return plan_of(session, actor, get_own_connection(session, actor, connection_id), None, connection_id, moment=now(), whole=False)


def keep_calendars(session: Session, actor: Actor, plan: Plan, remotes: Sequence[RemoteCalendar]) -> tuple[Found, ...]:
    """Bring the list of calendars in step: new ones are synced, those that are gone go with their events. Returns those to be synced.

    SourceDown when an account that had calendars names none: that is rather a server in trouble than a wish.
    """
    hold(session, actor, plan)
    kept = {row.external_id: row for row in queries.list_calendars(session, actor, [plan.connection_id])}
    if kept and not remotes:
        raise SourceDown(_("The account names no calendar any more."))
    unique = {remote.ref: remote for remote in remotes}
    if plan.dry:
        return tuple(Found(kept[ref].id if ref in kept else None, remote) for ref, remote in unique.items() if ref not in kept or kept[ref].synced)
    _add_calendars(session, actor, plan, kept, unique)
    if lost := [kept[ref].id for ref in kept.keys() - unique.keys()]:
        carry_words_of_calendars(session, lost)
    for ref in kept.keys() - unique.keys():
        session.delete(kept.pop(ref))
        queries.forget_problems(session, actor, plan.connection_id, ref)
    session.flush()
    return tuple(Found(kept[ref].id, remote) for ref, remote in unique.items() if kept[ref].synced)


def get_kept(session: Session, actor: Actor, plan: Plan) -> tuple[Found, ...]:
    """The calendar of a link, as it is kept: it is one whatever happens, so that its own name is only asked for with a look at everything. Of an account nothing."""
    if plan.kind != ConnectionKind.ICS or plan.dry:
        return ()
    rows = queries.list_calendars(session, actor, [plan.connection_id])
    return tuple(Found(row.id, RemoteCalendar(row.external_id, row.name, "", row.time_zone, row.writable)) for row in rows if row.synced)


def end_test(session: Session, actor: Actor, plan: Plan, result: dict[str, Any], remotes: Sequence[RemoteCalendar]) -> None:
    """What the test of a connection found, with the calendars that there are to choose from; nothing goes because of a test."""
    get_own_connection(session, actor, plan.connection_id, lock=True)
    kept = {row.external_id: row for row in queries.list_calendars(session, actor, [plan.connection_id])}
    _add_calendars(session, actor, plan, kept, {remote.ref: remote for remote in remotes})
    jobs.finish_job(session, actor, plan.job_id, result, attempt=plan.attempt)


def get_known(session: Session, actor: Actor, plan: Plan, found: Found) -> Known:
    """What is kept of a calendar. Things that cannot be read count as known until it is time to try them again."""
    if found.id is None or plan.anew:
        return Known("", {})
    calendar = get_own_calendar(session, actor, found.id)
    told = queries.list_calendar_problems(session, actor, plan.connection_id, found.remote.ref)
    known, due = problems.known_until(told, plan.moment)
    until = plan.last.toordinal() - REREAD_DAYS
    rereads = [row for row in list_rereads(session, calendar, date.fromordinal(until)) if row.external_id not in known]
    return Known(
        "" if plan.whole or due else calendar.token, queries.list_known(session, actor, calendar.id) | known,
        tuple((row.external_id, row.etag, row.content) for row in rereads),
    )  # fmt: skip


def land_page(session: Session, actor: Actor, plan: Plan, found: Found, taken: Taken, *, progress: tuple[int, int] = (0, 0)) -> Counts:
    """Take a page in, with its problems, its counts and the cursor. A dry run raises ``Rehearsed`` with what it would have come to.

    ``progress`` is how much has been read with this page, and of how much (0: nobody knows).
    """
    connection = hold(session, actor, plan, progress)
    calendar = _calendar(session, actor, plan, found)
    if not calendar.synced or _says_nothing(taken, calendar):
        return Counts()
    taken = taken.without(list_written(session, calendar.id, plan.moment)) if calendar.writable else taken
    read_by_key(session)  # the tables grow while a first sync runs, and plans made for empty ones would read all of them
    bad = [one.item for one in taken.bad]
    landed = land_items(
        session, actor, calendar, taken.items, gone=taken.gone, present=taken.present, unread={*bad, *taken.noted}, token=taken.token, moment=plan.moment
    )
    partly = [_partly(item) for item in taken.items if item.read.problems]
    told = problems.Page({item.ref for item in taken.items}, [*partly, *taken.bad], taken.gone, taken.present, taken.noted)
    skipped, failed = problems.keep(session, actor, plan.connection_id, found.remote.ref, told, plan.moment)
    counts = Counts(taken.seen, landed.created, landed.updated, landed.deleted, skipped + landed.skipped, failed)
    if plan.dry:
        raise Rehearsed(counts)
    if taken.token or taken.present is not None:
        earlier.keep(session, actor, connection, calendar, plan.first)
    count(session, actor, plan, counts)
    return counts


def hold(session: Session, actor: Actor, plan: Plan, progress: tuple[int, int] = (0, 0)) -> Connection:
    """The connection, locked, for as long as the job is ours and nobody wants it to stop."""
    row = get_own_connection(session, actor, plan.connection_id, lock=True)
    if jobs.report_progress(session, actor, plan.job_id, *progress, attempt=plan.attempt):
        raise JobCancelled
    return row


def count(session: Session, actor: Actor, plan: Plan, counts: Counts) -> None:
    """Write down what a page came to, if it came to anything."""
    run = queries.find_run(session, actor, plan.run_id)
    if run is not None and any(getattr(counts, name) for name in COUNTED):
        run.sqlmodel_update({name: getattr(run, name) + getattr(counts, name) for name in COUNTED})
        session.flush()


def plan_of(session: Session, actor: Actor, row: Connection, job: JobView | None, run_id: UUID, *, moment: datetime, whole: bool) -> Plan:
    """What it takes to speak to an account, for a job or for one thing."""
    payload = job.payload if job else {}
    earliest, (first, last) = reading_window(row.created_at, row.history_months)[0], reading_window(moment, row.history_months)
    try:
        access, fault = secrets.read(session, actor, row), ""
    except SealBroken as broken:
        access, fault = secrets.Access(row.url), broken.message
    return Plan(
        job.id if job else run_id, job.attempts if job else 0, run_id, row.id, row.kind, access.address, row.username, access.password, row.inner_allowed, whole,
        bool(payload.get("dry")), bool(payload.get("anew")), earliest, first, last, moment, fault, rules.takes_changes(row),
    )  # fmt: skip


def _says_nothing(taken: Taken, calendar: Calendar) -> bool:
    """Whether there is nothing to write down of a page, as of most of them."""
    return not (taken.items or taken.bad or taken.gone or taken.noted) and taken.present is None and taken.token in ("", calendar.token)


def _add_calendars(session: Session, actor: Actor, plan: Plan, kept: dict[str, Calendar], remotes: Mapping[str, RemoteCalendar]) -> None:
    for ref, remote in remotes.items():
        if ref in kept:
            _rename(plan, kept[ref], remote)
        else:
            kept[ref] = _new_calendar(actor, plan, remote, len(kept))
            session.add(kept[ref])
    session.flush()


def _calendar(session: Session, actor: Actor, plan: Plan, found: Found) -> Calendar:
    if found.id is not None:
        return get_own_calendar(session, actor, found.id, lock=True)
    kept = {row.external_id: row for row in queries.list_calendars(session, actor, [plan.connection_id])}
    row = kept.get(found.remote.ref) or _new_calendar(actor, plan, found.remote, len(kept))
    session.add(row)
    session.flush()
    return row


def _partly(item: TakenItem) -> Bad:
    """It came in, but for a part of it."""
    title = item.read.events[0].title if item.read.events else ""
    return Bad(item.ref, " ".join(item.read.problems), item.etag, failed=False, title=title)


def _new_calendar(actor: Actor, plan: Plan, remote: RemoteCalendar, used: int) -> Calendar:
    return Calendar(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=plan.connection_id, external_id=remote.ref,
        hue=rules.hue_of(remote.colour, used), **_facts(plan, remote),
    )  # fmt: skip


def _rename(plan: Plan, row: Calendar, remote: RemoteCalendar) -> None:
    row.sqlmodel_update({name: value for name, value in _facts(plan, remote).items() if getattr(row, name) != value})


def _facts(plan: Plan, remote: RemoteCalendar) -> dict[str, Any]:
    return {"name": rules.short(remote.name, 240) or _("Calendar"), "time_zone": remote.time_zone[:80], "writable": remote.writable and plan.writes}
