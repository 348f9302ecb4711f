"""Putting a photo on a contact and taking it off, from the record and from its dialog; each with its undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.guard import telling
from crm_app.components.people import photo_address
from crm_app.components.photo import PhotoChooser
from crm_app.components.text import block
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]


async def put_photo(view: ContactView, upload_id: UUID, refresh: Refresh) -> ContactView | None:
    """Put the uploaded picture on; the contact as it is then, or None where that was refused, which has been said."""
    changed: ContactView | None = None
    with telling():
        outcome = await live.change(contacts.set_photo, view.id, upload_id)
        changed = outcome.value
        offer_undo(outcome, _("Photo changed") if view.photo_sha else _("Photo added"), refresh)
        await refresh()
    return changed


async def take_photo_off(view: ContactView, refresh: Refresh) -> ContactView | None:
    """Take the photo off; the contact as it is then, or None where that was refused."""
    changed: ContactView | None = None
    with telling():
        outcome = await live.change(contacts.remove_photo, view.id)
        changed = outcome.value
        offer_undo(outcome, _("Photo removed"), refresh)
        await refresh()
    return changed


class PhotoField:
    """The photo in the contact's dialog. It is put on at once; ``changed`` gets the contact as it is then."""

    def __init__(self, view: ContactView, refresh: Refresh, changed: Callable[[ContactView], Any]) -> None:
        self._view = view
        self._refresh = refresh
        self._changed = changed
        with block("mc-row mc-gap-16 mc-photo-field"):
            self._chooser = PhotoChooser(self._chosen, self._removed)
            self._face()

    @ui.refreshable_method
    def _face(self) -> None:
        photo = photo_address(self._view.photo_sha)
        with block("mc-row mc-gap-12"):
            self._chooser.face(self._view.display_name, self._view.id, photo)
            self._chooser.buttons(photo)

    async def _chosen(self, upload_id: UUID) -> None:
        self._show(await put_photo(self._view, upload_id, self._refresh))

    async def _removed(self) -> None:
        self._show(await take_photo_off(self._view, self._refresh))

    def _show(self, view: ContactView | None) -> None:
        if view is not None:
            self._view = view
            self._face.refresh()
            self._changed(view)
