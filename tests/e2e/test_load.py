"""The figures of a busy server: in the long run the full ones for half an hour, in every run a part of them for some seconds.

The full run wants two cores of its own and is held to its times. The short one shares them with the rest of the suite, which would
tell more of the machine than of us; it is held to answering everything and to holding nothing back.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import psutil

from benchmarks.busy import FAULTS, PEOPLE, Taken, be_busy, open_tab
from benchmarks.measure import percentile
from benchmarks.product import server
from benchmarks.tab import Person
from benchmarks.team import give_keys, seed_team, sign_in
from tests.infrastructure.servers import own_folder
from tests.security.counts import SHARE, counted

FULL = 300
MINUTES = 30
EVENT_MS, API_MS = 200.0, 150.0
GROWTH = 1.05
MOST_PROCESSORS = 2.5
PATHS = ("/api/v1/contacts?limit=50", "/api/v1/tasks?limit=50", "/api/v1/interactions?limit=50", "/api/v1/tags")


@dataclass
class Asked:
    """How long each answer of the interface took in milliseconds, and which were none."""

    taken: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Held:
    """What the process holds at one moment."""

    at: float
    cpu: float
    rss: float
    files: int
    threads: int

    @classmethod
    def by(cls, process: psutil.Process) -> Held:
        """Read it from the system."""
        used = process.cpu_times()
        return cls(time.perf_counter(), used.user + used.system, process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


@counted(20, 300, "live sessions")
def test_load_01_rel_14_sessions_and_requests_are_answered_in_time_and_nothing_grows(count: int) -> None:
    is_full = count >= FULL
    seconds = MINUTES * 60 * SHARE if count != 20 or SHARE != 1 else 10.0
    with own_folder() as folder:
        folder = folder / "load"
        folder.mkdir()
        seed_team(folder, contacts=10_000 if is_full else 1_000, interactions=100_000 if is_full else 5_000, users=PEOPLE)
        with server(folder) as (address, process, _seconds):
            cookies = sign_in(folder, PEOPLE)
            keys = give_keys(folder, PEOPLE)
            asyncio.run(_run(address, process, cookies, keys, sessions=count, seconds=seconds))


async def _run(address: str, process: psutil.Process, cookies: list[str], keys: list[str], *, sessions: int, seconds: float) -> None:
    events, asked = Taken(), Asked()
    people = [Person(address, cookie) for cookie in cookies]
    opened = await asyncio.gather(*(open_tab(people[number % PEOPLE], number, events) for number in range(sessions)))
    tabs = [tab for tab in opened if tab is not None]
    until = time.perf_counter() + seconds
    busy = [be_busy(tab, random.Random(number), events, until) for number, tab in enumerate(tabs)]
    callers = [_call(address, key, random.Random(number), sessions / 3 / len(keys), until, asked) for number, key in enumerate(keys)]
    _, early = await asyncio.gather(asyncio.gather(*busy, *callers), _look(process, seconds / 5))
    late = Held.by(process)
    lag = await _lag(address)
    for person in people:
        await person.http.aclose()
    _judge(events, asked, early, late, lag, is_full=sessions >= FULL and seconds >= MINUTES * 60, sessions=sessions, seconds=seconds)


async def _look(process: psutil.Process, after: float) -> Held:
    await asyncio.sleep(after)
    return Held.by(process)


async def _call(address: str, key: str, chance: random.Random, a_second: float, until: float, asked: Asked) -> None:
    """A program that asks so often a second, whether or not it was answered quickly."""
    async with httpx.AsyncClient(base_url=address, headers={"authorization": f"Bearer {key}"}, timeout=30) as http:
        due = time.perf_counter() + chance.random() / a_second
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            try:
                answer = await http.get(chance.choice(PATHS))
                asked.taken.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    asked.faults[f"{answer.status_code}"] += 1
            except FAULTS as fault:
                asked.faults[type(fault).__name__] += 1
            due += 1 / a_second


async def _lag(address: str) -> dict[str, float]:
    """How often the event loop woke, and how often at most a quarter of a second late."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        text = (await http.get("/metrics")).text
    lines = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("crm_event_loop_lag_seconds")}
    return {"all": lines["crm_event_loop_lag_seconds_count"], "in time": lines['crm_event_loop_lag_seconds_bucket{le="0.25"}']}


def _judge(events: Taken, asked: Asked, early: Held, late: Held, lag: dict[str, float], *, is_full: bool, sessions: int, seconds: float) -> None:
    done = events.of("select", "reload", "filter")
    cost = (late.cpu - early.cpu) / (late.at - early.at) * FULL / sessions
    worst = {"event": percentile(done, 95), "request": percentile(asked.taken, 95)}
    said = f"{sessions} sessions, {seconds:.0f} s: {len(done)} events, {len(asked.taken)} requests, p95 {worst}, {cost:.2f} processors at the full load, {early} -> {late}, loop {lag}"
    print(said)
    assert done and asked.taken, said
    faults = events.faults.total() + asked.faults.total()
    assert faults < 0.001 * (len(done) + len(asked.taken)), (events.faults, asked.faults)
    assert events.faults.total() + asked.faults.total() == 0 or is_full, (events.faults, asked.faults)
    # Threads of the two pools begin when they are first needed: a short run may see some of them begin.
    assert late.files <= early.files + 5 and late.threads <= early.threads + (2 if is_full else 16), said
    if is_full:  # how fast a machine is, a short run on whatever machine cannot say
        assert len(done) > sessions * seconds / 5 * 0.5 and len(asked.taken) > sessions / 3 * seconds * 0.8, said
        assert cost < MOST_PROCESSORS, said
        assert worst["event"] <= EVENT_MS and worst["request"] <= API_MS, said
        assert late.rss <= early.rss * GROWTH, said
        assert lag["all"] == lag["in time"], said
