"""The only loaders of letters and templates by their ids. Nobody sees another's letter, whatever their role."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.letters.models import MailDraft, TemplateRow
from crm_app.domain.rows import Audience


def get_own_draft(session: Session, actor: Actor, letter_id: UUID) -> MailDraft:
    """A letter of the actor's own, held for this transaction; else NotFound."""
    found = select(MailDraft).where(MailDraft.id == letter_id, MailDraft.owner_id == actor.user_id)
    row = session.exec(found.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row


def get_visible_template(session: Session, actor: Actor, template_id: UUID) -> TemplateRow:
    """A template of the actor's own, or of the team's; else NotFound."""
    seen = (col(TemplateRow.owner_id) == actor.user_id) | (col(TemplateRow.audience) == Audience.TEAM.value)
    row = session.exec(select(TemplateRow).where(TemplateRow.id == template_id, seen).execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound
    return row


def get_own_template(session: Session, actor: Actor, template_id: UUID) -> TemplateRow:
    """A template that the actor may change. NotFound unless they may see it, Forbidden unless they made it."""
    row = get_visible_template(session, actor, template_id)
    if row.owner_id != actor.user_id:
        raise Forbidden(_("Only the person who made this template can change it."))
    return row
