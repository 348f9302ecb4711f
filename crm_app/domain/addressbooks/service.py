"""What an owner decides about their address books."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries, views
from crm_app.domain.addressbooks.access import get_own_book
from crm_app.domain.addressbooks.copies import list_copies, settle_copy
from crm_app.domain.addressbooks.models import WRITABLE, AddressBook
from crm_app.domain.addressbooks.placing import get_contact_books, leave_out_of_book, list_open_books, put_into_book
from crm_app.domain.addressbooks.schemas import BookChoice, BookRow
from crm_app.domain.connections import queries as connection_queries
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Forbidden
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

__all__ = ["choose_book", "get_contact_books", "leave_out_of_book", "list_copies", "list_open_books", "put_into_book", "settle_copy"]


def choose_book(session: Session, actor: Actor, book_id: UUID, choice: BookChoice) -> BookRow:
    """Whether a book is synced, and written into. The contacts of one that is no longer stay, and follow it no more; one that is again is read anew.

    What is changed here from the next look on is written into a book that takes changes. Forbidden for one that takes none from here.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_book(session, actor, book_id, lock=True)
    require_version(row, choice.version, _shown(session, actor, row))
    if choice.two_way is not None and choice.two_way != row.two_way:
        _choose_ways(session, actor, row, choice.two_way)
    if row.synced != choice.synced:
        row.synced, row.token = choice.synced, ""
        session.flush()
        connection = get_own_connection(session, actor, row.connection_id, lock=True)
        if row.synced and connection.state == ConnectionState.ACTIVE:
            connection.next_run_at = now()
        elif not row.synced:
            queries.forget_cards(session, actor, row.id)
            connection_queries.forget_problems(session, actor, row.connection_id, row.external_id)
        session.flush()
    return _shown(session, actor, get_own_book(session, actor, book_id))


def _choose_ways(session: Session, actor: Actor, row: AddressBook, two_way: bool) -> None:
    connection = get_own_connection(session, actor, row.connection_id, lock=True)
    if two_way and connection.kind not in WRITABLE:
        raise Forbidden(_("This address book takes no changes from here."))
    row.two_way, row.refused = two_way, ""
    session.flush()
    queries.forget_held(session, actor, row.id)
    if not two_way:
        queries.end_wishes(session, actor, row.id)
    if two_way and connection.state == ConnectionState.ACTIVE:
        connection.next_run_at = now()


def _shown(session: Session, actor: Actor, row: AddressBook) -> BookRow:
    return next(shown for shown in views.list_rows(session, actor, [row.connection_id])[row.connection_id] if shown.id == row.id)
