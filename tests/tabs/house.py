"""The whole application in this process: edge, pages, services and jobs on a test's database, on an event loop of its own.

Tests stay plain functions: what must happen on the loop is handed to it with ``do``. Nothing here is faked but the
network card: requests and socket frames enter the outermost ASGI layer, as uvicorn would hand them over.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import structlog
import uvicorn
from nicegui import Client, core, ui
from nicegui.testing.general import nicegui_reset_globals
from pydantic import SecretStr
from starlette.types import ASGIApp, Message
from structlog.testing import LogCapture

from crm_app.domain.accounts import rules
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.actor import Actor
from crm_app.infrastructure.database import Database as AppDatabase
from crm_app.infrastructure.port import take_port
from crm_app.main import House, furnish_house
from crm_app.settings import Settings
from crm_app.web import nicegui_guard
from tests import cluster
from tests.tabs.wire import Wire

T = TypeVar("T")
PORT = 8080
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CALM = 3  # looks in a row, two milliseconds apart, at which nothing may be under way


class Loop:
    """An event loop in a thread of its own, that knows when everything it was asked to do is done."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._under_way: set[object] = set()
        self._hand_out = self.loop.run_in_executor
        self.loop.run_in_executor = self._counted  # type: ignore[method-assign,assignment]
        self._thread = threading.Thread(target=self.loop.run_forever, name="house", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T], within: float = 90.0) -> T:
        """Run ``work`` on the loop and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within)

    def _counted(self, executor: Executor | None, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """What a thread does for the loop is under way until the loop has its answer."""
        future = self._hand_out(executor, function, *args)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def watch(self, executor: Executor) -> None:
        """What is handed to these threads, past the loop, is under way as well until the loop was told of its answer."""
        hand_over = executor.submit

        def submit(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future = hand_over(function, *args, **kwargs)
            self._under_way.add(future)
            future.add_done_callback(lambda done: self.loop.call_soon_threadsafe(self._under_way.discard, done))
            return future

        executor.submit = submit  # type: ignore[method-assign]

    async def settled(self, is_busy: Callable[[], bool] = lambda: False, within: float = 60.0) -> None:
        """Wait until no thread works for the loop and nothing on it is ready to go on; a handler that waits for a person does not count.

        Raises ``AssertionError`` when something is still under way after ``within`` seconds: what a test saw then would depend on the machine.
        """
        calm, ends = 0, time.monotonic() + within
        while calm < CALM and time.monotonic() < ends:
            await asyncio.sleep(0.002)
            ready = getattr(self.loop, "_ready")  # noqa: B009
            calm = 0 if self._under_way or ready or is_busy() else calm + 1
        assert calm == CALM, f"the house does not come to rest: {[str(work) for work in self._under_way]}"

    def close(self) -> None:
        """Stop the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class LibraryErrors(logging.Handler):
    """What the libraries below us log as an error: an exception that no handler of ours took."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message with its traceback. An act whose element went away while it was under way has nobody to tell."""
        line = self.format(record)
        if "The parent element this slot belongs to has been deleted" not in line:
            self.lines.append(line)


@dataclass(eq=False)
class Browser:
    """One signed-in browser: a cookie, and the session behind it."""

    actor: Actor
    token: str
    session_id: UUID
    cookie_name: str

    @property
    def cookie(self) -> str:
        """The request header of this browser."""
        return f"{self.cookie_name}={self.token}"


@dataclass(eq=False)
class RunningHouse:
    """The application while it runs. ``defects`` are the errors in its log but those that a test says to expect; ``wires``
    the sockets of open tabs."""

    house: House
    origin: str
    loop: Loop
    database: cluster.Database
    log: LogCapture
    library_errors: LibraryErrors
    expected: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    def sign_in(self, actor: Actor) -> Browser:
        """A new session of this person, as a sign-in would open it."""
        token = rules.new_token()
        new = NewSession(user_id=actor.user_id, token_hash=rules.hash_token(token), remembered=False, user_agent=AGENT, address="127.0.0.1")
        session_id = self.house.store.open_session(new, rules.session_limits(False))
        return Browser(actor, token, session_id, self.house.app.config.cookie_name)

    def http(self, browser: Browser | None = None) -> httpx.AsyncClient:
        """A client that speaks to the application, with the browser's cookie if one is given. Use it inside ``loop.do``."""
        headers = {"origin": self.origin, "user-agent": AGENT, "accept": "text/html", "sec-fetch-site": "same-origin"}
        if browser is not None:
            headers["cookie"] = browser.cookie
        transport = httpx.ASGITransport(self.house.app, client=("127.0.0.1", 50_000))
        return httpx.AsyncClient(transport=transport, base_url=self.origin, headers=headers, timeout=30)

    def work(self) -> int:
        """Do all jobs that wait, as the background workers would; how many there were."""
        return self.house.runner.run_pending()

    @property
    def defects(self) -> list[str]:
        """What the log calls an error and nobody said to expect."""
        errors = [*(str(entry) for entry in self.log.entries if entry["log_level"] in ("error", "critical")), *self.library_errors.lines]
        return [entry for entry in errors if not any(part in entry for part in self.expected)]

    def forget_pages(self) -> None:
        """Close every page."""
        self.loop.do(self._forget_pages())

    def forget_pages_of_nobody(self) -> None:
        """Drop the pages that a browser has left, which would be kept for a while in case that it came back."""
        self.loop.do(self._forget_left())

    def forget(self) -> None:
        """Close every page and forget what was logged, so that the next test begins with none."""
        self.forget_pages()
        self.log.entries.clear()
        self.library_errors.lines.clear()
        self.expected.clear()

    async def _forget_left(self) -> None:
        for client in list(Client.instances.values()):
            if not client.has_socket_connection:
                nicegui_guard.forget_page(client)

    async def _forget_pages(self) -> None:
        for wire in self.wires:
            await wire.close()
        self.wires.clear()
        for client in list(Client.instances.values()):
            nicegui_guard.forget_page(client)
        await self.loop.settled()


