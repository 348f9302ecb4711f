"""A simulated browser for components: ``opened(build)`` shows what ``build`` makes and returns the user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

Opened = Callable[[Callable[[], Any]], Awaitable[User]]


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Show a component on a page of its own."""
    holder: dict[str, Callable[[], Any]] = {}

    def root() -> None:
        holder["build"]()

    async with user_simulation(root) as user:

        async def show(build: Callable[[], Any]) -> User:
            holder["build"] = build
            await user.open("/")
            return user

        yield show
    assert ui is not None
