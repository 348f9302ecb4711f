"""The ways of looking at the same events: by the hour, in a month, one under the other. What is not looked at is not drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, times, words
from crm_app.components.agenda import Agenda
from crm_app.components.elements import button
from crm_app.components.event_month import EventMonth
from crm_app.components.feedback import empty_state
from crm_app.components.text import attributes, block, text
from crm_app.components.time_grid import DrawnEvents, GridActs, OnDay, OnEvent, TimeGrid
from crm_app.domain.calendar.schemas import CalendarRange, EventRow
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.calendar.side import CONNECTIONS
from crm_app.pages.calendar.view import CalendarView
from crm_app.pages.calendar.writing import Writing


class Sheets:
    """``build`` makes them, empty; ``show`` draws the one that is looked at.

    On a phone a day and a week are an agenda, and under a month stands the day that is looked at.
    """

    def __init__(self, *, on_pick: OnEvent, on_day: OnDay, on_look: OnDay, on_turn: Callable[[int], Awaitable[Any]], acts: GridActs) -> None:
        self._on_pick, self._on_day, self._on_look, self._on_turn, self._acts = on_pick, on_day, on_look, on_turn, acts
        self._empty = False
        self._shown: tuple[TimeGrid | EventMonth | Agenda, ...] = ()

    def build(self) -> None:
        """The sentence above, and a place for each way."""
        self._said = text("", "mc-cap mc-cal-note", tag="p")
        attributes(self._said, role="status")
        with block("mc-cal-place") as self.host:
            with block("mc-cal-place") as self._hours:
                self.grid = TimeGrid(on_pick=self._on_pick, on_day=self._on_day, on_turn=self._on_turn, acts=self._acts)
            with block("mc-cal-place") as self._month:
                self.month = EventMonth(on_pick=self._on_pick, on_day=self._on_day, on_look=self._on_look, on_turn=self._on_turn)
            with block("mc-cal-place") as self._lines:
                self.agenda = Agenda(on_pick=self._on_pick, strip=True)
            with block("mc-cal-place") as self._nothing:
                self.nothing()

    @ui.refreshable_method
    def nothing(self) -> None:
        """No calendar is connected yet."""
        if not self._empty:
            return
        said = _("Connect the one that you use: what stands in it comes here by itself, with the people whom it concerns.")
        with empty_state(_("No calendar is connected yet"), said):
            if live.viewer().can(Permission.CONNECTION_MANAGE):
                button(_("Connect a calendar"), kind="primary", icon="plug", href=CONNECTIONS)

    def drawn(self) -> tuple[DrawnEvents, ...]:
        """Everything that draws events."""
        return self.grid, self.month, self.agenda

    def choose(self, event_id: UUID | None) -> None:
        """Mark the event that is open."""
        for drawn in self.drawn():
            drawn.choose(str(event_id or ""))

    def tick(self) -> None:
        """The time goes on."""
        for drawn in self._shown:
            drawn.tick()

    def show(self, found: CalendarRange, view: CalendarView, writing: Writing) -> None:
        """Draw what was found in the way that is looked at. What has not changed stays as it is, with the focus that may be in it."""
        actor, days = live.viewer(), view.days(live.viewer())
        now = writing.drawn(shown_of(found))
        events, self.grid.writable = now.events, bool(writing.calendars)
        for drawn in self.drawn():
            drawn.saving = now.saving
        empty = not found.calendars and not found.events
        if empty != self._empty:
            self._empty = empty
            self.nothing.refresh()
        lines, month = view.look == "agenda", view.look == "month"
        _see(self._nothing, empty)
        _see(self._month, month and not empty)
        _see(self._hours, not lines and not month and not empty, "mc-desk-only")
        _see(self._lines, not empty, "" if lines else "mc-phone-only")
        self._say(found, view, events)
        self._shown = (self.month, self.agenda) if month else (self.agenda,) if lines else (self.agenda, self.grid)
        self.agenda.set_always(lines)
        self.agenda.show(events, [view.day] if month else days, found.today, actor)
        if month:
            self.month.show(events, view.day, found.today, actor)
        elif not lines:
            self.grid.show(events, days, found.today, actor, view.also)

    def _say(self, found: CalendarRange, view: CalendarView, events: Sequence[EventRow]) -> None:
        said = ""
        if found.capped:
            said = _("There is more than is shown at once: these are the first %s events.") % words.number(len(found.events))
        elif found.calendars and not events:
            nothing = {
                "day": _("Nothing stands on this day."), "week": _("Nothing stands in this week."), "month": _("Nothing stands in this month."),
                "agenda": _("Nothing stands in these four weeks."),
            }  # fmt: skip
            said = nothing[view.look]
        self._said.set_text(said)
        self._said.set_visibility(bool(said))


def shown_of(found: CalendarRange) -> list[EventRow]:
    """What is drawn: nothing of one's own calendars that are not shown."""
    hidden = {row.id for row in found.calendars if not row.shown}
    return [event for event in found.events if event.calendar_id not in hidden]


def title_of(view: CalendarView, days: Sequence[date]) -> tuple[str, str, str]:
    """``April 2026``, ``Apr 2026`` where there is little room, and ``Week 16``: what the bar says of the days."""
    actor = live.viewer()
    if view.look == "day":
        return times.long_date(view.day, actor), times.short_date(view.day, actor), ""
    middle = days[3] if view.look == "week" else view.day
    return times.month_words(middle, actor), times.short_month(middle, actor), _("Week %d") % middle.isocalendar().week if view.look == "week" else ""


def _see(host: Element, there: bool, where: str = "") -> None:
    host.set_visibility(there)
    host.classes(remove="mc-desk-only mc-phone-only", add=where)
