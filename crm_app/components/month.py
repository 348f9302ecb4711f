"""A month of days with what is due on each. One element, however many tasks it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from nicegui.events import GenericEventArguments

from crm_app.components import theme, times, words
from crm_app.components.drawn import Drawn
from crm_app.domain.actor import Actor
from crm_app.domain.days import in_month
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.tasks.models import Status
from crm_app.domain.tasks.overview import FIRST_YEAR, LAST_YEAR
from crm_app.domain.tasks.overview_schemas import CalendarDay, TaskCalendar
from crm_app.domain.tasks.rules import due_here
from crm_app.domain.tasks.schemas import Bucket, TaskRow

OnDay = Callable[[date], Awaitable[Any]]
OnTask = Callable[[TaskRow], Awaitable[Any]]


class Month(Drawn, component="vue/month.js"):
    """``on_move(task, day)`` is called when a task was let go over another day, where it stays until the server shows otherwise.

    ``on_menu(task, day, selector)`` opens the menu of a task, ``on_pick`` and ``on_toggle`` a task and its check, ``on_day`` a day, ``on_add``
    a task on a day (left out for those who may only look). ``on_go`` when somebody goes by key to a day that is not here.
    """

    def __init__(
        self, *, on_move: Callable[[TaskRow, date], Awaitable[Any]], on_menu: Callable[[TaskRow, date, str], Awaitable[Any]], on_pick: OnTask,
        on_toggle: OnTask, on_day: OnDay, on_go: OnDay, on_add: OnDay | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.calendar: TaskCalendar | None = None
        self._went: date | None = None
        said = {"add": _("New task"), "rest": _("+%d more"), "none": _("Nothing due"), "menu": _("More about"), "late": _("Overdue"), "today": _("Today")}
        self.put(
            days=[],
            names=[],
            title="",
            begin="",
            movable=on_add is not None,
            root=self.html_id,
            words=said,
            sprite=theme.asset("icons.svg"),
        )
        self.on("move", lambda event: self._with(event, on_move, "to"))
        self.on("menu", lambda event: self._with(event, on_menu, "day", "at"))
        self.on("pick", lambda event: self._with(event, on_pick))
        self.on("toggle", lambda event: self._with(event, on_toggle))
        self.on("day", lambda event: _with_day(event.args, on_day))
        self.on("go", lambda event: self._go(event.args, on_go))
        self.on("shift", lambda event: self._shift(event.args, on_move))
        if on_add is not None:
            self.on("add", lambda event: _with_day(event.args, on_add))

    def show(self, calendar: TaskCalendar, month: date, actor: Actor) -> None:
        """Show these days, which are the whole weeks of a ``month``. Keys begin where somebody went by key, else today, else with the month."""
        self.calendar = calendar
        near = [day for day in (self._went, calendar.today) if day and day.replace(day=1) == month.replace(day=1)]
        begin = near[0] if near else month.replace(day=1)
        heads = times.weekday_heads(actor)
        self.put(
            days=[_day(one, month, calendar.today, actor) for one in calendar.days], title=times.month_words(month, actor), begin=times.day_key(begin),
            names=[{"long": wide, "short": short, "narrow": narrow} for wide, short, narrow in heads],
        )  # fmt: skip

    def find(self, key: object) -> TaskRow | None:
        """The task of this key, if it is shown."""
        days = self.calendar.days if self.calendar else ()
        return next((row for day in days for row in day.rows if str(row.id) == key), None)

    def _go(self, said: object, act: OnDay) -> Any:
        """A day by so many days or months away from one that is shown."""
        told = said if isinstance(said, dict) else {}
        day, days, months = day_of(told.get("day")), _number(told.get("days")), _number(told.get("months"))
        if day is None or not FIRST_YEAR < day.year < LAST_YEAR:
            return None
        self._went = in_month(day, months) if months else day + timedelta(days=days)
        return act(self._went)

    def _shift(self, said: object, act: Callable[[TaskRow, date], Awaitable[Any]]) -> Any:
        told = said if isinstance(said, dict) else {}
        row, day = self.find(told.get("id")), day_of(told.get("day"))
        return act(row, day + timedelta(days=_number(told.get("days")))) if row and day and FIRST_YEAR < day.year < LAST_YEAR else None

    def _with(self, event: GenericEventArguments, act: Callable[..., Awaitable[Any]], *names: str) -> Any:
        """Call ``act`` with the task that an event names, a day, and a selector; whatever else a browser may send is nothing."""
        said = event.args if isinstance(event.args, dict) else {"id": event.args}
        row, day = self.find(said.get("id")), day_of(said.get(names[0])) if names else None
        if row is None or (names and day is None):
            return None
        return act(row, *([day] if day else []), *(str(said.get(name, ""))[:120] for name in names[1:]))


def day_of(said: object) -> date | None:
    """The day that an address or a browser names, if it is one."""
    try:
        return date.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _number(said: object) -> int:
    """So many days or months as a key goes; anything else is none."""
    return said if isinstance(said, int) and abs(said) <= 7 else 0


def _with_day(said: object, act: OnDay) -> Any:
    day = day_of(said)
    return act(day) if day else None


def _day(shown: CalendarDay, month: date, today: date, actor: Actor) -> dict[str, Any]:
    name, due = times.long_date(shown.day, actor), shown.open + shown.closed
    said = ngettext("%d task", "%d tasks", due) % due if due else _("nothing due")
    return {
        "key": times.day_key(shown.day), "number": str(shown.day.day), "name": name, "inside": shown.day.replace(day=1) == month.replace(day=1),
        "label": ", ".join([name, *([_("today")] if shown.day == today else []), said]), "today": shown.day == today, "total": due,
        "cards": [_card(row, actor) for row in shown.rows],
    }  # fmt: skip


def _card(task: TaskRow, actor: Actor) -> dict[str, Any]:
    done, at = task.bucket is Bucket.DONE, due_here(task.due_date, task.due_time, task.due_zone, actor.zone)[1]
    late, hour = task.bucket is Bucket.OVERDUE, times.time_words(at, actor) if at else ""
    urgent = words.priorities()[task.priority.value] if task.priority.value in ("high", "urgent") and not done else ""
    state = words.statuses()[task.status.value] if task.status is not Status.PENDING else ""
    return {
        "id": str(task.id), "title": task.title, "time": hour, "late": late, "done": done, "editable": task.may_edit, "hue": task.project_hue or "slate",
        "priority": task.priority.value, "doing": task.status is Status.IN_PROGRESS, "check": (_("Reopen: %s") if done else _("Complete: %s")) % task.title,
        "said": ", ".join(part for part in (task.title, hour, task.project_title, urgent, state, _("Overdue") if late else "") if part),
    }  # fmt: skip
