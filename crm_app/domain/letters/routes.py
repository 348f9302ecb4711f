"""By which server a mailbox sends, and with what it signs in there: what a job needs, in memory only."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import secrets
from crm_app.domain.connections.models import Connection, ConnectionState
from crm_app.domain.i18n import _
from crm_app.domain.letters import queries, views
from crm_app.domain.mail.models import GMAIL_SENDS, Mailbox
from crm_app.domain.outbox.sending import MailPutOff, MailRefused, Recipient
from crm_app.domain.secret_box import SealBroken


@dataclass(frozen=True, slots=True)
class Route:
    """How a mailbox sends. ``inner``: its host has opened that place inside their own network. By Gmail it sends with its own sign-in there, and no password."""

    connection_id: UUID
    host: str
    port: int
    security: str
    username: str
    sender: Recipient
    inner: bool
    password: SecretStr = field(default_factory=lambda: SecretStr(""))


def load_route(session: Session, actor: Actor, connection_id: UUID | None) -> Route:
    """By which way a letter leaves. ``MailRefused`` when there is none any more, ``MailPutOff`` while the mailbox rests."""
    found = queries.find_sender(session, actor, connection_id)
    if found is None:
        raise MailRefused(_("The mailbox that it was to leave by is not connected any more, or does not send."))
    connection, mailbox = found
    if connection.state != ConnectionState.ACTIVE:
        raise MailPutOff(views.sender(actor, connection, mailbox).resting)
    return route_of(session, actor, connection, mailbox)


def find_route(session: Session, actor: Actor, connection_id: UUID) -> Route | None:
    """By which way a mailbox sends, whatever its state; None for one that only brings mail in."""
    found = queries.find_sender(session, actor, connection_id)
    return route_of(session, actor, *found) if found else None


def route_of(session: Session, actor: Actor, connection: Connection, mailbox: Mailbox) -> Route:
    """The same, of a mailbox that is known to send. ``MailRefused`` when its password no longer opens."""
    sender = Recipient(mailbox.sender_address, mailbox.sender_name or actor.name)
    if mailbox.smtp_host == GMAIL_SENDS:
        return Route(connection.id, GMAIL_SENDS, mailbox.smtp_port, mailbox.smtp_security, connection.username, sender, inner=False)
    try:
        password = secrets.read(session, actor, connection).password
    except SealBroken as broken:
        raise MailRefused(broken.message) from broken
    return Route(connection.id, mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security, connection.username, sender, mailbox.smtp_inner, password)
