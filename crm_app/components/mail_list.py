"""Threads of mail one under the other, each a link to where it is read. One element, however many there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from crm_app.components import mail_words, theme
from crm_app.components.drawn import Drawn
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.mail.schemas import ThreadRow


async def _nothing() -> None:
    """A card's list leaves nothing."""


class ThreadList(Drawn, component="vue/mail_list.js"):
    """``address(thread id)`` is where each leads. With ``on_leave`` it has keys: J, K, and Escape, which calls it."""

    def __init__(self, address: Callable[[UUID], str], *, label: str, on_leave: Callable[[], Awaitable[Any]] | None = None) -> None:
        super().__init__()
        self._address = address
        said = {"label": label, "unread": _("Unread.")}
        self.put(rows=[], chosen="", words=said, sprite=theme.asset("icons.svg"), keyed=on_leave is not None)
        self.on("leave", on_leave or _nothing)

    def show(self, rows: Sequence[ThreadRow], actor: Actor, chosen: UUID | None = None) -> None:
        """These, and no others; ``chosen`` is the one that is open."""
        self.put(rows=[mail_words.drawn(row, actor, self._address(row.id)) for row in rows], chosen=str(chosen or ""))

    def choose(self, thread_id: UUID | None) -> None:
        """Mark the one that is open; nothing for none."""
        if self.values["chosen"] != str(thread_id or ""):
            self.put(chosen=str(thread_id or ""))
