"""How it goes with the tasks: what is open and late, how many of those due lately were completed, and where. Each figure leads to what it counts."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import live, times, words
from crm_app.components.choices import Choices
from crm_app.components.elements import progress, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.subscriptions import Changes
from crm_app.components.text import attributes, block, link, text
from crm_app.components.whose import MINE, TEAM, whose_switch
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import ProjectFigures, TaskFigures
from crm_app.domain.tasks.schemas import Bucket
from crm_app.pages.frame import Frame, address
from crm_app.pages.tasks.nav import FIGURES, TOPICS, KnownWays, TaskWays, beside_ways


class FiguresPage:
    """The figures of one's own tasks, or of all that one sees."""

    found: TaskFigures
    whose: Choices

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.known = KnownWays()
        self.ways = TaskWays(lambda: FIGURES, lambda: self.known.items({}))
        self.mine = frame.whose(MINE) == MINE

    async def load(self) -> None:
        """Ask for the figures, and for those of the ways."""
        self.found, *known = await live.read_together((tasks.get_task_figures, self.mine), *KnownWays.QUESTIONS)
        self.known.take(*known)

    async def refresh(self, _changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.ways.refresh()
            self.body.refresh()

    async def choose_whose(self, whose: str) -> None:
        """Mine or the team's, from now on."""
        with telling():
            await self.frame.choose_whose(whose)
            self.mine = whose == MINE
            self.frame.change({"whose": whose})
            await self.refresh()

    async def moved(self) -> None:
        """The address names something else."""
        self.mine = self.frame.whose(MINE) == MINE
        self.whose.value = MINE if self.mine else TEAM
        await self.refresh()

    def switch(self) -> None:
        """Mine or the team's."""
        self.whose = whose_switch(MINE if self.mine else TEAM, self.choose_whose)
        self.whose.element.set_visibility(not self.frame.alone)

    @ui.refreshable_method
    def body(self) -> None:
        """The four figures, what the assistant did, and the projects."""
        found = self.found
        with block("mc-strip mc-task-strip"):
            _stat(_("Open"), words.number(found.open), self._list())
            _stat(_("Overdue"), words.number(found.overdue), self._list(Bucket.OVERDUE), "mc-danger-ink" if found.overdue else "")
            _stat(_("Due today"), words.number(found.due_today), self._list(Bucket.TODAY))
            if found.completion is not None:
                _stat(_("Completed"), words.share(found.completion), None, note=_("%(done)s of %(due)s") % _numbers(found))
        text(self._period(), "mc-cap mc-figures-note", tag="p")
        if found.assistants_share is not None:
            said = _("The assistant did %(count)s of the %(done)s completed ones (%(share)s).")
            figures = {"count": words.number(found.by_assistant), "done": words.number(found.done), "share": words.share(found.assistants_share)}
            text(said % figures, "mc-cap", tag="p")
        with section(_("By project")):
            pass
        if not found.projects:
            empty_line(_("Nothing is open, and nothing was due lately."), (_("All tasks"), self._list()))
            return
        self._table(found.projects)

    def _period(self) -> str:
        days = {"since": times.short_date(self.found.since, live.viewer()), "until": times.short_date(self.found.until, live.viewer())}
        if self.found.completion is None:
            return _("Nothing was due from %(since)s to %(until)s, so there is no share of completed tasks to show.") % days
        said = _("Completed: the share of the tasks due from %(since)s to %(until)s that is done by now, also late. What was cancelled does not count.")
        return said % days

    def _table(self, parts: tuple[ProjectFigures, ...]) -> None:
        with attributes(block("mc-figures", tag="table"), aria_label=_("By project")):
            with block(tag="thead"), block(tag="tr"):
                for label in (_("Project"), _("Open"), _("Overdue"), _("Completed")):
                    attributes(text(label, "mc-label", tag="th"), scope="col")
            with block(tag="tbody"):
                for part in parts:
                    self._project(part)

    def _project(self, part: ProjectFigures) -> None:
        with block(tag="tr"):
            with attributes(block(tag="th"), scope="row"), block("mc-row mc-gap-8"):
                if part.project_id:
                    block(f"mc-dot mc-hue-{part.hue}", tag="span")
                    link(part.title, self._of(part), "mc-plain-link mc-strong mc-truncate")
                else:
                    text(_("No project"), "mc-ink-2")
            _figure(part.open, self._of(part), _("%s open"))
            _figure(part.overdue, self._of(part, Bucket.OVERDUE), _("%s overdue"), "mc-danger-ink")
            with block("mc-figures-share", tag="td"):
                if part.completion is None:
                    attributes(text("–", "mc-ink-3"), aria_label=_("Nothing was due"))
                else:
                    said = _("%(done)s of %(due)s") % _numbers(part)
                    with block("mc-row mc-gap-8"):
                        progress(part.completion, said)
                        text(words.share(part.completion), "mc-num mc-none")
                        text(said, "mc-cap mc-num mc-none mc-desk-only")

    def _list(self, bucket: Bucket | None = None) -> str:
        return address("/tasks", {"whose": MINE if self.mine else TEAM, "bucket": bucket.value if bucket else None})

    def _of(self, part: ProjectFigures, bucket: Bucket | None = None) -> str | None:
        """The list of a project, one's own part of it where the figures are one's own; there is none of what is in no project."""
        if part.project_id is None:
            return None
        return address(f"/tasks/projects/{part.project_id}", {"whose": MINE if self.mine else None, "bucket": bucket.value if bucket else None})


def _stat(label: str, value: str, href: str | None, tone: str = "", *, note: str = "") -> None:
    with block("mc-stat"), block("mc-grow"):
        link(label, href, "mc-label mc-crumb") if href else text(label, "mc-label")
        with block("mc-row mc-baseline"):
            if href:
                attributes(link(value, href, f"mc-figure mc-plain-link {tone}"), aria_label=f"{label}: {value}")
            else:
                text(value, "mc-figure")
            if note:
                text(note, "mc-cap mc-truncate mc-num")


def _figure(count: int, href: str | None, said: str, tone: str = "") -> None:
    with block("mc-num", tag="td"):
        value = words.number(count)
        if count and href:
            attributes(link(value, href, f"mc-plain-link {tone}"), aria_label=said % value)
        else:
            text(value, "" if count else "mc-ink-3")


def _numbers(found: TaskFigures | ProjectFigures) -> dict[str, str]:
    return {"done": words.number(found.done), "due": words.number(found.due)}


async def figures_page(frame: Frame) -> None:
    """The figures of the tasks."""
    page = FiguresPage(frame)
    await page.load()
    with beside_ways(_("Figures"), page.ways, page.switch):
        page.body()
    live.on(TOPICS, page.refresh)
    frame.on_query(page.moved)
