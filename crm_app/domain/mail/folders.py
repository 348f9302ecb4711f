"""The folders of a mailbox, as they are over there and as its owner wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.errors import NotFound
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.models import FolderRole, Mailbox, MailFolder
from crm_app.domain.mail.taken import TakenFolder
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

LEFT_OUT = frozenset({FolderRole.DRAFTS, FolderRole.JUNK, FolderRole.TRASH})


def make_mailbox(session: Session, actor: Actor, connection: Connection) -> Mailbox:
    """What stands beside a mail connection, as private as can be until its owner says otherwise."""
    mailbox = Mailbox(owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=connection.id)
    session.add(mailbox)
    session.flush()
    return mailbox


def land_folders(session: Session, actor: Actor, connection: Connection, folders: Sequence[TakenFolder]) -> list[MailFolder]:
    """Keep the folders of a mailbox as they are over there, and return them all. New ones are synced, but for drafts, junk and trash.

    Nothing at all over there is taken for a fault, not for an empty mailbox. NotFound for a connection that is not the actor's.
    """
    actor.require(Permission.MAIL_WRITE)
    if connection.owner_id != actor.user_id:
        raise NotFound
    if queries.find_mailbox(session, actor, connection.id) is None:
        make_mailbox(session, actor, connection)
    kept = {row.ref: row for row in queries.list_folders(session, actor, connection.id)}
    there = {folder.ref: folder for folder in folders}
    for ref, folder in there.items():
        values: dict[str, Any] = {"name": folder.name[:240], "role": folder.role.value}
        row = kept.get(ref)
        if row is None:
            kept[ref] = MailFolder(
                owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=connection.id, ref=ref, synced=folder.role not in LEFT_OUT, **values
            )
            session.add(kept[ref])
        else:
            row.sqlmodel_update({name: value for name, value in values.items() if getattr(row, name) != value})
    for ref in (kept.keys() - there.keys()) if there else ():
        session.delete(kept.pop(ref))
    session.flush()
    return list(kept.values())
