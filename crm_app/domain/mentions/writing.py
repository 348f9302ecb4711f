"""Keeping mentions true to the text they stand in, and telling whom they name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import Owned
from crm_app.domain.actor import Actor
from crm_app.domain.mentions import queries
from crm_app.domain.mentions.rules import find_mentions, still_there
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify

Place = Literal["interaction", "task"]


def keep_mentions(session: Session, actor: Actor, place: Place, entry_id: UUID, entry: Owned, text: str, *, fresh: bool = False) -> None:
    """Make the mentions of an entry or task those of its text, and tell each person once, if they may see it.

    Call it when the row and its links are written: who may see it is settled by then. ``fresh``: nothing was mentioned before.
    """
    known = {} if fresh else {view.user_id: view.label for view in queries.get_mentions(session, place, [entry_id]).get(entry_id, ())}
    if not known and "@" not in text:
        return
    kept = {person: label for person, label in known.items() if still_there(text, label)}
    wanted = find_mentions(text, queries.list_people(session)) | kept
    queries.remove(session, place, entry_id, known.keys() - wanted.keys())
    queries.put(session, place, entry_id, entry.owner_id, entry.audience, {person: label for person, label in wanted.items() if person not in known})
    notify(session, actor, wanted, Kind.MENTION, about=(place, entry_id), key="mention")


def tell_mentioned(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> None:
    """Contacts were shared: whoever is named in what hangs on them may see it now, and is told if they were not before."""
    for about, people in queries.list_shared(session, contact_ids).items():
        notify(session, actor, people, Kind.MENTION, about=about, key="mention")
