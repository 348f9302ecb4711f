"""The properties of a task in its dialog: each a name, and what it is now, which opens what it can be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import background_tasks, ui
from nicegui.element import Element

from crm_app.components import live, repeat_words, words
from crm_app.components.elements import button, icon, tag
from crm_app.components.people import avatar
from crm_app.components.people_picker import PeoplePicker
from crm_app.components.running_clock import RunningClock
from crm_app.components.task_parts import at_it
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.tasks.schemas import Bucket
from crm_app.pages.acts import find_people
from crm_app.pages.task_dialog.choices import TaskChoices

Work = Callable[[bool], Awaitable[Any]]
"""Starts the reader's timer, or stops it."""
_HUES = {"pending": "slate", "in_progress": "teal", "waiting_approval": "indigo", "completed": "green", "cancelled": "slate"}
_BARS = {"low": 1, "medium": 2, "high": 3, "urgent": 3}


class TaskGrid:
    """Drawn over the choices of one task; ``follow()`` shows what was chosen since."""

    picker: PeoplePicker | None = None

    def __init__(self, choices: TaskChoices, work: Work) -> None:
        self.choices, self.state, self._work = choices, choices.state, work

    @ui.refreshable_method
    def crumb(self) -> None:
        """The project, above the title."""
        chosen = next((project for project in self.choices.projects if project.id == self.state["project_id"]), None)
        row = self.state.row
        title, hue = (chosen.title, chosen.hue) if chosen else (row.project_title, row.project_hue) if row and self.state["project_id"] else ("", "")
        with self.opener(_("Project"), title or _("No project"), self.choices.project, "mc-crumb-chip"):
            if hue:
                block(f"mc-dot mc-hue-{hue}", tag="span")
            text(title or _("No project"), "mc-truncate" + ("" if title else " mc-ink-3"))

    def show(self) -> None:
        """Every property."""
        with block("mc-properties mc-task-properties"):
            self._begin()
            self._people()
            self._rest()

    def follow(self) -> None:
        """Show what is chosen now. A name that is half typed stays."""
        self.crumb.refresh()
        self._begin.refresh()
        self._rest.refresh()
        if self.picker is None or not self.state.may_edit:
            self._people.refresh()
        else:
            self.picker.show(self.state["contacts"])

    @ui.refreshable_method
    def _begin(self) -> None:
        state, choices = self.state, self.choices
        status = str(state["status"])
        self._property("circle-dot", _("Status"), words.statuses()[status], choices.status, lambda said: self._chip(said, _HUES[status]))
        day, at = choices.due_words()
        self._property("calendar", _("Due"), f"{day} {at}".strip(), choices.due, lambda said: self._two(day, at, state["due_date"] is None))

    @ui.refreshable_method
    def _rest(self) -> None:
        state, choices = self.state, self.choices
        priority = str(state["priority"])
        self._property("flag", _("Priority"), words.priorities()[priority], choices.priority, lambda said: self._bars(said, _BARS[priority]))
        self._property("repeat", _("Repeats"), repeat_words.repeats(state["recurrence"]) or _("Never"), choices.repeat, quiet=not state["recurrence"])
        doer = choices.assignees().get(state["assignee_id"], "")
        self._property("user-check", _("Assigned to"), doer or _("Nobody"), choices.assignee, lambda said: self._face(said, state["assignee_id"]))
        minutes = state["estimate_minutes"]
        self._property("timer", _("Estimate"), repeat_words.minutes(minutes) if minutes else _("Not said"), choices.estimate, quiet=not minutes)
        spent = state["actual_minutes"]
        self._property("clock", _("Actual"), repeat_words.minutes(spent) if spent else _("Nothing yet"), choices.actual, quiet=not spent, beside=self._timer)
        if state["due_time"]:
            lead = state["remind_minutes"]
            self._property("bell", _("Reminder"), _("As in my settings") if lead is None else words.lead_time(lead), choices.reminder, quiet=lead is None)
        self._property("tag", _("Tags"), ", ".join(state["tags"]) or _("None"), choices.tags, self._tags if state["tags"] else None, quiet=not state["tags"])
        if state.row is None or state.row.owner_id == live.viewer().user_id:
            self._property("eye", _("Who can see it"), words.audiences()[str(state["audience"])], choices.audience)

    def _property(
        self, glyph: str, label: str, said: str, fill: Callable[[], Any], look: Callable[[str], Any] | None = None, *,
        quiet: bool = False, beside: Callable[[], Any] | None = None,
    ) -> None:  # fmt: skip
        with block("mc-property-name"):
            icon(glyph)
            text(label)
        with block("mc-row mc-wrap mc-gap-8"):
            with self.opener(label, said, fill, "mc-property" + (" mc-ink-3" if quiet else "")):
                look(said) if look else text(said, "mc-truncate")
            if beside:
                beside()

    def opener(self, label: str, said: str, fill: Callable[[], Any], classes: str) -> Element:
        """A button that says what is chosen, and opens what can be."""
        opener = attributes(block(classes, tag="button"), type="button", aria_label=f"{label}: {said}", aria_haspopup="menu")
        if self.state.may_edit:
            opener.on("click", lambda: self.choices.menu.open(opener, fill))
        else:
            attributes(opener, disabled=True, aria_haspopup=None)
        return opener

    @ui.refreshable_method
    def _people(self) -> None:
        self.picker = None
        with block("mc-property-name"):
            icon("user")
            text(_("About"))
        with block("mc-task-people"):
            if self.state.may_edit:
                self.picker = PeoplePicker(_("About"), self.state["contacts"], find_people, on_change=self._people_changed)
            else:
                text(", ".join(name for _key, name in self.state["contacts"]) or _("Nobody"), "mc-truncate")

    def _timer(self) -> None:
        """The reader's own timer, and who else is at it."""
        row, me = self.state.row, live.viewer().user_id
        if row is None:
            return
        mine = next((timer for timer in row.timers if timer.person_id == me), None)
        if mine is not None:
            RunningClock(mine.since, _("Your timer"))
        if self.state.may_edit and mine is not None:
            button(_("Stop timer"), height=28, on_click=lambda: self._work(False))
        elif self.state.may_edit and row.bucket is not Bucket.DONE:
            button(_("Start timer"), kind="ghost", icon="timer", height=28, on_click=lambda: self._work(True))
        if others := at_it(row, me):
            text(others, "mc-cap")

    @staticmethod
    def _chip(said: str, hue: str) -> None:
        with block(f"mc-chip mc-hue-{hue}", tag="span"):
            block("mc-dot", tag="span")
            text(said)

    @staticmethod
    def _two(day: str, at: str, quiet: bool) -> None:
        text(day, "mc-ink-3" if quiet else "")
        if at:
            text(at, "mc-ink-3 mc-num")

    @staticmethod
    def _bars(said: str, count: int) -> None:
        with attributes(block(f"mc-bars mc-bars-{count}", tag="span"), aria_hidden="true"):
            for _each in range(3):
                block(tag="i")
        text(said)

    def _face(self, said: str, key: UUID | None) -> None:
        if key:
            avatar(self.choices.name_of(key) or said, key, 20)
        text(said, "mc-truncate" + ("" if key else " mc-ink-3"))

    def _tags(self, _said: str) -> None:
        for name in self.state["tags"]:
            tag(name)

    def _people_changed(self) -> None:
        assert self.picker is not None
        chosen = tuple(self.picker.chosen.items())
        background_tasks.create(self.choices.put(contacts=chosen), name="whom a task is about", context=ui.context.client.layout)
