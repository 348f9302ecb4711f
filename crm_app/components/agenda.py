"""Events one under the other, day by day: the agenda, the calendar on a phone, and the cards that show a few of them. One element."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from crm_app.components import event_words, times
from crm_app.components.day_clock import DayClock
from crm_app.components.event_layout import days_of, is_bar
from crm_app.components.time_grid import DrawnEvents, OnEvent
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.i18n import _
from crm_app.domain.rows import now


async def _nothing(_what: Any) -> None:
    """A card's rows are links."""


class Agenda(DrawnEvents, component="vue/agenda.js"):
    """``heads``: each day has a heading, and days on which nothing happens are left out. ``strip``: on a phone the days of the week stand above.

    ``always`` False draws it on a phone alone. ``link`` makes each event a link to the calendar, for a card.
    """

    def __init__(
        self, *, on_pick: OnEvent = _nothing, heads: bool = True, strip: bool = False, always: bool = True, link: bool = False, label: str = ""
    ) -> None:
        super().__init__(on_pick, _nothing)
        self._link = link
        self._days: tuple[date, ...] = ()
        self._actor: Actor | None = None
        said = {"whole": _("all-day"), "none": _("Nothing on this day"), "label": label or _("Agenda"), "days": _("Days")}
        self.put(days=[], strip=[], line=None, heads=heads, stripped=strip, always=always, words=said)

    def show(self, events: Sequence[EventRow], days: Sequence[date], today: date, actor: Actor) -> None:
        """Show the events of these days, an event of several days on each of them."""
        self._days, self._actor = tuple(days), actor
        of_day = by_day(events, days, actor)
        values = self.known(events, actor)
        for key, one in values["events"].items() if self._link else ():
            one["href"] = calendar_link(self.rows[key], actor)
        strip = _strip(days, of_day, today, actor) if self.values["stripped"] and len(days) > 1 else []
        self.put(**values, line=self._line(), strip=strip, days=[_day(day, of_day[day], today, actor) for day in days])

    def set_always(self, always: bool) -> None:
        """Draw it everywhere, or on a phone alone."""
        if self.values["always"] != always:
            self.put(always=always)

    def _line(self) -> dict[str, Any] | None:
        if self._actor is None or (today := times.day_of(now(), self._actor)) not in self._days:
            return None
        return {"day": times.day_key(today), "said": times.clock(now(), self._actor)}

    def tick(self) -> None:
        """Move the line of now on."""
        self.tell(now=int(now().timestamp()), line=self._line())


def by_day(events: Sequence[EventRow], days: Sequence[date], actor: Actor) -> dict[date, list[EventRow]]:
    """The events of each day: those of whole days first, then by their time."""
    found: dict[date, list[EventRow]] = {day: [] for day in days}
    clock = DayClock(days, actor.zone) if days else None
    for event in sorted(events, key=lambda row: (not is_bar(row), row.starts_at, row.ends_at, str(row.id))) if clock else ():
        first, last = days_of(event, clock)  # type: ignore[arg-type]  # there is one where there are days
        day = max(first, days[0])
        while day <= min(last, days[-1]):
            if day in found:
                found[day].append(event)
            day += timedelta(days=1)
    return found


def calendar_link(event: EventRow, actor: Actor) -> str:
    """Where the calendar shows an event, opened."""
    return f"/calendar?date={times.day_key(event_words.first_day(event, actor))}&event={event.id}"


def _day(day: date, events: Sequence[EventRow], today: date, actor: Actor) -> dict[str, Any]:
    left = sum(1 for event in events if event_words.ends_at(event, actor.zone) > now() and event_words.looks(event) not in ("mc-cancelled", "mc-declined"))
    note = (_("%d left") % left) if day == today and events else event_words.count_words(len(events)) if events else ""
    title = times.long_date(day, actor)
    rows = [{"id": str(event.id), "came": begins_before(event, day, actor), "goes": goes_on(event, day, actor)} for event in events]
    label = event_words.day_label(day, len(events), today, actor)
    return {"key": times.day_key(day), "title": title, "note": note, "today": day == today, "label": label, "rows": rows}


def begins_before(event: EventRow, day: date, actor: Actor) -> bool:
    """Whether it has a time, which is on an earlier day."""
    return not event.all_day and times.day_of(event.starts_at, actor) < day


def goes_on(event: EventRow, day: date, actor: Actor) -> bool:
    """Whether it has a time at which it ends, on a later day."""
    return not event.all_day and times.day_of(max(event.ends_at - timedelta(microseconds=1), event.starts_at), actor) > day


def _strip(days: Sequence[date], of_day: dict[date, list[EventRow]], today: date, actor: Actor) -> list[dict[str, Any]]:
    heads = times.weekday_heads(actor)
    return [
        {"key": times.day_key(day), "letter": heads[(day.weekday() - actor.week_start) % 7][2], "number": str(day.day), "today": day == today,
         "busy": bool(of_day[day]), "label": event_words.day_label(day, len(of_day[day]), today, actor)} for day in days
    ]  # fmt: skip
