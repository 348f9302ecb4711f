"""Three hundred tabs of twenty people on one process, all on the real list of contacts and all busy.

Each tab does something about every five seconds: of eleven times, six select or unselect a row (the server changes a label), three sort
or turn the page (the table comes anew), one opens the filter menu, narrows the list or widens it again (chips and table are drawn anew),
and one loads the whole page again. Every answer is looked at: an event is over when what it should change has arrived.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.measure import Result, percentile
from benchmarks.product import server
from benchmarks.tab import Complaint, Person, Tab
from benchmarks.team import seed_team, sign_in

PEOPLE = 20  # with at most twenty pages each
THINK = 5.0
OPENED_PER_SECOND = 8.0
MIX = {"select": 6, "reload": 3, "filter": 1, "navigate": 1}
EVENT_MS = 200.0
TABLE = "nicegui-data_table"
FAULTS = (Complaint, OSError, httpx.HTTPError)


@dataclass
class Taken:
    """Seconds by kind of act, and what went wrong."""

    by_act: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MIX})
    opened: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def of(self, *acts: str) -> list[float]:
        """Milliseconds of these acts together."""
        return [seconds * 1000 for act in acts for seconds in self.by_act[act]]


@dataclass(frozen=True)
class Reading:
    """What the process had used up and held at one moment."""

    at: float
    cpu: float
    database_cpu: float
    rss: float
    pauses: float


def measure_busy(folder: Path, *, tabs: int, seconds: float) -> Iterator[Result]:
    """One bounded run: open all tabs, then ``seconds`` of everyone being busy."""
    seed_team(folder, contacts=10_000, interactions=100_000, users=PEOPLE)
    with server(folder) as (address, process, _seconds):
        tokens = sign_in(folder, PEOPLE)
        yield from asyncio.run(_run(address, process, tokens, tabs, seconds))


async def _run(address: str, process: psutil.Process, tokens: list[str], tabs: int, seconds: float) -> list[Result]:
    taken = Taken()
    people = [Person(address, token) for token in tokens]
    empty = await _reading(address, process)
    opening = [asyncio.create_task(open_tab(people[number % PEOPLE], number, taken)) for number in range(tabs)]
    opened = [tab for tab in await asyncio.gather(*opening) if tab is not None]
    await asyncio.sleep(2)
    start = await _reading(address, process)
    until = time.perf_counter() + seconds
    await asyncio.gather(*(be_busy(tab, random.Random(number), taken, until) for number, tab in enumerate(opened)))
    end = await _reading(address, process)
    for person in people:
        await person.http.aclose()
    return _results(taken, empty, start, end, tabs)


async def open_tab(person: Person, number: int, taken: Taken) -> Tab | None:
    """A tab on the list of people, as the ``number``-th of many that come one after another; None when it did not open."""
    tab = Tab(person)
    await asyncio.sleep(number / OPENED_PER_SECOND)
    began = time.perf_counter()
    try:
        await tab.open("/contacts", shows=TABLE)
    except FAULTS as fault:
        taken.faults[f"open: {fault}"] += 1
        return None
    taken.opened.append(time.perf_counter() - began)
    return tab


async def be_busy(tab: Tab, chance: random.Random, taken: Taken, until: float) -> None:
    """Do something about every five seconds until the end."""
    await asyncio.sleep(chance.random() * THINK)
    while time.perf_counter() < until:
        act = chance.choices(list(MIX), list(MIX.values()))[0]
        began = time.perf_counter()
        try:
            await ACTS[act](tab, chance)
            taken.by_act[act].append(time.perf_counter() - began)
        except FAULTS as fault:
            taken.faults[f"{act}: {fault}"] += 1
        await asyncio.sleep(max(0.0, THINK * (0.5 + chance.random()) - (time.perf_counter() - began)))
    await tab.close()


async def _select(tab: Tab, chance: random.Random) -> None:
    """Press the check of a row: the bar says how many are selected."""
    table = tab.find(TABLE)
    rows = [row["id"] for row in tab.elements[table]["props"]["rows"]]
    some = chance.sample(rows, min(len(rows), chance.randint(1, 3)))
    wanted = f"{len(some)} selected"
    if any(element.get("text") == wanted for element in tab.elements.values()):
        some, wanted = [], "0 selected"
    await tab.act(table, "choose", some, until=lambda update: any(element and element.get("text") == wanted for element in update.values()))


async def _reload(tab: Tab, chance: random.Random) -> None:
    """Sort by another heading, or turn the page."""
    table = tab.find(TABLE)
    turns = [key for key, element in tab.elements.items() if element.get("props", {}).get("label") == "Next" and not element["props"].get("disable")]
    if turns and chance.random() < 0.5:
        await tab.act(turns[0], "click", until=lambda update: bool(update.get(table)))
    else:
        await tab.act(table, "sort", chance.choice(["last", "name"]), until=lambda update: bool(update.get(table)))


async def _filter(tab: Tab, chance: random.Random) -> None:
    """Open the menu and choose what narrows at once; or take that filter off again."""
    table = tab.find(TABLE)
    filtered = [key for key, element in tab.elements.items() if element.get("props", {}).get("aria-label") == "Remove the filter: Favourites"]
    if filtered:
        await tab.act(filtered[0], "click", until=lambda update: bool(update.get(table)))
        return
    said = {"Favourites"}
    await tab.act(tab.find("q-btn", aria_label="Add a filter"), "click", until=lambda update: any(e and e.get("text") in said for e in update.values()))
    await tab.act(tab.around(tab.find("span", text="Favourites")), "click", until=lambda update: bool(update.get(table)))


async def _navigate(tab: Tab, chance: random.Random) -> None:
    """Load the whole page again, socket and all."""
    await tab.open("/contacts", shows=TABLE)


ACTS = {"select": _select, "reload": _reload, "filter": _filter, "navigate": _navigate}


async def _reading(address: str, process: psutil.Process) -> Reading:
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        metrics = (await http.get("/metrics")).text
    longest = [float(line.split()[1]) for line in metrics.splitlines() if line.startswith("crm_gc_longest_pause_seconds ")]
    used = process.cpu_times()
    return Reading(time.perf_counter(), used.user + used.system, _database_cpu(process), process.memory_info().rss / 1e6, longest[0] if longest else 0.0)


def _database_cpu(process: psutil.Process) -> float:
    """Seconds that the embedded server's processes used; those that have ended since are lost, which is few."""
    folder = process.environ()["MINDFULCRM_DATA_DIR"]
    total = 0.0
    for other in psutil.process_iter(["name"]):
        if other.info["name"] == "postgres":
            try:
                parents = [other, *other.parents()]
                if any(folder in " ".join(one.cmdline()) for one in parents):
                    used = other.cpu_times()
                    total += used.user + used.system
            except psutil.Error:
                continue
    return total


