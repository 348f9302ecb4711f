"""The hours of some days side by side, in one zone, also where the clocks are changed: pure arithmetic.

Days that stand beside each other share one scale of minutes, so that nine o'clock is at the same height on each. Where an hour comes twice on
one of them, the scale has it twice, and it is blank on the others; an hour that a day leaves out is blank on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm_app.domain.days import day_begins

DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Turn:
    """The clocks are turned when they show ``at`` (minutes after midnight), ``by`` so many minutes: forward, or (negative) back."""

    at: int
    by: int


def turn_of(day: date, zone: ZoneInfo) -> Turn | None:
    """How the clocks are turned on this day, if they are."""
    begins, ends = day_begins(day, zone), day_begins(day + timedelta(days=1), zone)
    by = DAY - round((ends - begins).total_seconds() / 60)
    if not by:
        return None
    before, after = begins - timedelta(seconds=1), ends
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    shown = (after + (old or timedelta())).replace(tzinfo=None)
    return Turn(round((shown - datetime.combine(day, datetime.min.time())).total_seconds() / 60), by)


@dataclass(frozen=True, slots=True)
class Hour:
    """A line of the scale: how far from the top, and the moment that it stands for on the day that was asked about."""

    top: int
    moment: datetime


class DayClock:
    """The scale of some days: ``total`` minutes high, 1,440 of them unless some come twice."""

    def __init__(self, days: Sequence[date], zone: ZoneInfo) -> None:
        self.days, self.zone = tuple(days), zone
        self.turns = {day: turn for day in self.days if (turn := turn_of(day, zone))}
        # No two days of a week turn the clocks back; of a longer time the first one is drawn as it is.
        self._twice = next(((day, turn) for day, turn in self.turns.items() if turn.by < 0), None)
        self.total = DAY - (self._twice[1].by if self._twice else 0)

    def row(self, moment: datetime, day: date) -> int:
        """How many minutes below the top a moment is in the column of a day; what is earlier is at the top, what is later at the foot."""
        if moment <= day_begins(day, self.zone):
            return 0
        if moment >= day_begins(day + timedelta(days=1), self.zone):
            return self.total
        local = moment.astimezone(self.zone)
        return self._shifted(local.hour * 60 + local.minute, again=bool(local.fold) and self._is_twice(day))

    def moment(self, row: int, day: date) -> datetime:
        """The moment so many minutes below the top of a day's column: the other way round than ``row``. A blank stands for the moment at which it ends."""
        minute, again = row, False
        if self._twice and row >= self._twice[1].at:
            at, by = self._twice[1].at, self._twice[1].by
            again = self._is_twice(day) and row < at - by
            minute = row + by if self._is_twice(day) else max(row + by, at)
        if minute >= DAY:
            return day_begins(day + timedelta(days=1), self.zone)
        local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=self.zone).replace(fold=int(again))
        return max(local.astimezone(UTC), day_begins(day, self.zone))

    def blanks(self, day: date) -> list[tuple[int, int]]:
        """The parts of a day's column in which it has no time, from and to."""
        found = []
        if self._twice and not self._is_twice(day):
            found.append((self._twice[1].at, self._twice[1].at - self._twice[1].by))
        turn = self.turns.get(day)
        if turn and turn.by > 0:
            found.append((self._shifted(turn.at), self._shifted(turn.at + turn.by)))
        return found

    def hours(self, day: date) -> list[Hour]:
        """The full hours of the scale, as they fall on this day: those of which it has none are left out."""
        begins = day_begins(day, self.zone).astimezone(UTC)
        found: dict[int, Hour] = {}
        moment = begins.replace(minute=0, second=0, microsecond=0)
        while moment < day_begins(day + timedelta(days=1), self.zone):
            local = moment.astimezone(self.zone)
            if local.minute:  # zones that are half an hour or three quarters away from full hours
                moment += timedelta(minutes=60 - local.minute)
                local = moment.astimezone(self.zone)
            if local.date() == day:
                top = self._shifted(local.hour * 60, again=bool(local.fold) and self._is_twice(day))
                found.setdefault(top, Hour(top, moment))
            moment += timedelta(hours=1)
        return list(found.values())

    def _is_twice(self, day: date) -> bool:
        return self._twice is not None and self._twice[0] == day

    def _shifted(self, minute: int, *, again: bool = False) -> int:
        if self._twice and (again or minute >= self._twice[1].at):
            return minute - self._twice[1].by
        return minute
