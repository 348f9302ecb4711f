"""Work that says what it does while it does it, such as an answer that is being written: in a thread of its own, followed on a page."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

# Threads apart: one answer may take a minute, and must keep no page waiting for a thread of the services.
_threads = ThreadPoolExecutor(24, thread_name_prefix="following")
GATHERED = 0.06
"""Seconds between two looks at what has come: faster than anybody reads, and one redraw for many pieces."""


async def follow(work: Callable[[], Iterator[T]]) -> AsyncIterator[list[T]]:
    """What ``work`` yields, in groups of what came since the last one; an exception of it is raised here.

    The work goes on to its end when nobody follows any more, as when the page is closed.
    """
    loop = asyncio.get_running_loop()
    came: list[T] = []
    arrived = asyncio.Event()

    def take(piece: T) -> None:
        came.append(piece)
        arrived.set()

    def run() -> None:
        for piece in work():
            if not loop.is_closed():
                loop.call_soon_threadsafe(take, piece)

    context = contextvars.copy_context()
    done = asyncio.wrap_future(_threads.submit(context.run, run))
    done.add_done_callback(lambda _done: arrived.set())
    while not (done.done() and not came):
        await arrived.wait()
        arrived.clear()
        if came:
            group, came[:] = list(came), []
            yield group
            if not done.done():
                await asyncio.sleep(GATHERED)
    done.result()


async def run_apart(work: Callable[[], T]) -> T:
    """What ``work`` returns, from one of those threads."""
    context = contextvars.copy_context()
    return await asyncio.wrap_future(_threads.submit(context.run, work))
