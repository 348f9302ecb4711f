"""The address books of a connection as rows: name, how many people of it are here, whether it is synced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components.fields import switch
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.addressbooks.schemas import BookRow
from crm_app.domain.i18n import _, ngettext

Choose = Callable[[BookRow, bool], Awaitable[BookRow | None]]
"""Changes whether a book is synced and returns it as it stands now; None when that was refused."""


def people_words(count: int) -> str:
    """How many people of a book are here."""
    return ngettext("%s person here", "%s people here", count) % number(count)


class BookRows:
    """The rows. What is changed here is in step at once and draws nothing anew, so that the focus stays where it is."""

    def __init__(self, rows: Sequence[BookRow], choose: Choose) -> None:
        self.rows = tuple(rows)
        self._choose = choose

    def show(self, rows: Sequence[BookRow]) -> None:
        """Draw these, if they are others than stand here."""
        if tuple(rows) != self.rows:
            self.rows = tuple(rows)
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """One row each."""
        for place, row in enumerate(self.rows):
            with block("mc-conn-cal mc-conn-book"):
                with block("mc-grow"):
                    attributes(text(row.name, "mc-truncate mc-block", tag="p"), title=row.name)
                    if row.people:
                        text(people_words(row.people), "mc-cap", tag="p")
                switch(_("Sync"), row.synced, spoken=_("Sync %s") % row.name, on_change=partial(self._switched, place))

    async def _switched(self, place: int, event: Any) -> None:
        if bool(event.value) == self.rows[place].synced:  # drawing a switch anew says nothing new
            return
        changed = await self._choose(self.rows[place], bool(event.value))
        if changed is None:
            self.body.refresh()  # a refusal leaves the switch where it was
        else:
            self.rows = tuple(changed if row.id == changed.id else row for row in self.rows)
