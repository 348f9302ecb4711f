"""The calendar's parts on the sheet: a week in April as somebody's calendars may hold it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm_app.components import agenda, event_month, event_words, feedback, keys, time_grid
from crm_app.components.elements import button
from crm_app.components.event_panel import EventPanel
from crm_app.components.text import block, text
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import EventStatus, LinkHow, MeetingType, Response
from crm_app.domain.calendar.schemas import EventContactView, EventRow
from crm_app.domain.days import week_begins

LONG = "A very long title that somebody's calendar brings along, with <b>markup</b> in it that must stay words"
PEOPLE = ["Grace Mbeki", "Beatriz Nunes", "Amara Okafor", "Tom Brennan", "Leila Haddad"]


def row(number: int, title: str, begins: datetime, minutes: int = 60, *, hue: str = "teal", who: tuple[int, ...] = (), **more: Any) -> EventRow:
    """An event that came from nowhere."""
    contacts = tuple(EventContactView(id=UUID(int=900 + one), name=PEOPLE[one], photo_id=None, how=LinkHow.ADDRESS) for one in who)
    known: dict[str, Any] = {
        "id": UUID(int=number), "version": 1, "calendar_id": UUID(int=7), "calendar_name": "Sessions", "hue": hue, "title": title, "location": "", "meeting_type": None,
        "status": EventStatus.CONFIRMED, "my_response": None, "starts_at": begins, "ends_at": begins + timedelta(minutes=minutes), "all_day": False,
        "start_date": None, "end_date": None, "recurring": False, "contacts": contacts, "others": 0, "noted": False, "mine": True,
    }  # fmt: skip
    return EventRow(**{**known, **more})


def week_of(today: date, actor: Actor) -> tuple[list[EventRow], list[date]]:
    """A week around today with one of each."""
    first = week_begins(today, actor.week_start)
    days = [first + timedelta(days=number) for number in range(7)]

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(days[day].year, days[day].month, days[day].day, hour, minute, tzinfo=actor.zone).astimezone(UTC)

    rows = [
        row(1, "Breathwork 3/6", at(0, 9), 50, who=(0,)), row(2, "Supervision", at(0, 11), hue="slate", movable=True), row(3, "Somatic coaching", at(0, 14), 75, who=(3,), meeting_type=MeetingType.VIDEO),
        row(4, "Breathwork 2/6", at(1, 9, 30), 50, who=(1,)), row(5, "Coaching", at(1, 11), who=(2,)), row(6, "Overlapping", at(1, 11, 30), 45, hue="sky"), row(7, "Third", at(1, 11, 30), 30, hue="plum"),
        row(8, "Evening circle", at(2, 18, 30), 90, hue="amber", who=(0, 1, 2), others=5), row(9, "Plan workshop", at(2, 16), 25, hue="indigo"),
        row(10, "Breathwork 1/6", at(3, 11), 50, status=EventStatus.TENTATIVE, who=(4,)), row(11, "Cancelled call", at(3, 13), 45, hue="sky", status=EventStatus.CANCELLED),
        row(12, "Declined lunch", at(3, 15), 45, hue="amber", my_response=Response.DECLINED), row(13, LONG, at(4, 9), 70, hue="coral", location=LONG),
        row(14, "Night train", at(4, 22), 8 * 60, hue="slate"), *(row(100 + number, f"Busy {number}", at(5, 10, number), 60, hue="green") for number in range(12)),
        row(15, "Retreat", at(5, 0), 48 * 60, hue="amber", all_day=True, start_date=days[5], end_date=days[6] + timedelta(days=1)),
        *(row(30 + number, f"Whole day {number}", at(2, 0), 24 * 60, hue="plum", all_day=True, start_date=days[2], end_date=days[3]) for number in range(6)),
    ]  # fmt: skip
    return rows, days


class CalendarSheet:
    """A week, a month and an agenda that open a panel and say what else was pressed."""

    def __init__(self, actor: Actor, today: date, view: str) -> None:
        self.actor, self.view = actor, view
        self.rows, self.days = week_of(today, actor)
        with block("mc-page"), block("mc-with-inner-nav"):
            with block("mc-cal-nav"):
                self.mini = event_month.MiniMonth(self.day)
                self.mini.show(self.days, today, today, actor)
            with block("mc-cal-main"):
                text("Calendar", "mc-visually-hidden", tag="h1")
                self._shown(today)
                self.place = block("mc-none")

    def _shown(self, today: date) -> None:
        if self.view == "month":
            self.drawn: time_grid.DrawnEvents = event_month.EventMonth(on_pick=self.pick, on_day=self.day, on_look=self.look, on_turn=self.turn)
            self.drawn.show(self.rows, today, today, self.actor)
            return
        if self.view == "week":
            self.drawn = grid = time_grid.TimeGrid(on_pick=self.pick, on_day=self.day, on_turn=self.turn, acts=time_grid.GridActs(self.begin, self.move, self.stretch))
            grid.writable = True
            grid.show(self.rows, self.days, today, self.actor, ZoneInfo("Asia/Kathmandu"))
            later = int(datetime.now(UTC).timestamp()) + 30 * 86_400
            keys.bind_keys({"h": lambda: grid.tell(now=later, line={"day": 0, "top": 1380, "said": "23:00"})})
        with block("mc-scroll" + ("" if self.view == "agenda" else " mc-phone-only")):
            lines = agenda.Agenda(on_pick=self.pick, strip=True, always=self.view == "agenda")
            lines.show(self.rows, self.days, today, self.actor)
        self.drawn = lines if self.view == "agenda" else self.drawn

    async def pick(self, event: EventRow) -> None:
        """Open the panel."""
        self.drawn.choose(str(event.id))
        self.place.clear()
        with self.place, EventPanel(str(event.id), event.title, self.close):
            text(event_words.title_of(event), "mc-title", tag="h2")
            text(event_words.when(event, self.actor), tag="p")
            button("Open record", kind="soft", on_click=lambda: feedback.toast("Opened"))

    def close(self) -> None:
        """Close it."""
        self.drawn.choose("")
        self.place.clear()

    async def day(self, day: date) -> None:
        """Say which."""
        feedback.toast(f"Day {day.day}")

    async def look(self, day: date) -> None:
        """Say which, and that it is shown where the month is."""
        feedback.toast(f"Looked at {day.day}")

    async def begin(self, begins: datetime, ends: datetime, dropped: str = "") -> None:
        """Say from when to when."""
        feedback.toast(f"Begun {begins.astimezone(self.actor.zone):%a %H:%M} to {ends.astimezone(self.actor.zone):%H:%M}")

    async def move(self, event: EventRow, days: int, minutes: int) -> None:
        """Say how far."""
        feedback.toast(f"Moved {event.title} {days} {minutes}")
        self.drawn.settle()  # type: ignore[attr-defined]

    async def stretch(self, event: EventRow, minutes: int) -> None:
        """Say by how much."""
        feedback.toast(f"Stretched {event.title} {minutes}")

    async def turn(self, by: int) -> None:
        """Say where to."""
        feedback.toast(f"Turned {by}")
