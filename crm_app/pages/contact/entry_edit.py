"""The dialog in which an entry of the timeline is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.components import live, times, words
from crm_app.components.conflicts import settle
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field, text_field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.mentions import Mentioning
from crm_app.components.text import block
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import EntryView, InteractionUpdate
from crm_app.pages.acts import offer_undo
from crm_app.pages.mentioning import colleagues_for

Refresh = Callable[[], Awaitable[Any]]


async def edit_entry(entry: EntryView, refresh: Refresh) -> None:
    """Change an entry."""
    EntryEditor(entry, refresh).open()


class EntryEditor:
    """One open dialog over one draft."""

    def __init__(self, entry: EntryView, refresh: Refresh) -> None:
        self.entry = entry
        self.refresh = refresh
        self.reader = live.viewer()
        self.draft = Draft(InteractionUpdate, entry)

    def open(self) -> None:
        """Lay the dialog out and show it."""
        with dialog(_("Edit entry")) as self.parts, block("mc-form-grid"):
            with block("mc-span"):
                body = field(self.draft, "body").props("autofocus")
                named = colleagues_for(lambda: [contact_id for contact_id, _name in self.entry.contacts])
                self.mentions = Mentioning(body, named, lambda: self.draft.audience or self.entry.audience)
            field(self.draft, "kind", options=words.kinds()).props(remove="clearable")
            field(self.draft, "subject", long=False)
            self.when = text_field(_("When"), times.as_input(self.entry.occurred_at, self.reader), kind="datetime-local")
            self.draft.attach("occurred_at", self.when)
            field(self.draft, "duration_minutes")
            field(self.draft, "ai_allowed")
            if self.entry.author_id == live.viewer().user_id:
                field(self.draft, "audience", options=words.audiences(), on_change=self.mentions.look).props(remove="clearable")
        self.was = self.when.value
        self.parts.window.on("hide", self.parts.window.delete)
        self.parts.window.on("keydown", self.save, js_handler=CTRL_ENTER)
        with self.parts.foot:
            button(_("Close"), kind="ghost", on_click=self.parts.window.close)
            self.save_button = button(_("Save"), kind="primary", on_click=self.save, key="Ctrl ⏎")
        self.parts.window.open()

    async def save(self) -> None:
        """Write what was typed; a newer state of the entry is shown first."""
        extra: dict[str, Any] = {"version": self.entry.version}
        when = times.from_input(self.when.value, self.reader)
        if when is not None and self.when.value != self.was:
            extra["occurred_at"] = when
        data = self.draft.validated(**extra)
        if data is None:
            return
        with telling(self.draft), busy(self.save_button):
            if not await self.mentions.said():
                return
            try:
                outcome = await live.change(interactions.update_interaction, self.entry.id, data)
            except Conflict:
                await self._conflict()
                return
            self.parts.window.close()
            offer_undo(outcome, _("Saved"), self.refresh)
            await self.refresh()

    async def _conflict(self) -> None:
        theirs = await live.read(interactions.get_interaction, self.entry.id)
        keep_mine = await settle(self.parts.window, self.draft, theirs)
        if keep_mine is not None:
            self.entry = theirs
            await (self.save() if keep_mine else self.refresh())
