"""Moments and days in words (``crm_app.domain.times``), and as an element with the exact time behind it."""

from __future__ import annotations

from datetime import datetime

from crm_app.components.text import Text
from crm_app.domain.actor import Actor
from crm_app.domain.times import (
    clock,
    day_group,
    day_key,
    day_of,
    day_words,
    exact,
    long_date,
    machine,
    month_key,
    month_words,
    overdue,
    relative,
    short_date,
    short_month,
    time_words,
    weekday_heads,
)

__all__ = [
    "as_input", "clock", "day_and_time", "day_group", "day_key", "day_of", "day_words", "exact", "from_input", "long_date", "machine", "moment", "month_key",
    "month_words", "overdue", "relative", "short_date", "short_month", "time_words", "weekday_heads",
]  # fmt: skip


def moment(when: datetime, actor: Actor, classes: str = "mc-cap mc-num") -> Text:
    """A ``<time>`` in words, with the exact time on hover and for machines."""
    element = Text(relative(when, actor), tag="time").classes(classes)
    element.props["datetime"] = machine(when)
    element.props["title"] = exact(when, actor)
    return element


def as_input(when: datetime, actor: Actor) -> str:
    """A moment as the browser's own field for one holds it: the local day and time."""
    return when.astimezone(actor.zone).replace(tzinfo=None).isoformat(timespec="minutes")


def day_and_time(local: datetime) -> tuple[str, str]:
    """A local day and time as two fields hold them."""
    return local.date().isoformat(), local.time().isoformat("minutes")


def from_input(typed: str | None, actor: Actor) -> datetime | None:
    """The moment that somebody typed, None when it is none."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=actor.zone) if typed else None
    except ValueError:
        return None
