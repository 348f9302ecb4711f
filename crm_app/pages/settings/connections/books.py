"""The address books of a connection on its page: which are synced and written into, and what was changed on both sides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.connection_books import BookRows, Choose, copy_rows
from crm_app.components.elements import section
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.components.words import number
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import BookRow, CopyRow
from crm_app.domain.i18n import _


class BooksPart:
    """The books, and what waits to be settled."""

    def __init__(self, rows: Sequence[BookRow], copies: Sequence[CopyRow], choose: Choose, refresh: Callable[[], Awaitable[None]]) -> None:
        self._rows = BookRows(rows, choose, writes=True)
        self._copies, self._refresh = tuple(copies), refresh

    def draw(self) -> None:
        """All of it."""
        with section(_("Address books")):
            pass
        with block("mc-group mc-conn-choice"):
            self._rows.body()
        if any(row.may_write for row in self._rows.rows):
            said = _("“Write back” writes what is changed here from then on into the book, but for notes, tags and pictures. Nobody is deleted there.")
            text(said, "mc-cap mc-conn-after", tag="p")
        self.waiting()

    def show(self, rows: Sequence[BookRow], copies: Sequence[CopyRow]) -> None:
        """Draw these, where they are others than stand here."""
        self._rows.show(rows)
        if tuple(copies) != self._copies:
            self._copies = tuple(copies)
            self.waiting.refresh()

    @ui.refreshable_method
    def waiting(self) -> None:
        """What was changed on both sides, if anything was."""
        if self._copies:
            with section(_("Changed on both sides"), count=number(len(self._copies))):
                pass
            copy_rows(self._copies, self._settle)

    async def _settle(self, copy: CopyRow, mine: bool) -> None:
        with telling():
            await live.change(books.settle_copy, copy.card_id, copy.id, mine)
            feedback.toast(_("It goes into the book with the next sync.") if mine else _("It stays as the book has it."))
        await self._refresh()
