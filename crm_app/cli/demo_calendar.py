"""What stands in the calendars of the demo: invented, from nowhere, and therefore paused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.landing import TakenItem, land_items
from crm_app.domain.calendar.models import Calendar, EventStatus, MeetingType, Response
from crm_app.domain.calendar.schemas import ReadAttendee, ReadEvent, ReadItem
from crm_app.domain.connections.models import Connection, ConnectionKind, ConnectionState
from crm_app.domain.days import today_of, week_begins
from crm_app.domain.rows import Audience
from crm_app.domain.unit_of_work import unit_of_work

CALENDARS = (("Sessions", "teal"), ("Discovery and intro calls", "sky"), ("Groups and social", "amber"), ("Creative work", "plum"), ("Everything else", "slate"))
# Calendar, day of the week, hour, minute, minutes, title, with whom, more.
WEEK = (
    (0, 0, 9, 0, 50, "Breathwork, session 3 of 6", ("Grace Mbeki",), "room"), (4, 0, 11, 0, 60, "Supervision", (), ""),
    (0, 0, 14, 0, 75, "Somatic coaching", ("Sofia Marchetti",), "video"), (1, 0, 16, 0, 30, "Intro call", (), "phone"),
    (0, 1, 9, 30, 50, "Breathwork, session 2 of 6", ("Beatriz Nóbrega",), "room"), (0, 1, 11, 0, 60, "Coaching", ("Anika Sharma-Whitfield",), "video"),
    (2, 1, 13, 0, 60, "Lunch with Priya", ("Priya Raman",), ""), (3, 1, 15, 30, 75, "Write module 5", (), ""),
    (0, 2, 9, 0, 50, "Breathwork, session 9 of 12", ("Amara Okafor",), "room"), (1, 2, 10, 30, 45, "Discovery call", ("Hanna Weiss",), "video"),
    (4, 2, 12, 0, 30, "Call accountant", (), ""), (0, 2, 14, 0, 75, "Somatic coaching", ("Tom Brennan",), "video"),
    (1, 2, 16, 0, 30, "Plan joint workshop", ("Keiko Tanaka",), ""), (2, 2, 18, 30, 90, "Evening circle", ("Leila Haddad", "Grace Mbeki", "Priya Raman"), "room"),
    (4, 3, 8, 30, 45, "Own practice", (), ""), (1, 3, 10, 0, 45, "Discovery call", ("Yusuf Demir",), "video"),
    (0, 3, 11, 0, 50, "Breathwork, session 1 of 6", ("Leila Haddad",), "tentative"), (0, 3, 14, 0, 60, "Coaching", ("Daniel Abebe",), "cancelled"),
    (4, 3, 17, 0, 60, "Office hours", (), ""), (0, 4, 9, 0, 75, "Somatic coaching", ("Sofia Marchetti",), "video"),
    (0, 4, 11, 0, 50, "Check-in call", ("Marisol Quiñones",), "tentative"), (4, 4, 15, 0, 45, "Insurance webinar", (), "declined"),
    (2, 5, 10, 0, 120, "Sintra hike group", (), ""),
)  # fmt: skip
WHOLE = ((2, 5, 2, "Retreat site visit"),)


def fill_calendar(mara: Actor, addresses: Mapping[str, str]) -> UUID:
    """Land last week's, this week's and next week's events, as a sync does."""
    begins = week_begins(today_of(mara), mara.week_start)
    me = mara.on_behalf("job")
    with unit_of_work(me, "demo.calendar") as session:
        connection = Connection(
            owner_id=mara.user_id, audience=Audience.PRIVATE.value, kind=ConnectionKind.ICS.value, name="Example calendars of the demo",
            url="https://calendar.example/demo.ics", state=ConnectionState.PAUSED.value, meetings_audience=Audience.TEAM.value,
        )  # fmt: skip
        session.add(connection)
        session.flush()
        for number, (name, hue) in enumerate(CALENDARS):
            kept = _calendar(session, connection, name, hue)
            read = [event for week in (-1, 0, 1) for event in _week(mara, number, begins + timedelta(weeks=week), addresses)]
            land_items(session, me, kept, [TakenItem(f"{event.uid}.ics", "1", b"BEGIN:VCALENDAR", ReadItem(events=(event,))) for event in read])
        return connection.id


def _calendar(session: Session, connection: Connection, name: str, hue: str) -> Calendar:
    kept = Calendar(
        owner_id=connection.owner_id, audience=Audience.PRIVATE.value, connection_id=connection.id, external_id=f"https://calendar.example/{name}",
        name=name, hue=hue,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    return kept


def _week(mara: Actor, number: int, begins: date, addresses: Mapping[str, str]) -> list[ReadEvent]:
    found = []
    for calendar, day, hour, minute, minutes, title, names, more in WEEK:
        if calendar == number:
            starts = datetime.combine(begins + timedelta(days=day), time(hour, minute), mara.zone).astimezone(UTC)
            answer = Response.WAITING if more == "tentative" else Response.ACCEPTED
            asked = tuple(ReadAttendee(email=addresses[name], name=name, response=answer) for name in names)
            found.append(_event(f"{title} {starts:%Y%m%d%H%M} UTC", title, starts, minutes, asked, more))
    for calendar, day, days, title in WHOLE:
        if calendar == number:
            first = begins + timedelta(days=day)
            starts = datetime.combine(first, time(), mara.zone).astimezone(UTC)
            whole = {"all_day": True, "start_date": first, "end_date": first + timedelta(days=days)}
            found.append(ReadEvent(uid=f"{title} {first}", title=title, starts_at=starts, ends_at=starts + timedelta(days=days), **whole))  # type: ignore[arg-type]
    return found


def _event(uid: str, title: str, starts: datetime, minutes: int, asked: tuple[ReadAttendee, ...], more: str) -> ReadEvent:
    known: dict[str, dict[str, object]] = {
        "room": {"location": "Studio, room 2", "meeting_type": MeetingType.IN_PERSON},
        "video": {"url": "https://meet.example/stillwater", "meeting_type": MeetingType.VIDEO},
        "phone": {"meeting_type": MeetingType.PHONE}, "tentative": {"status": EventStatus.TENTATIVE}, "cancelled": {"status": EventStatus.CANCELLED},
    }  # fmt: skip
    mine = (ReadAttendee(email="mara@stillwater.example", name="Mara Lindqvist", response=Response.DECLINED),) if more == "declined" else ()
    values = {"uid": uid, "title": title, "starts_at": starts, "ends_at": starts + timedelta(minutes=minutes), "attendees": (*asked, *mine), **known.get(more, {})}
    return ReadEvent.model_validate(values)
