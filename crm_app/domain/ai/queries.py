"""Reading what was decided about language models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, true
from sqlmodel import Session, col, func, or_, select

from crm_app.domain.actor import Actor
from crm_app.domain.ai import rules
from crm_app.domain.ai.features import TIERS, Feature, ModelTier, Tier
from crm_app.domain.ai.kinds import OFFERS, ProviderKind
from crm_app.domain.ai.models import AiFeature, AiModel, AiPreference, AiProvider, AiProviderKey, AiSettings
from crm_app.domain.ai.places import is_open
from crm_app.domain.ai.selector import Candidate
from crm_app.domain.rows import Audience

_TO_BRIEF = text("select people_to_brief(:moment)")


def find_settings(session: Session, *, lock: bool = False) -> AiSettings | None:
    """The team's decisions, if it has made any."""
    found = select(AiSettings).execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).first()


def get_settings(session: Session) -> AiSettings:
    """The team's decisions, or what holds until it makes any: everything is off."""
    return find_settings(session) or AiSettings(version=1)


def list_features(session: Session) -> dict[Feature, AiFeature]:
    """What holds for each feature, in their order."""
    kept = {row.feature: row for row in session.exec(select(AiFeature).execution_options(populate_existing=True)).all()}
    return {feature: kept.get(feature.value) or AiFeature(feature=feature.value, enabled=True, tier=TIERS[feature].value) for feature in Feature}


def find_preference(session: Session, actor: Actor, *, lock: bool = False) -> AiPreference | None:
    """What the actor would rather have, if they said so. ``lock`` holds it for this transaction."""
    found = select(AiPreference).where(AiPreference.user_id == actor.user_id).execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).first()


def list_people_to_brief(session: Session, moment: datetime) -> Sequence[UUID]:
    """Whose day may have to be told. Asked by nobody, it tells ids alone."""
    return session.connection().execute(_TO_BRIEF, {"moment": moment}).scalars().all()


def list_providers(session: Session, actor: Actor) -> Sequence[AiProvider]:
    """The team's providers and the actor's own, in the order in which they came."""
    seen = or_(col(AiProvider.audience) == Audience.TEAM.value, col(AiProvider.owner_id) == actor.user_id)
    return session.exec(select(AiProvider).where(seen).order_by(col(AiProvider.id)).execution_options(populate_existing=True)).all()


def count_providers(session: Session, actor: Actor) -> int:
    """How many the actor has entered, for the team or for themselves."""
    return session.exec(select(func.count()).select_from(AiProvider).where(AiProvider.owner_id == actor.user_id)).one()


def list_models(session: Session, actor: Actor, provider_id: UUID | None = None) -> Sequence[AiModel]:
    """The models that the actor sees, by name; of one provider if that is said."""
    seen = or_(col(AiModel.audience) == Audience.TEAM.value, col(AiModel.owner_id) == actor.user_id)
    found = select(AiModel).where(seen).order_by(AiModel.label, AiModel.name).execution_options(populate_existing=True)
    return session.exec(found if provider_id is None else found.where(AiModel.provider_id == provider_id)).all()


def find_key(session: Session, provider_id: UUID) -> AiProviderKey | None:
    """What is sealed of a provider that the actor sees."""
    return session.exec(select(AiProviderKey).where(AiProviderKey.provider_id == provider_id).execution_options(populate_existing=True)).first()


def list_keyed(session: Session) -> frozenset[UUID]:
    """The providers of which a key is kept."""
    return frozenset(session.exec(select(AiProviderKey.provider_id)).all())


def list_candidates(session: Session, actor: Actor, *, own_keys: bool, resting: bool = False) -> tuple[Candidate, ...]:
    """Every model that is switched on, at a provider that is or with ``resting`` at any; one's own only where the team allows that."""
    seen = col(AiProvider.audience) == Audience.TEAM.value
    if own_keys:
        seen = or_(seen, col(AiProvider.owner_id) == actor.user_id)
    joined = select(AiModel, AiProvider).join(AiProvider, col(AiProvider.id) == col(AiModel.provider_id))
    used = col(AiProvider.enabled) if not resting else true()
    found = joined.where(seen, used, col(AiModel.enabled)).order_by(col(AiModel.id)).execution_options(populate_existing=True)
    return tuple(_candidate(model, provider) for model, provider in session.exec(found).all())


def tier_of(feature: AiFeature, preference: AiPreference | None) -> Tier:
    """How much model a feature is given for somebody: what they would rather have, else what the team has chosen."""
    return Tier((preference.tiers if preference else {}).get(feature.feature) or feature.tier)


def _candidate(model: AiModel, provider: AiProvider) -> Candidate:
    opened = provider.inner_allowed or is_open(*rules.place_of(provider.base_url))
    return Candidate(
        model_id=model.id, provider_id=provider.id, provider=OFFERS[ProviderKind(provider.provider)].speaks, base_url=provider.base_url,
        inner_allowed=opened, name=model.name, label=model.label, tier=ModelTier(model.tier), input_price=model.input_price,
        output_price=model.output_price, context_tokens=model.context_tokens, max_output=model.max_output, tools=model.tools,
        structured=model.structured, vision=model.vision, embedding=model.embedding, local=provider.local, region=provider.region, trains=provider.trains,
        own=provider.audience == Audience.PRIVATE,
    )  # fmt: skip
