"""The only loader of address books by their ids. Nobody sees another's, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.errors import NotFound


def get_own_book(session: Session, actor: Actor, book_id: UUID, *, lock: bool = False) -> AddressBook:
    """A book of one of the actor's own connections, else NotFound."""
    found = select(AddressBook).where(AddressBook.id == book_id, col(AddressBook.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row


def get_own_card(session: Session, actor: Actor, card_id: UUID, *, lock: bool = False) -> AddressCard:
    """A card of one of the actor's own books, else NotFound."""
    found = select(AddressCard).where(AddressCard.id == card_id, col(AddressCard.owner_id) == actor.user_id).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
