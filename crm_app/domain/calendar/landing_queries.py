"""What landing reads: a few statements for a page of items, however many events they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.matching import Clues, Directory, comparable
from crm_app.domain.calendar.models import Calendar, CalendarItem, Event, EventAttendee, EventContact
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts.models import Contact, ContactPoint, PointKind
from crm_app.domain.contacts.scope import among, among_texts, visible_to
from crm_app.domain.errors import NotFound

MOST_REREAD = 200
_CARRIED = text(
    "insert into event_contact (event_id, contact_id, how, owner_id, audience, starts_at) "
    "select distinct on (s.id, l.contact_id) s.id, l.contact_id, l.how, s.owner_id, s.audience, s.starts_at from event_contact l "
    "join event e on e.id = l.event_id "
    "join event s on s.owner_id = e.owner_id and s.uid = e.uid and s.recurrence_id = e.recurrence_id and not s.id = any(:gone) "
    "where l.event_id = any(:gone) and l.how <> 'address' order by s.id, l.contact_id, l.how "
    "on conflict (event_id, contact_id) do update set how = excluded.how where event_contact.how = 'address'"
)
_WITH_WORDS = text("select distinct l.event_id from event_contact l join event e on e.id = l.event_id where e.calendar_id = any(:calendars) and l.how <> 'address'")


@dataclass(frozen=True)
class Home:
    """What of a calendar's connection and owner landing needs: how far back is read, and by which addresses its owner is asked."""

    kind: str
    history_months: int
    own: frozenset[str]


def get_home(session: Session, actor: Actor, calendar: Calendar) -> Home:
    """The connection of the actor's own calendar, else NotFound."""
    asked = columns(col(Connection.kind), col(Connection.history_months), col(Connection.username), col(UserAccount.email))
    found = asked.join(UserAccount, col(UserAccount.id) == col(Connection.owner_id))
    row = session.execute(found.where(col(Connection.id) == calendar.connection_id, col(Connection.owner_id) == actor.user_id)).first()
    if row is None:
        raise NotFound
    return Home(row.kind, row.history_months, frozenset({comparable(row.username), comparable(row.email)} - {""}))


def list_own_addresses(session: Session, actor: Actor) -> frozenset[str]:
    """By which addresses the actor is asked to events, in any of their calendars."""
    found = {actor.email, *session.execute(columns(col(Connection.username)).where(col(Connection.owner_id) == actor.user_id)).scalars()}
    found.update(session.execute(columns(col(UserAccount.email)).where(col(UserAccount.id) == actor.user_id)).scalars())
    return frozenset({comparable(one) for one in found} - {""})


def list_items(session: Session, calendar: Calendar, refs: Collection[str]) -> dict[str, CalendarItem]:
    """What is kept of these things, by what they are called over there."""
    found = select(CalendarItem).where(CalendarItem.calendar_id == calendar.id, among_texts(col(CalendarItem.external_id), refs))
    return {row.external_id: row for row in session.exec(found).all()}


def list_refs(session: Session, calendar: Calendar) -> dict[str, UUID]:
    """Everything that is kept of a calendar: what it is called over there, and its key here."""
    return dict(session.execute(columns(col(CalendarItem.external_id), col(CalendarItem.id)).where(col(CalendarItem.calendar_id) == calendar.id)).tuples().all())


def list_known(session: Session, calendar: Calendar) -> dict[str, str]:
    """What is kept of a calendar with its etags: what a source need not send again."""
    return dict(session.execute(columns(col(CalendarItem.external_id), col(CalendarItem.etag)).where(col(CalendarItem.calendar_id) == calendar.id)).tuples().all())


def list_rereads(session: Session, calendar: Calendar, until: date, limit: int = MOST_REREAD) -> Sequence[CalendarItem]:
    """What comes again and was read up to a day before ``until`` only, so that its content is to be read anew."""
    found = select(CalendarItem).where(CalendarItem.calendar_id == calendar.id, col(CalendarItem.read_until) < until)
    return session.exec(found.order_by(col(CalendarItem.read_until), col(CalendarItem.id)).limit(limit)).all()


def list_events(session: Session, calendar: Calendar, item_ids: Collection[UUID], uids: Collection[str]) -> Sequence[Event]:
    """The events of these items, and those that bear one of these uids and stood in another item so far."""
    here = Event.calendar_id == calendar.id
    found = {row.id: row for row in session.exec(select(Event).where(here, among(col(Event.item_id), item_ids))).all()}
    found |= {row.id: row for row in session.exec(select(Event).where(here, among_texts(col(Event.uid), uids))).all()}
    return list(found.values())


def list_events_of_items(session: Session, item_ids: Collection[UUID]) -> Sequence[Event]:
    """All events of these items."""
    return session.exec(select(Event).where(among(col(Event.item_id), item_ids))).all()


