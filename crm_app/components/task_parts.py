"""Tasks as rows of a list, and the head of a bucket of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from nicegui.events import GenericEventArguments

from crm_app.components import theme, times, words
from crm_app.components.drawn import Drawn
from crm_app.components.drawn_menu import Item, act_of
from crm_app.components.people import hue_of, initials
from crm_app.components.repeat_words import repeats
from crm_app.components.text import block, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.tasks.models import DoneBy, Status
from crm_app.domain.tasks.rules import due_here
from crm_app.domain.tasks.schemas import Bucket, TaskRow

OnTask = Callable[[TaskRow], Awaitable[Any]]
OnMove = Callable[[str, str], Awaitable[Any]]
OnPlace = Callable[[str, str, bool], Awaitable[Any]]
FIRST, FURTHER = 60, 200
"""Rows that stand there at once, and how many "more" adds."""


class TaskList(Drawn, component="vue/task_list.js"):
    """Check circle, title, person, whoever does it if that is somebody else, due day, and a menu for each task: one element however many there are.

    ``menu`` says what a task's menu offers. Without ``person`` the rows leave out whom they are about; with ``project`` they say where they belong.
    ``first`` rows stand there at once. With ``on_choose`` rows can be selected (X, Ctrl or Shift with a press, Shift with an arrow): it hears which are.
    With ``on_move`` those that may be changed can be dragged to what has a ``data-drop`` around or beside this list: it hears the id and that value.
    ``on_place`` hears which of them was put beside which other one of this list, and whether after it.
    """

    def __init__(
        self, tasks: Sequence[TaskRow], today: date, actor: Actor, *, on_toggle: OnTask, on_open: OnTask,
        menu: Callable[[TaskRow], Sequence[Item]] | None = None, person: bool = True, project: bool = False, first: int = FIRST,
        on_choose: Callable[[list[UUID]], Any] | None = None, on_move: OnMove | None = None,
        on_place: OnPlace | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._project = project
        self.tasks = list(tasks)
        self._today, self._actor, self._person = today, actor, person
        self._menu = menu or (lambda _task: ())
        self._shown = first
        said = {"late": _("Overdue, due "), "more": _("More about this task"), "move": _("Drag to another place in the list")}
        self.put(words=said, sprite=theme.asset("icons.svg"))
        self.on("toggle", lambda event: self._with_task(event.args, on_toggle))
        self.on("open", lambda event: self._with_task(event.args, on_open))
        self.on("pick", self._picked)
        self.on("more", self._grow)
        if on_choose is not None:
            self.on("choose", lambda event: on_choose(self._known(event.args)))
            self.put(choosable=True)
        if on_move is not None:
            self.on("move", lambda event: _with_texts(event.args, on_move))
            self.put(movable=True)
        if on_place is not None:
            self.on("place", lambda event: with_place(event.args, on_place))
        self._send()

    def _send(self) -> None:
        menus: dict[str, list[dict[str, Any]]] = {}
        rows = [self._row(task, menus) for task in self.tasks[: self._shown]]
        left = len(self.tasks) - len(rows)
        more = ngettext("Show %d more", "Show %d more", left) % left if left else None
        self.put(rows=rows, menus=menus, more=more)

    def _grow(self) -> None:
        self._shown += FURTHER
        self._send()

    def show(self, tasks: Sequence[TaskRow], today: date, first: int) -> None:
        """Show these in place of what stood here. What is selected stays selected, and the focus stays on its row, as long as they are there."""
        self.tasks, self._today, self._shown = list(tasks), today, max(first, self._shown)
        self._send()

    def clear_choice(self) -> None:
        """Nothing is selected any more."""
        self.run_method("forget")

    def _known(self, keys: object) -> list[UUID]:
        said = set(keys) if isinstance(keys, list) and all(isinstance(key, str) for key in keys) else set()
        return [task.id for task in self.tasks if str(task.id) in said]

    def _with_task(self, key: object, act: OnTask) -> Any:
        found = next((task for task in self.tasks if str(task.id) == key), None)
        return act(found) if found else None

    def _picked(self, event: GenericEventArguments) -> Any:
        key, line = event.args if isinstance(event.args, list) and len(event.args) == 2 else (None, None)
        found = next((task for task in self.tasks if str(task.id) == key), None)
        return act_of(self._menu(found), line) if found else None

    def _row(self, task: TaskRow, menus: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        done = task.bucket is Bucket.DONE
        drawn = [item.drawn() for item in self._menu(task)]
        kind = " ".join(item["label"] for item in drawn)
        if drawn:
            menus[kind] = drawn
        return {
            "id": str(task.id), "title": task.title, "done": done, "editable": task.may_edit, "priority": task.priority.value, "menu": kind, "day": day_of(task),
            "check": (_("Reopen: %s") if done else _("Complete: %s")) % task.title, **self._about(task), **self._doer(task), **self._due(task, done),
            "steps": steps_words(task), "steps_said": _("%(done)s of %(all)s steps") % {"done": task.steps_done, "all": task.steps_all},
            "again": repeats(task.recurrence), **timing(task, self._actor),
            **({"project": task.project_title, "project_href": f"/tasks/projects/{task.project_id}"} if self._project and task.project_id else {}),
        }  # fmt: skip

    def _about(self, task: TaskRow) -> dict[str, Any]:
        if not self._person or not task.contacts:
            return {}
        person_id, name = task.contacts[0]
        others = f" +{len(task.contacts) - 1}" if len(task.contacts) > 1 else ""
        return {"href": f"/contacts/{person_id}", "who": name, "others": others, "hue": hue_of(person_id), "initials": initials(name)}

    def _doer(self, task: TaskRow) -> dict[str, Any]:
        """Whoever does it, where that is somebody else."""
        if task.assignee_id is None or task.assignee_id == self._actor.user_id:
            return {}
        said = _("Assigned to %s") % (task.assignee_name or _("someone who has left"))
        return {"doer": said, "doer_hue": hue_of(task.assignee_id), "doer_initials": initials(task.assignee_name)}

    def _due(self, task: TaskRow, done: bool) -> dict[str, Any]:
        return {"due": due_words(task, self._actor, self._today), "late": task.bucket is Bucket.OVERDUE and not done}


def _with_texts(said: object, act: OnMove) -> Any:
    """Call with the id and the place that a browser names; whatever else it may send is nothing."""
    told = said if isinstance(said, dict) else {}
    key, to = told.get("id"), told.get("to")
    return act(key, to) if isinstance(key, str) and isinstance(to, str) else None


def day_of(task: TaskRow) -> str:
    """By what the browser tells days apart: tasks are put in order within one."""
    return times.day_key(task.due_date) if task.due_date else ""


def with_place(said: object, act: OnPlace) -> Any:
    """Call with the id that a browser names, the one beside which it was put, and whether after it; whatever else it may send is nothing."""
    told = said if isinstance(said, dict) else {}
    key, beside = told.get("id"), told.get("beside")
    return act(key, beside, told.get("after") is True) if isinstance(key, str) and isinstance(beside, str) else None


def due_words(task: TaskRow, actor: Actor, today: date) -> str:
    """When a task is due where its reader is: the time today, else the day."""
    day, at = due_here(task.due_date, task.due_time, task.due_zone, actor.zone)
    return times.time_words(at, actor) if at and task.bucket is Bucket.TODAY else words.due(day, actor, today)


def timing(task: TaskRow, actor: Actor) -> dict[str, str]:
    """Of a task that somebody works on right now: whose timer runs, the reader's own first."""
    others = at_it(task, actor.user_id)
    mine = any(timer.person_id == actor.user_id for timer in task.timers)
    said = " · ".join(part for part in (_("Your timer is running") if mine else "", others) if part)
    return {"timing": said, "timing_mine": "mc-timing-mine" if mine else ""} if said else {}


def at_it(task: TaskRow, reader: UUID) -> str:
    """Who besides the reader works on a task right now; empty for nobody."""
    names = [timer.name for timer in task.timers if timer.person_id != reader]
    return ngettext("%s is working on this", "%s are working on this", len(names)) % ", ".join(names) if names else ""


def assistant_words(task: TaskRow) -> str:
    """What the assistant does of it just now."""
    if task.done_by is not DoneBy.AI_ASSISTANT or task.bucket is Bucket.DONE:
        return ""
    return _("Needs approval") if task.status is Status.WAITING_APPROVAL else _("Working")


def steps_words(task: TaskRow) -> str:
    """``1/3``: how many of its steps are done; empty where there are none."""
    return f"{task.steps_done}/{task.steps_all}" if task.steps_all else ""


def bucket_head(label: str, count: int, *, more: bool = False, late: bool = False) -> None:
    """The heading of a bucket, with how many are in it; ``more`` says that there are still others."""
    with block("mc-section-head mc-bucket"):
        text(label, "mc-section" + (" mc-danger-ink" if late else ""), tag="h2")
        text(words.number(count) + ("+" if more else ""), "mc-ink-3 mc-num")
