"""What the sidebar says of one's connections: in step, syncing, or that one needs its owner. It leads to where they are."""

from __future__ import annotations

from nicegui import ui

from crm_app.components.connection_words import sync_words
from crm_app.components.elements import icon
from crm_app.components.text import attributes, block, text
from crm_app.domain.connections.schemas import SyncHealth

PLACE = "/settings/connections"


class SyncState:
    """The line; it is there while there is a connection."""

    def __init__(self) -> None:
        with block("mc-nav mc-sync-state", tag="a") as self.element:
            self._icon = icon("circle-check")
            self._words = text("", "mc-side-text mc-truncate")
            self._tip = ui.tooltip("").classes("mc-side-tip")
        attributes(self.element, href=PLACE)
        self.element.set_visibility(False)

    def show(self, state: SyncHealth) -> None:
        """Say this; without a connection nothing is shown."""
        self.element.set_visibility(state.total > 0)
        words, glyph, mark = sync_words(state)
        attributes(self._icon, name=f"lu-{glyph}")
        self._words.set_text(words)
        self._tip.set_text(words)
        self.element.classes(remove="mc-bad mc-accent", add=f"mc-{mark}" if mark else "")
        attributes(self.element, aria_label=words)
