"""Whatever holds up the event loop is counted while the product runs, and named."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from crm_app.web import loop_watch
from crm_app.web.loop_watch import BEAT, HELD, LoopWatch, place_of


def counts() -> dict[str, float]:
    return {by: HELD.labels(by)._value.get() for by in ("work", "others")}


@asynccontextmanager
async def watched(watch: LoopWatch):
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(2 * BEAT)
    yield
    await asyncio.sleep(2 * BEAT)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def hold(seconds: float) -> None:
    time.sleep(seconds)


async def test_obs_04_what_holds_up_the_loop_is_counted_and_named_in_the_log() -> None:
    before = counts()
    with capture_logs() as lines:
        async with watched(LoopWatch()):
            hold(0.4)
    assert counts()["work"] >= before["work"] + 1
    (line,) = [line for line in lines if line["event"] == "the event loop was held up"]
    assert line["seconds"] > 0.25 and line["by"].startswith("test_loop_watch.py:") and line["by"].endswith(" hold")


async def test_obs_04_a_loop_that_is_held_again_and_again_fills_no_log() -> None:
    before = counts()
    with capture_logs() as lines:
        async with watched(LoopWatch()):
            for _ in range(3):
                hold(0.4)
                await asyncio.sleep(2 * BEAT)
    assert counts()["work"] >= before["work"] + 3
    assert len([line for line in lines if line["event"] == "the event loop was held up"]) == 1


def test_obs_04_a_loop_that_waits_is_at_no_place_and_one_that_works_is() -> None:
    ready, over = threading.Event(), threading.Event()

    async def wait() -> None:
        ready.set()
        await asyncio.to_thread(over.wait, 5)
        hold(0.2)

    runner = threading.Thread(target=lambda: asyncio.run(wait()))
    runner.start()
    ready.wait(5)
    time.sleep(0.05)
    waiting = place_of(sys._current_frames()[runner.ident or 0])
    over.set()
    time.sleep(0.1)
    working = place_of(sys._current_frames()[runner.ident or 0])
    runner.join(5)
    assert (waiting, working.rpartition(" ")[2]) == ("", "hold")


def test_obs_04_a_place_of_ours_is_named_by_its_file() -> None:
    assert place_of(_frame_of_ours()).startswith("web/loop_watch.py:")


def _frame_of_ours():
    with pytest.raises(TypeError) as caught:
        loop_watch.LoopWatch._judge(None, "late")  # type: ignore[arg-type]
    trace = caught.value.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    assert trace
    return trace.tb_frame
