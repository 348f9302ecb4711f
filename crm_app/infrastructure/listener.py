"""One connection per process that hears what PostgreSQL tells: what changed, and whose session ended."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg import sql

log = structlog.get_logger(__name__)

CHANGES = "crm_changes"
SESSIONS = "crm_sessions"
QUIET_SECONDS = 20.0
"""After so long without a notice the connection is tried, so that a silent loss is found."""
LONGEST_WAIT = 15.0

Callback = Callable[[dict[str, Any] | None], None]


class Listener:
    """Listens on ``crm_changes`` and ``crm_sessions`` and calls back on the event loop.

    A callback gets the notice's JSON object, or None once the connection is back after a loss: something may have
    been missed, so whoever listens asks again for everything it shows (or checks every session it keeps open).
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo.replace("postgresql+psycopg://", "postgresql://", 1)
        self._callbacks: dict[str, list[Callback]] = {CHANGES: [], SESSIONS: []}
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    def on_change(self, callback: Callback) -> None:
        """Call ``callback`` for every change set: ``{"topic", "ids" | null, "owner", "audience", "change_set"}``."""
        self._callbacks[CHANGES].append(callback)

    def on_session(self, callback: Callback) -> None:
        """Call ``callback`` when a session ended, with what the sign-in functions say about it."""
        self._callbacks[SESSIONS].append(callback)

    async def start(self) -> None:
        """Begin to listen in the background; a database that is away is asked again until it answers."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="listener")

    async def ready(self, within: float = 10.0) -> bool:
        """Whether the connection listens, waiting at most ``within`` seconds for it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), within)
        return self._ready.is_set()

    async def stop(self) -> None:
        """End the listening and close the connection."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        lost, failures = False, 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, application_name="mindfulcrm-listener") as connection:
                    await self._listen(connection, lost)
                    failures = 0
            except (psycopg.Error, OSError) as error:
                failures = 0 if self._ready.is_set() else failures + 1
                log.warning("the listener lost its connection", error=type(error).__name__)
            self._ready.clear()
            lost = True
            await asyncio.sleep(min(LONGEST_WAIT, 0.25 * 2**failures) * (0.5 + random.random()))  # noqa: S311  spreading load

    async def _listen(self, connection: psycopg.AsyncConnection, lost: bool) -> None:
        for channel in self._callbacks:
            await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
        self._ready.set()
        if lost:
            for channel in self._callbacks:
                self._tell(channel, None)
        while not connection.closed:
            async for notice in connection.notifies(timeout=QUIET_SECONDS):
                self._tell(notice.channel, _parsed(notice.payload))
            await connection.execute("select 1")

    def _tell(self, channel: str, notice: dict[str, Any] | None) -> None:
        # One callback's defect is logged by the loop and ends neither the listening nor the other callbacks.
        loop = asyncio.get_running_loop()
        for callback in self._callbacks.get(channel, ()):
            loop.call_soon(callback, notice)


def _parsed(payload: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError:
        value = payload
    return value if isinstance(value, dict) else {"value": value}
