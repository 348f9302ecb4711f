"""Connections in the background: the turn of each that is due, and a run with its end whatever comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import OperationalError

from crm_app.domain.actor import Actor
from crm_app.domain.ahead import read_ahead
from crm_app.domain.calendar.landing import TakenItem
from crm_app.domain.calendar.reading import ItemFailed, ItemRefused, Window, read_items
from crm_app.domain.connections import ending, queries, rules, running, syncing
from crm_app.domain.connections.ending import Failure
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES
from crm_app.domain.connections.plans import Bad, Counts, Found, Plan, Rehearsed, Taken
from crm_app.domain.connections.source import CalendarSource, NotACalendar, RemoteChanges, SignInNeeded, SourceDown, SourceError
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.jobs.schemas import JobCancelled, JobEnded
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs import addressbooks, drives, mail
from crm_app.jobs.defects import report
from crm_app.jobs.running import Running
from crm_app.jobs.sources import open_books, open_drive, open_mailbox, open_source

log = structlog.get_logger(__name__)

RUNS = Counter("crm_sync_runs_total", "Runs of connections, by kind and how they ended.", ["kind", "outcome"])
SECONDS = Histogram("crm_sync_seconds", "How long runs take.", ["kind"], buckets=(0.1, 0.3, 1, 3, 10, 30, 120, 600))
EVENTS = Counter("crm_sync_events_total", "Events that came, changed and went.", ["what"])
PIECE = 100
"""So many things are read before the lease is looked after."""


def queue_due(moment: datetime) -> int:
    """Give everyone's connections their turn; how many got one. Nothing is queued twice, however many processes believe that they lead."""
    with anonymous_work() as session:
        due = queries.list_due(session, moment)
        people = {owner: find_owner(session, owner) for owner in {owner for _connection, owner in due}}
    return sum(_queue(connection_id, people[owner]) for connection_id, owner in due)


def _queue(connection_id: UUID, owner: Actor | None) -> bool:
    if owner is None:
        return False
    try:
        run_service(owner, syncing.enqueue_due, connection_id)
        return True
    except (NotFound, Forbidden):  # it was let go of, or its owner's role changed, meanwhile
        return False
    except OperationalError:
        raise
    except Exception as defect:  # noqa: BLE001  a defect with one connection must not keep the others from their turn; the log has it
        report("a connection got no turn", defect, connection=str(connection_id))
        return False


def tidy(moment: datetime) -> None:
    """Forget runs and jobs that nobody asks for any more."""
    with anonymous_work() as session:
        queries.tidy(session, moment)


def run_sync(held: Running) -> None:
    """One run from its beginning to its end. What came in before something went wrong stays; the next run goes on from there."""
    with in_locale(held.actor.locale):
        try:
            plan = run_service(held.actor, running.begin_run, held.job)
        except NotFound:
            raise JobCancelled from None
        with _ended(held, plan, Counts()) as counts:
            if plan.kind in MAILBOXES:
                with closing(open_mailbox(plan, held.actor)) as mailbox:
                    mail.bring_in(held, plan, mailbox, counts)
            elif plan.kind in ADDRESS_BOOKS:
                with closing(open_books(plan, held.actor)) as books:
                    addressbooks.bring_in(held, plan, books, counts)
            elif plan.kind in DRIVES:
                with closing(open_drive(plan, held.actor)) as drive:
                    drives.bring_in(held, plan, drive, counts)
            else:
                with closing(open_source(plan, held.actor)) as source:
                    _bring_in(held, plan, source, counts)


