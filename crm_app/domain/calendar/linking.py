"""Events and their contacts: as landing finds them, and as they are found again when a contact gains an address.

Only links by address or name are made and dropped here; what somebody said by hand stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import landing_queries as queries
from crm_app.domain.calendar.fresh import AnyEvent, NewEvent
from crm_app.domain.calendar.matching import Clues, clues_of, find_people
from crm_app.domain.calendar.meetings import Traces
from crm_app.domain.calendar.models import Event, EventAttendee, EventContact, LinkHow
from crm_app.domain.calendar.reading_schemas import ReadAttendee, ReadEvent
from crm_app.domain.inserting import insert_rows

MOST_AT_ONCE = 2_000


@dataclass(frozen=True)
class Landing:
    """New and changed events with what was read of each, by what the changed ones were known before, and their owner's own addresses."""

    fresh: Sequence[NewEvent]
    changed: Sequence[Event]
    reads: Mapping[UUID, ReadEvent]
    clues: Mapping[UUID, Clues]
    own: Collection[str]


Link = tuple[AnyEvent, UUID, str]


@dataclass(frozen=True)
class Links:
    """What is to be written of whom events concern: links that are new, and contacts whom an event concerns no longer."""

    made: Sequence[Link]
    dropped: Sequence[tuple[UUID, Sequence[UUID]]]


def find_landed(session: Session, actor: Actor, traces: Traces, landing: Landing) -> Links:
    """Whom new and changed events concern now. What the same event has by hand in another calendar of theirs, it has here too.

    Nothing is written: an event that is to be looked at again says so when it is flushed, together with all that is new of it.
    """
    rows: tuple[AnyEvent, ...] = (*landing.fresh, *landing.changed)
    made: list[Link] = []
    dropped: list[tuple[UUID, Sequence[UUID]]] = []
    clues = {row.id: clues_of(landing.reads[row.id], landing.own) for row in rows}
    known = queries.look_up(session, actor, clues.values())
    links = queries.list_links(session, [row.id for row in landing.changed])
    said = queries.list_hand_links(session, actor, {(row.uid, row.recurrence_id) for row in landing.fresh})
    for row in rows:
        before, found, is_new = links.get(row.id, {}), find_people(clues[row.id], known), row.id not in landing.clues
        by_hand = said.get((row.uid, row.recurrence_id), {}) if is_new else {}
        made += [(row, contact_id, how) for contact_id, how in by_hand.items()]
        made += [(row, contact_id, LinkHow.ADDRESS.value) for contact_id in found - before.keys() - by_hand.keys()]
        if landing.clues.get(row.id) != clues[row.id]:
            dropped.append((row.id, [one for one, how in before.items() if how == LinkHow.ADDRESS.value and one not in found]))
        traces.people.update(found, before, by_hand)
        if found or by_hand or not is_new:  # what concerns nobody, and is over, was looked at with that
            traces.reopen(row, had=any(how != LinkHow.REMOVED.value for how in before.values()))
    return Links(made, dropped)


def link_landed(session: Session, links: Links) -> None:
    """Write down whom new and changed events concern."""
    for event_id, contact_ids in links.dropped:
        _drop(session, event_id, contact_ids)
    _make(session, links.made)


def match_again(session: Session, actor: Actor, traces: Traces, names: Collection[str] = ()) -> int:
    """Look once more at the actor's events of which a contact has gained an address, and at those that may name one of ``names``; how many events that were."""
    rows = {row.id: row for row in queries.list_unmatched(session, actor, MOST_AT_ONCE)}
    for row in queries.list_unnamed(session, actor, names, MOST_AT_ONCE) if names else ():
        rows[row.id] = row
    if not rows:
        return 0
    own = queries.list_own_addresses(session, actor)
    asked, links = queries.list_attendees(session, list(rows)), queries.list_links(session, list(rows))
    clues = {row.id: clues_of(read_of(row, asked.get(row.id, ())), own) for row in rows.values()}
    known = queries.look_up(session, actor, clues.values())
    made: list[Link] = []
    for row in rows.values():
        before = links.get(row.id, {})
        fresh = find_people(clues[row.id], known) - before.keys()
        made += [(row, contact_id, LinkHow.ADDRESS.value) for contact_id in fresh]
        if fresh:
            traces.people.update(fresh)
            traces.keys.setdefault((row.uid, row.recurrence_id), set()).add(row.entry_hash)
            traces.reopen(row, had=any(how != LinkHow.REMOVED.value for how in before.values()), met=True)
        row.matched = True
    _make(session, made)
    return len(rows)


def say_by_hand(session: Session, row: Event, contact_id: UUID, how: LinkHow) -> None:
    """Write down what a person says of an event and a contact: this is what a sync never changes, and what can be undone."""
    said = insert_once(EventContact).values(
        event_id=row.id, contact_id=contact_id, how=how.value, owner_id=row.owner_id, audience=row.audience, starts_at=row.starts_at
    )
    session.execute(said.on_conflict_do_update(index_elements=["event_id", "contact_id"], set_={"how": how.value}))


def read_of(row: Event, asked: Iterable[EventAttendee]) -> ReadEvent:
    """What is kept of an event, in the form in which it is read: as much as matching looks at."""
    people = tuple(ReadAttendee(email=one.email, name=one.name) for one in asked)
    return ReadEvent(
        uid=row.uid, title=row.title, description=row.description, organiser=row.organiser, starts_at=row.starts_at, ends_at=row.ends_at, attendees=people
    )


def _make(session: Session, links: Sequence[Link]) -> None:
    """Owner, audience and start of a link are the trigger's: what stands here only satisfies NOT NULL. One statement: who sees the events is settled once."""
    session.flush()
    rows = [
        {"event_id": row.id, "contact_id": contact_id, "how": how, "owner_id": row.owner_id, "audience": row.audience, "starts_at": row.starts_at}
        for row, contact_id, how in links
    ]
    insert_rows(session, "event_contact", ("event_id", "contact_id", "how", "owner_id", "audience", "starts_at"), rows)


def _drop(session: Session, event_id: UUID, contact_ids: Sequence[UUID]) -> None:
    if contact_ids:
        session.execute(delete(EventContact).where(col(EventContact.event_id) == event_id, col(EventContact.contact_id).in_(contact_ids)))
