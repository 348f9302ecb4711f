"""Who may become a contact by their mail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import ContactPoint, PointKind
from crm_app.domain.contacts.scope import among_texts
from crm_app.domain.mail.models import Email, EmailParty, EmailPlace, MailFolder, MailRule


def list_strangers(session: Session, actor: Actor, connection_id: UUID, *, written_to: bool, limit: int) -> Sequence[Any]:
    """(address, name) of people in the heads of one mailbox's mails who are no contacts: whom the actor wrote to, or who wrote as well."""
    here = exists().where(
        col(EmailPlace.email_id) == col(Email.id), col(MailFolder.id) == col(EmailPlace.folder_id), col(MailFolder.connection_id) == connection_id
    )
    sent = (col(Email.direction) == "out") & col(EmailParty.role).in_(("to", "cc"))
    came = (col(Email.direction) == "in") & (col(EmailParty.role) == "from")
    asked = columns(col(EmailParty.address), func.max(col(EmailParty.name)).label("name")).join(Email, col(Email.id) == col(EmailParty.email_id))
    asked = asked.where(col(Email.owner_id) == actor.user_id, col(Email.standing) == "unknown", here, sent if written_to else sent | came)
    asked = asked.group_by(col(EmailParty.address)).order_by(func.max(col(Email.sent_at)).desc(), col(EmailParty.address))
    return session.execute(asked.limit(limit)).all()


def list_met(session: Session, actor: Actor, fingerprints: Collection[str]) -> set[str]:
    """Of which of these addresses, by their fingerprints, a contact was made once."""
    asked = columns(col(MailRule.address)).where(col(MailRule.owner_id) == actor.user_id, among_texts(col(MailRule.address), fingerprints))
    return set(session.execute(asked).scalars())


def list_known_addresses(session: Session, addresses: Collection[str]) -> set[str]:
    """Which of these addresses are a contact's whom the asker sees, in the trash too."""
    asked = columns(col(ContactPoint.value_norm)).where(col(ContactPoint.kind) == PointKind.EMAIL.value, among_texts(col(ContactPoint.value_norm), addresses))
    return set(session.execute(asked).scalars())
