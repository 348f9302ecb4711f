"""The list of threads: what is looked for, page after page as one scrolls, and what it says where there is nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.elements import button
from crm_app.components.feedback import empty_state
from crm_app.components.fields import search_field
from crm_app.components.guard import telling
from crm_app.components.mail_list import ThreadList
from crm_app.components.page_parts import on_near_end
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import Box
from crm_app.domain.mail.schemas import ThreadPage, ThreadRow
from crm_app.domain.permissions import Permission
from crm_app.pages.mail.view import Looking

PAGE, MOST_AT_ONCE, MOST_UNMATCHED = 40, 100, 1000
CONNECT = "/settings/connections?add=imap"


class Listing:
    """``looking()`` says what is wanted; ``take`` and ``draw`` show it, ``restart`` forgets how far one had scrolled."""

    search: ui.input

    def __init__(self, looking: Callable[[], Looking], on_search: Callable[[str], Awaitable[Any]], on_leave: Callable[[], Awaitable[Any]]) -> None:
        self._looking, self._on_search, self._on_leave = looking, on_search, on_leave
        self.rows: list[ThreadRow] = []
        self.next: str | None = None
        self.unmatched = 0
        self._has_mailbox = False
        self._busy = False
        self._said: object = None

    def question(self) -> tuple[Any, ...]:
        """The first threads, as many as stood there, as the live bridge takes it."""
        looking, limit = self._looking(), max(PAGE, min(len(self.rows), MOST_AT_ONCE))
        return (partial(mail.get_threads, box=looking.box.value, search=looking.search, limit=limit),)

    def take(self, page: ThreadPage, *, has_mailbox: bool) -> None:
        """This is what there is."""
        self.rows, self.next, self.unmatched, self._has_mailbox = list(page.rows), page.next, page.unmatched, has_mailbox

    def restart(self) -> None:
        """Another list begins at its top."""
        self.rows, self.next = [], None
        self.scroller.run_method("scrollTo", 0, 0)

    def build(self) -> None:
        """The column."""
        with attributes(block("mc-mail-left", tag="section"), aria_label=_("Threads")):
            with block("mc-mail-search"):
                self.search = search_field(_("Search mail"), self._looking().search, on_change=lambda event: self._on_search((event.value or "").strip()))
            with block("mc-scroll") as self.scroller:
                self.threads = ThreadList(lambda key: replace(self._looking(), thread=key).address, label=_("Threads"), on_leave=self._on_leave)
                self.end = block("mc-mail-end")
        on_near_end(self.scroller, self.more)

    def draw(self) -> None:
        """Put it onto the page."""
        self.threads.show(self.rows, live.viewer(), self._looking().thread)
        self.threads.set_visibility(bool(self.rows))
        said = (bool(self.rows), self.next is not None, self._looking().box, bool(self._looking().search), self._has_mailbox)
        if said != self._said:
            self._said = said
            with self.end.clear():
                self._below()

    def _below(self) -> None:
        looking = self._looking()
        if self.rows:
            if self.next:
                button(_("Show older"), kind="ghost", icon="chevron-down", on_click=self.more)
        elif looking.search:
            with empty_state(_("Nothing found"), _("No thread of this list has these words in its subject, in its text or among its people.")):
                button(_("Clear the search"), on_click=lambda: self.search.set_value(""))
        elif not self._has_mailbox and looking.box is Box.PEOPLE:
            said = _("Connect your mailbox: what you and your contacts write to each other appears here and on their timelines.")
            with empty_state(_("No mailbox is connected yet"), said):
                if live.viewer().can(Permission.CONNECTION_MANAGE):
                    button(_("Connect a mailbox"), kind="primary", icon="plug", href=CONNECT)
        else:
            empty_state(*_nothing_in(looking.box))

    async def more(self) -> None:
        """Load older threads."""
        if self._busy or not self.next:
            return
        self._busy = True
        try:
            with telling():
                looking, after = self._looking(), self.next
                page = await live.read(mail.get_threads, box=looking.box.value, search=looking.search, after=after, limit=PAGE)
                if self.next == after:  # nothing else was asked for meanwhile
                    self.rows += page.rows
                    self.next = page.next
                    self.draw()
        finally:
            self._busy = False


def _nothing_in(box: Box) -> tuple[str, str]:
    return {
        Box.PEOPLE: (_("No mail yet"), _("What your contacts and you write to each other appears here once it has come in.")),
        Box.UNMATCHED: (_("Everybody is known"), _("Mail of people who are no contacts waits here, until you link it to somebody.")),
        Box.IRRELEVANT: (_("Nothing is set aside"), _("Newsletters, automatic mail, and what you call irrelevant stand here, out of the way.")),
    }[box]
