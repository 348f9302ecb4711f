"""A connection that is not set up yet: its test, what to do when that fails, which calendars to take, and the first sync."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.connection_books import BookRows
from crm_app.components.connection_books import Choose as ChooseBook
from crm_app.components.connection_calendars import CalendarRows, Choose
from crm_app.components.connection_card import place
from crm_app.components.connection_providers import host
from crm_app.components.connection_words import UNDER_WAY, answer_words
from crm_app.components.draft import Draft
from crm_app.components.elements import banner, busy, button
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ADDRESS_BOOKS, AT_GOOGLE, ConnectionKind
from crm_app.domain.connections.schemas import ConnectionUpdate, ConnectionView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.pages.settings.connections.adding import steps_line
from crm_app.pages.settings.connections.doing import have_it_tried
from crm_app.pages.settings.connections.editing import EditForm
from crm_app.pages.settings.connections.forms import taste_fields
from crm_app.pages.settings.connections.mailbox import MailboxPart

Refresh = Callable[[], Awaitable[Any]]


def test_line(view: ConnectionView, job: JobView | None, refresh: Refresh) -> bool:
    """What a test is doing or found, in one sentence with what to do. True when it works."""
    if job is not None and job.state in UNDER_WAY:
        _asking(view, job, refresh)
        return False
    if job is None or job.state is not JobState.DONE:
        said = job.reason if job is not None and job.state is JobState.FAILED else ""
        with banner(_("It has not been tried to the end."), said or _("Test it again to go on."), kind="info"):
            pass
        return False
    answer = str(job.result.get("answer", ""))
    cause, act = answer_words(answer, str(job.result.get("sentence", "")), secret=view.has_password, google=view.kind in AT_GOOGLE)
    works = answer == "works"
    with banner(cause, act, kind="ok" if works else "bad"):
        pass
    if sends := str(job.result.get("sending", "")):
        with banner(_("Mail comes in, but none can be sent from it yet."), sends, kind="warn"):
            pass
    return works


def _asking(view: ConnectionView, job: JobView, refresh: Refresh) -> None:
    async def cancel() -> None:
        with telling():
            await live.change(jobs.request_cancel, job.id)
            await refresh()

    with attributes(block("mc-row mc-gap-8"), role="status"):
        attributes(block("mc-spinner", tag="span"), aria_hidden="true")
        text(_("Asking %s…") % host(view.url), "mc-grow")
        button(_("Cancel"), kind="ghost", height=28, on_click=cancel)


async def test_again(view: ConnectionView) -> None:
    """Try it once more, as it stands."""
    with telling():
        ui.navigate.to(await have_it_tried(view))


class SettingUp:
    """The steps after the first form. ``key`` says what is drawn: as long as it stays, nothing is drawn anew and nothing typed is lost."""

    def __init__(
        self, view: ConnectionView, job: JobView | None, choose: Choose, refresh: Refresh, mailbox: MailboxPart | None = None, *, books: ChooseBook
    ) -> None:
        self.view, self.job, self._choose, self._refresh, self._mailbox, self._choose_book = view, job, choose, refresh, mailbox, books
        self._taste = Draft(ConnectionUpdate, view) if view.kind is ConnectionKind.GOOGLE_PEOPLE else None

    @property
    def key(self) -> tuple[Any, ...]:
        """What is drawn depends on this alone."""
        folders = self._mailbox.view.folders if self._mailbox and self._mailbox.view else ()
        rows = (*(row.id for row in self.view.calendars), *(row.id for row in self.view.books), *(row.id for row in folders))
        return self.job and (self.job.id, self.job.state), rows

    def draw(self) -> None:
        """The step that it is at."""
        works = self.job is not None and self.job.state is JobState.DONE and self.job.result.get("answer") == "works"
        steps_line(1 if works else 0, self.view.kind)
        with block("mc-conn-banner"):
            test_line(self.view, self.job, self._refresh)
        if works and self._mailbox is not None:
            self._decide(self._mailbox)
        elif works and self.view.kind in ADDRESS_BOOKS:
            self._books()
        elif works:
            self._calendars()
        elif self.job is None or self.job.state not in UNDER_WAY:
            EditForm(self.view, short=True).draw()

    def _calendars(self) -> None:
        many = len(self.view.calendars)
        if not many:
            empty_line(_("There is no calendar in this account yet. Make one over there, then test again."))
            button(_("Test again"), on_click=lambda: test_again(self.view))
            return
        said = ngettext("%d calendar is there. Its events come in once you start.", "%d calendars are there. Choose which ones come in.", many) % many
        text(said, "mc-conn-before", tag="p")
        with block("mc-group mc-conn-choice"):
            CalendarRows(self.view.calendars, self._choose).body()
        who = _("Meetings with people you know appear on their timelines; what concerns no contact is seen by you alone.")
        text(who, "mc-ink-2 mc-conn-after", tag="p")
        self._start()

    def _books(self) -> None:
        many = len(self.view.books)
        said = ngettext("%d address book is there. Its people come in once you start.", "%d address books are there. Choose which ones come in.", many) % many
        text(said, "mc-conn-before", tag="p")
        with block("mc-group mc-conn-choice"):
            BookRows(self.view.books, self._choose_book).body()
        if self._taste is not None:  # whoever typed an address has said so there
            with block("mc-conn-form"):
                taste_fields(self._taste, self.view.kind)
        who = _("Whoever is known here already is found by address or phone and added to, as an import does it; what you change here afterwards stays yours.")
        text(who, "mc-ink-2 mc-conn-after", tag="p")
        self._start()

    def _decide(self, mailbox: MailboxPart) -> None:
        text(_("Decide who sees what comes in, before anything does. You can change it at any time."), "mc-conn-before", tag="p")
        mailbox.draw(first=True)
        kept = _("Mail with people you know appears on their timelines. Of all other mail only the addresses are kept, and only you see those.")
        text(kept, "mc-ink-2 mc-conn-after", tag="p")
        self._start()

    def _start(self) -> None:
        self.go = button(_("Start the first sync"), kind="primary", icon="refresh-cw", on_click=self.start)

    async def start(self) -> None:
        """Bring it in, from now on."""
        with telling(), busy(self.go):
            if self._taste is not None and self._taste.changed and (data := self._taste.validated()) is not None:
                await live.change(connections.update_connection, self.view.id, data)
            await live.change(connections.resume_connection, self.view.id)
            await live.change(connections.sync_now, self.view.id)
            ui.navigate.to(place(self.view))
            await self._refresh()
