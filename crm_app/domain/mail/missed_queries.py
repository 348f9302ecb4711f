"""Mails that missed a contact who was made, restored or shared while they came: neither transaction saw the other, so somebody looks once both are over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, or_, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, ContactPoint
from crm_app.domain.contacts.scope import visible_to
from crm_app.domain.mail.models import Direction, Email, EmailContact, EmailParty, PartyRole

AT_ONCE = timedelta(minutes=10)
"""No transaction lasts longer: what was made further apart saw each other."""
_DUE = text("select people_with_missed_mail(:since)")


def list_people_with_missed_mail(session: Session, since: datetime) -> list[UUID]:
    """Who may have mails of since then that missed somebody. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_DUE, {"since": since}).scalars())


def list_missed(session: Session, actor: Actor, own: Collection[str], since: datetime, limit: int) -> Sequence[Email]:
    """The actor's mails of since then that are with a contact who was made or written at about the same time, and know nothing of them. ``own`` is nobody's
    but the actor's.
    """
    near = or_(*(col(moment).between(Email.created_at - AT_ONCE, Email.created_at + AT_ONCE) for moment in (ContactPoint.created_at, Contact.updated_at)))
    found = select(Email).join(EmailParty, col(EmailParty.email_id) == col(Email.id))
    found = found.join(ContactPoint, (col(ContactPoint.kind) == "email") & (col(ContactPoint.value_norm) == col(EmailParty.address)))
    found = found.join(Contact, (col(Contact.id) == col(ContactPoint.contact_id)) & visible_to(actor) & col(Contact.deleted_at).is_(None) & near)
    theirs = or_(col(Email.direction) != Direction.OUT, col(EmailParty.role).not_in((PartyRole.FROM, PartyRole.REPLY_TO)))
    linked = exists().where(col(EmailContact.email_id) == col(Email.id), col(EmailContact.contact_id) == col(Contact.id))
    first = UUID(int=int(since.timestamp() * 1000) << 80)  # ids begin with the milliseconds at which they were made
    mine = found.where(Email.owner_id == actor.user_id, col(Email.id) >= first, ~col(Email.forgotten), col(EmailParty.address).not_in(own), theirs, ~linked)
    return session.exec(mine.distinct().order_by(col(Email.id)).limit(limit)).all()
