"""The dialog in which an event is written: a new one, or one that is changed in its own calendar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from nicegui.element import Element

from crm_app.components import feedback, live, times
from crm_app.components.conflicts import settle
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.people_picker import Person
from crm_app.components.text import attributes, block, text
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import EventView
from crm_app.domain.calendar.writing_schemas import ChangeView, EventWish, NewEventWish
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.pages.calendar.form import EventForm
from crm_app.pages.calendar.guests import Guests
from crm_app.pages.kept_form import KeptForm, put_fields

Asked = Callable[[ChangeView], Awaitable[Any]]
HALF_HOURS = "mc-half-hours"


class EventEditor:
    """One open dialog. ``asked`` is called with the change that the calendar is told of; ``left`` when the dialog closes, whatever came of it."""

    def __init__(
        self, form: EventForm, event: EventView | None, calendars: Sequence[CalendarRow], *, asked: Asked, left: Callable[[], Any]
    ) -> None:
        self.form, self.event, self.calendars = form, event, calendars
        self.draft = Draft(EventForm, form)
        self._asked, self._left = asked, left
        self._saved = False
        self.kept = KeptForm(f"event-form:{event.id if event else 'new'}", self._typed, self._go_on, whole=event is None)

    async def open(self, people: Sequence[Person] = (), *, at_time: bool = False) -> None:
        """Lay it out and show it, with the cursor in its title or in its time."""
        self.guests = Guests(self.event, people)
        await self.kept.look()
        with dialog(_("Edit event") if self.event else _("New event")) as self.parts:
            self.kept.offer()
            with block("mc-form-grid mc-event-form"):
                self._what(autofocus=not at_time)
                self._when(autofocus=at_time)
                with block("mc-span"):
                    self.guests.draw()
                with block("mc-span"):
                    field(self.draft, "location", label=_("Place"), long=False)
                with block("mc-span"):
                    field(self.draft, "description", label=_("Notes"), long=True)
            if self.event and self.event.recurring:
                text(_("Only this one changes, not the whole series."), "mc-cap", tag="p")
            self.kept.watch()
        self.parts.window.on("hide", self._hidden)
        self.parts.window.on("keydown", self.save, js_handler=CTRL_ENTER)
        with self.parts.foot:
            button(_("Cancel"), kind="ghost", on_click=self._close)
            self._save_button = button(_("Save") if self.event else _("Add event"), kind="primary", on_click=self.save, key="Ctrl ⏎")
        self.parts.window.open()

    def _what(self, *, autofocus: bool) -> None:
        with block("mc-span"):
            title = field(self.draft, "title", label=_("Title"), long=False)
            if autofocus:
                title.props("autofocus")
        if self.event is None and len(self.calendars) > 1:
            with block("mc-span"):
                field(self.draft, "calendar_id", label=_("Calendar"), options={str(row.id): row.name for row in self.calendars})

    def _when(self, *, autofocus: bool) -> None:
        with block("mc-span mc-row mc-gap-16 mc-event-when"):
            self.draft.attach("start_date", first := self._field("first_day", _("Day")))
            self._from = self._time("begins", _("From"), "starts_at")
            self._to = self._time("ends", _("To"), "ends_at")
            last = self._field("last_day", _("Until day"))
            self.draft.attach("end_date", last)
            self.draft.attach("time_zone", first)
        with block("mc-span"):
            field(self.draft, "all_day", label=_("All day"), on_change=self._shape)
        if autofocus:
            self._from_input.props("autofocus") if not self.draft.all_day else first.props("autofocus")
        self._length = self._span()
        self._shape()

    def _field(self, name: str, label: str) -> Any:
        return field(self.draft, name, label=label, on_change=self._began if name in ("first_day", "begins") else self._ended)

    def _time(self, name: str, label: str, error_of: str) -> Element:
        """A time with every half hour offered; any other is typed."""
        with block("mc-event-time") as place:
            box = attributes(self._field(name, label), list=f"{HALF_HOURS}-{name}")
            with attributes(block(tag="datalist"), id=f"{HALF_HOURS}-{name}"):
                for half in range(48):
                    attributes(block(tag="option"), value=f"{half // 2:02}:{half % 2 * 30:02}")
        self.draft.attach(error_of, box)
        if name == "begins":
            self._from_input = box
        return place

    def _shape(self) -> None:
        """Whole days have no times."""
        for place in (self._from, self._to):
            place.set_visibility(not self.draft.all_day)
        if self.draft.all_day:
            self.draft.begins, self.draft.ends = self.draft.begins or "09:00", self.draft.ends or "10:00"

    def _began(self) -> None:
        """Its end goes along with its beginning."""
        begins, length = _moment(self.draft.first_day, self.draft.begins), self._length
        if begins is not None and length is not None and begins.year < date.max.year:
            self.draft.last_day, self.draft.ends = times.day_and_time(begins + length)

    def _ended(self) -> None:
        self._length = self._span() or self._length

    def _span(self) -> timedelta | None:
        """How long it lasts, where that is said and makes sense."""
        begins, ends = _moment(self.draft.first_day, self.draft.begins), _moment(self.draft.last_day, self.draft.ends)
        return ends - begins if begins and ends and ends >= begins else None

    async def save(self) -> None:
        """Ask for it. Whatever is wrong stands at its field; whatever fails, what was typed stays."""
        typed = self.draft.validated()
        if typed is None:
            return
        with telling(self.draft), busy(self._save_button):
            people = await self.guests.wished()
            given = {**typed.wish(self.form if self.event else None, live.viewer()), **({} if people is None else {"people": people})}
            if self.event and not given:
                await self._close()
                return
            try:
                outcome = await self._write(typed, given)
            except Conflict as error:
                await self._conflict(error)
                return
            except Invalid as error:
                self.guests.refuse(error.fields.get("people", ""))
                if error.fields.keys() == {"people"}:
                    return
                raise
            await self._close()
            await self._asked(outcome)

    async def _write(self, typed: EventForm, given: dict[str, Any]) -> ChangeView:
        if self.event is None:
            return (await live.change(calendar.create_event, typed.calendar_id, NewEventWish(**given))).value
        return (await live.change(calendar.change_event, self.event.id, self.event.version, EventWish(**given))).value

    async def _conflict(self, error: Conflict) -> None:
        """It was changed meanwhile: both versions are shown. Any other conflict is a sentence."""
        theirs = await live.read(calendar.get_event, self.event.id) if self.event else None
        if self.event is None or theirs is None or theirs.version == self.event.version:
            raise error
        keep_mine = await settle(self.parts.window, self.draft, EventForm.of(theirs, live.viewer()))
        if keep_mine is False:
            self._saved = True
            await self.kept.forget()
        if keep_mine:
            self.event = theirs  # only what was changed here is put over it: that is still told from what stood here first
            await self.save()

    async def _close(self) -> None:
        self._saved = True
        await self.kept.forget()
        self.parts.window.close()

    async def _hidden(self) -> None:
        """Closed beside the buttons with something typed: it is kept, and can be gone on with."""
        self._left()
        await self.kept.keep()
        if self._saved or not self.draft.changed:
            self.parts.window.delete()
        else:
            feedback.toast(_("What you typed of the event is not saved."), action=(_("Go on writing"), self.parts.window.open), seconds=15)

    def _typed(self) -> dict[str, Any]:
        return {**{name: getattr(self.draft, name) for name in EventForm.model_fields}, "people": self.guests.chosen}

    def _go_on(self, found: dict[str, Any]) -> None:
        """Fill in what was typed before; a calendar that takes nothing any more is left out."""
        known = {str(row.id) for row in self.calendars}
        put_fields(self.draft, [name for name in EventForm.model_fields if name != "calendar_id" or found.get(name) in known], found)
        self.guests.put(found.get("people"))


def _moment(day: str | None, at: str | None) -> datetime | None:
    """A day and a time as they stand in the fields, if they are both whole."""
    try:
        return datetime.combine(date.fromisoformat(day or ""), time.fromisoformat(at or ""))
    except ValueError:
        return None
