"""Contacts that somebody puts into an address book of theirs: nothing goes there unasked, and what was asked for can be taken back until it has gone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.access import get_own_book
from crm_app.domain.addressbooks.landing import SOURCE
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.addressbooks.schemas import ContactBook, ContactBooks, OpenBook
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.contacts import service as contacts
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.imports.writing import write_identities
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now


def get_contact_books(session: Session, actor: Actor, contact_id: UUID) -> ContactBooks:
    """With which of the actor's own books a contact is in step, and into which it may be put. Nobody is told of another's."""
    actor.require(Permission.CONTACT_READ)
    if contact_id not in queries.list_here(session, actor, [contact_id]):
        raise NotFound
    rows = queries.list_places(session, actor, contact_id)
    kept = tuple(ContactBook(**_named(book, connection), waits=card.wanted, refused=card.wanted and card.seen > 0) for card, book, connection in rows)
    return ContactBooks(kept=kept, open=_open(session, actor, {one.book_id for one in kept}))


def list_open_books(session: Session, actor: Actor) -> tuple[OpenBook, ...]:
    """The actor's books that a contact may be put into, by name."""
    actor.require(Permission.CONNECTION_MANAGE)
    return _open(session, actor, set())


def put_into_book(session: Session, actor: Actor, book_id: UUID, contact_id: UUID) -> ContactBooks:
    """Have a contact put into an own book with the next sync; one that is in it stays as it is. Forbidden for a book that nothing is written into."""
    actor.require(Permission.CONNECTION_MANAGE)
    book = get_own_book(session, actor, book_id, lock=True)
    contacts.get_contact(session, actor, contact_id)
    if not (book.synced and book.two_way):
        raise Forbidden(_("This address book takes no changes from here."))
    if queries.find_card_of(session, actor, book.id, contact_id) is None:
        uid, private = str(new_id()), Audience.PRIVATE.value
        session.add(AddressCard(owner_id=actor.user_id, audience=private, book_id=book.id, external_id=uid, etag="", contact_id=contact_id, wanted=True))
        write_identities(session, actor, SOURCE, [(f"id:{uid}", contact_id)])  # so that a look at the book knows whose card that is
        connection = get_own_connection(session, actor, book.connection_id, lock=True)
        if connection.state == ConnectionState.ACTIVE:
            connection.next_run_at = now()
        session.flush()
    return get_contact_books(session, actor, contact_id)


def leave_out_of_book(session: Session, actor: Actor, book_id: UUID, contact_id: UUID) -> ContactBooks:
    """Have a contact not be put into a book after all. NotFound once it stands there, or when nobody asked for that."""
    actor.require(Permission.CONNECTION_MANAGE)
    book = get_own_book(session, actor, book_id, lock=True)
    if not queries.end_wishes(session, actor, book.id, [contact_id]):
        raise NotFound
    return get_contact_books(session, actor, contact_id)


def _open(session: Session, actor: Actor, but: set[UUID]) -> tuple[OpenBook, ...]:
    if not actor.can(Permission.CONNECTION_MANAGE):
        return ()
    return tuple(OpenBook(**_named(book, connection)) for book, connection in queries.list_open_books(session, actor) if book.id not in but)


def _named(book: AddressBook, connection: str) -> dict[str, Any]:
    return {"book_id": book.id, "name": book.name, "connection_id": book.connection_id, "connection": connection}
