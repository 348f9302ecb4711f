"""The conversations there are, by day, beside the one that is open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import live, times
from crm_app.components.dialog import confirm, dialog
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import button, icon_button
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import ConversationRow
from crm_app.domain.i18n import _


class History:
    """The list. ``changed`` is called with the id of one that was renamed or removed."""

    def __init__(self, changed: Callable[[UUID, bool], Awaitable[Any]]) -> None:
        self._changed = changed
        self._rows: dict[UUID, ConversationRow] = {}
        self._shown: object = None

    def build(self) -> None:
        """The column, empty."""
        with attributes(block("mc-assistant-left", tag="nav"), aria_label=_("Conversations")) as self._column:
            button(_("New conversation"), icon="plus", href="/assistant").classes("mc-assistant-new")
            self._list = block("mc-assistant-history")

    def draw(self, rows: Sequence[ConversationRow], current: UUID | None) -> None:
        """These conversations, the current one marked. What would look the same stays, and with it a menu that is open."""
        actor, group = live.viewer(), ""
        self._rows = {row.id: row for row in rows}
        days = [times.day_group(row.asked_at, actor) for row in rows]
        shown = current, [(row.id, row.title, day) for row, day in zip(rows, days, strict=True)]
        if shown == self._shown:
            return
        self._shown = shown
        self._list.clear()
        with self._list:
            for row, day in zip(rows, days, strict=True):
                if day != group:
                    group = day
                    text(day, "mc-cap mc-assistant-day", tag="h2")
                self._row(row, row.id == current)
            if not rows:
                text(_("What you ask stands here, for you alone."), "mc-cap mc-assistant-day", tag="p")

    def _row(self, row: ConversationRow, here: bool) -> None:
        title = row.title or _("Without a title")
        with block("mc-assistant-row" + (" mc-chosen" if here else "")):
            attributes(text(title, "mc-truncate mc-grow", tag="a"), href=f"/assistant?c={row.id}", title=title, aria_current="page" if here else None)
            with icon_button("ellipsis", _("More about %s") % title, height=24).classes("mc-reveal"):
                DrawnMenu([
                    Item(_("Rename"), partial(self._rename, row.id), icon="pencil"),
                    Item(_("Delete"), partial(self._delete, row.id), icon="trash-2", danger=True),
                ])  # fmt: skip

    def _rename(self, key: UUID) -> None:
        row = self._rows[key]
        with self._column, dialog(_("Rename"), width="narrow") as parts:
            field = text_field(_("Title"), row.title)

            async def save() -> None:
                with telling():
                    await live.change(talks.rename_conversation, row.id, field.value or "", row.version)
                    parts.window.close()
                    await self._changed(row.id, False)

            field.on("keydown.enter", save)
        with parts.foot:
            button(_("Save"), kind="primary", on_click=save)
        parts.window.open()

    async def _delete(self, key: UUID) -> None:
        with self._column:
            goes = _("Its questions and answers are gone at once. What it cost stays in what was spent.")
            sure = await confirm(_("Delete this conversation?"), goes, act=_("Delete"))
        if sure:
            with telling():
                await live.change(talks.delete_conversation, key)
                await self._changed(key, True)
