"""Contacts for tests of what hangs on them, written without the contact service."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.exports import service as exports
from crm_app.domain.unit_of_work import unit_of_work


def contact(actor: Actor, name: str = "Ann Lee", audience: str = "team") -> UUID:
    """A contact of ``actor``."""
    with unit_of_work(actor, "test.contact") as session:
        row = Contact(owner_id=actor.user_id, audience=audience, display_name=name, sort_name=name.lower())
        session.add(row)
        session.flush()
        return row.id


def fields(database, table: str, row_id: UUID, *names: str):
    """What stands in a row, seen by the schema's owner."""
    with database.owner.connect() as connection:
        return tuple(connection.execute(text(f"select {', '.join(names)} from {table} where id = :id"), {"id": row_id}).one())


def exported(run: Callable[..., Any], actor: Actor, kind: str) -> bytes:
    """All that ``actor`` can take out, as one file."""
    file = BytesIO()
    run(actor, exports.export_contacts, kind, file)
    return file.getvalue()
