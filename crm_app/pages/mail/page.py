"""Mail: the threads at the left, one of them read in the middle, and whom it concerns at the right; on a phone two steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crm_app.ai.skills import cards
from crm_app.components import live
from crm_app.components.choices import Choice, Choices, tabs
from crm_app.components.drawer import drawer, drawer_button
from crm_app.components.elements import icon_button
from crm_app.components.guard import telling
from crm_app.components.keys import bind_keys
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block
from crm_app.components.words import number
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import Box
from crm_app.domain.mail.schemas import ThreadView
from crm_app.pages.frame import Frame
from crm_app.pages.mail.acting import Acting
from crm_app.pages.mail.beside import Beside
from crm_app.pages.mail.listing import MOST_UNMATCHED, Listing
from crm_app.pages.mail.step import InStep
from crm_app.pages.mail.thread import Reading
from crm_app.pages.mail.view import Looking
from crm_app.pages.mail.writing import Writing

TOPICS = ("mail", "analysis", "interaction_contact", "contact", "letter")
MAILBOXES = ("connection", "job")


class MailPage:
    """The bar, the list, the thread that is open, and what stands beside it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.looking = Looking.read(frame.query)
        self.listing = Listing(lambda: self.looking, self.search, self.leave)
        self.in_step = InStep()
        self.acting = Acting(self.refresh, self.leave, lambda: self.columns)
        self.writing = Writing(self.refresh)
        self.reading = Reading(self.acting, self.writing, self.address_of_list, self.further)
        self.beside = Beside(self.acting)
        self.thread: ThreadView | None = None
        self.most, self._most_of = mail.MAILS, self.looking.thread

    def address_of_list(self) -> str:
        """The same list with nothing open."""
        return replace(self.looking, thread=None).address

    async def load(self) -> None:
        """Ask for the list and for what is open. A thread that is not there says so, and the list stays."""
        own = self.writing.questions()
        listed, *others = await live.read_together(self.listing.question(), *own, *self.in_step.questions())
        self.writing.take(others[: len(own)])
        self.in_step.take(others[len(own) :])
        self.listing.take(listed, has_mailbox=self.in_step.any)
        with telling():
            try:
                await self._load_thread()
            except NotFound:
                self.looking = replace(self.looking, thread=None)
                self.frame.go_on(self.looking.address)
                raise

    async def _load_thread(self) -> None:
        self.thread = self.reading.told = None
        if self.looking.thread != self._most_of:
            self.most, self._most_of = mail.MAILS, self.looking.thread
        if self.looking.thread is not None:
            self.thread, self.reading.told = await live.read_together((mail.get_thread, self.looking.thread, self.most), (cards.get_summary, self.looking.thread))
        await self.beside.load(self.thread)

    def draw(self) -> None:
        """Put it onto the page. What has not changed stays as it is."""
        if self.columns.is_deleted:
            return
        self.boxes.value = self.looking.box.value
        self._count()
        self.listing.draw()
        self.writing.show()
        self.reading.show(self.thread)
        self.beside.show(self.thread)
        self.columns.classes(**({"add": "mc-reading"} if self.thread else {"remove": "mc-reading"}))

    def _count(self) -> None:
        found = self.listing.unmatched
        self.boxes.set_count(Box.UNMATCHED.value, "" if not found else number(found) if found < MOST_UNMATCHED else number(MOST_UNMATCHED) + "+")

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again, as far as one had scrolled."""
        with telling():
            await self.load()
            self.draw()

    async def moved(self) -> None:
        """The address names something else: another thread alone leaves the list as it is."""
        before, self.looking = self.looking, Looking.read(self.frame.query)
        self.listing.search.set_value(self.looking.search)
        if replace(before, thread=None) != replace(self.looking, thread=None):
            self.listing.restart()
            await self.refresh()
            return
        with telling():
            try:
                await self._load_thread()
            finally:
                self.draw()

    async def further(self) -> None:
        """More of a thread that is longer than what was read of it."""
        with telling():
            self.most += mail.MAILS
            await self._load_thread()
            self.draw()

    async def go(self, looking: Looking) -> None:
        """Show another list on this page."""
        self.looking = looking
        self.frame.go_on(looking.address)
        self.listing.restart()
        await self.refresh()

    async def choose_box(self, box: str) -> None:
        """People, those who are no contacts yet, or what is none of the CRM's business."""
        await self.go(Looking(box=Box(box), search=self.looking.search))

    async def search(self, typed: str) -> None:
        """Somebody typed into the search field."""
        if typed != self.looking.search:
            await self.go(replace(self.looking, search=typed, thread=None))

    async def leave(self) -> None:
        """Close the thread; the list stays where it is."""
        self.looking, self.thread = replace(self.looking, thread=None), None
        self.frame.go_on(self.looking.address)
        await self.beside.load(None)
        self.draw()

    async def look_at_mailboxes(self, *_changes: object) -> None:
        """How the mailboxes stand has changed."""
        with telling():
            self.in_step.take(await live.read_together(*self.in_step.questions()))
            self.in_step.show()

    def lay_out(self) -> None:
        """The bar and the three columns."""
        with block("mc-page mc-mail-page"):
            with top_bar(_("Mail")):
                self._bar()
            with block("mc-mail") as self.columns:
                self.listing.build()
                self.reading.build()
                with drawer(_("Whom it concerns"), "mc-mail-right"):
                    self.beside.build()

    def _bar(self) -> None:
        options = [Choice(Box.PEOPLE.value, _("People")), Choice(Box.UNMATCHED.value, _("Not matched"), count=""), Choice(Box.IRRELEVANT.value, _("Irrelevant"))]
        self.boxes: Choices = tabs(options, self.looking.box.value, self.choose_box, label=_("Which mail"))
        self.boxes.element.classes("mc-mail-boxes")
        block("mc-grow")
        self.in_step.build()
        with block("mc-row mc-gap-6 mc-mail-write"):
            self.writing.build()
        drawer_button(_("Whom it concerns"))
        icon_button("search", _("Search"), on_click=self.focus_search).classes("mc-phone-only")

    def focus_search(self) -> None:
        """Put the cursor into the search field, which a phone shows only then."""
        self.columns.classes(add="mc-searching")
        self.listing.search.run_method("focus")

    def keys(self) -> dict[str, Callable[[], Any]]:
        """What the keys do; going through the list is the list's own."""
        return {"f": self.focus_search, "r": self.reading.answer_last, "w": self.writing.write}


async def mail_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = MailPage(frame)
    await page.load()
    page.lay_out()
    page.draw()
    bind_keys(page.keys())
    if frame.query.get("outgoing"):
        frame.change({"outgoing": None})
        page.writing.show_outgoing()
    live.on(TOPICS, page.refresh)
    live.on(MAILBOXES, page.look_at_mailboxes, own=True)
    frame.on_query(page.moved)
