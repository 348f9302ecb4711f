"""The head of a project's page, and the dialog in which a project is made and changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, words
from crm_app.components.conflicts import settle
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.draft import Draft
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import banner, busy, button, icon_button, pill, progress
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectRow, ProjectUpdate
from crm_app.pages.acts import offer_undo
from crm_app.pages.history import show_history

Refresh = Callable[[], Awaitable[Any]]


def project_head(row: ProjectRow, refresh: Refresh, place: Element) -> None:
    """What a project is, how far it is, and what can be done with it. What opens over the page belongs to ``place``, since this is drawn anew."""
    with block("mc-project-head"):
        with block("mc-row mc-gap-8"):
            block(f"mc-dot mc-hue-{row.hue}", tag="span")
            text(row.title, "mc-title mc-truncate", tag="h2")
            if row.audience.value == "private":
                pill(_("Only you see it"), icon_name="eye-off")
            block("mc-grow")
            with icon_button("ellipsis", _("More about this project")):
                DrawnMenu(_acts(row, refresh, place))
        if row.description:
            text(row.description, "mc-ink-2 mc-project-words", tag="p")
        done, every = row.done_tasks, row.open_tasks + row.done_tasks
        if every:
            said = _("%(done)s of %(all)s tasks done") % {"done": words.number(done), "all": words.number(every)}
            with block("mc-row mc-gap-8 mc-project-progress"):
                progress(row.progress, said)
                text(said, "mc-cap mc-num mc-none")
        if row.archived_at:
            with banner(_("This project is in the archive."), _("It is not offered any more; its tasks are where they were.")):
                if row.may_edit:
                    button(_("Bring back"), height=28, on_click=partial(archive, row, False, refresh))


def _acts(row: ProjectRow, refresh: Refresh, place: Element) -> list[Item]:
    def edit() -> None:
        with place:
            edit_project(row, refresh)

    items = []
    if row.may_edit:
        shelve = (_("Bring back"), "archive-restore") if row.archived_at else (_("Put into the archive"), "archive")
        items += [Item(_("Edit"), edit, icon="pencil"), Item(shelve[0], partial(archive, row, not row.archived_at, refresh), icon=shelve[1])]
    items.append(Item(_("History"), lambda: show_history("project", row.id, refresh), icon="history"))
    if row.may_delete:
        items.append(Item(_("Delete"), partial(_delete, row), icon="trash-2", danger=True))
    return items


async def archive(row: ProjectRow, archived: bool, refresh: Refresh) -> None:
    """Put a project into the archive, or bring it back."""
    with telling():
        outcome = await live.change(projects.update_project, row.id, ProjectUpdate(version=row.version, archived=archived))
        offer_undo(outcome, _("In the archive now") if archived else _("Brought back"), refresh)
        await refresh()


async def _delete(row: ProjectRow) -> None:
    with telling():
        outcome = await live.change(projects.delete_project, row.id)
        ui.navigate.to("/tasks?whose=mine")
        offer_undo(outcome, _("Project deleted. Its tasks are still there."), lambda: _gone_to(row))


def new_project() -> None:
    """Make a project and go to it."""
    _ProjectForm(None, _gone_to).open()


def edit_project(row: ProjectRow, refresh: Refresh) -> None:
    """Change a project's name, words, colour and who can see it."""
    _ProjectForm(row, lambda _saved: refresh()).open()


async def _gone_to(made: ProjectRow) -> None:
    ui.navigate.to(_page_of(made))


async def _unmade(made: ProjectRow) -> None:
    """A new project was taken back: whoever still looks at its page goes on to their tasks."""
    if ui.context.client.sub_pages_router.current_path.startswith(_page_of(made)):
        ui.navigate.to("/tasks?whose=mine")


def _page_of(row: ProjectRow) -> str:
    return f"/tasks/projects/{row.id}"


class _ProjectForm:
    """The dialog over one project, or over a new one (None); ``done`` gets what was saved."""

    parts: DialogParts

    def __init__(self, row: ProjectRow | None, done: Callable[[ProjectRow], Awaitable[Any]]) -> None:
        self.row, self.done = row, done
        self.draft: Draft[Any] = Draft(ProjectUpdate, row) if row else Draft(ProjectCreate)

    def open(self) -> None:
        """Lay it out and show it."""
        row, draft = self.row, self.draft
        with dialog(_("Project") if row else _("New project"), width="narrow") as self.parts:
            field(draft, "title").props("autofocus").on("keydown.enter", self.save)
            block().style("height:12px")
            field(draft, "description")
            block().style("height:12px")
            field(draft, "hue", options=words.hues())
            if row is None or row.owner_id == live.viewer().user_id:
                block().style("height:12px")
                field(draft, "audience", options=words.audiences()).props(remove="clearable")
        self.parts.window.on("hide", self.parts.window.delete)
        with self.parts.foot:
            button(_("Close"), kind="ghost", on_click=self.parts.window.close)
            self.act = button(_("Save") if row else _("Add project"), kind="primary", on_click=self.save)
        self.parts.window.open()

    async def save(self) -> None:
        """Keep what was written; if somebody else was first, ask which stands. What was typed stays until it is saved or given up."""
        data = self.draft.validated(**({"version": self.row.version} if self.row else {}))
        if data is None:
            return
        with telling(self.draft), busy(self.act):
            try:
                outcome = await (live.change(projects.update_project, self.row.id, data) if self.row else live.change(projects.create_project, data))
            except Conflict:
                await self._conflict()
                return
            self.parts.window.close()
            made = outcome.value
            offer_undo(outcome, _("Project saved") if self.row else _("Project added"), lambda: self.done(made) if self.row else _unmade(made))
            await self.done(made)

    async def _conflict(self) -> None:
        assert self.row is not None
        theirs = await live.read(projects.get_project, self.row.id)
        keep_mine = await settle(self.parts.window, self.draft, theirs)
        if keep_mine is not None:
            self.row = theirs
            await (self.save() if keep_mine else self.done(theirs))
