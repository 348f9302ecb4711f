"""The head of a project's page, and the dialog in which a project is made and changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live, words
from crm_app.components.conflicts import ask_which
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import banner, busy, button, icon_button, pill, progress
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.models import HUES
from crm_app.domain.projects.schemas import ProjectCreate, ProjectRow, ProjectUpdate
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]


def project_head(row: ProjectRow, refresh: Refresh) -> None:
    """What a project is, how far it is, and what can be done with it."""
    with block("mc-project-head"):
        with block("mc-row mc-gap-8"):
            block(f"mc-dot mc-hue-{row.hue}", tag="span")
            text(row.title, "mc-title mc-truncate", tag="h2")
            if row.audience.value == "private":
                pill(_("Only you see it"), icon_name="eye-off")
            block("mc-grow")
            if row.may_edit:
                with icon_button("ellipsis", _("More about this project")):
                    DrawnMenu(_acts(row, refresh))
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


def _acts(row: ProjectRow, refresh: Refresh) -> list[Item]:
    items = [Item(_("Edit"), partial(edit_project, row, refresh), icon="pencil")]
    items.append(Item(_("Bring back"), partial(archive, row, False, refresh), icon="archive-restore") if row.archived_at else Item(
        _("Put into the archive"), partial(archive, row, True, refresh), icon="archive"
    ))  # fmt: skip
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


async def new_project() -> None:
    """Make a project and go to it."""
    await _write(Draft(ProjectCreate), None, lambda made: _gone_to(made))


async def edit_project(row: ProjectRow, refresh: Refresh) -> None:
    """Change a project's name, words, colour and who can see it."""
    await _write(Draft(ProjectUpdate, row), row, lambda _made: refresh())


async def _gone_to(made: ProjectRow) -> None:
    ui.navigate.to(f"/tasks/projects/{made.id}")


async def _write(draft: Draft[Any], row: ProjectRow | None, done: Callable[[ProjectRow], Awaitable[Any]]) -> None:
    with dialog(_("Project") if row else _("New project"), width="narrow") as parts:
        field(draft, "title").props("autofocus").on("keydown.enter", lambda: save())
        block().style("height:12px")
        field(draft, "description")
        block().style("height:12px")
        field(draft, "hue", options=_hues())
        if row is None or row.owner_id == live.viewer().user_id:
            block().style("height:12px")
            field(draft, "audience", options=words.audiences()).props(remove="clearable")

    async def save() -> None:
        data = draft.validated(**({"version": row.version} if row else {}))
        if data is None:
            return
        with telling(draft), busy(act):
            try:
                outcome = await (live.change(projects.update_project, row.id, data) if row else live.change(projects.create_project, data))
            except Conflict:
                assert row is not None
                theirs = await live.read(projects.get_project, row.id)
                parts.window.close()
                if await ask_which(draft, theirs):
                    outcome = await live.change(projects.update_project, row.id, data.model_copy(update={"version": theirs.version}))
                else:
                    feedback.toast(_("Kept what was saved before"))
                    await done(theirs)
                    return
            parts.window.close()
            offer_undo(outcome, _("Project saved") if row else _("Project added"), lambda: done(outcome.value))
            await done(outcome.value)

    parts.window.on("hide", parts.window.delete)
    with parts.foot:
        button(_("Close"), kind="ghost", on_click=parts.window.close)
        act = button(_("Save") if row else _("Add project"), kind="primary", on_click=save)
    parts.window.open()


def _hues() -> dict[str, str]:
    known = {
        "teal": _("Teal"), "amber": _("Amber"), "plum": _("Plum"), "slate": _("Grey"), "coral": _("Coral"), "sky": _("Sky"), "green": _("Green"),
        "indigo": _("Indigo"),
    }  # fmt: skip
    return {hue: known[hue] for hue in HUES}
