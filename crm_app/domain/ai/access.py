"""The only loaders of providers and models by their ids: the team's are seen by everybody who may use models, one's own by oneself."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, col, or_, select

from crm_app.domain.actor import Actor
from crm_app.domain.ai.models import AiModel, AiProvider
from crm_app.domain.errors import NotFound
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

Row = TypeVar("Row", AiProvider, AiModel)


def get_provider(session: Session, actor: Actor, provider_id: UUID) -> AiProvider:
    """A provider that the actor sees, else NotFound."""
    return _get(session, actor, AiProvider, provider_id)


def get_model(session: Session, actor: Actor, model_id: UUID) -> AiModel:
    """A model that the actor sees, else NotFound."""
    return _get(session, actor, AiModel, model_id)


def get_managed_provider(session: Session, actor: Actor, provider_id: UUID) -> AiProvider:
    """A provider that the actor may change, locked. NotFound where they do not see it, Forbidden where it is the team's and they do not manage those."""
    return _managed(session, actor, AiProvider, provider_id)


def get_managed_model(session: Session, actor: Actor, model_id: UUID) -> AiModel:
    """A model of such a provider, locked."""
    return _managed(session, actor, AiModel, model_id)


def may_manage(actor: Actor, row: AiProvider | AiModel) -> bool:
    """The team's are changed by those who say what models may cost, one's own by oneself. Having entered the team's is no right to it."""
    return row.audience == Audience.PRIVATE or actor.can(Permission.AI_MANAGE)


def _managed(session: Session, actor: Actor, table: type[Row], row_id: UUID) -> Row:
    if not may_manage(actor, _get(session, actor, table, row_id)):  # looked at first: row security hides from a lock what may not be changed
        actor.require(Permission.AI_MANAGE)
    return _get(session, actor, table, row_id, lock=True)


def _get(session: Session, actor: Actor, table: type[Row], row_id: UUID, *, lock: bool = False) -> Row:
    seen = or_(col(table.audience) == Audience.TEAM.value, col(table.owner_id) == actor.user_id)
    found = select(table).where(col(table.id) == row_id, seen).execution_options(populate_existing=True)
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound
    return row
