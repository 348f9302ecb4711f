"""What was changed on both sides: the book's word holds, and what stood here is kept until its owner has settled it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.access import get_own_card
from crm_app.domain.addressbooks.facts import POINT, Facts, called
from crm_app.domain.addressbooks.following import changes_of
from crm_app.domain.addressbooks.models import AddressCard
from crm_app.domain.addressbooks.schemas import CopyRow
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.errors import NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import end_news, notify_self
from crm_app.domain.permissions import Permission


def list_copies(session: Session, actor: Actor, connection_id: UUID) -> tuple[CopyRow, ...]:
    """What of an own connection's contacts was changed on both sides and waits to be settled, by name; the first hundred cards."""
    actor.require(Permission.CONNECTION_MANAGE)
    rows = queries.list_with_copies(session, actor, get_own_connection(session, actor, connection_id).id)
    return tuple(_shown(card, name, copy) for card, name in rows for copy in card.copies)


def settle_copy(session: Session, actor: Actor, card_id: UUID, copy_id: str, mine: bool) -> None:
    """Have what stood here again (``mine``), which the book is told of like any other change, or let the book's word be. NotFound once it is settled."""
    actor.require(Permission.CONNECTION_MANAGE)
    card = get_own_card(session, actor, card_id, lock=True)
    copy = next((one for one in card.copies if one["id"] == copy_id), None)
    if copy is None:
        raise NotFound
    if mine:
        view = contacts.get_contact(session, actor, card.contact_id)
        given = changes_of(view, {copy["name"]: copy["ours"]})
        contacts.update_contact(session, actor, view.id, ContactUpdate(version=view.version, **given))
    card.copies = [one for one in card.copies if one["id"] != copy_id]
    session.flush()
    end_news(session, actor, Kind.COPY_WAITS, about=("address_card", card.id), key=copy_id)


def keep(session: Session, actor: Actor, card: AddressCard, lost: Mapping[str, Any], says: Facts) -> None:
    """Remember what gave way to the book's word, and tell the owner, once for each; until it is settled."""
    fresh = [{"id": str(new_id()), "name": name, "ours": there, "theirs": says.get(name)} for name, there in lost.items()]
    if fresh:
        card.copies = [*card.copies, *fresh]
        session.flush()
    for copy in fresh:
        notify_self(session, actor, Kind.COPY_WAITS, about=("address_card", card.id), key=copy["id"], detail=called(copy["name"]))


def _shown(card: AddressCard, name: str, copy: Mapping[str, Any]) -> CopyRow:
    what, ours, theirs = copy["name"], copy["ours"], copy["theirs"]
    about = {"card_id": card.id, "id": copy["id"], "contact_id": card.contact_id, "contact_name": name}
    return CopyRow(**about, field=called(what), ours=_words(what, ours), theirs=_words(what, theirs))


def _words(name: str, value: Any) -> str:
    """A fact as one reads it; nothing where there is none."""
    if not value:
        return ""
    if name == "birthday":
        year, month, day = value
        return f"{year:04d}-{month:02d}-{day:02d}" if year else f"{month:02d}-{day:02d}"
    return str(value[1] if name.startswith(POINT) else value)
