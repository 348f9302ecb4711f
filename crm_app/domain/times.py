"""Moments and days in words, as their reader counts them: in their zone and their language. Pages and mails say them alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_date_format, get_day_names, get_month_names

from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext


def relative(when: datetime, actor: Actor, *, now: datetime | None = None) -> str:
    """``12 min ago``, ``3 h ago``, ``Yesterday``, a weekday within six days, ``12 Apr``, ``12 Apr 2025``; the future likewise."""
    now = now or datetime.now(UTC)
    seconds, words = (now - when).total_seconds(), age_words()
    today, day = day_of(now, actor), day_of(when, actor)
    if abs(seconds) < 60:
        return words["just"]
    if abs(seconds) < 3600:
        return words["minutes" if seconds > 0 else "in_minutes"] % (abs(seconds) // 60)
    if day == today or abs(seconds) < 6 * 3600:
        return words["hours" if seconds > 0 else "in_hours"] % (abs(seconds) // 3600)
    return day_words(day, actor, today=today)


def age_words() -> dict[str, str]:
    """The words of ``relative`` for what is near; ``%d`` is a number. A page that stands open goes on counting with them (``vue/ages.js``)."""
    return {
        "just": _("Just now"), "minutes": _("%d min ago"), "hours": _("%d h ago"), "in_minutes": _("in %d min"), "in_hours": _("in %d h"),
        "yesterday": _("Yesterday"),
    }  # fmt: skip


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


def day_of(when: datetime, actor: Actor) -> date:
    """The day on which a moment falls where its reader is."""
    return when.astimezone(actor.zone).date()


def short_date(day: date, actor: Actor, *, today: date | None = None) -> str:
    """``12 Apr``, with the year when it is another one."""
    today = today or datetime.now(actor.zone).date()
    same_year = day.year == today.year
    return _in(_babel(actor), day, "d MMM" if same_year else "d MMM y", "MMMd" if same_year else "yMMMd")


def long_date(day: date, actor: Actor) -> str:
    """``Wednesday 15 April``: the day under a greeting."""
    locale = _babel(actor)
    return _date(day, "EEEE d MMMM" if _as_designed(locale) else "full", locale)


def day_in_year(day: date, actor: Actor) -> str:
    """``3 June``: a birthday."""
    return _in(_babel(actor), day, "d MMMM", "MMMMd")


def weekday_and_day(day: date, actor: Actor) -> str:
    """``Fri 17``, for days close by."""
    return _in(_babel(actor), day, "EEE d", "Ed")


def weekday_name(number: int, locale: str) -> str:
    """``Monday`` for 0, as a choice shows it."""
    return _date(date(2024, 1, 1) + timedelta(days=number), "EEEE", babel_locale(locale)).capitalize()


def day_key(day: date) -> str:
    """A day as machines read it, by which a script and the server mean the same one: ``2026-11-26``."""
    return day.isoformat()


def month_key(day: date) -> str:
    """``2026-11``: a month, as an address names it."""
    return day.isoformat()[:7]


def month_words(day: date, actor: Actor) -> str:
    """``November 2026``: the heading of a month."""
    return _in(_babel(actor), day, "LLLL y", "yMMMM").capitalize()


def short_month(day: date, actor: Actor) -> str:
    """``Nov 2026``: the same where there is little room."""
    return _in(_babel(actor), day, "LLL y", "yMMM").capitalize()


def weekday_heads(actor: Actor) -> list[tuple[str, str, str]]:
    """The days of the reader's week from its first on, each at length, short and in a letter: what stands over the columns of a month."""
    widths = [get_day_names(width, context="stand-alone", locale=_babel(actor)) for width in ("wide", "abbreviated", "narrow")]
    return [(names[0], names[1], names[2]) for number in range(7) for names in [[str(one[(actor.week_start + number) % 7]) for one in widths]]]


def clock(when: datetime, actor: Actor) -> str:
    """The time of day of a moment where its reader is: ``13:12``, or ``1:12 PM`` for whoever counts to twelve."""
    return time_words(when.astimezone(actor.zone).time(), actor)


def time_words(at: time, actor: Actor) -> str:
    """A time of day that is the reader's already."""
    return time_in(at, actor.locale, actor.clock)


def time_in(at: time, locale: str, clock: str) -> str:
    """A time of day in this language; ``clock`` is 12 or 24, or empty for what is usual there."""
    known = babel_locale(locale)
    return _time(at.replace(second=0, microsecond=0, tzinfo=None), clock or ("24" if _as_designed(known) else ""), known)


def exact(when: datetime, actor: Actor) -> str:
    """The whole local time with its zone, for a tooltip."""
    local, locale = when.astimezone(actor.zone), _babel(actor)
    day = _date(local.date(), "EEEE d MMMM y" if _as_designed(locale) else "full", locale)
    return f"{day}, {clock(when, actor)} {local.tzname()}"


def offset_words(when: datetime, zone: ZoneInfo) -> str:
    """``GMT+1``, ``GMT-3:30``: how far the clocks of a zone are ahead at a moment."""
    minutes = round((when.astimezone(zone).utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return "GMT" + (f"{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "")


def machine(when: datetime) -> str:
    """A moment as machines read it, for the ``datetime`` of a ``<time>``."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def overdue(due: date, actor: Actor, *, today: date | None = None) -> str | None:
    """``17 d overdue``, or None while it is not. The word stands there because colour alone says nothing."""
    today = today or datetime.now(actor.zone).date()
    days = (today - due).days
    return ngettext("%d d overdue", "%d d overdue", days) % days if days > 0 else None


def day_group(when: datetime, actor: Actor, *, now: datetime | None = None) -> str:
    """The heading that an entry of a timeline stands under: Today, Yesterday, Last 7 days, or its month."""
    today, day = day_of(now or datetime.now(UTC), actor), day_of(when, actor)
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


@lru_cache(maxsize=4096)
def _time(at: time, clock: str, locale: str) -> str:
    moment = datetime.combine(date(2000, 1, 1), at)
    return str(format_skeleton({"12": "hm", "24": "Hm"}[clock], moment, locale=locale) if clock else format_time(moment, "short", locale=locale))


def _in(locale: str, day: date, designed: str, skeleton: str) -> str:
    return _date(day, designed, locale) if _as_designed(locale) else _by_skeleton(day, skeleton, locale)


def _as_designed(locale: str) -> bool:
    """English is written as the design has it, day first and to twenty-four; America and other languages as they do."""
    return locale.startswith("en") and locale != "en_US"


def _babel(actor: Actor) -> str:
    return babel_locale(actor.locale)


def day_names(locale: str, *, short: bool = False) -> dict[int, str]:
    """What the days of the week are called in a language, 0 for Monday."""
    return dict(get_day_names("abbreviated" if short else "wide", locale=babel_locale(locale)))


def month_names(locale: str, *, short: bool = False) -> dict[int, str]:
    """What the months are called in a language, 1 for January."""
    return dict(get_month_names("abbreviated" if short else "wide", locale=babel_locale(locale)))


def month_comes_first(locale: str) -> bool:
    """Whether 3/12 is the twelfth of March there."""
    pattern = get_date_format("short", locale=babel_locale(locale)).pattern.lower()
    return pattern.index("m") < pattern.index("d")
