"""Runs what stands in the job table. APScheduler is the clock and owns the threads; PostgreSQL is the memory.

Every process may run a runner: a job is claimed with ``SKIP LOCKED`` under a lease, so no two hold the same one, and
one whose process died is claimed again when its lease has run out. Each attempt has a number; whoever lost the job
can no longer finish it, so its transaction is rolled back. All of it works ``in_background``, on connections of its own, so
that what waits here, or never ends, keeps no page waiting.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID, uuid4

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import Counter
from sqlalchemy.exc import OperationalError

from crm_app.domain.actor import Actor
from crm_app.domain.errors import CrmError
from crm_app.domain.jobs import queries, service
from crm_app.domain.jobs.schemas import JobCancelled, JobEnded, JobLost, JobStopped, JobView
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import anonymous_work, in_background, run_service
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.running import Running

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
TRASH_DAYS = 30
TICK = 1.0
PATIENT_WORKERS = 3
CONNECTIONS_PER_WORKER = 2  # the job's own transaction, and the one that shows how far it is
HEARTBEAT = 15.0
FAILED = Counter("crm_jobs_failed_total", "Jobs that ended in vain: by a defect, by being interrupted too often, or refused with a sentence.", ["why"])
for _why in ("defect", "interrupted", "refused"):
    FAILED.labels(_why)  # a counter that begins with its first failure hides it


Handler = Callable[[Running], None]
__all__ = ["HANDLERS", "Chore", "Handler", "JobRunner", "Running", "purge", "run_here"]


class Chore(Protocol):
    """Something that the house itself needs done now and then; it belongs to nobody and stands in no table."""

    def __call__(self) -> None: ...

    def stop(self) -> None:
        """End what runs: this process is going down."""


class JobRunner:
    """``handlers`` maps a kind to the function that does the work and ends with ``finish_job`` in its own transaction.

    ``connections`` are those of the background pool that are meant for these: two for each job that runs at a time, one for the clock.
    The leader's duties share them: none of them holds one for longer than a moment. Jobs of the kinds that are ``patient`` wait for others'
    servers and have workers besides, so that nobody waits for them who wants something else done. Each of these workers may hold one connection of
    its own for as long as Google takes to renew a token, which the pool has room for.
    """

    def __init__(self, handlers: Mapping[str, Handler], *, connections: int = 5, hourly: Iterable[Callable[[], None]] = (), patient: Collection[str] = ()) -> None:
        workers = max(1, (connections - 1) // CONNECTIONS_PER_WORKER)
        self._handlers = dict(handlers)
        others, slow = self._handlers.keys() - set(patient), self._handlers.keys() & set(patient)
        turns = [others] * workers + [slow] * (PATIENT_WORKERS if slow else 0)
        self._stopping = threading.Event()
        self._running: dict[UUID, Running] = {}
        self._chores: list[Chore] = []
        self._clock = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(turns)), "clock": ThreadPoolExecutor(1), "chores": ThreadPoolExecutor(3)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
            timezone="UTC",
        )
        for number, kinds in enumerate(turns):
            self._clock.add_job(in_background()(partial(self.run_pending, kinds)), "interval", seconds=TICK, id=f"worker-{number}")
        self._clock.add_job(in_background()(self._keep_leases), "interval", seconds=HEARTBEAT, id="leases", executor="clock")
        self._clock.add_job(purge, "interval", hours=6, jitter=600, id="purge", executor="clock", next_run_time=_soon())
        for number, work in enumerate(hourly):
            self._clock.add_job(in_background()(work), "interval", hours=1, jitter=60, id=f"hourly-{number}", executor="clock", next_run_time=_soon())

    def add_chore(self, chore: Chore, seconds: int, *, at_once: bool = False) -> None:
        """Call ``chore`` every so many seconds, from a minute after the start on (``at_once``: from the start), in a thread of its own."""
        self._chores.append(chore)
        begin = datetime.now(UTC) if at_once else _soon()
        self._clock.add_job(chore, "interval", seconds=seconds, id=type(chore).__name__, executor="chores", next_run_time=begin)

    def start(self) -> None:
        """Begin to work in the background."""
        self._clock.start()

    def stop(self, wait: bool = True) -> None:
        """Stop; jobs that run are given back at their next step."""
        self._stopping.set()
        for chore in self._chores:
            chore.stop()
        self._clock.shutdown(wait=wait)

    def run_pending(self, kinds: Collection[str] = ()) -> int:
        """Do all jobs that are due, or those of these kinds, one after the other, in this thread; how many there were."""
        count, wanted = 0, sorted(kinds or self._handlers)
        while not self._stopping.is_set():
            with anonymous_work() as session:
                claim = queries.claim_next(session, wanted, service.LEASE)
                owner = queries.find_owner(session, claim.owner_id) if claim else None
            if claim is None:
                break
            count += 1
            self._run(claim, owner)
        return count

    def _run(self, claim: queries.Claim, owner: Actor | None) -> None:
        """Nobody who may not sign in has work done for them: their job ends as the shadow of its owner."""
        actor = owner or Actor(user_id=claim.owner_id, role=Role.VIEWER, via="job")
        running = Running(run_service(actor, service.get_job, claim.job_id), actor, self._stopping)
        if owner is None:
            _end(running, "refused", "The person who asked for this can no longer sign in.")
        elif running.job.attempts > MOST_ATTEMPTS:
            _end(running, "interrupted", "This was tried three times and was interrupted each time. Nothing was changed. You can start it again.")
        else:
            self._running[claim.job_id] = running
            try:
                _attempt(self._handlers[running.job.kind], running)
            finally:
                self._running.pop(claim.job_id, None)

    def _keep_leases(self) -> None:
        for running in list(self._running.values()):
            try:
                running.renew()
            except JobLost:
                log.warning("a job ran out of its lease", job=str(running.job.id))


def run_here(handler: Handler, job: JobView, actor: Actor) -> JobView:
    """Do a job that was claimed by its owner, in this thread and to its end, and keep its lease meanwhile; how it ended.

    Whoever interrupts this process gives it back, for any other to take up.
    """
    over = threading.Event()
    running = Running(job, actor, threading.Event())
    keeper = threading.Thread(target=_keep_until, args=(running, over), name="lease", daemon=True)
    keeper.start()
    try:
        _attempt(handler, running)
    except KeyboardInterrupt:
        run_service(actor, service.release_job, job.id, attempt=job.attempts)
        raise
    finally:
        over.set()
        keeper.join()
    return run_service(actor, service.get_job, job.id)


def _keep_until(running: Running, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT):
        try:
            running.renew()
        except JobEnded:
            return
        except OperationalError as failure:
            log.warning("a lease could not be renewed", job=str(running.job.id), error=type(failure.orig).__name__)


@in_background()
def purge() -> None:
    """Empty the trash of what is older than thirty days, and remove what nobody waits for."""
    with anonymous_work() as session:
        purged = queries.purge_trash(session, timedelta(days=TRASH_DAYS))
        queries.tidy_up(session)
    if any(purged):
        log.info("the trash was emptied", **purged._asdict())


def _attempt(handler: Handler, running: Running) -> None:
    """Every way in which a job can end. Its own transaction is rolled back by the time we are here, unless it is done."""
    job = running.job
    try:
        handler(running)
    except JobCancelled:
        run_service(running.actor, service.cancel_job, job.id, attempt=job.attempts)
    except JobStopped:
        run_service(running.actor, service.release_job, job.id, attempt=job.attempts)
    except JobEnded:
        log.warning("a job was taken over by another process", job=str(job.id), kind=job.kind)
    except CrmError as refusal:
        _end(running, "refused", refusal.message)
    except OperationalError as failure:
        log.warning("the database was away during a job", job=str(job.id), kind=job.kind, error=type(failure.orig).__name__)
        wait = timedelta(seconds=5 * 3**job.attempts * (0.5 + random.random()))  # noqa: S311  spreading load
        run_service(running.actor, service.release_job, job.id, after=wait, attempt=job.attempts)
    except Exception as defect:  # noqa: BLE001  a defect in one job must not end the worker; the log has it, its owner a reference
        _end(running, "defect", _defect(job, defect))


def _defect(job: JobView, defect: Exception) -> str:
    reference = uuid4().hex[:8]
    log.error("a job failed", job=str(job.id), kind=job.kind, reference=reference, exc_info=defect)
    return f"Something went wrong on our side, and nothing was changed. If you ask for help, mention {reference}."


def _end(running: Running, why: str, reason: str) -> None:
    FAILED.labels(why).inc()
    try:
        run_service(running.actor, service.fail_job, running.job.id, reason, attempt=running.job.attempts)
    except JobLost:
        log.warning("a job that failed had been taken over", job=str(running.job.id))


def _soon() -> datetime:
    """A minute from now: a start has more urgent things to do."""
    return datetime.now(UTC) + timedelta(minutes=1)
