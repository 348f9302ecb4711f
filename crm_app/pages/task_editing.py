"""The dialog in which a task is written and changed; the task list and the record open it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live, times, words
from crm_app.components.conflicts import ask_which
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.mentions import Mentioning
from crm_app.components.people_picker import PeoplePicker
from crm_app.components.text import block, text
from crm_app.domain.accounts.views import PersonView
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.rules import due_here
from crm_app.domain.tasks.schemas import TaskCreate, TaskRow, TaskUpdate
from crm_app.pages.acts import delete_task, find_people, offer_undo
from crm_app.pages.history import show_history
from crm_app.pages.mentioning import colleagues_for

Refresh = Callable[[], Awaitable[Any]]
STATUSES = ("pending", "in_progress", "completed", "cancelled")


async def new_task(refresh: Refresh, due: date | None = None, people: tuple[tuple[UUID, str], ...] = ()) -> None:
    """Write a new task; whoever writes it does it, unless they give it to somebody else."""
    team = await live.read(tasks.list_assignees)
    editor = TaskEditor(Draft(TaskCreate, due_date=due, assignee_id=live.viewer().user_id), people, refresh, team)
    editor.open(_("New task"), _("Add task"))


async def edit_task(row: TaskRow, refresh: Refresh) -> None:
    """Change a task, as far as its reader may."""
    team = await live.read(tasks.list_assignees)
    editor = TaskEditor(Draft(TaskUpdate, row), row.contacts, refresh, team, row)
    editor.open(_("Task"), _("Save"))


class TaskEditor:
    """One open dialog over one draft."""

    def __init__(
        self, draft: Draft[Any], people: tuple[tuple[UUID, str], ...], refresh: Refresh, team: Iterable[PersonView], row: TaskRow | None = None
    ) -> None:
        self.draft = draft
        self.people = people
        self.refresh = refresh
        self.team = team
        self.row = row

    def open(self, title: str, act: str) -> None:
        """Lay the dialog out and show it."""
        with dialog(title) as parts:
            self._fields()
        parts.window.on("hide", parts.window.delete)
        self.parts = parts
        with parts.foot:
            self._foot(parts, act)
        parts.window.open()

    def _fields(self) -> None:
        with block("mc-form-grid"):
            with block("mc-span"):
                title = field(self.draft, "title").props("autofocus")
                title.on("keydown.enter", self.save)
            with block("mc-span"):
                description = field(self.draft, "description")
                self.mentions = Mentioning(description, colleagues_for(lambda: self.picker.ids), lambda: self.draft.audience or "team")
            field(self.draft, "due_date")
            field(self.draft, "due_time", hint=_elsewhere(self.row))
            lead = (self.row.remind_minutes,) if self.row and self.row.remind_minutes is not None else ()
            field(self.draft, "remind_minutes", options={"": _("As in my settings"), **words.lead_times(*lead)})
            known = words.statuses()
            statuses = {name: known[name] for name in (*STATUSES, *({self.draft.status} - set(STATUSES)))}
            choices = {"priority": words.priorities(), "status": statuses, "assignee_id": self._assignees()}
            if self.row is None or self.row.owner_id == live.viewer().user_id:
                choices["audience"] = words.audiences()
            for name, options in choices.items():
                field(self.draft, name, options=options, on_change=self.mentions.look if name == "audience" else None).props(remove="clearable")
            with block("mc-span mc-field-box"):
                text(_("About"), "mc-field-label", tag="div")
                self.picker = PeoplePicker(_("About"), self.people, find_people)

    def _assignees(self) -> dict[str, str]:
        """Whom it can be given to, oneself first; whoever has it now stands there in any case."""
        me = live.viewer().user_id
        known = {str(person.id): _("Me") if person.id == me else person.name for person in sorted(self.team, key=lambda person: person.id != me)}
        if self.row and self.row.assignee_id:
            known.setdefault(str(self.row.assignee_id), self.row.assignee_name or _("Someone who has left"))
        return known

    def _foot(self, parts: DialogParts, act: str) -> None:
        may_edit = self.row is None or self.row.may_edit
        if self.row is not None and self.row.may_delete:
            button(_("Delete"), kind="danger", icon="trash-2", on_click=self.delete)
        if self.row is not None:
            task_id = self.row.id
            icon_button("history", _("History"), on_click=lambda: show_history("task", task_id, self.refresh))
        block("mc-grow")
        button(_("Close"), kind="ghost", on_click=parts.window.close)
        refusal = None if may_edit else _("Only the person who owns this task can change it.")
        self.save_button = button(act, kind="primary", on_click=self.save, key="Ctrl ⏎", disabled_because=refusal)
        parts.window.on("keydown", self.save, js_handler="(e) => { if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.preventDefault(); emit(); } }")

    async def save(self) -> None:
        """Write what was typed; a newer state of the task is shown first."""
        data = self.draft.validated(contact_ids=self.picker.ids, **({"version": self.row.version} if self.row else {}))
        if data is None:
            return
        with telling(self.draft), busy(self.save_button):
            if not await self.mentions.said():
                return
            try:
                outcome = await (live.change(tasks.update_task, self.row.id, data) if self.row else live.change(tasks.create_task, data))
            except Conflict:
                await self._conflict()
                return
            self.parts.window.close()
            offer_undo(outcome, _("Task saved") if self.row else _("Task added"), self.refresh)
            await self.refresh()

    async def _conflict(self) -> None:
        assert self.row is not None
        theirs = await live.read(tasks.get_task, self.row.id)
        keep_mine = await ask_which(self.draft, theirs)
        if keep_mine is None:
            return
        self.row = theirs
        if keep_mine:
            await self.save()
        else:
            self.parts.window.close()
            feedback.toast(_("Kept what was saved before"))
            await self.refresh()

    async def delete(self) -> None:
        """Put the task in the trash and close."""
        if self.row is not None:
            self.parts.window.close()
            await delete_task(self.row, self.refresh)


def _elsewhere(row: TaskRow | None) -> str:
    """That a task's time is meant in another zone, and when that is for its reader."""
    actor = live.viewer()
    if row is None or row.due_time is None or not row.due_zone or row.due_zone == actor.time_zone:
        return ""
    day, at = due_here(row.due_date, row.due_time, row.due_zone, actor.zone)
    if (day, at) == (row.due_date, row.due_time) or day is None or at is None:
        return ""
    said = times.time_words(at, actor) if day == row.due_date else f"{times.short_date(day, actor)}, {times.time_words(at, actor)}"
    return _("In the time of %(place)s; for you %(time)s") % {"place": row.due_zone.rpartition("/")[2].replace("_", " "), "time": said}
