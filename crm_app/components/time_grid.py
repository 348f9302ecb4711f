"""A week or a day by the hour, with what stands in the calendar. One element, however many events it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
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
FURTHEST_DAYS, FURTHEST_MINUTES = 6, 26 * 60


@dataclass(frozen=True)
class GridActs:
    """What is done on the hours themselves: an empty stretch is chosen, an event goes so many days and minutes on, or ends so many minutes later.

    A stretch may be chosen by dropping something there: ``begin`` gets the key of whatever it was, as the browser says it, else nothing.
    """

    begin: Callable[[datetime, datetime, str], Awaitable[Any]]
    move: Callable[[EventRow, int, int], Awaitable[Any]]
    stretch: Callable[[EventRow, int], Awaitable[Any]]


class DrawnEvents(Drawn):
    """What draws events: it knows which it shows, so that whatever a browser says names one of them or nothing."""

    def __init__(self, on_pick: OnEvent, on_day: OnDay) -> None:
        super().__init__()
        self.rows: dict[str, EventRow] = {}
        self.saving: Collection[UUID] = ()
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
        drawn = event_words.drawn_by_id(events, actor)
        for key in self.saving:
            if shown := drawn.get(str(key)):
                shown.update(looks=f"{shown['looks']} mc-saving".strip(), said=f"{shown['said']}, {_('is being saved')}")
        return {"events": drawn, "now": int(now().timestamp())}

    def tell(self, **values: Any) -> None:
        """Move the hour on in the browser without sending the events again."""
        self.values.update(values)
        self.run_method("tell", values)

    def _picked(self, event: GenericEventArguments, act: OnEvent) -> Any:
        row = self.rows.get(event.args) if isinstance(event.args, str) else None
        return act(row) if row else None


class TimeGrid(DrawnEvents, component="vue/time_grid.js", esm={"mc-drag": "vue/drag"}):
    """``on_pick`` opens an event, ``on_day`` shows a day. ``on_turn`` goes to the days before (-1) or after (1) by key.

    ``acts`` is called for what is begun, moved or lengthened, only of events that are ``movable`` and while ``writable``; ``settle`` puts back what was not.
    """

    def __init__(self, *, on_pick: OnEvent, on_day: OnDay, on_turn: Callable[[int], Awaitable[Any]], acts: GridActs | None = None) -> None:
        super().__init__(on_pick, on_day)
        said = {
            "whole": _("all-day"), "rest": _("+%d more"), "label": _("Events by the hour"), "blank": _("This hour is left out on this day"),
            "fresh": _("New event"),
        }  # fmt: skip
        self.put(days=[], hours=[], total=1440, pieces=[], bars=[], zones=[], line=None, words=said, writable=False, movable=[])
        self.on("turn", lambda event: on_turn(event.args) if event.args in (1, -1) else None)
        self.clock: DayClock | None = None
        self.actor: Actor | None = None
        self.writable = False
        self._acts = acts
        if acts is not None:
            self.on("begin", lambda event: self._begun(event.args, acts))
            self.on("move", lambda event: self._moved(event.args, acts))
            self.on("stretch", lambda event: self._stretched(event.args, acts))

    def show(self, events: Sequence[EventRow], days: Sequence[date], today: date, actor: Actor, also: ZoneInfo | None = None) -> None:
        """Show these days. ``also`` is a second zone, whose hours stand beside the reader's."""
        clock = DayClock(days, actor.zone)
        self.clock, self.actor = clock, actor
        pieces = pieces_of(events, clock, BESIDE_IN_DAY if len(days) == 1 else BESIDE_IN_WEEK)
        counted = {day: sum(piece.more or 1 for piece in pieces if piece.day == day) for day in days}
        hours = clock.hours(today if today in days else days[0])
        zones = [actor.zone, *([also] if also else [])]
        self.put(
            **self.known(events, actor), total=clock.total, line=self.now_line(), writable=self.writable and self._acts is not None,
            movable=[str(event.id) for event in events if self._may_move(event)],
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

    def settle(self) -> None:
        """What was held and came to nothing is where it was."""
        self.run_method("settle")

    def _may_move(self, event: EventRow) -> bool:
        return self._acts is not None and event.movable and event.id not in self.saving

    def _begun(self, said: Any, acts: GridActs) -> Any:
        """A stretch of one of the shown days, whatever a browser says."""
        clock, day = self.clock, day_of(said.get("day")) if isinstance(said, dict) else None
        if clock is None or day not in clock.days or not self.writable:
            return self.settle()
        top, foot = _far(said, "top", clock.total), _far(said, "foot", clock.total)
        if top is None or foot is None or not 0 <= top < foot:
            return self.settle()
        dropped = said.get("dropped")
        return acts.begin(clock.moment(top, day), clock.moment(foot, day), dropped if isinstance(dropped, str) else "")

    def _moved(self, said: Any, acts: GridActs) -> Any:
        row, days, minutes = self._held(said), _far(said, "days", FURTHEST_DAYS), _far(said, "minutes", FURTHEST_MINUTES)
        return acts.move(row, days, minutes) if row and days is not None and minutes is not None else self.settle()

    def _stretched(self, said: Any, acts: GridActs) -> Any:
        row, minutes = self._held(said), _far(said, "minutes", FURTHEST_MINUTES)
        return acts.stretch(row, minutes) if row and minutes else self.settle()

    def _held(self, said: Any) -> EventRow | None:
        row = self.rows.get(said["id"]) if isinstance(said, dict) and isinstance(said.get("id"), str) else None
        return row if row and self._may_move(row) else None


def _far(said: Any, name: str, most: int) -> int | None:
    """A whole number up to so much either way, else None: a browser may say anything."""
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= most else None


def _day(day: date, count: int, today: date, clock: DayClock, actor: Actor) -> dict[str, Any]:
    name, number = times.weekday_heads(actor)[(day.weekday() - actor.week_start) % 7][1], str(day.day)
    return {
        "key": times.day_key(day), "name": name, "number": number, "label": event_words.day_label(day, count, today, actor), "today": day == today,
        "weekend": day.weekday() >= 5, "blanks": [list(blank) for blank in clock.blanks(day)], "short": weekday_and_day(day, actor),
    }  # fmt: skip
