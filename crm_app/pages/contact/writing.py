"""Writing to whoever a record is about: offered where a mailbox of the reader's sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import live
from crm_app.components.guard import telling
from crm_app.domain.letters import service as letters
from crm_app.domain.permissions import Permission
from crm_app.pages.letter_dialog import Desk, write_letter

Act = Callable[[], Awaitable[Any]]


class Writing:
    """``take`` what the questions found; ``act`` is what begins a letter, None where there is none to begin."""

    def __init__(self, contact_id: UUID) -> None:
        self._contact_id = contact_id
        self._sends = False
        self._desk = Desk()
        self.refresh: Act | None = None

    def questions(self) -> list[tuple[Any, ...]]:
        """What is to be known, as the live bridge takes it."""
        return [(letters.list_senders,)] if live.viewer().can(Permission.MAIL_WRITE) else []

    def take(self, found: Sequence[Any]) -> None:
        """This is how it stands."""
        self._sends = any(found)

    def act(self, address: str | None) -> Act | None:
        """What begins a letter to this address."""
        return self.write if self._sends and address else None

    async def write(self) -> None:
        """Begin a letter to them, or go on with the one that was begun."""
        with telling():
            if self._sends and self.refresh is not None:
                await self._desk.open(partial(write_letter, self.refresh, contact_id=self._contact_id))