def find_first_start(session: Session, calendar: Calendar, but: Collection[UUID]) -> datetime | None:
    """When the first of a calendar's other events begins."""
    return session.execute(columns(func.min(Event.starts_at)).where(col(Event.calendar_id) == calendar.id, ~among(col(Event.id), but))).scalar()


def list_events_by_id(session: Session, event_ids: Collection[UUID]) -> Sequence[Event]:
    """Events that were found already."""
    return session.exec(select(Event).where(among(col(Event.id), event_ids))).all()


def list_attendees(session: Session, event_ids: Collection[UUID]) -> dict[UUID, list[EventAttendee]]:
    """Who else is asked to these events."""
    found: dict[UUID, list[EventAttendee]] = defaultdict(list)
    for row in session.exec(select(EventAttendee).where(among(col(EventAttendee.event_id), event_ids))).all() if event_ids else ():
        found[row.event_id].append(row)
    return found


def list_links(session: Session, event_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """Whom these events concern, or by somebody's word do not: for each event, how each contact came to it."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    asked = columns(col(EventContact.event_id), col(EventContact.contact_id), col(EventContact.how))
    for event_id, contact_id, how in session.execute(asked.where(among(col(EventContact.event_id), event_ids))).tuples() if event_ids else ():
        found[event_id][contact_id] = how
    return found


def list_hand_links(session: Session, actor: Actor, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[UUID, str]]:
    """What somebody said by hand of the same events in other calendars of theirs, about contacts whom they still see."""
    found: dict[tuple[str, str], dict[UUID, str]] = defaultdict(dict)
    asked = columns(col(Event.uid), col(Event.recurrence_id), col(EventContact.contact_id), col(EventContact.how))
    asked = asked.join(EventContact, col(EventContact.event_id) == col(Event.id)).join(Contact, col(Contact.id) == col(EventContact.contact_id))
    asked = asked.where(col(Event.owner_id) == actor.user_id, col(EventContact.how) != "address", among_texts(col(Event.uid), {uid for uid, _ in keys}))
    for uid, recurrence_id, contact_id, how in session.execute(asked).tuples() if keys else ():
        found[uid, recurrence_id][contact_id] = how
    return found


def look_up(session: Session, actor: Actor, clues: Iterable[Clues]) -> Directory:
    """Whose the addresses and names of these clues are, among the live contacts that the actor sees. Two statements."""
    wanted = list(clues)
    live = (visible_to(actor), col(Contact.deleted_at).is_(None))
    addresses: dict[str, set[UUID]] = defaultdict(set)
    names: dict[str, set[UUID]] = defaultdict(set)
    if every := {address for one in wanted for address in one.addresses}:
        asked = columns(col(ContactPoint.value_norm), col(Contact.id)).join(Contact, col(Contact.id) == col(ContactPoint.contact_id))
        asked = asked.where(col(ContactPoint.kind) == PointKind.EMAIL.value, among_texts(col(ContactPoint.value_norm), every), *live)
        for address, contact_id in session.execute(asked).tuples():
            addresses[address].add(contact_id)
    if every := {name.text for one in wanted for name in one.names}:
        for name, contact_id in session.execute(columns(col(Contact.sort_name), col(Contact.id)).where(among_texts(col(Contact.sort_name), every), *live)).tuples():
            names[name].add(contact_id)
    return Directory(addresses, names)


def list_unmatched(session: Session, actor: Actor, limit: int) -> Sequence[Event]:
    """The actor's events of which a contact has gained an address since they were matched."""
    return session.exec(select(Event).where(Event.owner_id == actor.user_id, col(Event.matched).is_(False)).order_by(col(Event.id)).limit(limit)).all()


def list_unnamed(session: Session, actor: Actor, names: Collection[str], limit: int) -> Sequence[Event]:
    """The actor's events that ask nobody and whose words may hold one of these names or addresses, as far as the database can tell."""
    said: Any = text("exists (select from unnest(cast(:names as text[])) n where strpos(lower(event.title || ' ' || event.description), n) > 0)")
    said = said.bindparams(names=[name.lower() for name in names])
    nobody = ~columns(col(EventAttendee.event_id)).where(col(EventAttendee.event_id) == col(Event.id)).exists()
    return session.exec(select(Event).where(Event.owner_id == actor.user_id, nobody, said).order_by(col(Event.id)).limit(limit)).all()


def carry_words(session: Session, gone: Collection[UUID]) -> None:
    """What a person said of events that go, by hand, holds for the same events in their owner's other calendars. One statement."""
    session.connection().execute(_CARRIED, {"gone": list(gone)})


def carry_words_of_calendars(session: Session, calendars: Collection[UUID]) -> None:
    """The same before whole calendars go with their events. Two statements at most."""
    if gone := session.connection().execute(_WITH_WORDS, {"calendars": list(calendars)}).scalars().all():
        carry_words(session, gone)
