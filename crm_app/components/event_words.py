"""What is said of an event: its times, who is there, how it stands, and all of it in one sentence. As values, for what the browser draws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_app.components import theme, times
from crm_app.components.people import hue_of, initials
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import EventStatus, MeetingType, Response
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.days import day_begins
from crm_app.domain.i18n import _, ngettext

FACES = 3


def title_of(event: EventRow) -> str:
    """What it is called; one without a name says so."""
    return event.title.strip() or _("Without a title")


def hue(event: EventRow) -> str:
    """The colour of its calendar."""
    return event.hue if event.hue in theme.HUES else "slate"


def meeting_words() -> dict[str, str]:
    """How people meet."""
    return {MeetingType.IN_PERSON: _("In person"), MeetingType.VIDEO: _("Video"), MeetingType.PHONE: _("Phone")}


def answer_words() -> dict[str, str]:
    """What somebody has answered to an invitation."""
    return {
        Response.ACCEPTED: _("Comes"), Response.DECLINED: _("Does not come"), Response.TENTATIVE: _("Comes perhaps"), Response.WAITING: _("No answer yet"),
    }  # fmt: skip


def span(event: EventRow, actor: Actor) -> str:
    """``14:00 – 15:15``, with the days where it ends on another one; the days of one that has no times."""
    if event.all_day:
        first, last = whole_days(event)
        said = times.long_date(first, actor)
        return said if first == last else f"{said} – {times.long_date(last, actor)}"
    begins, ends = times.clock(event.starts_at, actor), times.clock(event.ends_at, actor)
    if event.ends_at <= event.starts_at:
        return begins
    first, last = times.day_of(event.starts_at, actor), times.day_of(event.ends_at - timedelta(microseconds=1), actor)
    if last == first:
        return f"{begins} – {ends}"
    return f"{times.short_date(first, actor)}, {begins} – {times.short_date(last, actor)}, {ends}"


def when(event: EventRow, actor: Actor) -> str:
    """``Wednesday 15 April, 14:00 – 15:15``."""
    if event.all_day:
        return span(event, actor)
    first, last = times.day_of(event.starts_at, actor), times.day_of(event.ends_at - timedelta(microseconds=1), actor)
    return span(event, actor) if last > first else f"{times.long_date(first, actor)}, {span(event, actor)}"


def soon(event: EventRow, actor: Actor) -> str:
    """``Tomorrow, 09:00``: when it is, for a line that has little room."""
    day = times.day_words(first_day(event, actor), actor)
    return day if event.all_day else f"{day}, {times.clock(event.starts_at, actor)}"


def first_day(event: EventRow, actor: Actor) -> date:
    """The day on which it begins, where its reader is."""
    return whole_days(event)[0] if event.all_day else times.day_of(event.starts_at, actor)


def whole_days(event: EventRow) -> tuple[date, date]:
    """The first and the last day of an event that has no times."""
    first = event.start_date or event.starts_at.date()
    return first, max(first, (event.end_date or first) - timedelta(days=1))


def ends_at(event: EventRow, zone: ZoneInfo) -> datetime:
    """When it is over: a whole day with the day of its reader."""
    return day_begins(whole_days(event)[1] + timedelta(days=1), zone) if event.all_day else event.ends_at


def people(event: EventRow) -> str:
    """Whom it is with: the contact's name, or how many people there are."""
    named, all_of_them = len(event.contacts), len(event.contacts) + event.others
    if named == 1 and event.others <= 1:
        return event.contacts[0].name
    return ngettext("%d person", "%d people", all_of_them) % all_of_them if named or event.others > 1 else ""


def place(event: EventRow) -> str:
    """Where, or how people meet."""
    known = meeting_words().get(event.meeting_type or "", "")
    return known if event.meeting_type is MeetingType.VIDEO else event.location.strip() or known


def standing(event: EventRow) -> str:
    """What is out of the ordinary: called off, declined, not certain."""
    if event.status is EventStatus.CANCELLED:
        return _("Cancelled")
    if event.my_response is Response.DECLINED:
        return _("You do not come")
    if event.my_response is Response.WAITING:
        return _("You have not answered")
    return _("Not certain yet") if event.status is EventStatus.TENTATIVE or event.my_response is Response.TENTATIVE else ""


def looks(event: EventRow) -> str:
    """The classes of its state."""
    if event.status is EventStatus.CANCELLED:
        return "mc-cancelled"
    if event.my_response is Response.DECLINED:
        return "mc-declined"
    uncertain = event.status is EventStatus.TENTATIVE or event.my_response in (Response.TENTATIVE, Response.WAITING)
    return "mc-tentative" if uncertain else ""


def sentence(event: EventRow, actor: Actor) -> str:
    """All of it, as it is read out."""
    parts = (title_of(event), when(event, actor), ", ".join(row.name for row in event.contacts[:5]), place(event), standing(event), event.calendar_name)
    return ", ".join(part for part in parts if part)


def drawn(event: EventRow, actor: Actor, *, href: str = "") -> dict[str, Any]:
    """What the browser needs to draw it."""
    name = people(event)
    return {
        "title": title_of(event), "hue": hue(event), "looks": looks(event), "said": sentence(event, actor), "who": name, "place": place(event),
        "first": name.split(" ")[0] if len(event.contacts) == 1 and event.others <= 1 else name,
        "faces": [[initials(row.name), hue_of(row.id)] for row in event.contacts[:FACES]],
        "begins": "" if event.all_day else times.clock(event.starts_at, actor), "until": "" if event.all_day else times.clock(event.ends_at, actor),
        "ends": int(ends_at(event, actor.zone).timestamp()), "href": href,
    }  # fmt: skip


def drawn_by_id(events: Iterable[EventRow], actor: Actor) -> dict[str, dict[str, Any]]:
    """Each under its key."""
    return {str(event.id): drawn(event, actor) for event in events}


def count_words(count: int) -> str:
    """How many events."""
    return ngettext("%d event", "%d events", count) % count if count else _("no events")


def day_label(day: date, count: int, today: date, actor: Actor) -> str:
    """``Wednesday 15 April, today, 6 events``: a day, as it is read out."""
    return ", ".join([times.long_date(day, actor), *([_("today")] if day == today else []), count_words(count)])
