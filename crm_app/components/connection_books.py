"""The address books of a connection as rows: name, how many people of it are here, whether it is synced and written into; and what was changed on both sides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components.elements import button
from crm_app.components.fields import switch
from crm_app.components.text import attributes, block, link, text
from crm_app.components.words import number
from crm_app.domain.addressbooks.schemas import BookRow, CopyRow
from crm_app.domain.i18n import _, ngettext

Choose = Callable[[BookRow, bool, bool | None], Awaitable[BookRow | None]]
"""Changes whether a book is synced and written into (None: as it was), and returns it as it stands now; None when that was refused."""
Settle = Callable[[CopyRow, bool], Awaitable[None]]
"""Settles what was changed on both sides: as it stood here, or as the book has it."""


def people_words(count: int) -> str:
    """How many people of a book are here."""
    return ngettext("%s person here", "%s people here", count) % number(count)


class BookRows:
    """The rows; ``writes``: it may be chosen to write into them. What is changed is in step at once and draws nothing anew, so that the focus stays."""

    def __init__(self, rows: Sequence[BookRow], choose: Choose, *, writes: bool = False) -> None:
        self.rows = tuple(rows)
        self._choose, self._writes = choose, writes

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
                    if row.refused and row.two_way:
                        text(row.refused, "mc-cap mc-warn-ink", tag="p")
                if row.may_write and row.synced and self._writes:
                    switch(_("Write back"), row.two_way, spoken=_("Write what is changed here into %s") % row.name, on_change=partial(self._written, place))
                switch(_("Sync"), row.synced, spoken=_("Sync %s") % row.name, on_change=partial(self._switched, place))

    async def _switched(self, place: int, event: Any) -> None:
        if bool(event.value) != self.rows[place].synced:  # drawing a switch anew says nothing new
            await self._change(place, bool(event.value), None)

    async def _written(self, place: int, event: Any) -> None:
        if bool(event.value) != self.rows[place].two_way:
            await self._change(place, self.rows[place].synced, bool(event.value))

    async def _change(self, place: int, synced: bool, two_way: bool | None) -> None:
        before = self.rows[place]
        changed = await self._choose(before, synced, two_way)
        if changed is not None:
            self.rows = tuple(changed if row.id == changed.id else row for row in self.rows)
        if changed is None or (self._writes and changed.synced != before.synced):
            self.body.refresh()  # a refusal leaves the switch where it was; a book that is left out is not written into


def copy_rows(copies: Sequence[CopyRow], settle: Settle) -> None:
    """What was changed on both sides: whose, which field, how the book has it and how it stood here, and the two ways to settle it."""
    with block("mc-group", tag="ul"):
        for copy in copies:
            with block("mc-problem", tag="li"):
                with block("mc-grow"):
                    attributes(link(copy.contact_name, f"/contacts/{copy.contact_id}", "mc-strong mc-link"), title=copy.contact_name)
                    text(_("%(field)s: %(theirs)s in the book, %(ours)s here before.") % {
                        "field": copy.field, "theirs": _quoted(copy.theirs), "ours": _quoted(copy.ours)
                    }, "mc-ink-2", tag="p")  # fmt: skip
                for words, mine in ((_("Use mine"), True), (_("Keep the book's"), False)):
                    attributes(button(words, height=28, on_click=partial(settle, copy, mine)), aria_label=f"{words}: {copy.contact_name}, {copy.field}")


def _quoted(words: str) -> str:
    return f"“{words}”" if words else _("nothing")
