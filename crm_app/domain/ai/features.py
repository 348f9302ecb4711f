"""What a model is used for. Each can be switched off, has a model and a limit of its own, and its own line in what was spent."""

from __future__ import annotations

from enum import StrEnum


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


class Tier(StrEnum):
    """How much model: what a person chooses instead of a model's name. ``local`` never leaves machines that the practice runs itself."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"
    LOCAL = "local"
