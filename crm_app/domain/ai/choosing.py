"""Choosing a model for a question: what is known of the models and decided about them is loaded, and ``selector`` judges."""

from __future__ import annotations

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import queries
from crm_app.domain.ai.selector import Choice, Need, Terms, select_models
from crm_app.domain.errors import BudgetExceeded, Unavailable
from crm_app.domain.permissions import Permission


def choose_models(session: Session, actor: Actor, need: Need) -> tuple[Choice, ...]:
    """The models that may answer this for the actor, the best first, each with why. Unavailable, with the exact reason, where none may."""
    actor.require(Permission.AI_USE)
    settings, feature = queries.get_settings(session), queries.list_features(session)[need.feature]
    preference = queries.find_preference(session, actor)
    terms = Terms(
        enabled=settings.enabled, feature_enabled=feature.enabled, tier=queries.tier_of(feature, preference),
        local_only=settings.local_only or (preference is not None and preference.local_only), may_train=settings.may_train, region=settings.region,
    )  # fmt: skip
    selection = select_models(queries.list_candidates(session, actor, own_keys=settings.own_keys), need, terms)
    if selection.only_money:
        raise BudgetExceeded(selection.reason)
    if not selection.choices:
        raise Unavailable(selection.reason)
    return selection.choices
