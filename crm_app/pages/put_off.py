"""What was put off, in a dialog: brought back at once, or rejected."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.guard import telling
from crm_app.components.suggestion_rows import put_off_rows
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter, SuggestionView
from crm_app.pages import suggesting

MOST = 100


class PutOff:
    """The list, the latest first. It goes with the last of them; ``refresh`` draws the page beneath."""

    parts: DialogParts
    views: tuple[SuggestionView, ...] = ()

    def __init__(self, refresh: suggesting.Refresh) -> None:
        self._refresh = refresh

    async def open(self) -> None:
        """Ask for them and show them."""
        with telling():
            await self._load()
            with dialog(_("Put off"), foot=False) as self.parts:
                text(_("Each comes back by itself on its day."), "mc-cap mc-ink-2", tag="p")
                self.rows()
            live.on(("suggestion",), self._again)
            self.parts.window.on("hide", self.parts.window.delete)
            self.parts.window.open()

    @ui.refreshable_method
    def rows(self) -> None:
        """What there is."""
        with block("mc-put-offs"):
            put_off_rows(self.views, live.viewer(), review=self._review, reject=self._reject, wake=self._wake)

    async def _load(self) -> None:
        self.views = (await live.read(suggestions.list_suggestions, SuggestionFilter(put_off=True, limit=MOST))).suggestions

    async def _again(self, *_changes: Any) -> None:
        await self._load()
        if not self.views:
            self.parts.window.close()
        self.rows.refresh()

    async def _after(self) -> None:
        await self._refresh()
        await self._again()

    async def _wake(self, view: SuggestionView, *_event: Any) -> None:
        await suggesting.wake(view, self._after)

    async def _reject(self, view: SuggestionView, *_event: Any) -> None:
        await suggesting.reject(view, self._after)

    async def _review(self, view: SuggestionView, *_event: Any) -> None:
        with ui.context.client.layout:
            suggesting.review(view, self._after)


async def show_put_off(refresh: suggesting.Refresh) -> None:
    """Open the list over the page."""
    with ui.context.client.layout:  # outside what is drawn anew when something changes
        await PutOff(refresh).open()
