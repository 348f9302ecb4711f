"""By which server a mailbox sends, and as whom. A password is only ever sent to a place that it was given for."""

from __future__ import annotations

import re
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.connections import queries as connections
from crm_app.domain.connections import secrets
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import Connection, ConnectionKind
from crm_app.domain.connections.rules import require_by_hand
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.mail.access import get_own_mailbox
from crm_app.domain.mail.choices import show_mailbox
from crm_app.domain.mail.folders import make_mailbox
from crm_app.domain.mail.landing_queries import find_mailbox
from crm_app.domain.mail.models import GMAIL_SENDS, Mailbox
from crm_app.domain.mail.schemas import MailboxView, SendingSet
from crm_app.domain.outbox.rules import checked_address, checked_line
from crm_app.domain.permissions import Permission

PORTS = (465, 587, 2525, 25)
SILENT = {"smtp_host": "", "smtp_port": 0, "smtp_security": "", "smtp_inner": False}
"""How it stands beside a mailbox that only brings mail in."""
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.I)


def set_sending(session: Session, actor: Actor, connection_id: UUID, data: SendingSet) -> MailboxView:
    """Say by which server a mailbox of the actor's sends, or, without a host, that it only brings mail in. Letters that wait leave by what stands then."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_mailbox(session, actor, connection_id, lock=True)
    require_version(row, data.version, show_mailbox(session, actor, row))
    account = get_own_connection(session, actor, connection_id, lock=True)
    if data.host:
        require_by_hand(ConnectionKind(account.kind))
    password = data.password or SecretStr("")
    typed, moved = bool(password.get_secret_value()), (data.host.lower(), data.port) != (row.smtp_host, row.smtp_port)
    if data.host and moved and not typed and connections.find_secret(session, actor, account.id) is not None:
        raise Invalid(fields={"password": _("Enter the password again: it is only ever sent to the address that it was given for.")})
    put_sending(row, account, data, inner=row.smtp_inner and not moved)
    if typed:
        secrets.keep(session, actor, account, secrets.Access(account.url, password))
    note(session, actor, "connection.changed", "connection", account.id, fields="sending")
    session.flush()
    return show_mailbox(session, actor, get_own_mailbox(session, actor, connection_id))


def start_mailbox(session: Session, actor: Actor, account: Connection, data: ConnectionCreate, *, inner: bool) -> None:
    """What stands beside a new mail connection, with how it sends, if it does: as the user name, or as the actor's own address where that is none."""
    address = account.username if _is_address(account.username) else actor.email
    sends = SendingSet(version=1, host=data.smtp_host, port=data.smtp_port, security=data.smtp_security, address=address)
    try:
        put_sending(make_mailbox(session, actor, account), account, sends, inner=inner)
    except Invalid as error:
        raise Invalid(fields={f"smtp_{field}": said for field, said in error.fields.items()}) from error


def stop_sending(session: Session, actor: Actor, connection_id: UUID) -> None:
    """Have a mailbox that signs in elsewhere, or as somebody else, send no more until its owner says anew by which server: that one was told the
    password of the other account, and this one's was not given for it.
    """
    if row := find_mailbox(session, actor, connection_id):
        row.sqlmodel_update(SILENT)


def start_at_gmail(session: Session, actor: Actor, account: Connection) -> None:
    """Have a mailbox at Gmail send as its own address: whoever signed in to it has just allowed that."""
    row = get_own_mailbox(session, actor, account.id, lock=True)
    row.sqlmodel_update({**SILENT, "smtp_host": GMAIL_SENDS, "smtp_port": 443, "smtp_security": "tls", "sender_address": _address(account.username)})
    session.flush()


def put_sending(row: Mailbox, connection: Connection, data: SendingSet, *, inner: bool) -> None:
    """Write down how a mailbox sends. ``inner`` is the word of whoever hosts this: the place may be on this machine or in their own network."""
    host = data.host.strip().lower()
    if not host:
        row.sqlmodel_update(SILENT)
        return
    if not _HOST.fullmatch(host):
        raise Invalid(fields={"host": _("This is not an address of a mail server. It looks like smtp.example.org")})
    if not inner and data.port not in PORTS:
        raise Invalid(fields={"port": _("Mail is sent by one of the ports 465, 587, 2525 and 25.")})
    if not inner and data.security == "none":
        raise Invalid(fields={"security": _("Without encryption your password could be read on the way.")})
    row.sqlmodel_update({
        "smtp_host": host, "smtp_port": data.port, "smtp_security": data.security, "smtp_inner": inner, "sender_name": checked_line(data.name, "name"),
        "sender_address": _address(data.address or connection.username),
    })  # fmt: skip


def _is_address(text: str) -> bool:
    try:
        return bool(checked_address(text))
    except Invalid:
        return False


def _address(typed: str) -> str:
    try:
        return checked_address(typed)
    except Invalid:
        raise Invalid(fields={"address": _("Say from which address it sends.")}) from None
