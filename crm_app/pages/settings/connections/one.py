"""One connection with all of it: its card, its calendars, what is not here and why, its latest runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live
from crm_app.components.connection_card import ConnectionCard, place
from crm_app.components.connection_lists import problem_rows, runs_table
from crm_app.components.connection_words import SYNC, TEST, announcement, job_of, set_words, unfinished
from crm_app.components.elements import button, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.addressbooks import service as books
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES
from crm_app.domain.connections.schemas import ConnectionView, ProblemView, RunView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobView
from crm_app.pages.frame import Frame
from crm_app.pages.settings.connections.books import BooksPart
from crm_app.pages.settings.connections.calendars import CalendarsPart
from crm_app.pages.settings.connections.doing import Doing
from crm_app.pages.settings.connections.drives import DrivePart
from crm_app.pages.settings.connections.editing import EditForm
from crm_app.pages.settings.connections.google import not_signed_in
from crm_app.pages.settings.connections.listing import TICK_SECONDS, TOPICS
from crm_app.pages.settings.connections.mailbox import MailboxPart
from crm_app.pages.settings.connections.results import ResultPanel
from crm_app.pages.settings.connections.setting_up import SettingUp

SHOWN, MOST = 50, 1000


class ConnectionPart:
    """One connection. The address says what is open: ``?edit=1`` the fields, ``?job=`` a test or a dry run and what came of it, ``?all=1`` every problem."""

    view: ConnectionView

    def __init__(self, frame: Frame, connection_id: UUID) -> None:
        self.frame, self.key = frame, connection_id
        self.jobs: tuple[JobView, ...] = ()
        self.runs: tuple[RunView, ...] = ()
        self.problems: tuple[ProblemView, ...] = ()
        self.card: ConnectionCard | None = None
        self.setup: SettingUp | None = None
        self.doing = Doing(self.refresh, lambda: self.jobs)
        self.mailbox = MailboxPart(connection_id, self.refresh)
        self.drive = DrivePart(self.refresh)

    async def load(self) -> None:
        """Ask for all of it. NotFound when it is not there, or another's."""
        limit = MOST if self.frame.query.get("all") else SHOWN
        found, self.jobs, self.runs, self.problems = await live.read_together(
            (connections.get_connections,), (jobs.list_jobs, (SYNC, TEST), 100), (connections.list_runs, self.key), (connections.list_problems, self.key, limit)
        )
        view = next((one for one in found.connections if one.id == self.key), None)
        if view is None:
            raise NotFound
        self.view = view
        self.copies = await live.read(books.list_copies, self.key) if self.has_books else ()
        await self.drive.load(view)
        if self.is_mailbox:
            self.mailbox.connection = view
            self.mailbox.take(await live.read_together(*self.mailbox.questions()))

    @property
    def is_mailbox(self) -> bool:
        """Whether it brings mail; else it brings calendars."""
        return self.view.kind in MAILBOXES

    @property
    def has_books(self) -> bool:
        """Whether it brings address books."""
        return self.view.kind in ADDRESS_BOOKS

    def stand(self) -> None:
        """Where it is drawn."""
        self.space: Element = block("mc-settings-list")
        self.said = attributes(text("", "mc-visually-hidden"), role="status", aria_live="polite")
        self.draw()

    @property
    def mode(self) -> str:
        """What the address and the connection's own state ask for."""
        return "edit" if self.frame.query.get("edit") else "setup" if unfinished(self.view) and not self.view.running else "all"

    def draw(self) -> None:
        """What is asked for, from its beginning."""
        self.card = self.setup = None
        self.drawn = self.mode
        with self.space.clear():
            if self.drawn == "edit":
                not_signed_in(self.frame.query.get("google", ""), self.view.kind)
                EditForm(self.view).draw()
            elif self.drawn == "setup":
                self.setup = self._setting_up()
                self.setup.draw()
                with block("mc-conn-leave"):
                    button(_("Remove this connection"), kind="danger", height=28, on_click=lambda: self.doing.remove(self.view))
            else:
                self._all()

    def _setting_up(self) -> SettingUp:
        return SettingUp(self.view, self._test(), self.doing.choose, self.refresh, self.mailbox if self.is_mailbox else None, books=self.doing.choose_book)

    def _test(self) -> JobView | None:
        """The test that the address names, or the latest one."""
        mine = [job for job in self.jobs if job.kind == TEST and job.payload.get("connection_id") == str(self.key)]
        asked = self.frame.query.get("job", "")
        return next((job for job in mine if str(job.id) == asked), mine[0] if mine else None)

    def _all(self) -> None:
        with block("mc-group"):
            self.card = ConnectionCard(self.view, job_of(self.jobs, self.key), live.viewer(), self.doing.acts())
        self.result = ResultPanel(self.frame, self.refresh)
        self.result.stand(self.view, self.jobs)
        self.calendars = CalendarsPart(self.view, self.doing.choose, self.refresh)
        self.books = BooksPart(self.view.books, self.copies, self.doing.choose_book, self.refresh)
        if self.is_mailbox:
            self.mailbox.draw()
        elif self.has_books:
            self.books.draw()
        elif self.view.kind in DRIVES:
            self.drive.draw()
        else:
            self.calendars.draw()
        self.not_here()
        with section(_("Latest runs")):
            pass
        self.history()
        self.facts()

    @ui.refreshable_method
    def not_here(self) -> None:
        """What is not here, and why. Before the first good sync nobody knows."""
        if self.view.last_ok_at is None and not self.problems:
            return
        with section(_("Not here, and why"), count=number(self.view.problems) if self.view.problems else ""):
            if any(problem.kind == "failed" for problem in self.problems):
                button(_("Try all again"), height=28, on_click=self.retry_all)
        if not self.problems:
            empty_line(_("Everything that is linked is here.") if self.view.kind in DRIVES else _("Everything that is over there is here."))
            return
        problem_rows(self.problems, live.viewer(), self.retry, refs=self.view.kind not in DRIVES)
        if self.view.problems > len(self.problems):
            button(_("Show all %s") % number(self.view.problems), kind="ghost", height=28, href=place(self.view) + "?all=1")

    @ui.refreshable_method
    def history(self) -> None:
        """The latest runs."""
        runs_table(self.runs, live.viewer())

    @ui.refreshable_method
    def facts(self) -> None:
        """How it is set."""
        view = self.view
        with block("mc-row mc-gap-8 mc-settings-facts"):
            text(set_words(view), "mc-cap mc-grow", tag="p")
            button(_("Edit"), height=28, href=place(view) + "?edit=1")

    async def retry(self, problem: ProblemView) -> None:
        """Read one thing again."""
        await self._retry([problem])

    async def retry_all(self) -> None:
        """Read everything again that failed, also what was given up."""
        await self._retry(())

    async def _retry(self, problems: Sequence[ProblemView]) -> None:
        with telling():
            await live.change(connections.retry_problems, self.key, [problem.id for problem in problems])
            await self.refresh()

    async def moved(self) -> None:
        """The address asks for something else."""
        with telling(), suppress(_Gone):
            await self._load_or_go()
            self.draw()

    async def refresh(self, *_changes: object) -> None:
        """Ask again, and bring up to date what stands there. A form that is open is left as it is."""
        if self.doing.removed:  # by this very page, which is on its way elsewhere
            return
        with telling(), suppress(_Gone):
            was = (self.view, self.runs, self.problems, job_of(self.jobs, self.key))
            await self._load_or_go()
            if self.space.is_deleted:  # somebody went elsewhere meanwhile
                return
            if said := announcement(self.view, was[3], job_of(self.jobs, self.key)):
                self.said.set_text(said)
            if self.mode != self.drawn:
                self.draw()
            elif self.setup is not None:
                if self._setting_up().key != self.setup.key:
                    self.draw()
            elif self.card is not None:
                self._show(self.card, *was[:3])

    def _show(self, card: ConnectionCard, view: ConnectionView, runs: tuple[RunView, ...], problems: tuple[ProblemView, ...]) -> None:
        card.show(self.view, job_of(self.jobs, self.key))
        self.result.show(self.view, self.jobs)
        if self.is_mailbox:
            self.mailbox.show()
        elif self.has_books:
            self.books.show(self.view.books, self.copies)
        elif self.view.kind in DRIVES:
            self.drive.draw.refresh()
        else:
            self.calendars.show(self.view)
        if runs != self.runs:
            self.history.refresh()
        if (problems, view.problems, view.last_ok_at is None) != (self.problems, self.view.problems, self.view.last_ok_at is None):
            self.not_here.refresh()
        if view.version != self.view.version:
            self.facts.refresh()

    async def _load_or_go(self) -> None:
        try:
            await self.load()
        except NotFound as error:
            if not self.space.is_deleted:
                self.frame.show_gone(error)
            raise _Gone from None

    def tick(self) -> None:
        """Time went by."""
        if self.card is not None:
            self.card.tick()


class _Gone(Exception):
    """It was removed while it was looked at; the page says so already."""


async def connection_part(frame: Frame, part: ConnectionPart) -> None:
    """Lay out, wire."""
    part.stand()
    live.on(TOPICS, part.refresh, own=True)
    ui.timer(TICK_SECONDS, part.tick)
    frame.on_query(part.moved)
