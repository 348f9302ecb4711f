"""How soon what one person changes is seen by everyone: fifty open pages, one star."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil

from benchmarks.busy import PEOPLE, TABLE
from benchmarks.measure import Result, percentile
from benchmarks.product import server
from benchmarks.tab import Complaint, Person, Tab, Update
from benchmarks.team import seed_team, sign_in, team_contact

PAGES = 50
PATIENCE, PAUSE = 10.0, 1.0
SEEN_MS = 300.0


class Watcher:
    """An open list that notes when the star of one contact reaches it."""

    def __init__(self, person: Person, contact: UUID) -> None:
        self.tab = Tab(person)
        self.contact = str(contact)
        self.seen: asyncio.Queue[tuple[bool, float]] = asyncio.Queue()

    async def open(self) -> None:
        """Open the list; the contact is its first row."""
        await self.tab.open("/contacts", shows=TABLE)
        if self._star(self.tab.elements) is None:
            raise Complaint("the contact is not on the first page")
        self.tab.told = self._look

    def _look(self, update: Update) -> None:
        star = self._star(update)
        if star is not None:
            self.seen.put_nowait((star, time.perf_counter()))

    def _star(self, elements: Update) -> bool | None:
        for element in elements.values():
            if element and element["tag"] == TABLE:
                return next((row["name_mark"] == "star" for row in element["props"]["rows"] if row["id"] == self.contact), None)
        return None

    async def sees(self, star: bool) -> float:
        """When the list showed this."""
        async with asyncio.timeout(PATIENCE):
            while True:
                shown, at = await self.seen.get()
                if shown is star:
                    return at


def measure_together(folder: Path, *, times: int) -> Iterator[Result]:
    """One page gives a star and takes it away again; forty-nine lists of twenty people show it."""
    seed_team(folder, contacts=10_000, interactions=100_000, users=PEOPLE)
    with server(folder) as (address, process, _seconds):
        tokens, contact = sign_in(folder, PEOPLE), team_contact(folder)
        yield from asyncio.run(_run(address, process, tokens, contact, times))


async def _run(address: str, process: psutil.Process, tokens: list[str], contact: UUID, times: int) -> list[Result]:
    people = [Person(address, token) for token in tokens]
    maker = Tab(people[0])
    await maker.open(f"/contacts/{contact}", shows="nicegui-refreshable")
    watchers = [Watcher(people[number % PEOPLE], contact) for number in range(PAGES - 1)]
    for watcher in watchers:
        await watcher.open()
    await asyncio.sleep(2)
    used = sum(process.cpu_times()[:2])
    taken: list[float] = []
    last: list[float] = []
    for _ in range(times):
        spent = await _change(maker, watchers)
        taken += spent
        last.append(max(spent))
        await asyncio.sleep(PAUSE)
    used = sum(process.cpu_times()[:2]) - used
    for tab in [maker, *(watcher.tab for watcher in watchers)]:
        await tab.close()
    for person in people:
        await person.http.aclose()
    about = f"a change of one page seen by the other {PAGES - 1}"
    return [
        Result(f"{about}: median", round(percentile(taken, 50), 1), "ms"), Result(f"{about}: 95 %", round(percentile(taken, 95), 1), "ms", SEEN_MS),
        Result(f"{about}: the last one, median", round(percentile(last, 50), 1), "ms"),
        Result(f"{about}: processor of the app process for each change", round(used / times * 1000, 1), "ms"),
    ]  # fmt: skip


async def _change(maker: Tab, watchers: list[Watcher]) -> list[float]:
    """Milliseconds from the press to each of the lists."""
    pressed = next(key for key, element in maker.elements.items() if element.get("props", {}).get("aria-label") in ("Favourite", "No longer a favourite"))
    star = maker.elements[pressed]["props"]["aria-label"] == "Favourite"
    seen = [asyncio.create_task(watcher.sees(star)) for watcher in watchers]
    began = time.perf_counter()
    await maker.act(pressed, "click", until=lambda update: any(_is_star(element, not star) for element in update.values()))
    return [(at - began) * 1000 for at in await asyncio.gather(*seen)]


def _is_star(element: Update | None, offered: bool) -> bool:
    said = "Favourite" if offered else "No longer a favourite"
    return bool(element) and (element or {}).get("props", {}).get("aria-label") == said
