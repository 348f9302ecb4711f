"""The calendar: a day, a week or a month of what takes place, or one event under the other. What is shown stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, times
from crm_app.components.choices import Choice, Choices, segments
from crm_app.components.elements import button, icon_button
from crm_app.components.guard import telling
from crm_app.components.keys import bind_keys
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import attributes, block, text
from crm_app.components.whose import MINE, TEAM, whose_switch
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import CalendarRange, EventRow, FollowUp
from crm_app.domain.days import today_of
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.pages.calendar.panel import Panel
from crm_app.pages.calendar.sheets import Sheets, title_of
from crm_app.pages.calendar.side import Beside
from crm_app.pages.calendar.view import CalendarView, look_of
from crm_app.pages.calendar.writing import Writing, say_saving
from crm_app.pages.frame import Frame

TOPICS = ("event", "event_contact", "calendar", "connection", "interaction", "interaction_contact", "contact", "task", "task_contact", "analysis")
A_WHILE = 30.0


class CalendarPage:
    """The bar, the column beside it, one of the ways of looking, and the panel of the event that is open."""

    found: CalendarRange
    openers: tuple[ui.button, ...] = ()

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.seen: set[UUID] = set()
        self.writing = Writing(self.refresh, lambda: self.sheets.grid.settle())
        self.beside = Beside(
            refresh=self.refresh, on_day=self.go_day, on_event=self.write_of, on_zone=self.choose_zone, on_plan=self.begin,
            switches=self.switches, writing=self.writing,
        )  # fmt: skip
        self.sheets = Sheets(on_pick=self.pick, on_day=self.open_day, on_look=self.go_day, on_turn=self.turn, acts=self.writing.acts)
        self.panel = Panel(self.refresh, self.close, self.writing)

    def read_address(self) -> None:
        """Take the view from the address."""
        self.view = CalendarView.read(self.frame.query, self.frame.whose(MINE), live.viewer())

    async def load(self) -> None:
        """Ask for what is shown."""
        days = self.view.days(live.viewer())
        self.found = await live.read(calendar.get_range, days[0], len(days), mine=self.view.mine)
        await self.writing.load(self.found)
        self.seen.clear()
        self.seen.update(event.id for event in self.found.events)
        self.seen.update(contact.id for event in self.found.events for contact in event.contacts)

    def draw(self) -> None:
        """Put it onto the page."""
        if self.sheets.host.is_deleted:
            return
        said, short, week = title_of(self.view, self.view.days(live.viewer()))
        self.title.set_text(said)
        self.short.set_text(short)
        self.week.set_text(week)
        for opener in self.openers:
            opener.set_visibility(bool(self.writing.calendars))
        self.beside.show(self.found, self.view)
        self.sheets.show(self.found, self.view, self.writing)

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again; what is typed stays."""
        with telling():
            await self.load()
            self.draw()
            await self.panel.refresh()
            await self.writing.look()

    async def go(self, view: CalendarView) -> None:
        """Show something else on this page."""
        with telling():
            if view.event is None and self.view.event:
                self.close()
            self.view = view
            self.frame.go_on(view.address)
            await self.load()
            self.draw()

    async def go_day(self, day: date) -> None:
        """To another day, looked at in the same way."""
        await self.go(replace(self.view, day=day, event=None))

    async def open_day(self, day: date) -> None:
        """From a week or a month into one of its days."""
        self.looks.value = "day"
        await self.go(replace(self.view, day=day, look="day", event=None))

    async def turn(self, by: int) -> None:
        """The time before or after."""
        await self.go(self.view.turned(by))

    async def go_today(self) -> None:
        """Back to today."""
        today = today_of(live.viewer())
        await self.go(replace(self.view, day=today, today=today, event=None))

    async def choose_look(self, look: str) -> None:
        """As a day, a week, a month or an agenda."""
        self.looks.value = look
        await self.go(replace(self.view, look=look_of(look)))

    async def choose_whose(self, whose: str) -> None:
        """Mine or the team's, from now on."""
        with telling():
            await self.frame.choose_whose(whose)
            await self.go(replace(self.view, mine=whose == MINE, event=None))

    async def choose_zone(self, zone: str) -> None:
        """Show the hours of a second zone, or of none."""
        await self.go(replace(self.view, zone=zone))

    async def pick(self, event: EventRow) -> None:
        """Open an event; a second press on the one that is open closes it."""
        if event.version == 0:
            say_saving()
        elif self.panel.event_id == event.id:
            self.close()
        else:
            await self.open(event.id)

    async def begin(self, about: FollowUp | None = None) -> None:
        """A new event on the day that is looked at: today's next hour where today is among the days. ``about`` is who waits for a time."""
        days = self.view.days(live.viewer())
        await self.writing.new(self.found.today if self.found.today in days and self.view.look != "day" else self.view.day, about)

    async def write_of(self, event: EventRow) -> None:
        """Open an event with the cursor in its note, on the day that it took place."""
        day = times.day_of(event.starts_at, live.viewer())
        if day not in self.view.days(live.viewer()):
            await self.go(replace(self.view, day=day, event=None))
        await self.open(event.id, note=True)

    async def open(self, event_id: UUID, *, note: bool = False) -> None:
        """Open the panel of an event."""
        with telling():
            try:
                await self.panel.open(event_id, note=note)
            except NotFound:
                self._choose(None)
                raise
            self._choose(event_id)

    def close(self) -> None:
        """Close the panel; what was pressed to do so may go with it, so that comes last."""
        self._choose(None)
        self.panel.close()

    def _choose(self, event_id: UUID | None) -> None:
        self.view = replace(self.view, event=event_id, note=False)
        self.frame.go_on(self.view.address)
        self.sheets.choose(event_id)

    async def moved(self) -> None:
        """The address names something else."""
        self.read_address()
        self.looks.value = self.view.look
        await self.refresh()
        await self.open_from_address()

    async def open_from_address(self) -> None:
        """``?event=<id>`` opens one, with ``note=1`` to write of it."""
        if self.view.event:
            await self.open(self.view.event, note=self.view.note)
        else:
            self.close()

    async def tick(self) -> None:
        """The time goes on; at midnight it is another day, and whoever looks at today looks at the new one."""
        today = today_of(live.viewer())
        if today == self.found.today:
            self.sheets.tick()
            if self.writing.changes:
                await self.refresh()
            return
        day = today if self.view.day == self.view.today else self.view.day
        await self.go(replace(self.view, day=day, today=today))

    def lay_out(self) -> None:
        """The bar, the column, the calendar."""
        with block("mc-page mc-cal-page"):
            with top_bar(_("Calendar")):
                self._bar()
            with block("mc-with-inner-nav"):
                self.beside.column()
                with block("mc-cal-main"):
                    self.sheets.build()
            self.panel.place = block("mc-cal-panel")

    def _bar(self) -> None:
        with attributes(block("mc-row mc-gap-8 mc-cal-title", tag="p"), aria_live="polite"):
            self.title, self.short = text("", "mc-heading mc-truncate mc-desk-only"), text("", "mc-heading mc-truncate mc-phone-only")
            self.week = text("", "mc-count mc-desk-only mc-nowrap")
        icon_button("chevron-left", _("Before"), on_click=lambda: self.turn(-1), key="⇧ ←").classes("mc-again")
        button(_("Today"), on_click=self.go_today)
        icon_button("chevron-right", _("After"), on_click=lambda: self.turn(1), key="⇧ →").classes("mc-again")
        self.looks = self.switches()
        icon_button("sliders-horizontal", _("Calendars"), on_click=self.beside.open_more).classes("mc-cal-more-opener")
        self.openers = (
            button(_("New event"), kind="primary", icon="plus", key="N", on_click=self.begin).classes("mc-desk-only"),
            icon_button("plus", _("New event"), on_click=self.begin).classes("mc-phone-only"),
        )

    def switches(self) -> Choices:
        """Whose events, and how they are looked at; a phone has them in the dialog."""
        if not self.frame.alone:
            whose_switch(MINE if self.view.mine else TEAM, self.choose_whose)
        labels = {"day": _("Day"), "week": _("Week"), "month": _("Month"), "agenda": _("Agenda")}
        return segments([Choice(look, label) for look, label in labels.items()], self.view.look, self.choose_look, label=_("How the calendar is shown"))

    def keys(self) -> dict[str, Callable[[], Any]]:
        """What the keys do."""
        looks: dict[str, Callable[[], Any]] = {key: partial(self.choose_look, look) for key, look in (("d", "day"), ("w", "week"), ("m", "month"), ("a", "agenda"))}
        return {**looks, "0": self.go_today, "n": self.begin, "shift+arrowleft": lambda: self.turn(-1), "shift+arrowright": lambda: self.turn(1)}


async def calendar_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = CalendarPage(frame)
    page.read_address()
    await page.load()
    page.lay_out()
    page.draw()
    bind_keys(page.keys())
    live.on(TOPICS, page.refresh, shown=page.seen)
    ui.timer(A_WHILE, page.tick)
    frame.on_query(page.moved)
    if page.view.event:
        await page.open_from_address()