@contextmanager
def _ended(held: Running, plan: Plan, counts: Counts) -> Iterator[Counts]:
    """Around the work of a run: whatever becomes of it is written down, unless the job is another process's by now."""
    began, outcome = time.monotonic(), "done"
    try:
        yield counts
        run_service(held.actor, ending.end_well, plan, counts)
    except (JobCancelled, NotFound):
        outcome = "cancelled"
        _end(held, ending.end_early, plan, counts)
    except SourceError as failure:
        outcome = "failed"
        log.info("a run of a connection failed", connection=str(plan.connection_id), kind=plan.kind, failure=type(failure).__name__)
        after = failure.after if isinstance(failure, SourceDown) else None
        _end(held, ending.end_badly, plan, counts, Failure(failure.reason, isinstance(failure, SignInNeeded), after))
    except (JobEnded, OperationalError, Forbidden):
        outcome = "interrupted"
        raise
    except Exception as defect:  # noqa: BLE001  a defect in one connection must not end the worker, nor be tried again at once; the log has it
        outcome = "defect"
        reference = report("a run of a connection failed", defect, connection=str(plan.connection_id))
        reason = _("Something went wrong on our side. If you ask for help, mention %s.") % reference
        _end(held, ending.end_badly, plan, counts, Failure(reason))
    finally:
        RUNS.labels(plan.kind, outcome).inc()
        SECONDS.labels(plan.kind).observe(time.monotonic() - began)
        files_or_events = drives.FILES if plan.kind in DRIVES else EVENTS
        counter = mail.MAILS if plan.kind in MAILBOXES else addressbooks.PEOPLE if plan.kind in ADDRESS_BOOKS else files_or_events
        for what in ("created", "updated", "deleted"):
            counter.labels(what).inc(getattr(counts, what))


def _end(held: Running, end: Callable[..., None], *about: Any) -> None:
    try:
        run_service(held.actor, end, *about)
    except NotFound:  # the connection is gone, and its runs with it
        raise JobCancelled from None


def _bring_in(held: Running, plan: Plan, source: CalendarSource, counts: Counts) -> None:
    """Each calendar in turn. One that cannot be read keeps none of the others from coming in; the run fails by the first, once they have."""
    kept = () if plan.whole else run_service(held.actor, running.get_kept, plan)
    founds = kept or run_service(held.actor, running.keep_calendars, plan, source.list_calendars())
    failures: list[NotACalendar] = []
    for found in founds:
        try:
            _bring_in_one(held, plan, source, found, counts)
        except NotACalendar as failure:
            failures.append(failure if len(founds) == 1 else NotACalendar(f"{rules.short(found.remote.name, 80)}: {failure.reason}"))
    if failures:
        raise failures[0]


def _bring_in_one(held: Running, plan: Plan, source: CalendarSource, found: Found, counts: Counts) -> None:
    known = run_service(held.actor, running.get_known, plan, found)
    pages = source.list_changes(found.remote.ref, known.token, known.refs)
    with closing(read_ahead(_read_pages(held, plan, found, pages))) as taken:  # the next page is fetched and read while this one lands
        for page in taken:
            counts.coming += page.coming
            _land(held, plan, found, page, counts)
            counts.total += len(page.present or ())
    if known.rereads and not plan.dry:
        items, bad = _read(held, plan, found, known.rereads)
        _land(held, plan, found, Taken(items, bad), counts)


def _land(held: Running, plan: Plan, found: Found, taken: Taken, counts: Counts) -> None:
    held.stop_if_asked()
    try:
        so_far = counts.seen + taken.seen
        known = counts.coming if counts.coming >= so_far else 0
        counts.add(run_service(held.actor, running.land_page, plan, found, taken, progress=(so_far, known)))
    except Rehearsed as rehearsal:
        counts.add(rehearsal.counts)


def _read_pages(held: Running, plan: Plan, found: Found, pages: Iterable[RemoteChanges]) -> Iterator[Taken]:
    """Pages with everything in them read, outside any transaction."""
    noted: frozenset[str] = frozenset()
    for page in pages:
        noted |= {item for item, _reason in page.unread}
        items, bad = _read(held, plan, found, [(item.ref, item.etag, item.content) for item in page.items])
        unread = [Bad(item, reason) for item, reason in page.unread]
        yield Taken(items, [*bad, *unread], page.gone, page.present, noted, page.token, len(page.items) + len(page.unread), page.coming)


def _read(held: Running, plan: Plan, found: Found, things: Sequence[tuple[str, str, bytes]]) -> tuple[list[TakenItem], list[Bad]]:
    window = Window(plan.first, plan.last, plan.moment.date())
    items: list[TakenItem] = []
    bad: list[Bad] = []
    for start in range(0, len(things), PIECE):
        piece = things[start : start + PIECE]
        if start:
            held.renew()
        answers = read_items([content for _ref, _etag, content in piece], window=window, zone=found.remote.time_zone or held.actor.time_zone)
        for (ref, etag, content), answer in zip(piece, answers, strict=True):
            if isinstance(answer, ItemRefused):
                bad.append(Bad(ref, answer.reason, etag, failed=isinstance(answer, ItemFailed)))
            else:
                items.append(TakenItem(ref, etag, content, answer))
    return items, bad
