"""What an owner decides about their address books."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries, views
from crm_app.domain.addressbooks.access import get_own_book
from crm_app.domain.addressbooks.models import AddressBook
from crm_app.domain.addressbooks.schemas import BookChoice, BookRow
from crm_app.domain.connections import queries as connection_queries
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.editing import require_version
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now


def choose_book(session: Session, actor: Actor, book_id: UUID, choice: BookChoice) -> BookRow:
    """Whether a book is synced. The contacts of one that is no longer stay, and follow it no more; one that is again is read anew."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_book(session, actor, book_id, lock=True)
    require_version(row, choice.version, _shown(session, actor, row))
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


def _shown(session: Session, actor: Actor, row: AddressBook) -> BookRow:
    return next(shown for shown in views.list_rows(session, actor, [row.connection_id])[row.connection_id] if shown.id == row.id)
