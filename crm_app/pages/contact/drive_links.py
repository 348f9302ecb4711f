"""From a drive, on a contact's Files tab: the way to choose, and the folders that are kept in step. Only its owner sees any of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live
from crm_app.components.elements import button, icon, icon_button
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import ContactDrives, LinkRow
from crm_app.domain.i18n import _, ngettext
from crm_app.pages.contact.drive_picker import DrivePicker


def draw_drives(contact_id: UUID, found: ContactDrives, changed: Callable[[], Awaitable[Any]]) -> None:
    """A button for each drive, and a line for each folder, and each file that has not come yet."""
    if not found.drives:
        return
    with block("mc-row mc-wrap mc-gap-8 mc-drive-ways"):
        for drive in found.drives:
            words = _("From Google Drive…") if len(found.drives) == 1 else _("From %s…") % drive.name
            if drive.ready:
                button(words, icon="folder", height=28, on_click=DrivePicker(contact_id, found, drive, changed).open)
            else:
                button(words, icon="folder", height=28, href=f"/settings/connections/{drive.id}")
                text(_("It waits: look at the connection."), "mc-cap")
    for one in found.links:
        if one.folder or one.waits or one.gone:
            _line(one, changed)


def _line(one: LinkRow, changed: Callable[[], Awaitable[Any]]) -> None:
    with block("mc-drive-row mc-drive-kept"):
        icon("folder" if one.folder else "file-text", 18, "mc-ink-3")
        with block("mc-grow mc-file-said"):
            attributes(text(one.name, "mc-strong mc-truncate mc-block", tag="p"), title=one.name)
            with block("mc-row mc-wrap mc-gap-4"):
                text(_state(one), "mc-cap")
                if one.left_out and not one.waits:
                    said = ngettext("%d of it stays out: why", "%d of it stay out: why", one.left_out) % one.left_out
                    link(said, f"/settings/connections/{one.connection_id}", "mc-cap mc-link")
        icon_button("x", _("Keep %s in step no more") % one.name, height=28, on_click=partial(_unlink, one, changed))


def _state(one: LinkRow) -> str:
    if one.waits:
        return _("Comes in from Google Drive")
    if one.gone:
        return _("Not in Google Drive any more. What came from it stays.")
    return _("Kept in step with Google Drive")


async def _unlink(one: LinkRow, changed: Callable[[], Awaitable[Any]]) -> None:
    with telling():
        await live.change(drives.unlink_file, one.id)
        feedback.toast(_("“%s” is kept in step no more. Its documents stay.") % one.name)
        await changed()
