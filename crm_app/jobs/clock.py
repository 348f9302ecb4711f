"""What the leading process does by the clock. APScheduler says when; what is due stands in PostgreSQL.

Each duty gets the moment at which it runs and finds by itself what has become due since it last ran, so that a missed
turn is made up for by the next one. All of it works ``in_background``: no page waits for a connection because of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import Gauge
from sqlalchemy.exc import OperationalError

from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import in_background
from crm_app.jobs.defects import report
from crm_app.jobs.leader import Leader

log = structlog.get_logger(__name__)

WATCH = 1.0
STEP = timedelta(seconds=5)
TURNED = Gauge("crm_duties_turned_timestamp_seconds", "When this process last did a duty of the one that leads; 0 when it never led.")


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do every so many seconds."""

    name: str
    seconds: float
    act: Callable[[datetime], object]


class Clock:
    """Runs its duties while this process leads."""

    def __init__(self, leader: Leader, duties: Sequence[Duty], *, threads: int = 2) -> None:
        self._leader = leader
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="clock-watch", daemon=True)
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for duty in duties:
            self._scheduler.add_job(self.run, "interval", [duty], seconds=duty.seconds, id=duty.name, next_run_time=now() + timedelta(seconds=WATCH))

    def start(self) -> None:
        """Begin, in threads of its own. Whoever can lead does so from here on: the first turn of a duty is not to be missed for want of a leader."""
        self._leader.keep()
        self._watcher.start()
        self._scheduler.start()

    def stop(self) -> None:
        """End what runs, and let another process lead."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)
        if self._watcher.ident is not None:
            self._watcher.join(5)
        self._leader.close()

    @in_background()
    def run(self, duty: Duty) -> None:
        """Do one duty now, if this process leads. A database that is away is asked again at the next turn."""
        if not self._leader.leads or self._stopping.is_set():
            return
        try:
            duty.act(now())
            TURNED.set_to_current_time()
        except OperationalError as failure:
            log.warning("the database was away during a duty", duty=duty.name, error=type(failure.orig).__name__)
        except Exception as defect:  # noqa: BLE001  a defect in one duty must not end the clock; the log has it
            report("a duty failed", defect, duty=duty.name)

    def _watch(self) -> None:
        """Keep the lead, by a clock that nobody can set; and when the wall clock is set back, wait for no moment that has moved away."""
        wall, steady = now(), time.monotonic()
        while not self._stopping.wait(WATCH):
            self._leader.keep()
            expected = wall + timedelta(seconds=time.monotonic() - steady)
            wall, steady = now(), time.monotonic()
            if wall < expected - STEP:
                log.warning("the clock was set back", seconds=round((expected - wall).total_seconds()))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=wall)
