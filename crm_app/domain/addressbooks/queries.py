"""Reading address books and their cards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func, null, update
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, visible_to

MOST_COPIES = 100


def list_books(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> Sequence[AddressBook]:
    """The books of these connections by name."""
    found = select(AddressBook).where(AddressBook.owner_id == actor.user_id, col(AddressBook.connection_id).in_(connection_ids))
    return session.exec(found.order_by(func.lower(AddressBook.name), col(AddressBook.id)).execution_options(populate_existing=True)).all()


def list_kinds(session: Session, actor: Actor, connection_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of what kind these connections are."""
    found = select(Connection.id, Connection.kind).where(Connection.owner_id == actor.user_id, col(Connection.id).in_(connection_ids))
    return {key: kind for key, kind in session.exec(found).all()}


def count_people(session: Session, actor: Actor, book_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many contacts that the actor sees stand in each of these books."""
    here = (Contact.id == AddressCard.contact_id) & visible_to(actor) & col(Contact.deleted_at).is_(None)
    counted = func.count(func.distinct(AddressCard.contact_id))
    mine = [col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id).in_(book_ids), ~col(AddressCard.wanted)]
    found = select(AddressCard.book_id, counted).join(Contact, here).where(*mine)
    return {key: count for key, count in session.exec(found.group_by(col(AddressCard.book_id))).all()}


def list_known(session: Session, actor: Actor, book_id: UUID) -> dict[str, str]:
    """What is kept of a book: the provider's refs with their etags."""
    mine = [col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id) == book_id, ~col(AddressCard.wanted)]
    found = select(AddressCard.external_id, AddressCard.etag).where(*mine)
    return {ref: etag for ref, etag in session.exec(found).all()}


def list_cards(session: Session, actor: Actor, book_id: UUID, refs: Collection[str]) -> dict[str, AddressCard]:
    """These cards of a book by ref, held for this transaction."""
    found = select(AddressCard).where(AddressCard.owner_id == actor.user_id, AddressCard.book_id == book_id, col(AddressCard.external_id).in_(refs))
    return {row.external_id: row for row in session.exec(found.with_for_update().execution_options(populate_existing=True)).all()} if refs else {}


def list_here(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> set[UUID]:
    """Which of these contacts the actor sees, outside the trash."""
    found = select(Contact.id).where(among(col(Contact.id), list(contact_ids)), visible_to(actor), col(Contact.deleted_at).is_(None))
    return set(session.exec(found).all()) if contact_ids else set()


def list_with_copies(session: Session, actor: Actor, connection_id: UUID) -> Sequence[tuple[AddressCard, str]]:
    """The cards of a connection of which something was changed on both sides, with what their contacts are called."""
    here = (Contact.id == AddressCard.contact_id) & visible_to(actor) & col(Contact.deleted_at).is_(None)
    found = select(AddressCard, Contact.display_name).join(Contact, here).join(AddressBook, col(AddressBook.id) == col(AddressCard.book_id))
    mine = found.where(AddressCard.owner_id == actor.user_id, AddressBook.connection_id == connection_id, col(AddressCard.copies) != [])
    return session.exec(mine.order_by(col(Contact.sort_name), col(AddressCard.id)).limit(MOST_COPIES).execution_options(populate_existing=True)).all()


def list_unseen(session: Session, actor: Actor, book_id: UUID, after: UUID | None, most: int, *, wanted: bool) -> Sequence[AddressCard]:
    """Cards, from one on, whose contacts are other versions than those that were in step, or that are ``wanted``; held for this transaction."""
    here = (Contact.id == AddressCard.contact_id) & visible_to(actor) & col(Contact.deleted_at).is_(None)
    found = select(AddressCard).join(Contact, here).where(AddressCard.owner_id == actor.user_id, AddressCard.book_id == book_id)
    unseen = col(AddressCard.seen) != col(Contact.version)
    other = found.where(col(AddressCard.wanted), unseen) if wanted else found.where(~col(AddressCard.wanted), col(AddressCard.held).is_(None) | unseen)
    rows = other.where(col(AddressCard.id) > after) if after else other
    return session.exec(rows.order_by(col(AddressCard.id)).limit(most).with_for_update(of=AddressCard).execution_options(populate_existing=True)).all()  # type: ignore[arg-type]


def forget_held(session: Session, actor: Actor, book_id: UUID) -> None:
    """Forget what the contacts of a book held: whatever they hold when it is looked at next is in step."""
    mine = [col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id) == book_id]
    session.connection().execute(update(AddressCard).where(*mine).values(held=null(), seen=0))


def loosen(session: Session, actor: Actor, book_id: UUID, refs: Collection[str]) -> int:
    """Forget these cards, and how many there were; the contacts that they became stay. A card of which something waits to be settled stays until then."""
    gone = [col(AddressCard.copies) == [], col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id) == book_id, col(AddressCard.external_id).in_(refs)]
    return len(session.connection().execute(delete(AddressCard).where(*gone).returning(col(AddressCard.id))).all()) if refs else 0


def forget_cards(session: Session, actor: Actor, book_id: UUID) -> None:
    """Forget every card of a book that is not synced any more; the contacts stay, and what waits to be settled."""
    gone = [col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id) == book_id, col(AddressCard.copies) == []]
    session.connection().execute(delete(AddressCard).where(*gone))


def end_wishes(session: Session, actor: Actor, book_id: UUID, contact_ids: Collection[UUID] | None = None) -> int:
    """Have these contacts, or all, not be put into a book any more, and how many were to be."""
    gone = [col(AddressCard.wanted), col(AddressCard.owner_id) == actor.user_id, col(AddressCard.book_id) == book_id]
    if contact_ids is not None:
        gone.append(among(col(AddressCard.contact_id), list(contact_ids)))
    return len(session.connection().execute(delete(AddressCard).where(*gone).returning(col(AddressCard.id))).all())


def list_places(session: Session, actor: Actor, contact_id: UUID) -> Sequence[tuple[AddressCard, AddressBook, str]]:
    """In which of the actor's books that are synced a contact stands or is to, with what their connections are called."""
    found = select(AddressCard, AddressBook, Connection.name).join(AddressBook, col(AddressBook.id) == col(AddressCard.book_id))
    mine = [col(AddressCard.owner_id) == actor.user_id, col(AddressCard.contact_id) == contact_id, col(AddressBook.synced)]
    shown = found.join(Connection, col(Connection.id) == col(AddressBook.connection_id)).where(*mine)
    return session.exec(shown.order_by(func.lower(AddressBook.name), col(AddressCard.id))).all()


def list_open_books(session: Session, actor: Actor) -> Sequence[tuple[AddressBook, str]]:
    """The actor's books that are written into, by name, with what their connections are called."""
    found = select(AddressBook, Connection.name).join(Connection, col(Connection.id) == col(AddressBook.connection_id))
    mine = found.where(AddressBook.owner_id == actor.user_id, col(AddressBook.synced), col(AddressBook.two_way))
    return session.exec(mine.order_by(func.lower(AddressBook.name), col(AddressBook.id))).all()


def find_card_of(session: Session, actor: Actor, book_id: UUID, contact_id: UUID) -> AddressCard | None:
    """A card of a book by which a contact is, or is to be, in it."""
    found = select(AddressCard).where(AddressCard.owner_id == actor.user_id, AddressCard.book_id == book_id, AddressCard.contact_id == contact_id)
    return session.exec(found.order_by(col(AddressCard.wanted), col(AddressCard.id)).limit(1)).first()
