"""The projects that were put away, and the way to bring one back."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from crm_app.components import live, times, words
from crm_app.components.elements import button
from crm_app.components.feedback import empty_state
from crm_app.components.guard import telling
from crm_app.components.subscriptions import Changes
from crm_app.components.task_nav import ring
from crm_app.components.text import block, link, text
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.pages.frame import Frame
from crm_app.pages.tasks.nav import ARCHIVE, TOPICS, WAYS, KnownWays, TaskWays, beside_ways
from crm_app.pages.tasks.project import archive


class ArchivePage:
    """The list and what redraws it."""

    def __init__(self) -> None:
        self.known = KnownWays()
        self.ways = TaskWays(lambda: ARCHIVE, lambda: self.known.items({}))

    async def load(self) -> None:
        """Ask for the projects."""
        self.known.take(*await live.read_together(*KnownWays.QUESTIONS))

    async def refresh(self, _changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.ways.refresh()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """A row for each, or the empty state."""
        if not self.known.archived:
            with empty_state(_("Nothing in the archive"), _("A project that you put away stands here, with its tasks, until you bring it back.")):
                button(_("My tasks"), href=WAYS["mine"])
        for row in self.known.archived:
            self._row(row)

    def _row(self, row: ProjectRow) -> None:
        with block("mc-item"):
            ring(row.progress, row.hue)
            link(row.title, f"/tasks/projects/{row.id}", "mc-plain-link mc-strong mc-truncate")
            block("mc-grow")
            every = row.open_tasks + row.done_tasks
            if every:
                said = _("%(done)s of %(all)s tasks done") % {"done": words.number(row.done_tasks), "all": words.number(every)}
                text(said, "mc-cap mc-num mc-nowrap mc-desk-only")
            if row.archived_at:
                times.moment(row.archived_at, live.viewer(), "mc-cap mc-num mc-nowrap")
            if row.may_edit:
                button(_("Bring back"), height=28, on_click=partial(archive, row, False, self.refresh))


async def archive_page(frame: Frame) -> None:
    """The projects in the archive."""
    page = ArchivePage()
    await page.load()
    with beside_ways(_("Archived projects"), page.ways):
        page.body()
    live.on(TOPICS, page.refresh)
