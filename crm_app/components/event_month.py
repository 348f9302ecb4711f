"""A month of events, and the small month beside a calendar. One element each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

from crm_app.components import event_words, times
from crm_app.components.agenda import begins_before, by_day, goes_on
from crm_app.components.drawn import Drawn
from crm_app.components.month import day_of
from crm_app.components.time_grid import DrawnEvents, OnDay, OnEvent
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.days import month_weeks, next_month
from crm_app.domain.i18n import _
from crm_app.domain.rows import now
from crm_app.domain.tasks.overview import FIRST_YEAR, LAST_YEAR


class EventMonth(DrawnEvents, component="vue/event_month.js"):
    """``on_pick`` opens an event, ``on_day`` shows a day, ``on_turn`` the month before (-1) or after (1) by key. On a phone a day is chosen with ``on_look``."""

    def __init__(self, *, on_pick: OnEvent, on_day: OnDay, on_look: OnDay, on_turn: Callable[[int], Awaitable[Any]]) -> None:
        super().__init__(on_pick, on_day)
        self.put(days=[], names=[], title="", shown="", words={"rest": _("+%d more")})
        self.on("look", lambda event: on_look(day) if (day := day_of(event.args)) else None)
        self.on("turn", lambda event: on_turn(event.args) if event.args in (1, -1) else None)

    def show(self, events: Sequence[EventRow], shown: date, today: date, actor: Actor) -> None:
        """Show the whole weeks of the month of a day, which is the one that is looked at."""
        days = month_weeks(shown, actor.week_start)
        of_day = by_day(events, days, actor)
        self.put(
            **self.known(events, actor), title=times.month_words(shown, actor), shown=times.day_key(shown),
            names=[{"long": wide, "short": short, "narrow": narrow} for wide, short, narrow in times.weekday_heads(actor)],
            days=[
                {"key": times.day_key(day), "number": str(day.day), "inside": day.month == shown.month, "today": day == today,
                 "came": [str(row.id) for row in of_day[day] if begins_before(row, day, actor)],
                 "goes": [str(row.id) for row in of_day[day] if goes_on(row, day, actor)],
                 "label": event_words.day_label(day, len(of_day[day]), today, actor), "ids": [str(row.id) for row in of_day[day]]} for day in days
            ],
        )  # fmt: skip

    def tick(self) -> None:
        """Fade what is over by now."""
        self.tell(now=int(now().timestamp()))


class MiniMonth(Drawn, component="vue/mini_month.js"):
    """A small month to choose a day from; the days that are shown are marked. It turns by itself and asks for nothing but its days."""

    def __init__(self, on_day: OnDay) -> None:
        super().__init__()
        self._month: date | None = None
        self._shown: frozenset[date] = frozenset()
        self._today: date | None = None
        self._actor: Actor | None = None
        self.put(days=[], names=[], title="", words={"before": _("The month before"), "after": _("The month after")})
        self.on("day", lambda event: on_day(day) if (day := day_of(event.args)) else None)
        self.on("turn", lambda event: self._turn(event.args))

    def show(self, shown: Sequence[date], month: date, today: date, actor: Actor) -> None:
        """Show a month, in which the days ``shown`` are marked as the ones that are looked at."""
        self._month, self._shown, self._today, self._actor = month.replace(day=1), frozenset(shown), today, actor
        self._draw()

    def _turn(self, by: object) -> None:
        if self._month is not None and by in (1, -1):
            month = next_month(self._month, int(by))  # type: ignore[call-overload]  # it is one of two numbers
            if FIRST_YEAR < month.year < LAST_YEAR:
                self._month = month
                self._draw()

    def _draw(self) -> None:
        month, shown, actor = self._month, self._shown, self._actor
        if month is None or actor is None:
            return
        self.put(
            title=times.month_words(month, actor), names=[{"long": wide, "narrow": narrow} for wide, _short, narrow in times.weekday_heads(actor)],
            days=[
                {"key": times.day_key(day), "number": str(day.day), "inside": day.month == month.month, "today": day == self._today,
                 "shown": day in shown, "label": times.long_date(day, actor)} for day in month_weeks(month, actor.week_start)
            ],
        )  # fmt: skip
