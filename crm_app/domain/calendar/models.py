"""Calendars, what stands in them over there, and the events that are read from it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Computed, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.calendar.kinds import EventStatus, MeetingType, Response
from crm_app.domain.rows import Keyed, Owned, Versioned, audience_known, one_of


class Calendar(Versioned, Owned, table=True):
    """One calendar of a connection, private to its owner like the connection. ``token`` is the provider's word for how far we have read."""

    __tablename__ = "calendar"
    __table_args__ = (audience_known("calendar"), Index("calendar_ref", "connection_id", "external_id", unique=True))

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    name: str = Field(max_length=240, sa_type=Text)
    hue: str = Field(max_length=20, sa_type=Text)
    time_zone: str = Field(default="", max_length=80, sa_type=Text)
    writable: bool = False
    synced: bool = True
    shown: bool = True
    token: str = Field(default="", sa_type=Text)


class CalendarItem(Keyed, Owned, table=True):
    """One thing of a calendar as the provider gave it, so that its recurring events can be read again as time goes on.

    ``read_until`` is the end of the window in which its occurrences were read; NULL for what does not come again. ``left_out``: all of it lay
    before the months that are read, so there is no event of it.
    """

    __tablename__ = "calendar_item"
    __table_args__ = (
        audience_known("calendar_item"),
        Index("calendar_item_ref", "calendar_id", "external_id", unique=True),
        Index("calendar_item_read_until", "read_until", postgresql_where=text("read_until is not null")),
        Index("calendar_item_left_out", "calendar_id", postgresql_where=text("left_out")),
    )

    calendar_id: UUID = Field(foreign_key="calendar.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    etag: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)
    read_until: date | None = None
    left_out: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class Event(Versioned, Owned, table=True):
    """One thing that takes place once: an event, or one occurrence of a recurring one (then ``recurrence_id`` is its original start).

    An all-day event has ``start_date`` and ``end_date`` (the day after its last); its ``starts_at`` and ``ends_at`` are those midnights in the calendar's zone.
    ``interaction_id`` is the meeting on the timeline that it became once it was over; ``entry_hash`` is what we wrote there, by which an entry is known
    that nobody has touched since. ``settled``: it was looked at since it ended. ``matched``: no contact has gained an address of its since.
    ``private``: its owner marked it so over there; then it, and the meeting that it becomes, stay theirs alone, whomever it concerns.
    """

    __tablename__ = "event"
    __table_args__ = (
        audience_known("event"),
        one_of("status", EventStatus, "event"),
        one_of("my_response", Response, "event", optional=True),
        one_of("meeting_type", MeetingType, "event", optional=True),
        Index("event_ref", "calendar_id", "uid", "recurrence_id", unique=True),
        Index("event_by_start", "owner_id", "starts_at", "id"),
        Index("event_team_by_start", "starts_at", "id", postgresql_where=text("audience = 'team'")),
        Index("event_of_days", "starts_at", postgresql_where=text("lasts_days")),
        Index("event_unsettled", "owner_id", "ends_at", postgresql_where=text("not settled")),
        Index("event_unmatched", "owner_id", postgresql_where=text("not matched")),
        Index("event_by_uid", "uid", "recurrence_id"),
        Index("event_by_item", "item_id"),
        Index("event_by_interaction", "interaction_id", postgresql_where=text("interaction_id is not null")),
    )

    calendar_id: UUID = Field(foreign_key="calendar.id", ondelete="CASCADE")
    item_id: UUID = Field(foreign_key="calendar_item.id", ondelete="CASCADE")
    uid: str = Field(sa_type=Text)
    recurrence_id: str = Field(default="", sa_type=Text)
    recurring: bool = False
    title: str = Field(default="", max_length=500, sa_type=Text)
    description: str = Field(default="", max_length=20_000, sa_type=Text)
    location: str = Field(default="", max_length=500, sa_type=Text)
    url: str = Field(default="", max_length=2000, sa_type=Text)
    meeting_type: str | None = Field(default=None, sa_type=Text)
    status: str = Field(default=EventStatus.CONFIRMED.value, sa_type=Text)
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    all_day: bool = False
    start_date: date | None = None
    end_date: date | None = None
    time_zone: str = Field(default="", max_length=80, sa_type=Text)
    organiser: str = Field(default="", max_length=320, sa_type=Text)
    my_response: str | None = Field(default=None, sa_type=Text)
    content_hash: str = Field(sa_type=Text)
    interaction_id: UUID | None = Field(default=None, foreign_key="interaction.id", ondelete="SET NULL")
    private: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    settled: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    matched: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    entry_hash: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    lasts_days: bool | None = Field(default=None, sa_type=Boolean, sa_column_args=(Computed("ends_at - starts_at > interval '2 days'", persisted=True),))


class EventAttendee(Owned, table=True):
    """Somebody else who is asked to an event, by an address in its one comparable form (lower case); its owner stands in ``my_response``."""

    __tablename__ = "event_attendee"
    __table_args__ = (
        audience_known("event_attendee"),
        one_of("response", Response, "event_attendee", optional=True),
        Index("event_attendee_of_address", "email", "owner_id"),
    )

    event_id: UUID = Field(primary_key=True, foreign_key="event.id", ondelete="CASCADE")
    email: str = Field(primary_key=True, max_length=320, sa_type=Text)
    name: str = Field(default="", max_length=240, sa_type=Text)
    response: str | None = Field(default=None, sa_type=Text)


class LinkHow(StrEnum):
    """How a contact came to an event: its address is among the attendees, somebody put it there, or somebody took it away for good."""

    ADDRESS = "address"
    HAND = "hand"
    REMOVED = "removed"


class EventContact(Owned, table=True):
    """A contact whom an event concerns; the start is carried here so that a record's meetings need one index."""

    __tablename__ = "event_contact"
    __table_args__ = (
        audience_known("event_contact"),
        one_of("how", LinkHow, "event_contact"),
        Index("event_contact_by_contact", "contact_id", "starts_at", "event_id"),
    )

    event_id: UUID = Field(primary_key=True, foreign_key="event.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    how: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))


class ChangeKind(StrEnum):
    """What somebody wants done in a calendar of theirs."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class ChangeState(StrEnum):
    """What became of it. ``conflict``: it had been changed over there meanwhile, and nothing was overwritten; ``refused``: it cannot be done."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    CONFLICT = "conflict"


class EventChange(Versioned, Owned, table=True):
    """What its owner wants to be different in a calendar of theirs, until the provider has taken it. Nothing here changes before that.

    ``wish`` holds only what is to be different, and is forgotten once it is done. ``item_ref`` and ``etag`` are the thing and the state that it was meant
    for, ``meant_for`` what the event itself said then. Of a new event ``uid`` is made of the row's own id, so that it can only come to be once.
    """

    __tablename__ = "event_change"
    __table_args__ = (
        audience_known("event_change"),
        one_of("what", ChangeKind, "event_change"),
        one_of("state", ChangeState, "event_change"),
        Index("event_change_one_waiting", "calendar_id", "item_ref", unique=True, postgresql_where=text("state = 'waiting' and item_ref <> ''")),
        Index("event_change_of_owner", "owner_id", text("created_at desc")),
        Index("event_change_by_event", "event_id", postgresql_where=text("event_id is not null")),
        Index("event_change_by_calendar", "calendar_id", "ended_at"),
    )

    calendar_id: UUID = Field(foreign_key="calendar.id", ondelete="CASCADE")
    event_id: UUID | None = Field(default=None, foreign_key="event.id", ondelete="SET NULL")
    what: str = Field(sa_type=Text)
    item_ref: str = Field(default="", sa_type=Text)
    uid: str = Field(sa_type=Text)
    recurrence_id: str = Field(default="", sa_type=Text)
    etag: str = Field(default="", sa_type=Text)
    meant_for: str = Field(default="", sa_type=Text)
    wish: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    state: str = Field(default=ChangeState.WAITING.value, sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
