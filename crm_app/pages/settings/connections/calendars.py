"""The calendars of a connection, and whether those of an account at Google are changed from here: that is asked for there only where somebody wants it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.connection_calendars import CalendarRows, Choose
from crm_app.components.dialog import confirm
from crm_app.components.elements import button, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import group_row
from crm_app.components.text import block
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionUpdate, ConnectionView
from crm_app.domain.google.authority import Wants
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.google import leave


class CalendarsPart:
    """``draw`` it, and ``show`` how it stands later. ``refresh`` asks for everything again."""

    def __init__(self, view: ConnectionView, choose: Choose, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.view, self._rows, self._refresh = view, CalendarRows(view.calendars, choose), refresh

    def draw(self) -> None:
        """Which there are, and what may happen to them."""
        with section(_("Calendars")):
            pass
        with block("mc-group mc-conn-choice"):
            self._rows.body()
        self.changes()

    def show(self, view: ConnectionView) -> None:
        """Draw it again where it says something else."""
        self._rows.show(view.calendars)
        was, self.view = self.view, view
        if was.version != view.version:
            self.changes.refresh()

    @ui.refreshable_method
    def changes(self) -> None:
        """Whether they are changed from here, and the button for the other way."""
        if self.view.kind is not ConnectionKind.GOOGLE:
            return
        reads, writes = _("No: calendars are only read. Google asks you whether it may be otherwise."), _("Yes, where Google lets you change a calendar.")
        with block("mc-group mc-conn-after"), group_row("pencil", _("Changed from here"), writes if self.view.writes else reads) as row:
            pass
        with row.end:
            if self.view.writes:
                button(_("Only read"), height=28, on_click=self.stop)
            else:
                button(_("Allow changes"), height=28, icon="external-link", on_click=lambda: leave(self.view.id, Wants.WRITING))

    async def stop(self) -> None:
        """Change nothing more, once somebody is sure."""
        with telling():
            said = _("They are read as before. What you have allowed at Google ends there with the whole access.")
            if await confirm(_("Change nothing more in these calendars?"), said, act=_("Only read")):
                await live.change(connections.update_connection, self.view.id, ConnectionUpdate(version=self.view.version, writes=False))
                await self._refresh()
