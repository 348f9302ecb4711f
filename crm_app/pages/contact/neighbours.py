"""Where the record stands in the list one came from: how far in it, who comes before and after, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.elements import icon_button
from crm_app.components.menus import menu_link
from crm_app.components.text import attributes, block, text
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import Neighbours
from crm_app.domain.i18n import _
from crm_app.pages.frame import Frame, address
from crm_app.pages.list_state import ListState


class Neighbourhood:
    """The list stands in the record's address, so a reload finds it again. Opened by itself, a record has no neighbours."""

    def __init__(self, frame: Frame, contact_id: UUID) -> None:
        self._frame = frame
        self._contact_id = contact_id
        came_from = frame.query.get("from")
        self._state = ListState.from_address(came_from) if came_from else None
        self.found: Neighbours | None = None

    @property
    def list_address(self) -> str:
        """The list, at the page one left it."""
        return address("/contacts", self._state.to_query() if self._state else {})

    def questions(self) -> list[tuple[Any, ...]]:
        """What is asked of the server beside the record, as the live bridge takes it."""
        return [(contacts.get_neighbours, self._contact_id, self._state.to_filter(live.viewer()))] if self._state else []

    def show(self, answers: list[Any]) -> None:
        """Take the answer."""
        self.found = answers[0] if answers else None

    @property
    def has_any(self) -> bool:
        """Whether there is anybody before or after."""
        return self.found is not None and bool(self.found.previous_id or self.found.next_id)

    def draw(self) -> None:
        """``3 of 42`` and two arrows."""
        found = self.found
        if found is None or not self.has_any:
            return
        with block("mc-row mc-gap-4 mc-desk-only mc-neighbours"):
            attributes(text(_said(found), "mc-num mc-ink-2"), aria_live="polite")
            self._arrow("chevron-up", _("Previous person"), found.previous_id, "K")
            self._arrow("chevron-down", _("Next person"), found.next_id, "J")
            block("mc-bar-rule", tag="span")

    def menu(self) -> None:
        """The same two ways in a menu, for phones."""
        found = self.found
        for label, contact_id, glyph in (
            (_("Next person"), found.next_id if found else None, "chevron-down"),
            (_("Previous person"), found.previous_id if found else None, "chevron-up"),
        ):
            if contact_id:
                menu_link(label, self._address(contact_id), icon_name=glyph).classes("mc-phone-only")

    def go_on(self) -> None:
        """To the next person of the list."""
        self._go(self.found.next_id if self.found else None)

    def go_back(self) -> None:
        """To the previous one."""
        self._go(self.found.previous_id if self.found else None)

    def _go(self, contact_id: UUID | None) -> None:
        if contact_id:
            ui.navigate.to(self._address(contact_id))

    def _address(self, contact_id: UUID) -> str:
        query = self._frame.query
        return address(f"/contacts/{contact_id}", {"kind": query.get("kind"), "from": query.get("from")})

    def _arrow(self, glyph: str, label: str, contact_id: UUID | None, key: str) -> None:
        arrow = icon_button(glyph, label, href=self._address(contact_id) if contact_id else None, key=key, height=28).classes("mc-again")
        if contact_id is None:
            arrow.disable()


def _said(found: Neighbours) -> str:
    total = words.number(found.total) + ("+" if found.total_is_capped else "")
    return _("%(place)s of %(total)s") % {"place": words.number(found.position), "total": total} if found.position else _("%s in the list") % total
