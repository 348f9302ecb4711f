"""What turning events into meetings reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy import text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar, Event
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts.models import Contact, Source
from crm_app.domain.contacts.scope import among, among_texts
from crm_app.domain.interactions.access import WITHOUT_INDEX
from crm_app.domain.interactions.models import Interaction, InteractionContact

Key = tuple[str, str]
_DUE = text("select people_with_due_events(:moment)")


def list_people_with_due_events(session: Session, moment: datetime) -> list[UUID]:
    """Whose events have ended since they were last looked after, or are to be matched again. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_DUE, {"moment": moment}).scalars())


def list_due_events(session: Session, actor: Actor, moment: datetime, limit: int) -> Sequence[Event]:
    """The actor's own events that have ended and were not looked at since, the earliest first."""
    found = select(Event).where(Event.owner_id == actor.user_id, col(Event.settled).is_(False), col(Event.ends_at) <= moment)
    return session.exec(found.order_by(col(Event.ends_at), col(Event.id)).limit(limit)).all()


def list_siblings(session: Session, actor: Actor, keys: Collection[Key]) -> dict[Key, list[tuple[Event, str]]]:
    """The actor's events by what names them in every calendar, each with who is to see its meeting: what its connection says, unless it is marked private."""
    asked = columns(Event, col(Connection.meetings_audience)).join(Calendar, col(Calendar.id) == col(Event.calendar_id))
    asked = asked.join(Connection, col(Connection.id) == col(Calendar.connection_id))
    found: dict[Key, list[tuple[Event, str]]] = defaultdict(list)
    for row, audience in session.execute(asked.where(col(Event.owner_id) == actor.user_id, among_texts(col(Event.uid), {uid for uid, _ in keys}))).tuples():
        if (row.uid, row.recurrence_id) in keys:
            found[row.uid, row.recurrence_id].append((row, "private" if row.private else audience))
    return found


def list_entries(session: Session, actor: Actor, references: Collection[str]) -> dict[str, Interaction]:
    """The actor's own meetings that came from a sync under these names, in the trash too; locked until the transaction ends."""
    found = select(Interaction).options(*WITHOUT_INDEX).where(
        Interaction.owner_id == actor.user_id, Interaction.source == Source.SYNC.value, among_texts(col(Interaction.external_id), references)
    )  # fmt: skip
    locked = found.order_by(col(Interaction.id)).with_for_update().execution_options(populate_existing=True)
    return {row.external_id or "": row for row in session.exec(locked).all()}


def list_people(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """On whose timelines these entries stand."""
    link, found = InteractionContact, defaultdict(set)
    asked = columns(col(link.interaction_id), col(link.contact_id)).where(among(col(link.interaction_id), entry_ids))
    for entry_id, contact_id in session.execute(asked).tuples() if entry_ids else ():
        found[entry_id].add(contact_id)
    return found


def list_seen(session: Session, contact_ids: Collection[UUID]) -> set[UUID]:
    """Which of these contacts are there and seen, in the trash too: row security leaves out what has become a colleague's own."""
    return set(session.execute(columns(col(Contact.id)).where(among(col(Contact.id), contact_ids))).scalars()) if contact_ids else set()


def list_others(session: Session, actor: Actor, keys: Collection[Key]) -> dict[Key, tuple[UUID, set[UUID]]]:
    """Colleagues' meetings of the same events, where the actor sees them: the entry, and on whose timelines it stands."""
    asked = columns(col(Event.uid), col(Event.recurrence_id), col(Interaction.id)).join(Interaction, col(Interaction.id) == col(Event.interaction_id))
    asked = asked.where(
        col(Event.owner_id) != actor.user_id, col(Event.audience) == "team", among_texts(col(Event.uid), {uid for uid, _ in keys}),
        col(Interaction.deleted_at).is_(None), col(Interaction.owner_id) != actor.user_id,
    )  # fmt: skip
    found = {(uid, recurrence_id): entry_id for uid, recurrence_id, entry_id in session.execute(asked).tuples() if (uid, recurrence_id) in keys}
    people = list_people(session, list(found.values()))
    return {key: (entry_id, people.get(entry_id, set())) for key, entry_id in found.items()}
