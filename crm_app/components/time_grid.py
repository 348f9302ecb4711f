"""A week or a day by the hour, with what stands in the calendar. One element, however many events it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from nicegui.events import GenericEventArguments

from crm_app.components import event_words, times
from crm_app.components.day_clock import DayClock
from crm_app.components.drawn import Drawn
from crm_app.components.event_layout import bars_of, pieces_of
from crm_app.components.month import day_of
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.i18n import _
from crm_app.domain.rows import now
from crm_app.domain.times import offset_words, time_words, weekday_and_day

OnEvent = Callable[[EventRow], Awaitable[Any]]
OnDay = Callable[[date], Awaitable[Any]]
BESIDE_IN_WEEK, BESIDE_IN_DAY = 4, 12


class DrawnEvents(Drawn):
    """What draws events: it knows which it shows, so that whatever a browser says names one of them or nothing."""

    def __init__(self, on_pick: OnEvent, on_day: OnDay) -> None:
        super().__init__()
        self.rows: dict[str, EventRow] = {}
        self.put(events={}, chosen="", now=0)
        self.on("pick", lambda event: self._picked(event, on_pick))
        self.on("day", lambda event: on_day(day) if (day := day_of(event.args)) else None)

    def choose(self, key: str) -> None:
        """Mark the event that is open; nothing for none."""
        if self.values["chosen"] != key:
            self.put(chosen=key)

    def known(self, events: Sequence[EventRow], actor: Actor) -> dict[str, Any]:
        """The values that say what each event is."""
        self.rows = {str(row.id): row for row in events}
        return {"events": event_words.drawn_by_id(events, actor), "now": int(now().timestamp())}

    def tell(self, **values: Any) -> None:
        """Move the hour on in the browser without sending the events again."""
        self.values.update(values)
        self.run_method("tell", values)

    def _picked(self, event: GenericEventArguments, act: OnEvent) -> Any:
        row = self.rows.get(event.args) if isinstance(event.args, str) else None
        return act(row) if row else None


class TimeGrid(DrawnEvents, component="vue/time_grid.js"):
    """``on_pick`` opens an event, ``on_day`` shows a day. ``on_turn`` goes to the days before (-1) or after (1) by key."""

    def __init__(self, *, on_pick: OnEvent, on_day: OnDay, on_turn: Callable[[int], Awaitable[Any]]) -> None:
        super().__init__(on_pick, on_day)
        said = {"whole": _("all-day"), "rest": _("+%d more"), "label": _("Events by the hour"), "blank": _("This hour is left out on this day")}
        self.put(days=[], hours=[], total=1440, pieces=[], bars=[], zones=[], line=None, words=said)
        self.on("turn", lambda event: on_turn(event.args) if event.args in (1, -1) else None)
        self.clock: DayClock | None = None
        self.actor: Actor | None = None

    def show(self, events: Sequence[EventRow], days: Sequence[date], today: date, actor: Actor, also: ZoneInfo | None = None) -> None:
        """Show these days. ``also`` is a second zone, whose hours stand beside the reader's."""
        clock = DayClock(days, actor.zone)
        self.clock, self.actor = clock, actor
        pieces = pieces_of(events, clock, BESIDE_IN_DAY if len(days) == 1 else BESIDE_IN_WEEK)
        counted = {day: sum(piece.more or 1 for piece in pieces if piece.day == day) for day in days}
        hours = clock.hours(today if today in days else days[0])
        zones = [actor.zone, *([also] if also else [])]
        self.put(
            **self.known(events, actor), total=clock.total, line=self.now_line(),
            days=[_day(day, counted[day], today, clock, actor) for day in days],
            hours=[{"top": hour.top, "said": [time_words(hour.moment.astimezone(zone).time(), actor) for zone in zones]} for hour in hours],
            zones=[{"short": offset_words(hours[0].moment, zone), "name": str(zone)} for zone in zones],
            pieces=[
                {"id": str(one.id), "day": (one.day - days[0]).days, "top": one.top, "height": one.height, "left": one.left, "width": one.width,
                 "came": one.came, "goes": one.goes, "more": one.more} for one in pieces
            ],
            bars=[{"id": str(bar.id), "first": bar.first, "last": bar.last, "line": bar.line, "came": bar.came, "goes": bar.goes} for bar in bars_of(events, clock)],
        )  # fmt: skip

    def now_line(self, moment: datetime | None = None) -> dict[str, Any] | None:
        """Where now is: the day, how far down, and what the clock says; None while no day of these is today."""
        if self.clock is None or self.actor is None:
            return None
        moment = moment or now()
        today = times.day_of(moment, self.actor)
        if today not in self.clock.days:
            return None
        return {"day": self.clock.days.index(today), "top": self.clock.row(moment, today), "said": times.clock(moment, self.actor)}

    def tick(self) -> None:
        """Move the line of now on."""
        self.tell(now=int(now().timestamp()), line=self.now_line())


def _day(day: date, count: int, today: date, clock: DayClock, actor: Actor) -> dict[str, Any]:
    name, number = times.weekday_heads(actor)[(day.weekday() - actor.week_start) % 7][1], str(day.day)
    return {
        "key": times.day_key(day), "name": name, "number": number, "label": event_words.day_label(day, count, today, actor), "today": day == today,
        "weekend": day.weekday() >= 5, "blanks": [list(blank) for blank in clock.blanks(day)], "short": weekday_and_day(day, actor),
    }  # fmt: skip
