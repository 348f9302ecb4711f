"""Moments and days in words, as their reader counts them: in their zone and their language. Pages and mails say them alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, format_datetime, format_skeleton, format_time

from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext


def relative(when: datetime, actor: Actor, *, now: datetime | None = None) -> str:
    """``12 min ago``, ``3 h ago``, ``Yesterday``, a weekday within six days, ``12 Apr``, ``12 Apr 2025``; the future likewise."""
    now = now or datetime.now(UTC)
    seconds = (now - when).total_seconds()
    today, day = now.astimezone(actor.zone).date(), when.astimezone(actor.zone).date()
    if abs(seconds) < 60:
        return _("Just now")
    if abs(seconds) < 3600:
        minutes = int(abs(seconds) // 60)
        return _("%d min ago") % minutes if seconds > 0 else _("in %d min") % minutes
    if day == today or abs(seconds) < 6 * 3600:
        hours = int(abs(seconds) // 3600)
        return _("%d h ago") % hours if seconds > 0 else _("in %d h") % hours
    return day_words(day, actor, today=today)


def day_words(day: date, actor: Actor, *, today: date | None = None) -> str:
    """``Today``, ``Yesterday``, ``Tomorrow``, a weekday within six days, else the date."""
    today = today or datetime.now(actor.zone).date()
    distance = (day - today).days
    near = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow")}
    if distance in near:
        return near[distance]
    if abs(distance) <= 6:
        return _date(day, "EEEE", _babel(actor))
    return short_date(day, actor, today=today)


def short_date(day: date, actor: Actor, *, today: date | None = None) -> str:
    """``12 Apr``, with the year when it is another one."""
    today = today or datetime.now(actor.zone).date()
    same_year = day.year == today.year
    locale = _babel(actor)
    if locale.startswith("en"):  # English as the design writes it; other languages as they do
        return _date(day, "d MMM" if same_year else "d MMM y", locale)
    return _by_skeleton(day, "MMMd" if same_year else "yMMMd", locale)


def long_date(day: date, actor: Actor) -> str:
    """``Wednesday 15 April``: the day under a greeting."""
    locale = _babel(actor)
    return str(format_date(day, "EEEE d MMMM" if locale.startswith("en") else "full", locale=locale))


def clock(when: datetime, actor: Actor) -> str:
    """The time of day, ``13:12`` in English."""
    local = when.astimezone(actor.zone)
    return str(format_time(local, "HH:mm" if _babel(actor).startswith("en") else "short", locale=_babel(actor)))


def exact(when: datetime, actor: Actor) -> str:
    """The whole local time with its zone, for a tooltip."""
    local = when.astimezone(actor.zone)
    locale = _babel(actor)
    if locale.startswith("en"):
        return f"{_date(local.date(), 'EEEE d MMMM y', locale)}, {local:%H:%M} {local.tzname()}"
    return str(format_datetime(local, "full", tzinfo=actor.zone, locale=locale))


def overdue(due: date, actor: Actor, *, today: date | None = None) -> str | None:
    """``17 d overdue``, or None while it is not. The word stands there because colour alone says nothing."""
    today = today or datetime.now(actor.zone).date()
    days = (today - due).days
    return ngettext("%d d overdue", "%d d overdue", days) % days if days > 0 else None


def day_group(when: datetime, actor: Actor, *, now: datetime | None = None) -> str:
    """The heading that an entry of a timeline stands under: Today, Yesterday, Last 7 days, or its month."""
    today = (now or datetime.now(UTC)).astimezone(actor.zone).date()
    day = when.astimezone(actor.zone).date()
    if day > today:
        return _("Upcoming")
    if day >= today - timedelta(days=1):
        return _("Today") if day == today else _("Yesterday")
    if day >= today - timedelta(days=7):
        return _("Last 7 days")
    return str(format_date(day, "LLLL" if day.year == today.year else "LLLL y", locale=_babel(actor))).capitalize()


def babel_locale(locale: str) -> str:
    """A locale as Babel writes it."""
    return (locale or "en").replace("-", "_")


# A list of fifty people says a hundred dates, most of them again and again, and Babel reads a pattern anew for each.
@lru_cache(maxsize=4096)
def _date(day: date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


@lru_cache(maxsize=4096)
def _by_skeleton(day: date, skeleton: str, locale: str) -> str:
    return str(format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=locale))


def _babel(actor: Actor) -> str:
    return babel_locale(actor.locale)
