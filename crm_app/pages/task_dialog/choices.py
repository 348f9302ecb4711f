"""What each property of a task offers: its value in words, and the menu that changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live, repeat_words, times, words
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_rule
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import attributes, block, text
from crm_app.domain.accounts.views import PersonView
from crm_app.domain.days import today_of, week_begins
from crm_app.domain.i18n import _
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks.models import RepeatFrom
from crm_app.domain.tasks.rules import due_day, due_here, written_day
from crm_app.domain.tasks.schemas import MOST_MINUTES
from crm_app.domain.text import fold
from crm_app.pages.task_dialog.state import TaskState

STATUSES = ("pending", "in_progress", "completed", "cancelled")
ESTIMATES = (5, 15, 30, 45, 60, 90, 120, 240)


class TaskChoices:
    """The menus over one task, all in ``menu``. ``put`` writes what was chosen."""

    menu: PopMenu

    def __init__(self, state: TaskState, put: Callable[..., Coroutine[Any, Any, Any]], team: Sequence[PersonView], projects: Sequence[ProjectRow]) -> None:
        self.state, self.put = state, put
        self.team, self.projects = list(team), list(projects)

    def status(self) -> None:
        """How far it is."""
        self._one_of("status", {name: words.statuses()[name] for name in (*STATUSES, *({str(self.state["status"])} - set(STATUSES)))})

    def priority(self) -> None:
        """How much it matters."""
        self._one_of("priority", words.priorities())

    def audience(self) -> None:
        """Who can see it."""
        self._one_of("audience", words.audiences())

    def assignee(self) -> None:
        """Whose it is to do, oneself first; whoever has it now stands there in any case."""
        self._one_of("assignee_id", self.assignees())

    def project(self) -> None:
        """Which project it belongs to."""
        self._one_of("project_id", {None: _("No project"), **{project.id: project.title for project in self.projects}})

    def estimate(self) -> None:
        """How long it will take."""
        known = sorted({*ESTIMATES, *([self.state["estimate_minutes"]] if self.state["estimate_minutes"] else [])})
        self._one_of("estimate_minutes", {None: _("Not said"), **{count: repeat_words.minutes(count) for count in known}})

    def actual(self) -> None:
        """How long it has taken so far: what a timer counted, or what somebody says."""
        now = self.state["actual_minutes"] or 0
        with block("mc-row mc-gap-6 mc-menu-line"):
            typed = ui.input(value=str(now or "")).classes("mc-field mc-menu-number").props(f"type=number min=0 max={MOST_MINUTES}")
            attributes(typed, aria_label=_("Minutes"))
            text(_("minutes"), "mc-grow mc-ink-3")

            async def take() -> None:
                number = str(typed.value or "0").strip()
                if not number.isdecimal() or int(number) > MOST_MINUTES:
                    feedback.toast(_("Whole minutes, up to %s") % words.number(MOST_MINUTES), kind="bad")
                    return
                self.menu.close()
                await self.put(actual_minutes=int(number))

            typed.on("keydown.enter.prevent", take)
            button(_("Set"), on_click=take, height=28)
        menu_rule()
        for count in sorted({0, *ESTIMATES, now}):
            label = repeat_words.minutes(count) if count else _("Nothing yet")
            CheckItem(label, now == count, partial(self.put, actual_minutes=count), single=True)

    def reminder(self) -> None:
        """How long before its time it calls."""
        chosen = self.state["remind_minutes"]
        known = words.lead_times(*(() if chosen is None else (chosen,)))
        self._one_of("remind_minutes", {None: _("As in my settings"), **{int(key): said for key, said in known.items()}})

    def due(self) -> None:
        """The day, by name or from a calendar, and the time."""
        today = today_of(live.viewer())
        next_week = week_begins(today, live.viewer().week_start) + timedelta(days=7)
        for label, day in ((_("Today"), today), (_("Tomorrow"), today + timedelta(days=1)), (_("Next week"), next_week)):
            said = times.short_date(day, live.viewer(), today=today)
            item = CheckItem(label, self._due_here() == day, partial(self.put, due_date=self._written(day)), single=True, caption=said)
            attributes(item.element, aria_label=label)
        CheckItem(_("No day"), self.state["due_date"] is None, partial(self.put, due_date=None, due_time=None, recurrence=""), single=True)
        menu_rule()
        self._box(_("Due"), "date", str(self._due_here() or ""), self._day)
        self._box(_("Time"), "time", str(self.state["due_time"] or "")[:5], self._time)

    def repeat(self) -> None:
        """How it comes again; a task without a day begins today."""
        day = self.state["due_date"] or today_of(live.viewer())
        now = self.state["recurrence"]
        offered = repeat_words.offered_rules(day)
        CheckItem(_("Never"), not now, partial(self.put, recurrence=""), single=True)
        said_now = repeat_words.repeats(now)
        for rule in offered:
            said = repeat_words.repeats(rule)
            CheckItem(said, said == said_now, partial(self._repeat, rule, day), single=True)
        if now and said_now not in map(repeat_words.repeats, offered):
            CheckItem(said_now, True, lambda: None, single=True)
        menu_rule()
        self._custom(day)
        if now:
            menu_rule()
            from_done = self.state["repeat_from"] == RepeatFrom.DONE
            turned = RepeatFrom.DUE if from_done else RepeatFrom.DONE
            CheckItem(_("Count from the day it is done"), from_done, partial(self.put, repeat_from=turned), single=True)

    async def tags(self) -> None:
        """The team's words, several at once, and a box for another one."""
        known = [tag.name for tag in await live.read(tags.list_tags)]
        chosen = {fold(name) for name in self.state["tags"]}
        typed = ui.input(placeholder=_("Find or add a tag")).classes("mc-field mc-menu-box").props("autocomplete=off maxlength=60")
        attributes(typed, aria_label=_("Find or add a tag"))
        with block("mc-menu-scroll") as listed:
            pass

        def show(wanted: str) -> None:
            listed.clear()
            with listed:
                for name in [each for each in known if fold(wanted) in fold(each)][:60]:
                    CheckItem(name, fold(name) in chosen, partial(self._turn_tag, name))

        async def add() -> None:
            name = (typed.value or "").strip()
            if name:
                self.menu.close()
                await self.put(tags=[*self.state["tags"], name])

        typed.on_value_change(lambda event: show(event.value or ""))
        typed.on("keydown.enter", add)
        show("")

    def assignees(self) -> dict[Any, str]:
        """Whom it can be given to."""
        me, row = live.viewer().user_id, self.state.row
        known: dict[Any, str] = {person.id: _("Me") if person.id == me else person.name for person in sorted(self.team, key=lambda person: person.id != me)}
        if row and row.assignee_id:
            known.setdefault(row.assignee_id, row.assignee_name or _("Someone who has left"))
        return known

    def name_of(self, key: object) -> str:
        """What somebody of the team is called."""
        return next((person.name for person in self.team if person.id == key), "")

    def due_words(self) -> tuple[str, str]:
        """The day as its reader has it, and beside it the time; a time that is meant in another zone says so."""
        day, at, zone, actor = self.state["due_date"], self.state["due_time"], self.state["due_zone"], live.viewer()
        if day is None:
            return _("No day"), ""
        here, here_at = due_here(day, at, zone or actor.time_zone, actor.zone) if at else (day, None)
        said = times.time_words(here_at, actor) if here_at else ""
        if at and zone and zone != actor.time_zone and (here, here_at) != (day, at):
            said += f" ({times.time_words(at, actor)} {zone.rpartition('/')[2].replace('_', ' ')})"
        return times.day_words(here or day, actor, today=today_of(actor)), said

    def _one_of(self, name: str, options: dict[Any, str]) -> None:
        for key, label in options.items():
            CheckItem(label, self.state[name] == key, partial(self.put, **{name: key}), single=True)

    async def _turn_tag(self, name: str) -> None:
        kept = [each for each in self.state["tags"] if fold(each) != fold(name)]
        self.menu.close()
        await self.put(tags=kept if len(kept) < len(self.state["tags"]) else [*kept, name])

    async def _repeat(self, rule: str, day: date) -> None:
        await self.put(recurrence=rule, **({} if self.state["due_date"] else {"due_date": day}))

    def _custom(self, day: date) -> None:
        units = {"DAILY": _("days"), "WEEKLY": _("weeks"), "MONTHLY": _("months"), "YEARLY": _("years")}
        with block("mc-row mc-gap-6 mc-menu-line"):
            count = ui.input(value="3").classes("mc-field mc-menu-number").props("type=number min=1 max=366")
            unit = ui.select(units, value="DAILY").classes("mc-field mc-grow")
            attributes(count, aria_label=_("Every how many"))
            attributes(unit, aria_label=_("Days, weeks, months or years"))

            async def take() -> None:
                number = str(count.value or "").strip()
                self.menu.close()
                with telling():
                    await self._repeat(f"FREQ={unit.value};INTERVAL={number or 1}", day)

            button(_("Repeat"), on_click=take, height=28)

    def _box(self, label: str, kind: str, value: str, take: Callable[[str], Awaitable[Any]]) -> None:
        with block("mc-row mc-gap-6 mc-menu-line"):
            box = ui.input(value=value, label=None).classes("mc-field mc-grow").props(f"type={kind} debounce=500")
            attributes(box, aria_label=label)
            box.on_value_change(lambda event: take(event.value or ""))

    async def _day(self, typed: str) -> None:
        if not typed:
            await self.put(due_date=None, due_time=None, recurrence="")
        elif (day := _date(typed)) is not None:
            await self.put(due_date=self._written(day))

    def _due_here(self) -> date | None:
        """The day on which it is due where its reader is."""
        return due_day(self.state["due_date"], self.state["due_time"], self.state["due_zone"], live.viewer().zone)

    def _written(self, day: date) -> date:
        """The day to write down so that it is due on this one of the reader's: an open task may have been written in another zone."""
        return written_day(self.state.row, day, live.viewer().zone) if self.state.row else day

    async def _time(self, typed: str) -> None:
        if not typed:
            await self.put(due_time=None)
        elif (at := _clock(typed)) is not None:
            await self.put(due_time=at, **({} if self.state["due_date"] else {"due_date": today_of(live.viewer())}))


def _date(typed: str) -> date | None:
    """What a date box holds; None while it is not a whole day."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _clock(typed: str) -> time | None:
    try:
        return time.fromisoformat(typed)
    except ValueError:
        return None
