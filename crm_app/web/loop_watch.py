"""Who holds up the event loop: everyone waits for it, so whatever keeps it for longer than a tenth of a second is counted, and named in the log."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog
from prometheus_client import Counter, Histogram

log = structlog.get_logger(__name__)

LAG = Histogram("crm_event_loop_lag_seconds", "How late the event loop wakes.", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5))
HELD = Counter("crm_event_loop_held_total", "How often the event loop was held up for over a tenth of a second: by its own work, or by what else runs.", ["by"])
BEAT = 0.05
LONG = 0.1
VERY_LONG = 0.25
QUIET = 10.0
_OURS = Path(__file__).parents[1]
_LOOP = ("asyncio/runners.py", "asyncio/base_events.py", "asyncio/events.py")


class LoopWatch:
    """A beat on the event loop, and a thread that looks where the loop is when the beat does not come."""

    def __init__(self) -> None:
        self._due = 0.0
        self._thread = threading.get_ident()
        self._stopping = threading.Event()
        self._place: str | None = None
        self._said = -QUIET

    async def run(self) -> None:
        """For ever, on the loop that is watched."""
        self._thread = threading.get_ident()
        with self._looking():
            while True:
                self._due = time.monotonic() + BEAT
                await asyncio.sleep(BEAT)
                self._judge(max(0.0, time.monotonic() - self._due))

    def _judge(self, late: float) -> None:
        LAG.observe(late)
        place, self._place = self._place, None
        if late <= LONG:
            return
        HELD.labels("work" if place else "others").inc()
        if late > VERY_LONG and time.monotonic() - self._said >= QUIET:
            self._said = time.monotonic()
            log.warning("the event loop was held up", seconds=round(late, 3), by=place or "what else runs on this machine")

    @contextmanager
    def _looking(self) -> Iterator[None]:
        self._due = time.monotonic() + BEAT
        thread = threading.Thread(target=self._look, name="loop-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join(1)

    def _look(self) -> None:
        while not self._stopping.wait(BEAT):
            if self._place is None and time.monotonic() - self._due > BEAT:
                self._place = place_of(sys._current_frames().get(self._thread)) or None


def place_of(frame: FrameType | None) -> str:
    """What runs on the loop, by its innermost place of ours, else by its own; ``""`` when the loop only waits to be woken."""
    innermost = ""
    while frame is not None and not frame.f_code.co_filename.endswith(_LOOP):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS):
            return f"{path.relative_to(_OURS)}:{frame.f_lineno} {frame.f_code.co_name}"
        if not innermost and path.name != "selectors.py":
            innermost = f"{path.name}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return innermost
