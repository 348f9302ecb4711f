"""A person's photo to choose, replace and take off: by a press on the face, by keyboard, or by dropping a picture on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import button, icon, tooltip
from crm_app.components.menus import menu_item, with_arrow_keys
from crm_app.components.people import AvatarSize, avatar
from crm_app.components.text import attributes, block
from crm_app.components.uploading import Arrived, Sending
from crm_app.domain.i18n import _

KINDS = "image/png,image/jpeg,image/webp,image/gif"
LIMIT_MB = 10


class PhotoChooser:
    """The file input behind every way to a photo. It stands once, where nothing redraws it, so that an upload under way survives.

    ``chosen`` gets the upload's id, ``removed`` is called when the photo is taken off. While a picture is on its way the faces say so.
    """

    def __init__(self, chosen: Arrived, removed: Callable[[], Awaitable[Any]]) -> None:
        self._removed = removed
        self._faces: list[Element] = []
        self._sending = Sending("photo", LIMIT_MB, chosen, self._tell)
        self._input = attributes(block("mc-hidden", tag="input"), type="file", accept=KINDS, tabindex=-1, aria_hidden="true")
        self._sending.from_chooser(self._input)

    def face(self, name: str, identity: object, photo: str | None, size: AvatarSize = 56) -> Element:
        """The face as a button: it asks for a picture, or where there is one, whether to replace it or take it off."""
        with block("mc-face-button", tag="button") as face:
            avatar(name, identity, size, photo=photo)
            with block("mc-face-veil", tag="span"):
                icon("camera", 18)
            tooltip(_("Change the photo") if photo else _("Add a photo"))
            if photo:
                with with_arrow_keys(ui.menu()):
                    self._ask(menu_item(_("Replace the photo"), icon_name="camera"))
                    menu_item(_("Remove the photo"), self._removed, icon_name="trash-2", danger=True)
        label = _("Change the photo of %s") if photo else _("Add a photo of %s")
        attributes(face, type="button", aria_label=label % name, aria_haspopup="menu" if photo else None)
        if not photo:
            self._ask(face)
        self._sending.from_drop(face)
        self._faces = [known for known in self._faces if not known.is_deleted] + [face]
        return face

    def buttons(self, photo: str | None) -> None:
        """The same as plain buttons."""
        self._ask(button(_("Replace the photo") if photo else _("Add a photo"), icon="camera", height=28))
        if photo:
            attributes(button(_("Remove"), kind="ghost", height=28, on_click=self._removed), aria_label=_("Remove the photo"))

    def _ask(self, element: Element) -> None:
        # In the browser and at once: a file dialog opens only from a press of one's own.
        element.on("click", js_handler=f"() => getHtmlElement({self._input.id}).click()")

    def _tell(self, share: int | None) -> None:
        for face in self._faces:
            if not face.is_deleted:
                face.classes(add="" if share is None else "mc-busy", remove="mc-busy" if share is None else "")
                attributes(face, aria_busy=None if share is None else "true")
