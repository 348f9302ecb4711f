"""Which models there are, what they can do and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import access, providing, queries, rules, views
from crm_app.domain.ai.features import PriceSource
from crm_app.domain.ai.models import AiModel
from crm_app.domain.ai.schemas import ModelCreate, ModelUpdate, ModelView, ProviderView
from crm_app.domain.audit.writing import note
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission

_PRICES = ("input_price", "output_price")


def list_models(session: Session, actor: Actor) -> tuple[ModelView, ...]:
    """Every model that the actor sees, with what it costs and can do."""
    actor.require(Permission.AI_USE)
    return tuple(model for provider in providing.list_providers(session, actor) for model in provider.models)


def create_models(session: Session, actor: Actor, provider_id: UUID, data: Sequence[ModelCreate]) -> ProviderView:
    """Add models to a provider, all or none. Conflict when it has one of that name already."""
    actor.require(Permission.AI_USE)
    provider = access.get_managed_provider(session, actor, provider_id)
    known = {row.name for row in queries.list_models(session, actor, provider_id)}
    for each in data:
        if each.name in known:
            raise Conflict(_("There is a model called %s already.") % each.name)
        known.add(each.name)
        _require_able(each.embedding, each.max_output)
    if len(known) > rules.MOST_MODELS:
        raise Invalid(_("A provider has at most %d models.") % rules.MOST_MODELS)
    for each in data:
        values = each.model_dump(mode="json") | {"label": each.label or each.name[:80]}
        session.add(AiModel(owner_id=provider.owner_id, audience=provider.audience, provider_id=provider.id, **values))
    session.flush()
    note(session, actor, "ai.models_added", "ai_provider", provider.id, count=len(data))
    return providing.get_provider(session, actor, provider.id)


def update_model(session: Session, actor: Actor, model_id: UUID, data: ModelUpdate) -> ModelView:
    """Change the fields that are given; a price that is typed counts as entered from then on. Conflict when somebody else changed it meanwhile."""
    actor.require(Permission.AI_USE)
    row = access.get_managed_model(session, actor, model_id)
    local = access.get_provider(session, actor, row.provider_id).local
    require_version(row, data.version, views.model(row, local=local))
    changed = _changes(row, given_fields(data, may_be_empty=_PRICES))
    row.sqlmodel_update(changed)
    _require_able(row.embedding, row.max_output)
    session.flush()
    if changed:
        note(session, actor, "ai.model_changed", "ai_model", row.id, fields=" ".join(sorted(changed)))
    return views.model(access.get_managed_model(session, actor, row.id), local=local)


def delete_model(session: Session, actor: Actor, model_id: UUID) -> None:
    """Take a model out. What was spent on it stays in the ledger."""
    actor.require(Permission.AI_USE)
    row = access.get_managed_model(session, actor, model_id)
    session.delete(row)
    session.flush()
    note(session, actor, "ai.model_removed", "ai_model", model_id)


def _changes(row: AiModel, given: dict[str, Any]) -> dict[str, Any]:
    changed = {name: value for name, value in given.items() if value != getattr(row, name)}
    if any(name in changed for name in _PRICES):
        changed["price_source"] = PriceSource.ENTERED.value
    return changed


def _require_able(embedding: bool, max_output: int) -> None:
    if not embedding and max_output < 1:
        raise Invalid(fields={"max_output": _("Say how many tokens it answers at most.")})
