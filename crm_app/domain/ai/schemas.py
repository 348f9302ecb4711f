"""Providers, models and decisions about them as they are made, changed and shown. No view holds a key."""

from __future__ import annotations

from datetime import time
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from crm_app.domain.ai.features import Feature, ModelTier, PriceSource, Tier
from crm_app.domain.ai.kinds import ProviderKind
from crm_app.domain.editing import Line, WallTime

Region = Literal["", "eu", "us", "other"]
MOST_PRICE = 10**10
UNKNOWN_CONTEXT, UNKNOWN_OUTPUT = 32_768, 4_096
"""Tokens that a model of which nobody knows more is taken to read and to answer: the assistant's rules and tools alone are some six thousand."""


class ProviderCreate(BaseModel):
    """A provider to be asked. ``key`` is taken in and never given out again; ``own``: for oneself alone, else for the team.

    ``trains``: it may learn from what it is sent, which is assumed until somebody has looked at their contract.
    """

    model_config = ConfigDict(extra="forbid")

    provider: ProviderKind
    name: Line = Field(default="", max_length=80)
    base_url: str = Field(default="", max_length=500)
    key: SecretStr = SecretStr("")
    own: bool = False
    local: bool = False
    region: Region = ""
    trains: bool = True


class ProviderUpdate(BaseModel):
    """What is given is changed; an empty key means the one that is there. Another address needs the key anew."""

    model_config = ConfigDict(extra="forbid")

    version: int
    name: Line | None = Field(default=None, min_length=1, max_length=80)
    base_url: str | None = Field(default=None, max_length=500)
    key: SecretStr | None = None
    local: bool | None = None
    region: Region | None = None
    trains: bool | None = None
    enabled: bool | None = None


class ModelCreate(BaseModel):
    """A model of a provider. Prices are in millionths of a US dollar for a million tokens; without them it is only asked on one's own machines."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=200)
    label: Line = Field(default="", max_length=80)
    tier: ModelTier = ModelTier.BALANCED
    input_price: int | None = Field(default=None, ge=0, le=MOST_PRICE)
    output_price: int | None = Field(default=None, ge=0, le=MOST_PRICE)
    price_source: PriceSource = PriceSource.ENTERED
    context_tokens: int = Field(ge=1, le=100_000_000)
    max_output: int = Field(default=0, ge=0, le=10_000_000)
    tools: bool = False
    structured: bool = False
    vision: bool = False
    embedding: bool = False


class ModelUpdate(BaseModel):
    """What is given is changed. A price that is typed counts as entered from then on; None means that nobody knows it."""

    model_config = ConfigDict(extra="forbid")

    version: int
    label: Line | None = Field(default=None, min_length=1, max_length=80)
    tier: ModelTier | None = None
    input_price: int | None = Field(default=None, ge=0, le=MOST_PRICE)
    output_price: int | None = Field(default=None, ge=0, le=MOST_PRICE)
    context_tokens: int | None = Field(default=None, ge=1, le=100_000_000)
    max_output: int | None = Field(default=None, ge=0, le=10_000_000)
    tools: bool | None = None
    structured: bool | None = None
    vision: bool | None = None
    embedding: bool | None = None
    enabled: bool | None = None


class SettingsUpdate(BaseModel):
    """What of the team's decisions is changed. ``rate``: how many millionths of ``currency`` a US dollar is."""

    model_config = ConfigDict(extra="forbid")

    version: int
    enabled: bool | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    rate: int | None = Field(default=None, ge=1, le=10**15)
    pseudonymise: bool | None = None
    keep_days: int | None = Field(default=None, ge=1, le=365)
    local_only: bool | None = None
    may_train: bool | None = None
    region: Literal["", "eu", "us"] | None = None
    own_keys: bool | None = None


class FeatureUpdate(BaseModel):
    """Whether models are used for it, and how much model.

    ``model_id``: which of the team's models reads for search by meaning; None: the small one on this machine.
    """

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    tier: Tier | None = None
    model_id: UUID | None = None


class PreferenceUpdate(BaseModel):
    """What one would rather have: a tier for each feature that is named, in place of all that were; ``local_only`` keeps one's questions at home.

    ``briefing`` has one's day told by itself, each day at ``briefing_at`` where one is.
    """

    model_config = ConfigDict(extra="forbid")

    local_only: bool | None = None
    tiers: dict[Feature, Tier] | None = None
    briefing: bool | None = None
    briefing_at: WallTime | None = None


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SettingsView(_View):
    """What the team has decided. Nothing is asked of any model until ``enabled``."""

    version: int
    enabled: bool
    currency: str
    rate: int
    pseudonymise: bool
    keep_days: int
    local_only: bool
    may_train: bool
    region: str
    own_keys: bool


class FeatureView(_View):
    """One thing that models are used for."""

    feature: Feature
    enabled: bool
    tier: Tier
    model_id: UUID | None = None


class PreferenceView(_View):
    """What one person would rather have."""

    local_only: bool
    tiers: dict[Feature, Tier]
    briefing: bool
    briefing_at: time


class ModelView(_View):
    """A model of a provider. ``priced``: it is known what it costs, without which it is never asked."""

    id: UUID
    version: int
    provider_id: UUID
    name: str
    label: str
    tier: ModelTier
    input_price: int | None
    output_price: int | None
    price_source: PriceSource
    priced: bool
    context_tokens: int
    max_output: int
    tools: bool
    structured: bool
    vision: bool
    embedding: bool
    enabled: bool


class ProviderView(_View):
    """A provider, with whether a key of it is kept and never the key. ``own``: it is the asker's alone; ``editable``: they may change it."""

    id: UUID
    version: int
    provider: ProviderKind
    name: str
    base_url: str
    has_key: bool
    own: bool
    editable: bool
    local: bool
    region: str
    trains: bool
    enabled: bool
    models: tuple[ModelView, ...]


class AiView(_View):
    """Everything on Settings, AI & budgets, but what was spent."""

    settings: SettingsView
    features: tuple[FeatureView, ...]
    preference: PreferenceView
    providers: tuple[ProviderView, ...]
    manages: bool
