"""The only loader of letters by their ids. Nobody sees another's, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.letters.models import MailDraft


def get_own_draft(session: Session, actor: Actor, letter_id: UUID) -> MailDraft:
    """A letter of the actor's own, held for this transaction; else NotFound."""
    found = select(MailDraft).where(MailDraft.id == letter_id, MailDraft.owner_id == actor.user_id)
    row = session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row
