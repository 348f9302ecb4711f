"""Beside the calendar: a small month, which calendars are shown, a second zone, who waits for a time, and the sessions that nobody has written of yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import event_words, live, theme, times
from crm_app.components.dialog import dialog
from crm_app.components.elements import button, icon, section
from crm_app.components.event_month import MiniMonth
from crm_app.components.fields import select_field
from crm_app.components.guard import telling
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.components.time_grid import OnDay, OnEvent
from crm_app.domain.accounts.rules import time_zones
from crm_app.domain.calendar.schemas import CalendarChoice, CalendarRange, EventRow
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.calendar import follow_ups, waiting
from crm_app.pages.calendar.view import CalendarView
from crm_app.pages.calendar.writing import Writing

CONNECTIONS = "/settings/connections"


class Beside:
    """The column of a wide window, and the same things in a dialog where there is no room for it."""

    found: CalendarRange
    view: CalendarView

    def __init__(
        self, *, refresh: Callable[[], Awaitable[Any]], on_day: OnDay, on_event: OnEvent, on_zone: Callable[[str], Awaitable[Any]],
        on_plan: follow_ups.OnPlan, switches: Callable[[], Any], writing: Writing,
    ) -> None:  # fmt: skip
        self._switches, self._writing, self._on_plan = switches, writing, on_plan
        self._refresh, self._on_day, self._on_event, self._on_zone = refresh, on_day, on_event, on_zone
        self._place = ui.context.slot.parent  # the page: what opens over it stays
        self._drawn: object = None
        self._checks: dict[UUID, Element] = {}

    def column(self) -> Element:
        """The column at the left."""
        with block("mc-cal-nav", tag="nav") as nav:
            self._month = MiniMonth(self._on_day)
            self.lists()
        return attributes(nav, aria_label=_("Calendars"))

    def show(self, found: CalendarRange, view: CalendarView) -> None:
        """Draw what has changed of it; the rest stays, with the focus that may be in it."""
        self.found, self.view = found, view
        actor = live.viewer()
        self._month.show(view.days(actor) if view.look in ("day", "week") else [], view.day, found.today, actor)
        # A check that was pressed keeps its place, and the focus.
        drawn = (
            [(row.id, row.name, row.hue) for row in found.calendars],
            found.unnoted,
            found.follow_ups,
            view.zone,
            view.look,
            waiting.lines_of(self._writing.changes, found),
        )
        if drawn != self._drawn:
            self._drawn = drawn
            self.lists.refresh()
        for row in found.calendars:
            if check := self._checks.get(row.id):
                _mark(check, row.shown)

    @ui.refreshable_method
    def lists(self) -> None:
        """Calendars, zone, who waits for a time, sessions without a note."""
        if hasattr(self, "found"):
            self._checks.clear()
            self._lists(self._checks)

    def _lists(self, checks: dict[UUID, Element], then: Callable[[], Any] = lambda: None, leave: Callable[[], Any] = lambda: None) -> None:
        found = self.found
        if found.calendars:
            with section(_("Calendars")):
                pass
            for row in found.calendars:
                checks[row.id] = self._calendar(row, then)
        waiting.draw(waiting.lines_of(self._writing.changes, found), self._refresh)
        with block("mc-row mc-gap-4"):
            said = self.view.zone.replace("_", " ") or _("Second time zone")
            button(said, kind="ghost", icon="globe", height=28, on_click=partial(self._choose_zone, then)).classes("mc-truncate")
        follow_ups.draw(found.follow_ups, self._on_plan, leave, by_hours=self.view.look in ("day", "week"))
        if found.unnoted:
            with section(_("Sessions without a note"), count=str(len(found.unnoted))):
                pass
            for event in found.unnoted:
                self._unnoted(event, leave)

    def _calendar(self, row: CalendarRow, then: Callable[[], Any]) -> Element:
        with block(f"mc-cal-choice mc-hue-{row.hue if row.hue in theme.HUES else 'slate'}", tag="button") as choice:
            with block("mc-cal-box", tag="span"):
                icon("check", 12)
            text(row.name, "mc-truncate")
        attributes(choice, type="button", role="checkbox", title=row.name)
        choice.on("click", partial(self._toggle, row.id, then))
        return _mark(choice, row.shown)

    async def _toggle(self, calendar_id: UUID, then: Callable[[], Any]) -> None:
        with telling():
            row = next((one for one in self.found.calendars if one.id == calendar_id), None)
            if row is None:
                return
            try:
                await live.change(connections.choose_calendar, row.id, CalendarChoice(version=row.version, shown=not row.shown))
            finally:
                await self._refresh()
                then()

    def _unnoted(self, event: EventRow, leave: Callable[[], Any]) -> None:
        actor, first = live.viewer(), event.contacts[0] if event.contacts else None
        with block("mc-row mc-gap-8 mc-cal-beside", tag="button") as row:
            avatar(first.name if first else event.title, first.id if first else event.id, 24)
            with block("mc-grow mc-truncate", tag="span"):
                text(event_words.people(event) or event_words.title_of(event), "mc-truncate mc-block")
                text(f"{event_words.title_of(event)} · {times.relative(event.ends_at, actor)}", "mc-cap mc-truncate mc-block")

        async def open_it() -> None:
            leave()
            await self._on_event(event)

        row.on("click", open_it)
        said = ", ".join(part for part in (event_words.title_of(event), event_words.people(event)) if part)
        attributes(row, type="button", aria_label=_("Write a note: %s") % said, title=event_words.sentence(event, actor))

    def open_more(self) -> None:
        """The same in a dialog."""
        if not hasattr(self, "found"):
            return
        with self._place, dialog(_("Calendars"), width="narrow") as parts:
            with block("mc-phone-only mc-row mc-wrap mc-gap-8"):
                self._switches()
            body = block("mc-cal-more")

        def again() -> None:
            if not body.is_deleted:
                with body.clear():
                    self._lists({}, again, parts.window.close)

        again()
        with parts.foot:
            if live.viewer().can(Permission.CONNECTION_MANAGE):
                button(_("Connections"), kind="ghost", href=CONNECTIONS)
            button(_("Close"), on_click=parts.window.close)
        parts.window.on("hide", parts.window.delete)
        parts.window.open()

    def _choose_zone(self, then: Callable[[], Any]) -> None:
        """A second zone, whose hours stand beside one's own."""
        with self._place, dialog(_("Second time zone"), width="narrow") as parts:
            names = {name: name.replace("_", " ") for name in sorted(time_zones()) if name != live.viewer().time_zone}
            chosen = select_field(
                _("Time zone"), names, self.view.zone or None, may_be_empty=True, search=True, hint=_("Its hours stand beside your own.")
            )

        async def take() -> None:
            parts.window.close()
            await self._on_zone(str(chosen.value or ""))
            then()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            button(_("Show it"), kind="primary", on_click=take)
        parts.window.on("hide", parts.window.delete)
        parts.window.open()


def _mark(check: Element, on: bool) -> Element:
    return attributes(check, aria_checked="true" if on else "false")
