"""Providers and models as they are shown: never with a key."""

from __future__ import annotations

from collections.abc import Sequence

from crm_app.domain.actor import Actor
from crm_app.domain.ai.access import may_manage
from crm_app.domain.ai.models import AiModel, AiProvider
from crm_app.domain.ai.schemas import ModelView, ProviderView
from crm_app.domain.rows import Audience


def provider(actor: Actor, row: AiProvider, has_key: bool, models: Sequence[AiModel]) -> ProviderView:
    """A provider with its models, as the actor may see it."""
    shown = row.model_dump(exclude={"owner_id", "audience", "created_at", "updated_at", "inner_allowed"})
    own, listed = row.audience == Audience.PRIVATE, tuple(model(each, local=row.local) for each in models)
    return ProviderView(**shown, has_key=has_key, own=own, editable=may_manage(actor, row), models=listed)


def model(row: AiModel, *, local: bool) -> ModelView:
    """A model; on a machine of the practice it costs nothing, so that its price is always known."""
    shown = row.model_dump(exclude={"owner_id", "audience", "created_at", "updated_at"})
    return ModelView(**shown, priced=local or (row.input_price is not None and (row.embedding or row.output_price is not None)))
