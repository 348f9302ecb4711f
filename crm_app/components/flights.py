"""One answer for several pages of one person that ask the same at the same moment, as they do whenever somebody changed something."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """Questions that wait for a thread. Whoever asks one that waits already gets the same answer.

    Once its thread has begun, a question takes nobody on: what was asked after a change is never answered from before it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, asyncio.Future[Any]] = {}

    async def ask(self, key: Hashable, executor: Executor, work: Callable[[], T]) -> T:
        """What ``work`` returns, from a thread of ``executor``; ``key`` says who asks what."""

        def begin() -> T:
            with self._lock:
                self._waiting.pop(key, None)
            return work()

        with self._lock:  # held until it is written down, so that its thread cannot begin before
            flight = self._waiting.get(key)
            if flight is None:
                flight = self._waiting[key] = asyncio.wrap_future(executor.submit(begin))
                flight.add_done_callback(_heard)
        return await asyncio.shield(flight)  # a page that is closed meanwhile does not take the answer from the others


def _heard(flight: asyncio.Future[Any]) -> None:
    """A refusal of what nobody waits for any more, since their page was closed, is nobody's to complain of."""
    if not flight.cancelled():
        flight.exception()
