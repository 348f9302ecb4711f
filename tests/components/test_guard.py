"""What becomes of a press: a refusal and a defect are told, and one whose element has gone is dropped."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from nicegui import ui
from structlog.testing import capture_logs

from crm_app.components.guard import is_news, telling
from tests.components.conftest import Opened


async def test_a_press_whose_element_has_gone_is_dropped_quietly_and_a_defect_is_told(opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    logging.getLogger("nicegui").addFilter(is_news)

    def build() -> None:
        place = ui.column()

        async def once() -> None:
            with telling():
                place.clear()
                gc.collect()  # with the application's own way to remove elements they are gone at once
                await asyncio.sleep(0)
                done.append("once")

        async def broken() -> None:
            with telling():
                raise KeyError("the insides")

        with place, ui.row():
            ui.button("Save", on_click=once)
        ui.button("Break", on_click=broken)

    user = await opened(build)
    (button,) = user.find("Save").elements
    (listener,) = button._event_listeners.values()
    for _half in range(2):  # both halves of a double press are here before the first is looked at
        button._handle_event({"listener_id": listener.id, "args": {}})
    del button, listener
    with caplog.at_level(logging.ERROR), capture_logs() as told:
        await asyncio.sleep(0.05)
        assert (done, told, caplog.text) == (["once"], [], "")
        user.find("Break").click()
        await asyncio.sleep(0.05)
    assert [line["event"] for line in told] == ["a page's handler failed"]
    await user.should_see("it is our fault")
