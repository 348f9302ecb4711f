"""Whom and what AI may read for somebody: the conditions, and the only loaders that ask them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import Team
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, visible_to
from crm_app.domain.disclosure.schemas import SensitiveField
from crm_app.domain.rows import Audience


def readable(actor: Actor) -> Any:
    """A contact that the actor sees and has not deleted, of which nobody said "never to AI", and that agrees to AI itself."""
    return visible_to(actor) & col(Contact.deleted_at).is_(None) & col(Contact.ai_allowed) & col(Contact.ai_consent)


def seen(actor: Actor, table: Any) -> Any:
    """The scope that row security applies as well: one's own and the team's."""
    return or_(col(table.owner_id) == actor.user_id, col(table.audience) == Audience.TEAM.value)


def all_agree(actor: Actor, link: Any, row: Any, *but: Any) -> Any:
    """Everybody on a row may be read, also whom the actor does not see: then it is not for AI. ``link`` joins rows and contacts."""
    agrees = exists().where(col(Contact.id) == col(link.contact_id), readable(actor))
    return ~exists().where(row, *but, ~agrees)


def list_readable(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these contacts AI may read for the actor."""
    if not contact_ids:
        return frozenset()
    return frozenset(session.exec(select(Contact.id).where(among(col(Contact.id), set(contact_ids)), readable(actor))).all())


def count_readable_by_stage(session: Session, actor: Actor) -> dict[str, int]:
    """How many contacts that AI may read for the actor, and that are not archived, stand in each stage."""
    found = select(Contact.stage, func.count()).where(readable(actor), col(Contact.archived_at).is_(None)).group_by(Contact.stage)
    return {str(stage): number for stage, number in session.exec(found).all()}


def list_seen(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these contacts the actor sees, and whether the contact agrees to AI itself."""
    found = select(Contact.id, Contact.ai_consent).where(among(col(Contact.id), set(contact_ids)), visible_to(actor), col(Contact.deleted_at).is_(None))
    return dict(session.exec(found).all()) if contact_ids else {}


def get_readable_contact(session: Session, actor: Actor, contact_id: UUID) -> Contact | None:
    """The contact if AI may read it for the actor."""
    return session.exec(select(Contact).where(Contact.id == contact_id, readable(actor)).execution_options(populate_existing=True)).first()


def get_team(session: Session, *, lock: bool = False) -> Team:
    """The team's row, which says what of a contact's sensitive part AI may read."""
    found = select(Team).execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).one()


def sensitive_fields(team: Team) -> frozenset[SensitiveField]:
    """What the team lets AI read of what stands apart; a word that is no field any more opens nothing."""
    return frozenset(field for field in SensitiveField if field.value in team.ai_reads.split())
