"""Toasts: one sentence, undo, three at most; confirm asks before what cannot come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ElementFilter, background_tasks, ui
from nicegui.testing import User

from crm_app.components import feedback
from crm_app.components.dialog import confirm
from crm_app.domain.errors import Forbidden

Opened = Callable[[Callable[[], Any]], Awaitable[User]]


def shown(user: User) -> int:
    """How many toasts stand on the page."""
    with user:
        return sum("mc-toast" in element.classes for element in ElementFilter())


async def test_undo_is_called_once_and_the_toast_goes(opened: Opened) -> None:
    undone: list[str] = []
    user = await opened(lambda: feedback.toast("3 people archived", undo=lambda: undone.append("yes")))
    await user.should_see("3 people archived")
    user.find("Undo").click()
    await user.should_not_see("3 people archived")
    assert undone == ["yes"]


async def test_an_async_undo_is_awaited_and_control_z_reaches_the_newest(opened: Opened) -> None:
    undone: list[str] = []

    async def undo() -> None:
        undone.append("second")

    def build() -> None:
        feedback.toast("First", undo=lambda: undone.append("first"))
        feedback.toast("Second", undo=undo)
        feedback.toast("Third")

    user = await opened(build)
    with user:
        feedback.undo_last()
    await user.should_not_see("Second")
    await asyncio.sleep(0.05)
    assert undone == ["second"]


async def test_at_most_three_stand_at_once(opened: Opened) -> None:
    user = await opened(lambda: [feedback.toast(f"Number {index}") for index in range(5)])
    assert shown(user) == 3
    await user.should_not_see("Number 0")
    await user.should_see("Number 4")


async def test_a_refusal_is_said_and_offers_another_try(opened: Opened) -> None:
    tried: list[int] = []

    def build() -> None:
        with feedback.saying_errors(retry=lambda: tried.append(1)):
            raise Forbidden("Viewers only look.")

    user = await opened(build)
    await user.should_see("Viewers only look.")
    user.find("Retry").click()
    assert tried == [1]


async def test_confirm_waits_for_the_name_to_be_typed(opened: Opened) -> None:
    answers: list[bool] = []

    async def ask() -> None:
        answers.append(await confirm("Delete 3 people?", "They cannot come back.", act="Delete", type_this="delete"))

    user = await opened(lambda: ui.button("Start", on_click=lambda: background_tasks.create(ask(), context=ui.context.client)))
    user.find("Start").click()
    await user.should_see("They cannot come back.")
    with user:
        go = next(element for element in ElementFilter(kind=ui.button) if element.text == "Delete")
        typed = next(iter(ElementFilter(kind=ui.input)))
    assert not go.enabled
    typed.value = "delete"
    assert go.enabled
    user.find(kind=ui.button, content="Delete").click()
    await user.should_not_see("They cannot come back.", retries=20)
    assert answers == [True]
