"""What the pages call things: stages, kinds, priorities, and a few sentences made from dates. Pure functions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from babel.numbers import format_decimal

from crm_app.components import times
from crm_app.domain.actor import Actor
from crm_app.domain.cadence.rules import Standing, next_birthday, standing
from crm_app.domain.i18n import _, current_locale, ngettext
from crm_app.domain.times import babel_locale, day_in_year, weekday_and_day


def _mark(message: str) -> str:
    """Marks a message for translation where it stands; it is translated where it is shown."""
    return message


_STAGES: Final = {
    "discovery": _mark("Discovery"), "curious": _mark("Curious"), "new_client": _mark("New client"), "core_client": _mark("Core client"),
    "ambassador": _mark("Ambassador"), "needs_reconnecting": _mark("Needs reconnecting"), "inactive": _mark("Inactive"),
    "collaborator": _mark("Collaborator"),
}
_KINDS: Final = {
    "note": _mark("Note"), "call": _mark("Call"), "meeting": _mark("Meeting"), "message": _mark("Message"), "email": _mark("Email"),
    "class_attendance": _mark("Class"),
}
_PRIORITIES: Final = {"low": _mark("Low"), "medium": _mark("Medium"), "high": _mark("High"), "urgent": _mark("Urgent")}
_STATUSES: Final = {
    "pending": _mark("To do"), "in_progress": _mark("In progress"), "waiting_approval": _mark("Waiting for approval"),
    "completed": _mark("Done"), "cancelled": _mark("Cancelled"),
}
_ROLES: Final = {"owner": _mark("Owner"), "admin": _mark("Admin"), "member": _mark("Member"), "viewer": _mark("Viewer")}
_ROLE_MEANS: Final = {
    "admin": _mark("An admin does everything a member does, manages the team and reads its audit log."),
    "member": _mark("A member works with everything that is the team's, and keeps private things private."),
    "viewer": _mark("A viewer looks at what is the team's and changes nothing."),
}
_ROLE_ACTS: Final = {"admin": _mark("Make admin"), "member": _mark("Make member"), "viewer": _mark("Make viewer")}
_AUDIENCES: Final = {"team": _mark("Everyone in the team"), "private": _mark("Only me")}
_POINTS: Final = {"email": _mark("Email"), "phone": _mark("Phone"), "website": _mark("Website"), "social": _mark("Profile")}


def stage_of(stage: str) -> str:
    """What a lifecycle stage is called."""
    return _(_STAGES[stage])


def stages() -> dict[str, str]:
    """Every lifecycle stage and what it is called."""
    return {stage: _(words) for stage, words in _STAGES.items()}


def kinds() -> dict[str, str]:
    """Every kind of timeline entry and what it is called."""
    return {kind: _(words) for kind, words in _KINDS.items()}


def priorities() -> dict[str, str]:
    """Every priority of a task."""
    return {priority: _(words) for priority, words in _PRIORITIES.items()}


def statuses() -> dict[str, str]:
    """Every status of a task."""
    return {status: _(words) for status, words in _STATUSES.items()}


def role_of(role: str) -> str:
    """What a role is called."""
    return _(_ROLES[role]) if role in _ROLES else role


def role_means(role: str) -> str:
    """What somebody in this role may do, in a sentence."""
    return _(_ROLE_MEANS.get(role, ""))


def role_act(role: str) -> str:
    """The act of giving somebody this role."""
    return _(_ROLE_ACTS[role])


def audiences() -> dict[str, str]:
    """Who can see something."""
    return {audience: _(words) for audience, words in _AUDIENCES.items()}


def points() -> dict[str, str]:
    """Every way to reach someone."""
    return {point: _(words) for point, words in _POINTS.items()}


def share(part: float) -> str:
    """``78%`` of a share from 0 to 1; 100 and 0 only when it is all or nothing."""
    return _("%d%%") % (100 if part >= 1 else 0 if part <= 0 else min(99, max(1, round(part * 100))))


def number(value: int) -> str:
    """``12,345``, with the separators of the reader's language."""
    return format_decimal(value, locale=babel_locale(current_locale()))


def decimal(value: float) -> str:
    """``4.1``, with one digit behind the comma of the reader's language."""
    return format_decimal(value, format="#,##0.0", locale=babel_locale(current_locale()))


def lead_times(*others: int) -> dict[str, str]:
    """How long before its time something calls, by minutes as an input holds them; ``others`` are chosen elsewhere."""
    return {str(minutes): lead_time(minutes) for minutes in sorted({0, 5, 10, 15, 30, 60, 120, 1440, *others})}


