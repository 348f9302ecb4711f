"""What took place becomes one entry of the timeline for each event, however many of its owner's calendars hold it, and follows the event.

It follows until somebody writes in it: then it is theirs, and stays as they left it. One that a person has deleted is not made again.
A colleague's entry of the same event, where it is seen, serves the contacts on it: nobody's timeline tells a meeting twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import meeting_queries as queries
from crm_app.domain.calendar import meeting_rules as rules
from crm_app.domain.calendar.fresh import AnyEvent
from crm_app.domain.calendar.landing_queries import list_links
from crm_app.domain.calendar.meeting_queries import Key
from crm_app.domain.calendar.meeting_rules import took_place
from crm_app.domain.calendar.models import Event
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Source
from crm_app.domain.interactions.models import Interaction, Kind
from crm_app.domain.interactions.rules import search_text
from crm_app.domain.interactions.synced import change_people, link_people
from crm_app.domain.rows import Audience

MOST_AT_ONCE = 1_000
NOTHING: Mapping[UUID, bool] = MappingProxyType({})


@dataclass
class Traces:
    """What has been done to events and whom it concerns.

    ``keys`` names the events, each with the fingerprints that were kept of its entry. ``met`` are events that counted as having taken place
    before; ``people`` are contacts whose derived facts may have changed.
    """

    keys: dict[Key, set[str]] = field(default_factory=dict)
    met: set[UUID] = field(default_factory=set)
    people: set[UUID] = field(default_factory=set)

    def note(self, row: AnyEvent, moment: datetime) -> None:
        """Remember an event as it stands, before it changes or goes."""
        self.keys.setdefault((row.uid, row.recurrence_id), set()).add(row.entry_hash)
        if took_place(row, moment):
            self.met.add(row.id)

    def reopen(self, row: AnyEvent, *, had: bool, met: bool | None = None) -> None:
        """Look at an event again that was looked at in vain: it had no contact then, or was not one that took place. One whose entry is gone stays without."""
        if row.settled and row.interaction_id is None and not (had and (row.id in self.met if met is None else met)):
            row.settled = False


@dataclass
class _Case:
    """One event in all its owner's calendars, the entry that it has, and a colleague's."""

    key: Key
    events: list[Event]
    audiences: Mapping[UUID, str]
    links: Mapping[UUID, Mapping[UUID, str]]
    seen: Collection[UUID]
    hashes: set[str]
    moment: datetime
    entry: Interaction | None
    on: set[UUID]
    other: tuple[UUID, set[UUID]] | None
    said: Mapping[UUID, bool]

    @property
    def linked(self) -> set[UUID]:
        """Whom it was with: of those whom its owner sees no more, only who stands on its entry already."""
        return {one for one in rules.people_of(self.events, self.past, self.links) if one in self.seen or one in self.on}

    @property
    def past(self) -> list[Event]:
        """Those that count as having taken place."""
        return [row for row in self.events if took_place(row, self.moment)]


def follow(session: Session, actor: Actor, traces: Traces, moment: datetime, *, said: Mapping[UUID, bool] = NOTHING) -> None:
    """Make, change and take away entries as these events have it now. ``said``: whom a person has just put to them, or taken off, meaning the entry too."""
    session.flush()
    keys = traces.keys
    siblings = queries.list_siblings(session, actor, keys) if keys else {}
    entries = queries.list_entries(session, actor, [rules.reference(*key) for key in keys]) if keys else {}
    on = queries.list_people(session, [row.id for row in entries.values()])
    others = queries.list_others(session, actor, keys) if keys else {}
    links = list_links(session, [row.id for pairs in siblings.values() for row, _ in pairs])
    seen = queries.list_seen(session, {contact_id for people in links.values() for contact_id in people})
    made: list[tuple[_Case, Interaction, set[UUID]]] = []
    for key, hashes in keys.items():
        pairs, entry = siblings.get(key, []), entries.get(rules.reference(*key))
        case = _Case(
            key, [row for row, _ in pairs], {row.id: audience for row, audience in pairs}, links, seen, hashes - {""}, moment, entry,
            on.get(entry.id, set()) if entry else set(), others.get(key), said,
        )  # fmt: skip
        if case.entry is not None:
            traces.people |= _keep_up(session, case, case.entry)
        elif begun := _begin(session, actor, case):
            made.append((case, *begun))
    _write(session, made)
    refresh_derived(session, sorted(traces.people.union(*(people for _, _, people in made))))


def settle_due(session: Session, actor: Actor, moment: datetime) -> int:
    """Look after the actor's events that have ended since they were last looked at; how many those were (``MOST_AT_ONCE``: perhaps more)."""
    rows, traces = queries.list_due_events(session, actor, moment, MOST_AT_ONCE), Traces()
    for row in rows:
        traces.note(row, moment)
    traces.people.update(*(people.keys() for people in list_links(session, [row.id for row in rows]).values()))
    if rows:
        follow(session, actor, traces, moment)
    return len(rows)


