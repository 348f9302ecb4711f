"""With what a letter begins: an answer with its people, its subject and what it quotes; one from a record with the contact's address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.i18n import _
from crm_app.domain.letters import queries, rules, signatures, views
from crm_app.domain.letters.schemas import MOST_ADDRESSES, MOST_WORDS, LetterInput, LetterStart
from crm_app.domain.mail.access import get_own_mail
from crm_app.domain.mail.identity import Party
from crm_app.domain.mail.landing_queries import list_own_addresses, list_parties
from crm_app.domain.mail.models import Direction, Email
from crm_app.domain.permissions import Permission
from crm_app.domain.times import exact


def get_new_letter(session: Session, actor: Actor, *, answers_id: UUID | None = None, everyone: bool = False, contact_id: UUID | None = None) -> LetterStart:
    """What a letter begins with that answers a mail of the actor's own (``everyone``: all that it went to), or that is for a contact.

    Beneath it stands its mailbox's signature. One that was begun there and not sent is given instead. NotFound for a mail that is not the actor's,
    or a contact whom they do not see.
    """
    actor.require(Permission.MAIL_WRITE)
    begun = queries.find_begun(session, actor, answers_id, contact_id)
    kept = views.load(session, actor, begun) if begun else None
    known = queries.list_senders(session, actor)
    senders = {connection.id: mailbox.signature for connection, mailbox in known}
    first = next((connection.id for connection, _mailbox in known if connection.state == ConnectionState.ACTIVE), next(iter(senders), None))
    if answers_id is not None:
        fresh = _answer(session, actor, get_own_mail(session, actor, answers_id), everyone=everyone)
        fresh.connection_id = fresh.connection_id if fresh.connection_id in senders else first
        return LetterStart(kept=kept, fresh=_signed(fresh, senders))
    fresh = LetterInput(connection_id=first)
    if contact_id is not None:
        contact = get_visible_contact(session, actor, contact_id)
        to = rules.written(contact.primary_email, contact.display_name) if contact.primary_email else ""
        fresh = LetterInput(connection_id=first, contact_id=contact_id, recipients=to)
    return LetterStart(kept=kept, fresh=_signed(fresh, senders))


def _signed(fresh: LetterInput, senders: Mapping[UUID, str]) -> LetterInput:
    """With the signature of the mailbox that it leaves by: over what it quotes, which is kept beside it."""
    return fresh.model_copy(update={"body": signatures.under(fresh.body, senders[fresh.connection_id]).lstrip()}) if fresh.connection_id else fresh


def _answer(session: Session, actor: Actor, mail: Email, *, everyone: bool) -> LetterInput:
    own, parties = list_own_addresses(session, actor), list_parties(session, [mail.id]).get(mail.id, ())
    subject, words = queries.read_words(session, mail.id)
    if mail.direction == Direction.OUT:
        to = _of(parties, "to")
    else:
        to = _of(parties, "reply_to") or _of(parties, "from")
    alone = {address for address, _name in to}
    others = [one for one in (*_of(parties, "to"), *_of(parties, "cc")) if one[0] not in alone] if everyone else []
    said = _("On %(when)s, %(who)s wrote:") % {"when": exact(mail.sent_at, actor), "who": mail.from_name or mail.from_address}
    return LetterInput(
        connection_id=queries.find_connection_of(session, actor, mail.id), answers_id=mail.id, subject=rules.answer_subject(subject)[:500],
        recipients=_short(rules.line_of(to, own if mail.direction == Direction.OUT else ())), copies=_short(rules.line_of(others, own)),
        quoted=rules.quoted(said, words)[:MOST_WORDS],
    )  # fmt: skip


def _of(parties: Collection[Party], role: str) -> list[tuple[str, str]]:
    return sorted((one.address, one.name) for one in parties if one.role == role)


def _short(line: str) -> str:
    """As much of a line as a letter takes, cut between people."""
    return line if len(line) <= MOST_ADDRESSES else line[:MOST_ADDRESSES].rpartition(", ")[0]
