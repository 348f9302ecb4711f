"""Where language models are asked, which ones, for what, and what people have decided about that."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, FetchedValue, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.ai.features import Feature, ModelTier, PriceSource, Tier
from crm_app.domain.rows import Owned, Versioned, audience_known, now, one_of


class AiProvider(Owned, Versioned, table=True):
    """Whoever answers: a provider with its own address, or an address that speaks like one. The team's, or one person's own (audience ``private``).

    ``provider`` is LiteLLM's name. What its owner says of it: ``local``, on machines that the practice runs; the ``region`` where it works;
    and whether it ``trains`` on what it is sent. ``inner_allowed``: its host may be of this machine or the host's own network; only the host can say so.
    """

    __tablename__ = "ai_provider"
    __table_args__ = (audience_known("ai_provider"), one_of("region", ("", "eu", "us", "other"), "ai_provider"), Index("ai_provider_owner", "owner_id"))

    provider: str = Field(sa_type=Text)
    name: str = Field(max_length=80, sa_type=Text)
    base_url: str = Field(default="", sa_type=Text)
    inner_allowed: bool = False
    local: bool = False
    region: str = Field(default="", sa_type=Text)
    trains: bool = True
    enabled: bool = True


class AiProviderKey(Owned, table=True):
    """The key of a provider, sealed. It is opened right before a question is asked, and shown to nobody, also not to who entered it."""

    __tablename__ = "ai_provider_key"
    __table_args__ = (audience_known("ai_provider_key"),)

    provider_id: UUID = Field(primary_key=True, foreign_key="ai_provider.id", ondelete="CASCADE")
    sealed: bytes = Field(sa_type=LargeBinary)
    key_id: str = Field(sa_type=Text)


class AiModel(Owned, Versioned, table=True):
    """A model of a provider. Prices are in millionths of a US dollar for a million tokens; None: nobody knows, so that it is not asked."""

    __tablename__ = "ai_model"
    __table_args__ = (
        audience_known("ai_model"),
        one_of("tier", ModelTier, "ai_model"),
        one_of("price_source", PriceSource, "ai_model"),
        CheckConstraint("input_price >= 0 and output_price >= 0", name="ai_model_price_possible"),
        CheckConstraint("context_tokens > 0 and max_output >= 0", name="ai_model_size_possible"),
        Index("ai_model_name", "provider_id", "name", unique=True),
    )

    provider_id: UUID = Field(foreign_key="ai_provider.id", ondelete="CASCADE")
    name: str = Field(max_length=200, sa_type=Text)
    label: str = Field(max_length=80, sa_type=Text)
    tier: str = Field(default=Tier.BALANCED.value, sa_type=Text)
    input_price: int | None = Field(default=None, sa_type=BigInteger)
    output_price: int | None = Field(default=None, sa_type=BigInteger)
    price_source: str = Field(default=PriceSource.ENTERED.value, sa_type=Text)
    context_tokens: int = Field(sa_type=Integer)
    max_output: int = Field(sa_type=Integer)
    tools: bool = False
    structured: bool = False
    vision: bool = False
    embedding: bool = False
    enabled: bool = True


class AiSettings(SQLModel, table=True):
    """What the team has decided. Nothing is asked of any model until ``enabled``.

    ``rate``: how many millionths of ``currency`` a US dollar is, as an admin typed it. ``own_keys``: members may use providers of their own.
    """

    __tablename__ = "ai_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="ai_settings_one_row"),
        CheckConstraint("rate > 0", name="ai_settings_rate_possible"),
        CheckConstraint("keep_days between 1 and 365", name="ai_settings_keep_days_possible"),
        one_of("region", ("", "eu", "us"), "ai_settings"),
    )

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    updated_at: datetime = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()"), "server_onupdate": FetchedValue()},
    )
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1"), "server_onupdate": FetchedValue()})
    enabled: bool = False
    currency: str = Field(default="USD", sa_type=Text)
    rate: int = Field(default=1_000_000, sa_type=BigInteger)
    pseudonymise: bool = False
    keep_days: int = Field(default=30, sa_type=Integer)
    local_only: bool = False
    may_train: bool = False
    region: str = Field(default="", sa_type=Text)
    own_keys: bool = False


class AiFeature(SQLModel, table=True):
    """What the team has decided about one thing that models are used for; without a row it is on, with the tier that ``features`` names.

    ``model_id``: the one model that reads for search by meaning; None for the small one on this machine. Whatever else is asked of whom a tier says.
    """

    __tablename__ = "ai_feature"
    __table_args__ = (
        one_of("feature", Feature, "ai_feature"),
        one_of("tier", Tier, "ai_feature"),
        CheckConstraint("model_id is null or feature = 'search'", name="ai_feature_model_of_search"),
        Index("ai_feature_by_model", "model_id"),
    )

    feature: str = Field(primary_key=True, sa_type=Text)
    enabled: bool = True
    tier: str = Field(sa_type=Text)
    model_id: UUID | None = Field(default=None, foreign_key="ai_model.id", ondelete="SET NULL")


class AiPreference(SQLModel, table=True):
    """What one person would rather have: a tier for some features, and whether their questions stay on the practice's machines.

    ``briefing``: their day is told by itself at ``briefing_at`` of theirs; ``briefed_on`` is the last day for which that was considered.
    """

    __tablename__ = "ai_preference"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    local_only: bool = False
    tiers: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    briefing: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    briefing_at: time = Field(default=time(6, 30), sa_column_kwargs={"server_default": text("'06:30'")})
    briefed_on: date | None = None
