"""The first page of the day: how many people, what is due, what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from nicegui import ui

from crm_app.components import live, times
from crm_app.components.elements import button, section
from crm_app.components.guard import telling
from crm_app.components.notices import bell_link
from crm_app.components.page_parts import empty_line, step_card
from crm_app.components.people import avatar
from crm_app.components.subscriptions import Changes
from crm_app.components.task_parts import TaskList
from crm_app.components.text import attributes, block, link, text
from crm_app.components.whose import MINE, TEAM, whose_switch
from crm_app.components.words import kinds
from crm_app.domain.actor import Actor
from crm_app.domain.dashboard import service as dashboard
from crm_app.domain.dashboard.schemas import DashboardView, Figure
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.interactions.schemas import EntryView
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks.schemas import TaskRow
from crm_app.pages import acts
from crm_app.pages.frame import Frame

TOPICS = ("contact", "interaction", "interaction_contact", "task", "task_contact")


class DashboardPage:
    """The page and what redraws it. Whose things it shows stands in the address, or is what the person chose last."""

    view: DashboardView

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.shown: set[UUID] = set()

    @property
    def whose(self) -> str:
        """Mine or the team's."""
        return self.frame.whose(TEAM)

    async def load(self) -> None:
        """Ask for the day."""
        self.view = await live.read(dashboard.load_dashboard, mine=self.whose == MINE)
        self.shown.clear()
        self.shown.update(row.id for row in self.view.tasks)
        self.shown.update(entry.id for entry in self.view.recent)

    async def choose(self, whose: str) -> None:
        """Mine or the team's, from now on."""
        with telling():
            await self.frame.choose_whose(whose)
            self.frame.replace({"whose": whose})
            await self.refresh()

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """Everything below the shell."""
        actor = live.viewer()
        with block("mc-dashboard"):
            _head(self.view, actor, self._switch)
            _figures(self.view)
            if actor.can(Permission.CONTACT_WRITE) and not (self.view.has_contact and self.view.has_note):
                _first_steps(self.view)
            with block("mc-dashboard-grid mc-two"):
                with block("mc-col"):
                    self._tasks(actor)
                with block("mc-col"):
                    _recent(self.view, actor)

    def _switch(self) -> None:
        if not self.frame.alone:
            whose_switch(self.whose, self.choose)

    def _tasks(self, actor: Actor) -> None:
        with section(_("Tasks due")):
            link(_("All tasks"), self.view.tasks_open.link, "mc-crumb mc-cap")
        if not self.view.tasks:
            way = (_("Plan something"), "/tasks?new=1") if actor.can(Permission.TASK_WRITE) else None
            empty_line(_("Nothing is due today."), way)
        else:
            TaskList(self.view.tasks, self.view.today, actor, on_toggle=self.toggle, on_open=_open_task)

    async def toggle(self, row: TaskRow) -> None:
        """Complete a task or reopen it."""
        await acts.toggle_task(row, self.refresh)


async def dashboard_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = DashboardPage(frame)
    await page.load()
    ui.page_title(_("Dashboard") + " · MindfulCRM")
    with block("mc-scroll"):
        page.body()
    live.on(TOPICS, page.refresh, shown=page.shown)
    frame.on_query(page.refresh)


def _head(view: DashboardView, actor: Actor, switch: Callable[[], None]) -> None:
    due = view.tasks_overdue.value + view.tasks_today.value
    with block("mc-row-top mc-between mc-gap-16 mc-dashboard-head"):
        with block("mc-grow"):
            attributes(text(_greeting(actor, view.greeting_name), "mc-display mc-clamp-2", tag="h1"), title=actor.name)
            said = ngettext("%d task due", "%d tasks due", due) % due if due else _("nothing due")
            text(f"{times.long_date(view.today, actor)} · {said}", "mc-ink-2", tag="p")
        switch()
        with block("mc-row mc-desk-only"):
            if actor.can(Permission.TASK_WRITE):
                button(_("New task"), icon="square-check-big", href="/tasks?new=1", key="T")
            if actor.can(Permission.CONTACT_WRITE):
                button(_("New contact"), kind="primary", icon="plus", href="/contacts?new=1", key="C")
        bell_link()


def _figures(view: DashboardView) -> None:
    with block("mc-strip"):
        new = view.new_contacts
        _figure(_("People"), view.active_contacts, (_("+%s this month") % f"{new.value:,}", new) if new.value else None)
        _figure(_("In touch this week"), view.contacted, None)
        late = view.tasks_overdue
        _figure(_("Open tasks"), view.tasks_open, (_("%s overdue") % f"{late.value:,}", late) if late.value else None, "mc-danger-ink")
        _figure(_("Due today"), view.tasks_today, None)


def _figure(label: str, figure: Figure, also: tuple[str, Figure] | None, tone: str = "mc-ok-ink") -> None:
    with block("mc-stat"), block("mc-grow"):
        link(label, figure.link, "mc-label mc-crumb")
        with block("mc-row mc-baseline"):
            value = f"{figure.value:,}" + ("+" if figure.capped else "")
            attributes(link(value, figure.link, "mc-figure mc-plain-link"), aria_label=f"{label}: {value}")
            if also:
                link(also[0], also[1].link, f"mc-cap mc-truncate mc-plain-link {tone}")


def _first_steps(view: DashboardView) -> None:
    with block("mc-first-steps"):
        step_card(_("Bring in your people"), _("CSV, vCard or Excel"), "file-up", "/contacts/import", done=view.has_contact)
        step_card(_("Add someone by hand"), _("Just a name is enough"), "user-plus", "/contacts?new=1", done=view.has_contact)
        step_card(_("Write your first note"), _("Open a person and say what happened"), "notebook-pen", "/contacts", done=view.has_note)


def _recent(view: DashboardView, actor: Actor) -> None:
    with section(_("Recent activity")):
        pass
    if not view.recent:
        empty_line(_("Notes, calls and meetings appear here."), (_("Open contacts"), "/contacts"))
    for entry in view.recent:
        _recent_row(entry, actor)


def _recent_row(entry: EntryView, actor: Actor) -> None:
    person_id, name = entry.contacts[0] if entry.contacts else (entry.author_id, entry.author_name)
    with block("mc-item", tag="a") as row:
        avatar(name, person_id, 20)
        with block("mc-grow mc-truncate"):
            text(name, "mc-strong")
            text(" " + " · ".join(part for part in (entry.subject or kinds()[entry.kind], entry.body) if part)[:160], "mc-ink-2")
        times.moment(entry.occurred_at, actor)
    attributes(row, href=f"/contacts/{person_id}" if entry.contacts else "/contacts")


def _greeting(actor: Actor, name: str) -> str:
    hour = datetime.now(actor.zone).hour
    sentence = _("Good morning, %s") if hour < 12 else _("Good afternoon, %s") if hour < 18 else _("Good evening, %s")
    return sentence % name


async def _open_task(row: TaskRow) -> None:
    ui.navigate.to(f"/tasks?open={row.id}")
