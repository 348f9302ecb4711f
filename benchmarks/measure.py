"""Timing of repeated calls, counting of statements, and how a result is written down."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, event


@dataclass(frozen=True)
class Result:
    """One line of the report. ``unit`` is ms, s, MB, kB, % or nothing for a count; ``p95`` is in ``unit`` too.

    ``target`` is None where none was set; ``statements`` counts those of a call.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    p95: float | None = None
    statements: int | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without one."""
        return None if self.target is None else self.value <= self.target

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return {**asdict(self), "met": self.met}


def repeat(name: str, call: Callable[[], Any], *, times: int, target: float | None = None, statements: int | None = None) -> Result:
    """The median of ``times`` calls in milliseconds, after two that warm up."""
    for _ in range(2):
        call()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begin) * 1000)
    taken.sort()
    return Result(name, round(statistics.median(taken), 2), "ms", target, round(taken[int(len(taken) * 0.95)], 2), statements)


def spread(name: str, taken: Sequence[float], *, target: float | None = None) -> Result:
    """The median and the 95th percentile of what was taken elsewhere, in milliseconds."""
    if not taken:
        raise ValueError(f"nothing was measured for “{name}”")
    return Result(name, round(statistics.median(taken), 1), "ms", target, round(percentile(taken, 95), 1))


def percentile(taken: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` percent of all do not exceed."""
    return sorted(taken)[max(0, math.ceil(len(taken) * share / 100) - 1)]


def once(name: str, call: Callable[[], Any], target: float | None = None) -> Result:
    """One call in seconds."""
    begin = time.perf_counter()
    call()
    return Result(name, round(time.perf_counter() - begin, 2), "s", target)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collects the statements of a block, without the two with which every unit of work begins and ends."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "set_config(" not in statement and "publish_changes(" not in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
