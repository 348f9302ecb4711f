"""Choosing a model for a question: what is known of the models and decided about them is loaded, and ``selector`` judges."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import queries
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.selector import Choice, Need, Terms, select_models
from crm_app.domain.errors import Unavailable
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.rules import worst_case
from crm_app.domain.spending.schemas import CallPlan


def choose_models(session: Session, actor: Actor, need: Need) -> tuple[Choice, ...]:
    """The models that may answer this for the actor, the best first, each with why. Unavailable, with the exact reason, where none may.

    What does not fit into what is left to spend is left out. Where nothing does, the choices are those that would be asked otherwise, and
    reserving any of them says which limit it is and when it begins anew.
    """
    actor.require(Permission.AI_USE)
    settings, feature = queries.get_settings(session), queries.list_features(session)[need.feature]
    preference = queries.find_preference(session, actor)
    terms = Terms(
        enabled=settings.enabled, feature_enabled=feature.enabled, tier=queries.tier_of(feature, preference),
        local_only=settings.local_only or (preference is not None and preference.local_only), may_train=settings.may_train, region=settings.region,
        room=_room(session, actor, need.feature), cost=_most,
    )  # fmt: skip
    candidates = queries.list_candidates(session, actor, own_keys=settings.own_keys)
    selection = select_models(candidates, need, terms)
    if selection.only_money:
        selection = select_models(candidates, need, replace(terms, room=None))
    if not selection.choices:
        raise Unavailable(selection.reason)
    return selection.choices


def _room(session: Session, actor: Actor, feature: Feature) -> int | None:
    """What is left to spend on this for the actor, of the limit that has least left."""
    spent = spending.get_spending(session, actor)
    pairs = (spent.you, spent.team, *(one for one in spent.features if one.feature is feature))
    left = [meter.left_micros for pair in pairs for meter in (pair.day, pair.month) if meter.left_micros is not None]
    return min(left, default=None)


def _most(input_tokens: int, max_output: int, input_price: int, output_price: int) -> int:
    """What is set aside for such a call."""
    plan = CallPlan(
        feature=Feature.ASSISTANT, model_label="", input_tokens=input_tokens, max_output=max_output, input_price=input_price, output_price=output_price
    )  # fmt: skip
    return worst_case(plan)