def _begin(session: Session, actor: Actor, case: _Case) -> tuple[Interaction, set[UUID]] | None:
    """The entry of an event that has none, if it is to have one. Every event that is over is looked at by this, once."""
    theirs, on_theirs = case.other or (None, set())
    wanted, past = case.linked - on_theirs, case.past
    known = any(row.interaction_id not in (None, theirs) for row in case.events)
    if past and wanted and not known and (any(case.said.values()) or not all(row.settled for row in past)):
        meeting = rules.meeting_of(past, case.audiences)
        row = Interaction(
            owner_id=actor.user_id, kind=Kind.MEETING.value, source=Source.SYNC.value, external_id=rules.reference(*case.key),
            audience=Audience.PRIVATE.value if meeting.asked_audience == "private" else Audience.TEAM.value,
            asked_audience=meeting.asked_audience, search_text=search_text(meeting.subject, ""), **meeting.fields,
        )  # fmt: skip
        return row, wanted
    for event in case.events:
        _note(event, settled=event.ends_at <= case.moment, interaction_id=event.interaction_id or (theirs if past and not wanted else None))
    return None


def _write(session: Session, made: Sequence[tuple[_Case, Interaction, set[UUID]]]) -> None:
    """New entries with their links: owner, audience, kind and time of a link are the trigger's."""
    session.add_all(row for _, row, _ in made)
    session.flush()
    link_people(session, [(row, people) for _, row, people in made])
    for case, row, people in made:
        for event in case.events:
            _note(event, settled=event.ends_at <= case.moment, interaction_id=row.id, entry_hash=rules.entry_hash(row, people))
    session.flush()


def _keep_up(session: Session, case: _Case, entry: Interaction) -> set[UUID]:
    """Bring an entry up to date with its events, unless it is somebody's by now; whom that concerns."""
    linked, past = case.linked, case.past
    meeting = rules.meeting_of(past, case.audiences) if past else None
    standing = rules.entry_hash(entry, case.on)
    untouched = standing in case.hashes or (meeting is not None and standing == rules.hash_of(meeting, linked))
    if entry.deleted_at is not None or not untouched:
        _tie(case, entry)
        wanted = (case.on | {one for one, put in case.said.items() if put}) - {one for one, put in case.said.items() if not put}
        return change_people(session, entry, case.on, wanted) if case.said and entry.deleted_at is None else set()
    if meeting is None or not linked:
        session.delete(entry)
        session.flush()
        for event in case.events:
            _note(event, settled=event.ends_at <= case.moment, interaction_id=None, entry_hash="")
        return case.on
    values = {name: value for name, value in meeting.fields.items() if getattr(entry, name) != value}
    if values:
        entry.sqlmodel_update({**values, "search_text": search_text(meeting.subject, entry.body)})
    if meeting.asked_audience == Audience.PRIVATE and entry.asked_audience != Audience.PRIVATE:
        entry.asked_audience = values["asked_audience"] = Audience.PRIVATE.value
    changed = change_people(session, entry, case.on, linked)
    _tie(case, entry, entry_hash=rules.hash_of(meeting, linked))
    return case.on | linked if values or changed else set()


def _tie(case: _Case, entry: Interaction, **values: str) -> None:
    """Tie all events to their entry. A fingerprint is kept only of what we wrote ourselves."""
    for event in case.events:
        _note(event, settled=event.ends_at <= case.moment, interaction_id=entry.id, **values)


def _note(event: Event, **values: Any) -> None:
    """Write down only what differs: a second look writes nothing."""
    event.sqlmodel_update({name: value for name, value in values.items() if getattr(event, name) != value})
