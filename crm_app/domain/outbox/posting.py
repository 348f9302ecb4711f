"""How a service has a mail sent: one call, inside its own transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.outbox import queries
from crm_app.domain.outbox.models import LETTER
from crm_app.domain.outbox.rules import checked_address, checked_line
from crm_app.domain.outbox.sending import Recipient


class _Binding:
    address: str = ""


def bind_mail(address: str) -> None:
    """Say from which address this deployment sends mail; empty when it sends none."""
    _Binding.address = address


def mail_address() -> str:
    """The address that mails come from, or ``""``: then nothing offers to send any."""
    return _Binding.address


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says and to whom; ``unsubscribe`` is the whole address where one POST stops it, for which nobody signs in."""

    to_address: str
    subject: str
    text: str
    html: str = ""
    to_name: str = ""
    unsubscribe: str = ""


def post_mail(session: Session, actor: Actor, kind: str, letter: Letter, *, key: str, expires_at: datetime) -> UUID | None:
    """Write a mail, to be sent once what is done here has been committed, and not after ``expires_at``. Afterwards its words are forgotten.

    None when the actor has a mail of this ``key`` already, or when this deployment sends no mail. Invalid when an address,
    a name or a subject could not stand in a header.
    """
    if not mail_address():
        return None
    values = {
        "to_address": checked_address(letter.to_address), "to_name": checked_line(letter.to_name, "to_name"), "subject": checked_line(letter.subject, "subject"),
        "text": letter.text, "html": letter.html, "unsubscribe": letter.unsubscribe, "expires_at": expires_at,
    }  # fmt: skip
    return queries.put(session, actor, kind, key, values)


@dataclass(frozen=True, slots=True)
class OwnLetter:
    """What somebody writes themselves, from a mailbox of theirs; ``references`` are the message ids that it goes on from, without brackets,
    ``files`` what is attached, ``html`` the same words for programs that show more than letters."""

    connection_id: UUID
    sender: Recipient
    people: tuple[Recipient, ...]
    subject: str
    text: str
    html: str = ""
    references: tuple[str, ...] = ()
    files: tuple[UUID, ...] = ()


def post_letter(session: Session, actor: Actor, letter: OwnLetter, *, key: str, leaves_at: datetime, expires_at: datetime) -> UUID | None:
    """Write a letter of the actor's, to be sent from ``leaves_at`` on. None when one of this ``key`` is there already. Invalid as for ``post_mail``."""
    people = [Recipient(checked_address(one.address), checked_line(one.name, "recipients"), one.role) for one in letter.people]
    sender = Recipient(checked_address(letter.sender.address), checked_line(letter.sender.name, "connection_id"))
    first, *others = people
    values = {
        "to_address": first.address, "to_name": first.name, "subject": checked_line(letter.subject, "subject"), "text": letter.text, "html": letter.html,
        "run_after": leaves_at, "expires_at": expires_at, "connection_id": letter.connection_id,
        "letter": {
            "sender": asdict(sender), "others": [asdict(one) for one in others], "references": list(letter.references), "files": [str(one) for one in letter.files],
        },
    }  # fmt: skip
    return queries.put(session, actor, LETTER, key, values)
