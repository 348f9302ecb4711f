"""Puts to each mail of a thread what is odd about its sender."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.mail import wording
from crm_app.domain.mail.lookalike import Sender, doubts, locals_like, names_like
from crm_app.domain.mail.lookalike_queries import list_known
from crm_app.domain.mail.models import Direction, LinkHow
from crm_app.domain.mail.schemas import LinkedContact, MailView


def with_doubts(session: Session, actor: Actor, mails: Sequence[MailView], contacts: Sequence[LinkedContact]) -> list[MailView]:
    """The same mails. Whom somebody put to the thread by hand is who they say they are. One statement, or none."""
    senders = {mail.id: _sender(mail) for mail in mails if mail.direction is Direction.IN and mail.from_address}
    if not senders:
        return list(mails)
    names = {way for sender in senders.values() for way in names_like(sender.name)}
    begins = {way for sender in senders.values() for way in locals_like(sender.address)}
    put = {one.contact.id for one in contacts if one.how is LinkHow.HAND}
    known = [one for one in list_known(session, actor, names, begins) if one.contact_id is None or one.contact_id not in put]
    found = {sender: wording.oddities(doubts(sender, known)) for sender in set(senders.values())}
    return [mail.model_copy(update={"odd": found[senders[mail.id]]}) if mail.id in senders else mail for mail in mails]


def _sender(mail: MailView) -> Sender:
    return Sender(mail.from_name, mail.from_address, tuple(one.address for one in mail.reply_to), bool(mail.automatic))
