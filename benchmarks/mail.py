"""Mail: a first sync of 10,000 letters from a real server and runs without news, then the Mail page's questions where one person has 40,000 threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
from pydantic import SecretStr

from benchmarks.busy import TABLE
from benchmarks.dovecot import PASSWORD, USER, mailbox
from benchmarks.measure import Result, counted, percentile, repeat, spread
from benchmarks.product import command, server
from benchmarks.sync import run_once
from benchmarks.tab import Person, Tab
from benchmarks.team import addresses_of, list_addresses, sign_in
from crm_app.cli.acting import acting_as
from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.mail import service as mails
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs.sources import bind_accounts
from crm_app.settings import Settings

OWNER = "seed1@team.example"
LETTERS = 10_000
FIRST_SECONDS, FIRST_MB, AGAIN_MS = 120.0, 400.0, 300.0
PAGES, WARMING, PAUSE, SLOWER = 40, 5, 1.5, 2.0  # nobody may leave more than sixty pages behind at once
LIST_MS, THREAD_MS, SEARCH_MS = 30.0, 30.0, 50.0
SEARCHES = {
    "in most mails (lighter)": "lighter", "in many (retreat)": "retreat", "a word half typed (fol)": "fol", "in a few (quillfeather)": "quillfeather",
    "a family name (Hartley)": "Hartley", "an address's end (mail.example)": "mail.example", "nowhere (xyzzyqwv)": "xyzzyqwv", "two letters (li)": "li",
    "three words (recommended friend migraine)": "recommended friend migraine", "with umlaut (müller)": "müller",
}  # fmt: skip


def measure_first_mail(database: Database, settings: Settings, times: int) -> Iterator[Result]:
    """The first sync of a mailbox, what it takes of memory, and runs after it."""
    owner = acting_as(OWNER)
    with ProcessSandbox() as sandbox, mailbox(list_addresses(database, 500), LETTERS) as url:
        sandbox.warm()
        bind_sandbox(sandbox)
        bind_accounts(settings)
        data = ConnectionCreate.model_validate({"kind": "imap", "name": "Bench", "url": url, "username": USER, "password": SecretStr(PASSWORD)})
        made = run_service(owner, connections.create_connection, data, inner_allowed=True, start=False)
        run_service(owner, connections.resume_connection, made.id)
        with counted(database.app_engine) as seen, peak() as highest:
            began = time.perf_counter()
            job = run_once(owner, made.id)
            took = time.perf_counter() - began
        if job.result.get("seen") != LETTERS or job.result.get("failed"):
            raise RuntimeError(f"{job.state} {job.reason} {job.result}")
        yield Result(f"first sync of {LETTERS:,} mails from dovecot", round(took, 1), "s", FIRST_SECONDS, statements=len(seen))
        yield Result(f"first sync of {LETTERS:,} mails: memory of this process and its sandbox at most (RSS)", round(highest[0] / 1e6, 1), "MB", FIRST_MB)
        for whole in (False, True):
            yield _again(database, owner, made.id, times, whole=whole)


def _again(database: Database, owner: Actor, connection_id: Any, times: int, *, whole: bool) -> Result:
    taken = []
    for _ in range(max(3, min(times, 10))):
        with counted(database.app_engine) as seen:
            began = time.perf_counter()
            run_once(owner, connection_id, whole=whole)
            taken.append((time.perf_counter() - began) * 1000)
    said = "a sync of mail without news" + (", a look at everything" if whole else "")
    found = spread(said, taken, target=None if whole else AGAIN_MS)
    return Result(found.name, found.value, found.unit, found.target, found.p95, len(seen))


def measure_beside(folder: Path) -> Iterator[Result]:
    """What a first sync of mail does to everybody's pages: the product through its front door, before and while it runs."""
    command(folder, "seed", "--contacts", "2000", "--interactions", "10000", "--users", "1", "--mails", "0")
    token = command(folder, "token", "create", "--as", OWNER, "--name", "bench")
    with mailbox(addresses_of(folder, 500), LETTERS) as url, server(folder) as (address, _process, _seconds):
        cookie = sign_in(folder, 1)[0]
        idle = asyncio.run(_pages(address, cookie, lambda taken: len(taken) < PAGES + WARMING))[WARMING:]
        words = ("connect", "imap", "--as", OWNER, "--name", "Bench", "--url", url, "--username", USER, "--password-stdin", "--allow-loopback")
        command(folder, *words, told=PASSWORD + "\n")
        until = time.monotonic() + 600

        def runs(_taken: list[float]) -> bool:
            found = httpx.get(f"{address}/api/v1/connections", headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()["items"]
            return time.monotonic() < until and not any(one["last_ok_at"] for one in found)

        busy = asyncio.run(_pages(address, cookie, runs))
    yield spread("a page of contacts until its rows are there, nothing else going on", idle)
    yield spread(f"the same while {LETTERS:,} mails come in for the first time", busy)
    yield Result("95 % of pages while mail comes in, beside 95 % when nothing does", round(percentile(busy, 95) / percentile(idle, 95), 2), "times", SLOWER)


async def _pages(address: str, cookie: str, go_on: Callable[[list[float]], bool]) -> list[float]:
    """Milliseconds of pages opened and left one after the other."""
    person, taken = Person(address, cookie), list[float]()
    try:
        while await asyncio.to_thread(go_on, taken):
            tab = Tab(person)
            began = time.perf_counter()
            await tab.open("/contacts", shows=TABLE)
            taken.append((time.perf_counter() - began) * 1000)
            await tab.close()
            await asyncio.sleep(PAUSE)
    finally:
        await person.http.aclose()
    return taken


def measure_mail_pages(database: Database, times: int) -> Iterator[Result]:
    """What the Mail page asks: lists, a thread, and searches for words of all kinds."""
    asker = acting_as(OWNER)
    lists: tuple[tuple[str, dict[str, Any]], ...] = (("with people", {}), ("not matched", {"box": "unmatched"}), ("irrelevant", {"box": "irrelevant"}))
    for name, how in lists:
        yield _measured(database, f"mail: threads {name}", partial(run_service, asker, mails.get_threads, **how), times, LIST_MS)
    page = run_service(asker, mails.get_threads)
    yield _measured(database, "mail: the next page", partial(run_service, asker, mails.get_threads, after=page.next), times, LIST_MS)
    yield _measured(database, "mail: a thread", partial(run_service, asker, mails.get_thread, page.rows[0].id), times, THREAD_MS)
    for name, words in SEARCHES.items():
        yield _measured(database, f"mail search: {name}", partial(run_service, asker, mails.get_threads, search=words), times, SEARCH_MS)


def _measured(database: Database, name: str, call: Callable[[], Any], times: int, target: float) -> Result:
    with counted(database.app_engine) as seen:
        call()
    return repeat(name, call, times=times, target=target, statements=len(seen))


@contextmanager
def peak() -> Iterator[list[int]]:
    """Fills its one figure with the most bytes that this process and the children it starts itself held, looked at ten times a second."""
    highest, over, here = [0], threading.Event(), psutil.Process()

    def watch() -> None:
        while not over.wait(0.1):
            held = here.memory_info().rss
            for child in here.children():
                try:
                    held += child.memory_info().rss if "sandbox_worker" in " ".join(child.cmdline()) else 0
                except psutil.Error:
                    continue
            highest[0] = max(highest[0], held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield highest
    finally:
        over.set()
        watcher.join()
