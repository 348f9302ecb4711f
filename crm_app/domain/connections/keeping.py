"""Writing a connection down, as every way to connect an account or to change one does."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from crm_app.domain.connections.models import Connection, ConnectionState
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.rows import now


def keep_connection(session: Session, row: Connection) -> None:
    """Write it down. Conflict when its owner has one of this name already."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise Conflict(_("You have a connection of this name already.")) from error


def begin_again(row: Connection) -> None:
    """From now on, as if it had never failed."""
    row.state, row.failures, row.reason, row.next_run_at = ConnectionState.ACTIVE.value, 0, "", now()
