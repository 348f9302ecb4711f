"""What the team decides about language models, and what one person would rather have."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import access, providing, queries
from crm_app.domain.ai.features import Feature, Tier
from crm_app.domain.ai.models import AiPreference, AiSettings
from crm_app.domain.ai.schemas import AiView, FeatureUpdate, FeatureView, PreferenceUpdate, PreferenceView, SettingsUpdate, SettingsView
from crm_app.domain.audit.writing import note
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def get_ai(session: Session, actor: Actor) -> AiView:
    """Everything on Settings, AI & budgets, but what was spent."""
    actor.require(Permission.AI_USE)
    return AiView(
        settings=SettingsView.model_validate(queries.get_settings(session)), features=_features(session), preference=get_preference(session, actor),
        providers=providing.list_providers(session, actor), manages=actor.can(Permission.AI_MANAGE),
    )  # fmt: skip


def get_settings(session: Session, actor: Actor) -> SettingsView:
    """What the team has decided."""
    actor.require(Permission.AI_USE)
    return SettingsView.model_validate(queries.get_settings(session))


def change_settings(session: Session, actor: Actor, data: SettingsUpdate) -> SettingsView:
    """Change the decisions that are given; among them whether models are used at all. Conflict when somebody else decided meanwhile."""
    actor.require(Permission.AI_MANAGE)
    row = queries.find_settings(session, lock=True) or AiSettings(version=1)
    require_version(row, data.version, SettingsView.model_validate(row))
    changed = {name: value for name, value in given_fields(data).items() if value != getattr(row, name)}
    row.sqlmodel_update(changed)
    session.add(row)
    session.flush()
    if "enabled" in changed:
        note(session, actor, "ai.switched_on" if row.enabled else "ai.switched_off")
    if fields := sorted(set(changed) - {"enabled"}):
        note(session, actor, "ai.settings_changed", fields=" ".join(fields))
    return get_settings(session, actor)


def list_features(session: Session, actor: Actor) -> tuple[FeatureView, ...]:
    """What models are used for, whether they are, and how much model."""
    actor.require(Permission.AI_USE)
    return _features(session)


def choose_feature(session: Session, actor: Actor, feature: Feature, data: FeatureUpdate) -> FeatureView:
    """Whether models are used for this, and how much model; for search by meaning also which one reads, which begins anew with another one.

    Invalid for a model that is not the team's or does not read meaning, and for anything but search; NotFound for one that is not seen.
    """
    actor.require(Permission.AI_MANAGE)
    row = queries.list_features(session)[feature]
    given = given_fields(data, may_be_empty=("model_id",))
    if given.get("model_id"):
        _require_reader(session, actor, feature, given["model_id"])
    row.enabled = bool(given.get("enabled", row.enabled))
    row.tier = Tier(given.get("tier", row.tier)).value
    row.model_id = given.get("model_id", row.model_id)
    row = session.merge(row)
    session.flush()
    note(session, actor, "ai.feature_changed", feature=feature.value, enabled=row.enabled, tier=row.tier, model=str(row.model_id or ""))
    return FeatureView.model_validate(row)


def get_preference(session: Session, actor: Actor) -> PreferenceView:
    """What the actor would rather have."""
    actor.require(Permission.AI_USE)
    row = queries.find_preference(session, actor)
    return PreferenceView.model_validate(row) if row else PreferenceView.model_validate(AiPreference(user_id=actor.user_id))


def set_preference(session: Session, actor: Actor, data: PreferenceUpdate) -> PreferenceView:
    """Remember what the actor would rather have."""
    actor.require(Permission.AI_USE)
    given = given_fields(data)
    row = queries.find_preference(session, actor) or AiPreference(user_id=actor.user_id)
    row.local_only = bool(given.get("local_only", row.local_only))
    if "tiers" in given:
        row.tiers = {feature.value: tier.value for feature, tier in given["tiers"].items()}
    row.briefing = bool(given.get("briefing", row.briefing))
    row.briefing_at = given.get("briefing_at") or row.briefing_at
    session.add(row)
    session.flush()
    return get_preference(session, actor)


def _require_reader(session: Session, actor: Actor, feature: Feature, model_id: UUID) -> None:
    """Raise unless this is a model to which search by meaning may be given."""
    row = access.get_model(session, actor, model_id)
    if feature is not Feature.SEARCH:
        raise Invalid(fields={"model_id": _("A model of its own is only chosen for search by meaning.")})
    if row.audience != Audience.TEAM:
        raise Invalid(fields={"model_id": _("Everybody searches with it: choose a model of the team's.")})
    if not row.embedding:
        raise Invalid(fields={"model_id": _("This model answers questions. Choose one that reads meaning.")})


def _features(session: Session) -> tuple[FeatureView, ...]:
    return tuple(FeatureView.model_validate(row) for row in queries.list_features(session).values())


