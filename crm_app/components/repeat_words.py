"""When a task comes again, in words; how long it takes; and what a day offers to choose from."""

from __future__ import annotations

from datetime import date
from typing import Final

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _, current_locale, ngettext
from crm_app.domain.tasks.recurrence import plain_rule, rule_parts
from crm_app.domain.times import day_names, month_names

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS: Final = "MO,TU,WE,TH,FR"


def repeats(rule: str) -> str:
    """``Every 2 weeks on Tuesday``; empty for no rule."""
    if not rule:
        return ""
    parts = rule_parts(rule)
    said = _how_often(parts) + _which(parts)
    if "COUNT" in parts:
        said += ", " + ngettext("%d more time", "%d more times", int(parts["COUNT"])) % int(parts["COUNT"])
    if "UNTIL" in parts:
        until = parts["UNTIL"]
        said += ", " + _("until %s") % f"{until[:4]}-{until[4:6]}-{until[6:]}"
    return said


def as_given(rule: str) -> str:
    """``repeats`` of a rule that nobody has checked yet: one that cannot be taken is said as it is written."""
    try:
        return repeats(plain_rule(rule)) if rule else ""
    except Invalid:
        return rule


def choices(rule: str, day: date) -> dict[str, str]:
    """What there is to choose for a task that is due on ``day`` and has ``rule`` (or none) so far: each rule, and what it is called."""
    offered = {one: repeats(one) for one in offered_rules(day)}
    if rule and rule not in offered:
        said = as_given(rule)
        offered = {rule: said, **{one: words for one, words in offered.items() if words != said}}
    return {"": _("Never"), **offered}


def offered_rules(day: date) -> list[str]:
    """What is mostly wanted of a task that is due on ``day``."""
    name = _DAYS[day.weekday()]
    nth = (day.day - 1) // 7 + 1
    in_month = f"{nth}{name}" if nth < 5 else f"-1{name}"
    return [
        "FREQ=DAILY", f"FREQ=WEEKLY;BYDAY={_WORKDAYS}", f"FREQ=WEEKLY;BYDAY={name}", f"FREQ=WEEKLY;INTERVAL=2;BYDAY={name}",
        f"FREQ=MONTHLY;BYMONTHDAY={day.day}", f"FREQ=MONTHLY;BYDAY={in_month}", f"FREQ=YEARLY;BYMONTH={day.month};BYMONTHDAY={day.day}",
    ]  # fmt: skip


def minutes(count: int) -> str:
    """``45 min``, ``1 h``, ``1 h 30 min``."""
    hours, rest = divmod(count, 60)
    parts = [_("%d h") % hours] if hours else []
    return " ".join([*parts, *([_("%d min") % rest] if rest or not hours else [])])


def _how_often(parts: dict[str, str]) -> str:
    if parts.get("BYDAY") == _WORKDAYS and parts["FREQ"] == "WEEKLY" and "INTERVAL" not in parts:
        return _("Every weekday")
    count = int(parts.get("INTERVAL", "1"))
    known = {
        "DAILY": ngettext("Every day", "Every %d days", count), "WEEKLY": ngettext("Every week", "Every %d weeks", count),
        "MONTHLY": ngettext("Every month", "Every %d months", count), "YEARLY": ngettext("Every year", "Every %d years", count),
    }  # fmt: skip
    said = known[parts["FREQ"]]
    return said % count if "%d" in said else said


def _which(parts: dict[str, str]) -> str:
    days = parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    month = _months(parts["BYMONTH"]) if parts["FREQ"] == "YEARLY" and "BYMONTH" in parts else ""
    if days and not (parts["FREQ"] == "WEEKLY" and parts["BYDAY"] == _WORKDAYS and "INTERVAL" not in parts):
        said = ", ".join(_day(day, parts.get("BYSETPOS")) for day in days)
        return " " + (_("on %s") % said) + (f" {_('in %s') % month}" if month else "")
    number = parts.get("BYMONTHDAY", "")
    if not number:
        return ""
    last_up_to = number.rpartition(",")[2] if parts.get("BYSETPOS") == "-1" else number
    if month:
        return " " + _("on %s") % f"{last_up_to} {month}"
    if last_up_to in ("-1", "31"):
        return " " + _("on its last day")
    return " " + _("on day %s") % last_up_to


def _day(day: str, position: str | None) -> str:
    name = day_names(current_locale())[_DAYS.index(day[-2:])]
    place = day[:-2] or position or ""
    return f"{_ordinal(place)} {name}" if place else name


def _ordinal(place: str) -> str:
    known = {
        "1": _("the first"), "2": _("the second"), "3": _("the third"), "4": _("the fourth"), "-1": _("the last"), "-2": _("the last but one"),
        "-3": _("the last but two"), "-4": _("the last but three"),
    }  # fmt: skip
    return known[place]


def _months(numbers: str) -> str:
    names = month_names(current_locale())
    return ", ".join(names[int(number)] for number in numbers.split(","))
