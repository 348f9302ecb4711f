"""Moments and days in words (``crm_app.domain.times``), and as an element with the exact time behind it."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_app.components.text import Text
from crm_app.domain.actor import Actor
from crm_app.domain.times import clock, day_group, day_words, exact, long_date, overdue, relative, short_date

__all__ = ["clock", "day_group", "day_words", "exact", "long_date", "moment", "overdue", "relative", "short_date"]


def moment(when: datetime, actor: Actor, classes: str = "mc-cap mc-num") -> Text:
    """A ``<time>`` in words, with the exact time on hover and for machines."""
    element = Text(relative(when, actor), tag="time").classes(classes)
    element.props["datetime"] = when.astimezone(UTC).isoformat(timespec="seconds")
    element.props["title"] = exact(when, actor)
    return element