def lead_time(minutes: int) -> str:
    """``15 min before``; 0 is ``At its time``."""
    if minutes == 0:
        return _("At its time")
    if minutes % 1440 == 0:
        return ngettext("%d day before", "%d days before", minutes // 1440) % (minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("%d hour before", "%d hours before", minutes // 60) % (minutes // 60)
    return _("%d min before") % minutes


def people(count: int) -> str:
    """3 people."""
    return ngettext("%s person", "%s people", count) % number(count)


def hues() -> dict[str, str]:
    """The colours that a project can have."""
    return {
        "teal": _("Teal"), "amber": _("Amber"), "plum": _("Plum"), "slate": _("Grey"), "coral": _("Coral"), "sky": _("Sky"), "green": _("Green"),
        "indigo": _("Indigo"),
    }  # fmt: skip


def noun(table: str) -> str:
    """What a row of this table is called."""
    known = {
        "contact": _("person"), "interaction": _("entry"), "task": _("task"), "tag": _("tag"), "contact_sensitive": _("what is kept apart"), "blob": _("file"),
        "goal": _("goal"), "goal_check_in": _("check-in"), "programme": _("programme"), "document": _("file"), "project": _("project"),
    }  # fmt: skip
    return known.get(table, table.replace("_", " "))


def things(kind: str, count: int) -> str:
    """12 people, 3 entries, 1 task: how many of one kind."""
    known = {
        "contact": ngettext("%s person", "%s people", count), "interaction": ngettext("%s entry", "%s entries", count),
        "task": ngettext("%s task", "%s tasks", count),
    }  # fmt: skip
    return known.get(kind, f"%s {kind.replace('_', ' ')}") % number(count)


def birthday(year: int | None, month: int | None, day: int | None, actor: Actor) -> tuple[str, str]:
    """The birthday (``3 June 1990``; the year may be unknown) and how far off the next one is, or two empty texts."""
    if not month or not day:
        return (str(year) if year else "", "")
    leap_year_day = date(2000, month, min(day, 29) if month == 2 else min(day, 30) if month in (4, 6, 9, 11) else day)
    said = day_in_year(leap_year_day, actor) + (f" {year}" if year else "")
    today = datetime.now(actor.zone).date()
    return said, _until((next_birthday(month, day, today) - today).days)


def _until(days: int) -> str:
    if days == 0:
        return _("today")
    if days < 14:
        return ngettext("in %d day", "in %d days", days) % days
    return ngettext("in %d week", "in %d weeks", days // 7) % (days // 7) if days < 84 else ""


def due(day: date | None, actor: Actor, today: date) -> str:
    """When a task is due: Today, Tomorrow, Yesterday, ``Fri 17`` within six days, else the date."""
    if day is None:
        return ""
    if 1 < (day - today).days <= 6:
        return weekday_and_day(day, actor)
    return times.day_words(day, actor, today=today) if abs((day - today).days) <= 1 else times.short_date(day, actor, today=today)


def keeping(due_on: date | None, snoozed_until: date | None, actor: Actor) -> tuple[str, str]:
    """How things stand with the wish to be in touch: the words, and the class of their colour."""
    today = datetime.now(actor.zone).date()
    stands = standing(due_on, snoozed_until, today)
    if stands is Standing.NONE or due_on is None:
        return "", ""
    if stands is Standing.SNOOZED and snoozed_until is not None:
        return _("put off until %s") % times.day_words(snoozed_until, actor, today=today), "mc-ink-3"
    if stands is Standing.ON_TRACK:
        return _("on track"), "mc-ok-ink"
    if stands is Standing.DUE:
        return _("due today"), "mc-warn-ink"
    return times.overdue(due_on, actor, today=today) or "", "mc-warn-ink"


def every_days(days: int) -> str:
    """Every 14 days."""
    return ngettext("Every day", "Every %d days", days) % days if days > 1 else _("Every day")


def device(user_agent: str) -> tuple[str, str]:
    """What a browser says of itself in words (``Firefox on Windows``), and the icon of such a device."""
    browsers = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS X", "Mac"), ("Windows", "Windows"), ("CrOS", "Chromebook"), ("Linux", "Linux"),
    )  # fmt: skip
    browser = next((name for mark, name in browsers if mark in user_agent), "")
    system = next((name for mark, name in systems if mark in user_agent), "")
    icon = "smartphone" if system in ("iPhone", "Android") else "laptop" if system == "Mac" else "monitor"
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}, icon
    return browser or system or _("Unknown device"), icon
