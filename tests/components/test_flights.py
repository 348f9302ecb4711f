"""Several pages that ask the same at the same moment get one answer, and never one from before they asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_app.components.flights import Flights


class Counter:
    """A question that counts how often it was answered, and waits for ``gate``."""

    def __init__(self) -> None:
        self.gate, self.begun, self.answered = threading.Event(), threading.Event(), 0

    def __call__(self) -> int:
        self.begun.set()
        assert self.gate.wait(5)
        self.answered += 1
        return self.answered


@pytest.fixture
def one_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


async def test_what_waits_for_a_thread_is_asked_once(one_thread: ThreadPoolExecutor) -> None:
    flights, first, same = Flights(), Counter(), Counter()
    busy = asyncio.create_task(flights.ask("other", one_thread, first))
    asked = [asyncio.create_task(flights.ask("same", one_thread, same)) for _ in range(5)]
    await asyncio.sleep(0)
    first.gate.set()
    same.gate.set()
    assert await asyncio.gather(*asked) == [1] * 5 and same.answered == 1 and await busy == 1


async def test_what_has_begun_takes_nobody_on(one_thread: ThreadPoolExecutor) -> None:
    flights, question = Flights(), Counter()
    early = asyncio.create_task(flights.ask("same", one_thread, question))
    assert await asyncio.to_thread(question.begun.wait, 5)
    late = asyncio.create_task(flights.ask("same", one_thread, question))
    await asyncio.sleep(0)
    question.gate.set()
    assert (await early, await late) == (1, 2), "a change between the two must be in the second answer"


async def test_different_questions_are_asked_each(one_thread: ThreadPoolExecutor) -> None:
    flights, question = Flights(), Counter()
    question.gate.set()
    assert sorted(await asyncio.gather(*(flights.ask(key, one_thread, question) for key in ("a", "b", ("a", "b"))))) == [1, 2, 3]


async def test_a_failure_reaches_everyone_and_is_forgotten(one_thread: ThreadPoolExecutor) -> None:
    flights = Flights()

    def refused() -> None:
        raise LookupError("no")

    found = await asyncio.gather(*(flights.ask("same", one_thread, refused) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [LookupError] * 3
    assert await flights.ask("same", one_thread, lambda: "yes") == "yes"


async def test_a_page_that_goes_does_not_take_the_answer_along(one_thread: ThreadPoolExecutor) -> None:
    flights, first, same = Flights(), Counter(), Counter()
    busy = asyncio.create_task(flights.ask("other", one_thread, first))
    gone, stays = (asyncio.create_task(flights.ask("same", one_thread, same)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    first.gate.set()
    same.gate.set()
    assert await stays == 1 and await busy == 1
    with pytest.raises(asyncio.CancelledError):
        await gone
