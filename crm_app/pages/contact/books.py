"""A contact and one's own address books: which it is in step with, and putting it into another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live
from crm_app.components.elements import icon, icon_button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item
from crm_app.components.text import attributes, block, link
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import ContactBook, ContactBooks, OpenBook
from crm_app.domain.i18n import _


class Books:
    """``view`` is how it stands; ``refresh`` redraws the record."""

    view = ContactBooks()

    def __init__(self, contact_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._contact_id, self._refresh = contact_id, refresh

    @staticmethod
    def question_of(contact_id: UUID) -> tuple[Any, ...]:
        """What is asked about a person, as the live bridge takes it."""
        return books.get_contact_books, contact_id

    def draw(self) -> None:
        """A small line for each book."""
        for one in self.view.kept:
            with block("mc-row mc-gap-6 mc-in-step"):
                icon("contact", 14)
                attributes(link(_line(one), f"/settings/connections/{one.connection_id}", "mc-cap mc-plain-link mc-truncate"), title=_line(one))
                if one.waits:
                    icon_button("x", _("Do not put into %s") % one.name, on_click=partial(self._leave_out, one), height=24)

    def menu(self) -> None:
        """The books that it may be put into."""
        for one in self.view.open:
            menu_item(_("Also keep in %s") % one.name, partial(self._put, one), icon_name="contact")

    async def _put(self, book: OpenBook) -> None:
        with telling():
            await live.change(books.put_into_book, book.book_id, self._contact_id)
            feedback.toast(_("Goes into %s with the next sync") % book.name)
            await self._refresh()

    async def _leave_out(self, book: ContactBook) -> None:
        with telling():
            await live.change(books.leave_out_of_book, book.book_id, self._contact_id)
            feedback.toast(_("Not put into %s") % book.name)
            await self._refresh()


def _line(one: ContactBook) -> str:
    said = _("In step with %(book)s of %(connection)s")
    if one.waits:
        said = _("Could not be put into %(book)s of %(connection)s") if one.refused else _("Goes into %(book)s of %(connection)s")
    return said % {"book": one.name, "connection": one.connection}
