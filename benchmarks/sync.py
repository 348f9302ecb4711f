"""Calendars as they come in: a first sync of 5,000 events, and runs without news, from a calendar link and from a CalDAV server.

A third of the events asks a contact, half of them are over. The server and everything of ours share the same two cores.
"""

from __future__ import annotations

import http.client
import itertools
import resource
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from benchmarks.measure import Result, counted, spread
from benchmarks.team import list_addresses
from crm_app.cli.acting import acting_as
from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.connections import run_sync
from crm_app.jobs.runner import run_here
from crm_app.jobs.sources import bind_accounts
from crm_app.settings import Settings

OWNER = "seed1@team.example"
EVENTS = 5_000
FIRST_SECONDS, AGAIN_MS = 20.0, 300.0
DAYS = 320
_NAMES = itertools.count(1)


def measure_sync(database: Database, settings: Settings, times: int) -> Iterator[Result]:
    """Both ways in, each for the first time and then again and again without news."""
    owner = acting_as(OWNER)
    with ProcessSandbox() as sandbox:
        sandbox.warm()
        bind_sandbox(sandbox)
        bind_accounts(settings)
        feed = calendar(list_addresses(database, 500))
        with link(feed) as url:
            yield from _way(database, owner, "a calendar link", times, kind="ics", url=url)
        with radicale(settings.data_dir.parent / "radicale", feed) as url:
            yield from _way(database, owner, "a CalDAV server (Radicale)", times, kind="caldav", url=url, username="ana")


def _way(database: Database, owner: Actor, named: str, times: int, **values: str) -> Iterator[Result]:
    data = ConnectionCreate.model_validate({"name": f"Bench {next(_NAMES)}", "password": SecretStr("bench") if values.get("username") else SecretStr(""), **values})
    made = run_service(owner, connections.create_connection, data, inner_allowed=True, start=False)
    run_service(owner, connections.resume_connection, made.id)
    with counted(database.app_engine) as seen:
        began, used = time.perf_counter(), _processor()
        job = run_once(owner, made.id)
        took, used = time.perf_counter() - began, _processor() - used
    if job.result.get("created") != EVENTS:
        raise RuntimeError(f"{named}: {job.state} {job.reason} {job.result}")
    yield Result(f"first sync of {EVENTS:,} events from {named}", round(took, 1), "s", FIRST_SECONDS, statements=len(seen))
    yield Result(f"first sync of {EVENTS:,} events from {named}: processor, application alone", round(used, 1), "s")
    for whole in (False, True):
        taken = []
        for _ in range(max(3, min(times, 10))):
            with counted(database.app_engine) as seen:
                began = time.perf_counter()
                run_once(owner, made.id, whole=whole)
                taken.append((time.perf_counter() - began) * 1000)
        said = f"a sync without news from {named}" + (", a look at everything" if whole else "")
        found = spread(said, taken, target=None if whole else AGAIN_MS)
        yield Result(found.name, found.value, found.unit, found.target, found.p95, len(seen))


def run_once(owner: Actor, connection_id: UUID, *, whole: bool = False) -> JobView:
    """One run of a connection to its end, here."""
    asked = run_service(owner, connections.sync_now, connection_id, full=whole)
    claimed = run_service(owner, jobs.claim_own_job, asked.id)
    if claimed is None:
        raise RuntimeError("somebody else has this job")
    return run_here(run_sync, claimed, owner)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def calendar(addresses: list[str]) -> bytes:
    """A calendar of 5,000 events, half of them over."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for number in range(EVENTS):
        begins = start + timedelta(days=number % (2 * DAYS), hours=8 + number % 10 - start.hour)
        lines += ["BEGIN:VEVENT", f"UID:bench-{number}@bench.example", "DTSTAMP:20260101T000000Z", f"DTSTART:{begins:%Y%m%dT%H%M%SZ}"]
        lines += [f"DTEND:{begins + timedelta(hours=1):%Y%m%dT%H%M%SZ}", f"SUMMARY:Session {number}", "LOCATION:Studio", "DESCRIPTION:Bring what you wrote down."]
        if number % 3 == 0 and addresses:
            lines.append(f"ATTENDEE;CN=Somebody;PARTSTAT=ACCEPTED:mailto:{addresses[number % len(addresses)]}")
        lines.append("END:VEVENT")
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


@contextmanager
def link(content: bytes) -> Iterator[str]:
    """The calendar behind a link, of a server that remembers nothing of who asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/calendar")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever has read enough hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/bench.ics"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def radicale(folder: Path, content: bytes) -> Iterator[str]:
    """The calendar in an account of a Radicale on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users").write_text("ana:bench\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = int(held.getsockname()[1])
    given = {"server-hosts": f"127.0.0.1:{port}", "auth-type": "htpasswd", "auth-htpasswd-filename": str(folder / "users"), "auth-htpasswd-encryption": "plain"}
    words = [word for name, value in {**given, "storage-filesystem-folder": str(folder / "store")}.items() for word in (f"--{name}", value)]
    process = subprocess.Popen([sys.executable, "-m", "radicale", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _put(port, content)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def _put(port: int, content: bytes) -> None:
    """Wait for the server, give it the whole calendar, and have it look at all of it once, as one would have that is in use."""
    until = time.monotonic() + 60
    while True:
        try:
            _ask(port, "PUT", content, **{"content-type": "text/calendar; charset=utf-8"})
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    _ask(port, "PROPFIND", b'<propfind xmlns="DAV:"><prop><getetag/><sync-token/></prop></propfind>', depth="1")


def _ask(port: int, method: str, content: bytes, **headers: str) -> None:
    signed = {"authorization": "Basic " + b64encode(b"ana:bench").decode(), **headers}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as line:
        line.request(method, "/ana/bench/", content, signed)
        answer = line.getresponse()
        answer.read()
    if answer.status not in (200, 201, 204, 207):
        raise RuntimeError(f"Radicale did not take the calendar: {answer.status}")