class Life:
    """Starts and stops an application through its ``lifespan`` scope, as a server does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()

    async def begin(self) -> None:
        """Start, or raise what keeps it from starting."""
        self._task = asyncio.create_task(self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._told.get, self._said.put))
        await self._step("lifespan.startup")

    async def end(self) -> None:
        """Stop."""
        await self._step("lifespan.shutdown")
        await self._task

    async def _step(self, name: str) -> None:
        self._told.put_nowait({"type": name})
        answer = await asyncio.wait_for(self._said.get(), 30)
        if answer["type"] != f"{name}.complete":
            raise RuntimeError(answer.get("message"))


@contextmanager
def running_house(database: cluster.Database, folder: Path, port: int = PORT) -> Iterator[RunningHouse]:
    """Build the application on this database, start it without its background clock, and take it down again."""
    settings = Settings(data_dir=folder, secret_key=SecretStr(cluster.SECRET), port=port)
    app_database = AppDatabase(
        database.server.owner_dsn(database.name), database.server.app_dsn(database.name), database.app, 18, database.searches_by_index
    )
    before, log = structlog.get_config()["processors"], LogCapture()
    structlog.configure(processors=[structlog.processors.format_exc_info, log])
    loop, library_errors = Loop(), LibraryErrors()
    logging.getLogger().addHandler(library_errors)
    patience, nicegui_guard.WATCH_EVERY = nicegui_guard.WATCH_EVERY, 3_600.0  # sessions are looked after when a test says so
    # A simulated user of an earlier test takes these over whenever it is looked at, and NiceGUI looks at every object when it begins.
    ways = ui.navigate, ui.notify, ui.download
    handlers = dict(core.app.exception_handlers)  # NiceGUI's own page for 404 shows what a component's test builds
    with nicegui_reset_globals():
        house = furnish_house(app_database, settings, port)
        for executor in (house.threads.pages, house.threads.programs):
            loop.watch(executor)
        house.runner.start = lambda: None  # type: ignore[method-assign]  # jobs run when a test says so
        house.runner.stop = lambda wait=True: None  # type: ignore[method-assign]
        house.clock.start = house.clock.stop = lambda: None  # type: ignore[method-assign]
        life = Life(house.app)
        try:
            loop.do(life.begin())
            ui.navigate, ui.notify, ui.download = ways
            yield RunningHouse(house, house.app.config.public_url, loop, database, log, library_errors)
        finally:
            loop.do(life.end())
            house.threads.close(wait=True)
            house.sandbox.close()
            Client.page_routes.clear()  # else NiceGUI's reset forgets our modules, and their tables are defined twice
            loop.close()
            logging.getLogger().removeHandler(library_errors)
            nicegui_guard.WATCH_EVERY = patience
            structlog.configure(processors=before)
    core.app.user_middleware.clear()
    core.app.exception_handlers.clear()
    core.app.exception_handlers.update(handlers)


@contextmanager
def served_house(database: cluster.Database, folder: Path) -> Iterator[RunningHouse]:
    """The same at a port of this machine, for a real browser; ``origin`` is its address."""
    taken = take_port("127.0.0.1", 0)
    with running_house(database, folder, taken.getsockname()[1]) as house:
        config = uvicorn.Config(house.house.app, lifespan="off", log_config=None, access_log=False, server_header=False, ws_max_size=1_048_576)
        server = uvicorn.Server(config)
        serving = asyncio.run_coroutine_threadsafe(server.serve(sockets=[taken]), house.loop.loop)
        try:
            yield house
        finally:
            server.should_exit, server.force_exit = True, True
            serving.result(15)
