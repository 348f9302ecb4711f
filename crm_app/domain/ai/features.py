"""What a model is used for. Each can be switched off, has a model and a limit of its own, and its own line in what was spent."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from crm_app.domain.i18n import _


class Feature(StrEnum):
    """One thing that a person would switch on or off. The ledger, the limits and the settings speak of these, and of nothing finer."""

    ASSISTANT = "assistant"
    BRIEFING = "briefing"
    INSIGHT = "insight"
    DRAFTS = "drafts"
    SUMMARIES = "summaries"
    SENTIMENT = "sentiment"
    EVENTS = "events"
    PLANNING = "planning"
    ATTENDANCE = "attendance"
    PHOTOS = "photos"
    SEARCH = "search"


def feature_name(feature: Feature) -> str:
    """What people call it."""
    return {
        Feature.ASSISTANT: _("Assistant"), Feature.BRIEFING: _("Daily briefing"), Feature.INSIGHT: _("Contact insights"), Feature.DRAFTS: _("Email drafts"),
        Feature.SUMMARIES: _("Summaries"), Feature.SENTIMENT: _("Sentiment"), Feature.EVENTS: _("Calendar events"), Feature.PLANNING: _("Task planning"),
        Feature.ATTENDANCE: _("Attendance"), Feature.PHOTOS: _("Photos"), Feature.SEARCH: _("Search by meaning"),
    }[feature]  # fmt: skip


class Tier(StrEnum):
    """How much model: what a person chooses instead of a model's name. ``local`` never leaves machines that the practice runs itself."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"
    LOCAL = "local"


class ModelTier(StrEnum):
    """What a model is among the others: the tiers that are no place."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"


class PriceSource(StrEnum):
    """Who says what a model costs: the list of prices that comes with the gateway, or a person."""

    MAP = "map"
    ENTERED = "entered"


TIERS: Final[Mapping[Feature, Tier]] = MappingProxyType({
    Feature.ASSISTANT: Tier.BALANCED, Feature.BRIEFING: Tier.BALANCED, Feature.INSIGHT: Tier.BALANCED, Feature.DRAFTS: Tier.BALANCED,
    Feature.SUMMARIES: Tier.FAST, Feature.SENTIMENT: Tier.FAST, Feature.EVENTS: Tier.FAST, Feature.PLANNING: Tier.BALANCED,
    Feature.ATTENDANCE: Tier.FAST, Feature.PHOTOS: Tier.FAST, Feature.SEARCH: Tier.FAST,
})  # fmt: skip
"""How much model each is worth until somebody decides otherwise."""
