"""What the calendar shows, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from crm_app.components.month import day_of
from crm_app.domain.accounts.rules import time_zones
from crm_app.domain.actor import Actor
from crm_app.domain.days import in_month, month_weeks, today_of, week_begins
from crm_app.domain.tasks.overview import FIRST_YEAR, LAST_YEAR
from crm_app.domain.times import day_key
from crm_app.pages.frame import address

Look = Literal["day", "week", "month", "agenda"]
LOOKS: tuple[Look, ...] = get_args(Look)
AGENDA_DAYS = 28


@dataclass(frozen=True)
class CalendarView:
    """Whose events, around which day, as a day, a week, a month or one under the other; a second zone, and the event that is open.

    ``note``: the cursor goes into its note at once.
    """

    day: date
    today: date
    look: Look = "week"
    mine: bool = True
    zone: str = ""
    event: UUID | None = None
    note: bool = False

    @classmethod
    def read(cls, query: QueryParams, whose: str, actor: Actor) -> CalendarView:
        """What an address says; what makes no sense is left out."""
        today, asked, zone = today_of(actor), day_of(query.get("date")), query.get("zone", "")
        return cls(
            day=asked if asked and FIRST_YEAR < asked.year < LAST_YEAR else today, today=today, mine=whose == "mine",
            look=look_of(query.get("view")), zone=zone if zone in time_zones() and zone != actor.time_zone else "",
            event=uuid_of(query.get("event")), note=query.get("note") == "1",
        )  # fmt: skip

    @property
    def address(self) -> str:
        """Where it can be found again."""
        return address("/calendar", {
            "view": self.look if self.look != "week" else None, "date": day_key(self.day) if self.day != self.today else None,
            "whose": "mine" if self.mine else "team", "zone": self.zone or None, "event": str(self.event) if self.event else None,
        })  # fmt: skip

    @property
    def also(self) -> ZoneInfo | None:
        """The second zone."""
        return ZoneInfo(self.zone) if self.zone else None

    def days(self, actor: Actor) -> list[date]:
        """The days that are shown."""
        if self.look == "month":
            return month_weeks(self.day, actor.week_start)
        first = week_begins(self.day, actor.week_start) if self.look == "week" else self.day
        return [first + timedelta(days=number) for number in range({"day": 1, "week": 7, "agenda": AGENDA_DAYS}[self.look])]

    def turned(self, by: int) -> CalendarView:
        """The time before (-1) or after (1): another day, week or month."""
        day = in_month(self.day, by) if self.look == "month" else self.day + timedelta(days=by * (1 if self.look == "day" else 7))
        return replace(self, day=day, event=None) if FIRST_YEAR < day.year < LAST_YEAR else self


def look_of(value: str | None) -> Look:
    """The way of looking that an address or a control names; a week where it is none."""
    return next((look for look in LOOKS if look == value), "week")


def uuid_of(value: str | None) -> UUID | None:
    """The id that an address names, if it is one."""
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
