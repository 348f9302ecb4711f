"""Where events stand among days: beside each other when they overlap, across several days when they last that long. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from crm_app.components.day_clock import DAY, DayClock
from crm_app.domain.days import day_begins

LEAST = 26
"""As many minutes high as an event is drawn at least: a line of text. What is shorter than that takes the room of it."""


class Timed(Protocol):
    """What the layout needs of an event."""

    @property
    def id(self) -> UUID:
        """Its key."""

    @property
    def starts_at(self) -> datetime:
        """When it begins."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""

    @property
    def all_day(self) -> bool:
        """Whether it has days and no times."""

    @property
    def start_date(self) -> date | None:
        """Its first day, if it has days."""

    @property
    def end_date(self) -> date | None:
        """The day after its last."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of an event that falls on one day, in minutes from the top and in shares of the day's width.

    ``came`` and ``goes``: it began on the day before, goes on on the next one. ``more`` counts those that found no room of their own: they are one piece.
    """

    id: UUID
    day: date
    top: int
    height: int
    left: float
    width: float
    came: bool = False
    goes: bool = False
    more: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """An event of whole days: the first and the last of the shown days that it covers, and its line among the others."""

    id: UUID
    first: int
    last: int
    line: int
    came: bool
    goes: bool


def is_bar(event: Timed) -> bool:
    """Whether it stands above the hours: it has days and no times, or lasts a day and longer."""
    return event.all_day or event.ends_at - event.starts_at >= timedelta(hours=24)


def days_of(event: Timed, clock: DayClock) -> tuple[date, date]:
    """The first and the last day that it touches: those of a whole day are the same everywhere, the others are its reader's."""
    if event.all_day and event.start_date and event.end_date:
        return event.start_date, max(event.start_date, event.end_date - timedelta(days=1))
    first = event.starts_at.astimezone(clock.zone).date()
    last = (max(event.ends_at - timedelta(microseconds=1), event.starts_at)).astimezone(clock.zone).date()
    return first, last


def bars_of(events: Iterable[Timed], clock: DayClock) -> list[Bar]:
    """The events of whole days in as few lines as hold them, the earliest and longest on top."""
    shown = [(*days_of(event, clock), event.id) for event in events if is_bar(event)]
    begins, ends = clock.days[0], clock.days[-1]
    free: list[date] = []
    bars: list[Bar] = []
    for first, last, key in sorted(shown, key=lambda one: (one[0], one[0] - one[1], str(one[2]))):
        if last < begins or first > ends:
            continue
        line = next((number for number, taken in enumerate(free) if taken < max(first, begins)), len(free))
        free[line:] = [last, *free[line + 1 :]]
        bars.append(Bar(key, (max(first, begins) - begins).days, (min(last, ends) - begins).days, line, first < begins, last > ends))
    return bars


def pieces_of(events: Sequence[Timed], clock: DayClock, most: int) -> list[Piece]:
    """The events with times, on each day that they touch; at most so many beside each other."""
    timed = [event for event in events if not is_bar(event)]
    return [piece for day in clock.days for piece in _beside(_on_day(timed, day, clock), clock.total, most)]


def _on_day(events: Iterable[Timed], day: date, clock: DayClock) -> list[Piece]:
    begins, ends = day_begins(day, clock.zone), day_begins(day + timedelta(days=1), clock.zone)
    found = []
    for event in events:
        if event.starts_at >= ends or (event.ends_at <= begins and event.starts_at < begins):
            continue
        top, foot = clock.row(event.starts_at, day), clock.row(event.ends_at, day)
        height = max(foot - top, LEAST)
        top = min(top, clock.total - height)
        found.append(Piece(event.id, day, top, height, 0, 1, event.starts_at < begins, event.ends_at > ends))
    return sorted(found, key=lambda piece: (piece.top, -piece.height, str(piece.id)))


def _beside(pieces: Sequence[Piece], total: int, most: int) -> list[Piece]:
    """Groups of pieces that overlap, one after the other, each laid out on its own."""
    done: list[Piece] = []
    group: list[Piece] = []
    foot = -1
    for piece in pieces:
        if group and piece.top >= foot:
            done += _columns(group, total, most)
            group, foot = [], -1
        group.append(piece)
        foot = max(foot, piece.top + piece.height)
    return done + (_columns(group, total, most) if group else [])


def _columns(group: Sequence[Piece], total: int, most: int) -> list[Piece]:
    """Each into the first column that is free; then as wide as the columns right of it leave room."""
    columns: list[list[Piece]] = []
    for piece in group:
        free = next((column for column in columns if column[-1].top + column[-1].height <= piece.top), None)
        if free is None:
            columns.append([piece])
        else:
            free.append(piece)
    if len(columns) > most:
        columns = [*columns[: most - 1], [_gathered([piece for column in columns[most - 1 :] for piece in column], total)]]
    share = 1 / len(columns)
    placed = []
    for number, column in enumerate(columns):
        for piece in column:
            wide = 1
            while number + wide < len(columns) and not any(_touch(piece, other) for other in columns[number + wide]):
                wide += 1
            placed.append(_moved(piece, number * share, wide * share))
    return placed


def _gathered(pieces: Sequence[Piece], total: int) -> Piece:
    top, foot = min(piece.top for piece in pieces), max(piece.top + piece.height for piece in pieces)
    return Piece(pieces[0].id, pieces[0].day, top, min(foot, total) - top, 0, 1, more=len(pieces))


def _touch(one: Piece, other: Piece) -> bool:
    return one.top < other.top + other.height and other.top < one.top + one.height


def _moved(piece: Piece, left: float, width: float) -> Piece:
    return Piece(piece.id, piece.day, piece.top, piece.height, round(left, 4), round(width, 4), piece.came, piece.goes, piece.more)


__all__ = ["DAY", "LEAST", "Bar", "Piece", "bars_of", "days_of", "is_bar", "pieces_of"]