def _results(taken: Taken, empty: Reading, start: Reading, end: Reading, tabs: int) -> list[Result]:
    events, loads, opened = taken.of("select", "reload", "filter"), taken.of("navigate"), [seconds * 1000 for seconds in taken.opened]
    span, about = end.at - start.at, f"{tabs} busy tabs of {PEOPLE} people"
    if not events or not loads:
        raise RuntimeError(f"nothing was measured: {taken.faults}")

    def share(name: str, milliseconds: list[float], target: float | None = None) -> list[Result]:
        figures = ((50, None), (95, target), (100, None))
        named = {50: "median", 95: "95 %", 100: "longest"}
        return [Result(f"{about}: {name}, {named[part]}", round(percentile(milliseconds, part), 1), "ms", wanted) for part, wanted in figures]

    for fault, times in taken.faults.most_common(5):
        print(f"  {times} x {fault}")
    return [
        *share("event to its answer", events, EVENT_MS), *share("whole page loaded anew", loads), *share(f"first load, {OPENED_PER_SECOND:g} a second", opened),
        Result(f"{about}: events answered in {span:.0f} s", len(events), ""), Result(f"{about}: events and loads that failed", taken.faults.total(), "", 0),
        Result(f"{about}: processor, app process", round(100 * (end.cpu - start.cpu) / span, 1), "%"),
        Result(f"{about}: processor, database", round(100 * (end.database_cpu - start.database_cpu) / span, 1), "%"),
        Result(f"{about}: longest pause of the garbage collector", round(end.pauses * 1000, 1), "ms"),
        Result(f"{about}: memory (RSS) before they open", round(empty.rss, 1), "MB"), Result(f"{about}: memory (RSS) once open", round(start.rss, 1), "MB"),
        Result(f"{about}: memory (RSS) at the end", round(end.rss, 1), "MB"),
    ]  # fmt: skip
