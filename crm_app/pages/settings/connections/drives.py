"""What of a drive is linked to contacts, on its connection's page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.elements import button, icon, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, link, text
from crm_app.components.words import number
from crm_app.domain.connections.models import DRIVES
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import LinkedRow
from crm_app.domain.i18n import _, ngettext


class DrivePart:
    """The files and folders, by contact. They are chosen on the contact's own page."""

    def __init__(self, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._refresh = refresh
        self.rows: tuple[LinkedRow, ...] = ()

    async def load(self, view: ConnectionView) -> None:
        """Ask for them, if it is a drive."""
        self.rows = await live.read(drives.list_linked, view.id) if view.kind in DRIVES else ()

    @ui.refreshable_method
    def draw(self) -> None:
        """A line for each."""
        with section(_("Linked to contacts"), count=number(len(self.rows)) if self.rows else ""):
            pass
        if not self.rows:
            empty_line(_("Nothing yet. Open a contact, then Files, and choose “From Google Drive”."))
            return
        with block("mc-group", tag="ul"):
            for row in self.rows:
                with block("mc-problem mc-linked", tag="li"):
                    icon("folder" if row.folder else "file-text", 18, "mc-ink-3")
                    with block("mc-grow"):
                        attributes(link(row.contact_name, f"/contacts/{row.contact_id}?kind=files", "mc-strong mc-link"), title=row.contact_name)
                        facts = [row.name, _("not there any more") if row.gone else "", ngettext("%d document", "%d documents", row.documents) % row.documents]
                        text(" · ".join(fact for fact in facts if fact), "mc-cap mc-truncate mc-block", tag="p")
                    attributes(button(_("Unlink"), height=28, on_click=partial(self._unlink, row)), aria_label=f"{_('Unlink')}: {row.contact_name}, {row.name}")

    async def _unlink(self, row: LinkedRow) -> None:
        with telling():
            await live.change(drives.unlink_file, row.id)
            feedback.toast(_("“%s” is kept in step no more. Its documents stay.") % row.name)
            await self._refresh()
