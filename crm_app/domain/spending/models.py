"""Limits, meters and the ledger of calls. Amounts are millionths of a US dollar. The application reads them; only functions of the database write any of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import Audience, Keyed, audience_known, now, one_of


class Scope(StrEnum):
    """What a limit is for: everybody together, one feature, one person as an admin says (an empty subject: whoever has none), and as they say themselves."""

    TEAM = "team"
    FEATURE = "feature"
    USER = "user"
    OWN = "own"


class Period(StrEnum):
    """How long a limit lasts: a day or a month where the person is, or, for features and the team, where its owner is."""

    DAY = "day"
    MONTH = "month"


class CallState(StrEnum):
    """Where a call stands. ``unknown``: nobody knows whether it was charged, so it counts with everything that was reserved for it."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    UNKNOWN = "unknown"


METERED = (Scope.TEAM, Scope.FEATURE, Scope.USER)


def _amount(**more: Any) -> Any:
    return Field(sa_type=BigInteger, **more)


def _moment(**more: Any) -> Any:
    return Field(sa_type=DateTime(timezone=True), **more)


class AiLimit(Keyed, table=True):
    """What somebody said that a subject may spend in a period: a user's id as text, a feature's name, or empty."""

    __tablename__ = "ai_limit"
    __table_args__ = (
        one_of("scope", Scope, "ai_limit"),
        one_of("period", Period, "ai_limit"),
        CheckConstraint("limit_micros between 0 and 1000000000000", name="ai_limit_sane"),
        Index("ai_limit_of", "scope", "subject", "period", unique=True),
    )

    scope: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    limit_micros: int = _amount()
    set_by: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    set_at: datetime = _moment(default_factory=now)


class AiMeter(Keyed, table=True):
    """What a subject has reserved and spent in one stretch of time. ``ceiling`` is its limit, or what was used already when the limit was lowered.

    ``overrun`` is what calls cost beyond both their reservation and the room that was left: it counts as spent, and stands apart so that the
    constraint holds for everything that could be known before. The stretches of one subject never overlap.
    """

    __tablename__ = "ai_meter"
    __table_args__ = (
        one_of("scope", METERED, "ai_meter"),
        one_of("period", Period, "ai_meter"),
        CheckConstraint("reserved >= 0 and settled >= 0 and overrun >= 0", name="ai_meter_no_less_than_nothing"),
        CheckConstraint("reserved + settled <= ceiling", name="ai_meter_within_its_limit"),
        CheckConstraint("starts_at < ends_at", name="ai_meter_lasts"),
        Index("ai_meter_of", "scope", "subject", "period", "starts_at", unique=True),
    )

    scope: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    starts_at: datetime = _moment()
    ends_at: datetime = _moment()
    reserved: int = _amount()
    settled: int = _amount()
    overrun: int = _amount()
    ceiling: int | None = _amount(default=None)


class _OwnersAlone(SQLModel):
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="RESTRICT", index=False)
    audience: str = Field(default=Audience.PRIVATE.value, sa_type=Text, sa_column_kwargs={"server_default": text("'private'")})


class AiCall(Keyed, _OwnersAlone, table=True):
    """One call of a model: what it was for, at which prices, what was reserved for it and what it cost. Its owner's alone.

    Prices are millionths of a dollar for a million tokens. ``failure`` is a word of ours. ``counted``: the provider did not say how many tokens
    it was, so we counted. ``meters`` are those that it was reserved on, and is settled on, whatever day it is by then.
    """

    __tablename__ = "ai_call"
    __table_args__ = (
        audience_known("ai_call"),
        one_of("state", CallState, "ai_call"),
        CheckConstraint("audience = 'private'", name="ai_call_private"),
        CheckConstraint(
            "least(reserved_micros, cost_micros, input_price, output_price, input_estimate, output_most, input_tokens, output_tokens) >= 0",
            name="ai_call_no_less_than_nothing",
        ),
        Index("ai_call_by_owner", "owner_id", text("started_at desc"), text("id desc")),
        Index("ai_call_by_start", "started_at"),
        Index("ai_call_open", "lease_until", postgresql_where=text("state = 'reserved'")),
        Index("ai_call_by_job", "job_id", postgresql_where=text("job_id is not null")),
    )

    feature: str = Field(sa_type=Text)
    skill: str = Field(sa_type=Text)
    model_id: UUID | None = None
    model_label: str = Field(sa_type=Text)
    local: bool
    state: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    failure: str = Field(sa_type=Text)
    via: str = Field(sa_type=Text)
    job_id: UUID | None = Field(default=None, foreign_key="job.id", ondelete="SET NULL")
    input_price: int = _amount()
    output_price: int = _amount()
    input_estimate: int = _amount()
    output_most: int = _amount()
    reserved_micros: int = _amount()
    cost_micros: int = _amount()
    input_tokens: int = _amount()
    output_tokens: int = _amount()
    counted: bool
    meters: list[str] = Field(sa_type=JSONB)
    started_at: datetime = _moment()
    lease_until: datetime = _moment()
    ended_at: datetime | None = _moment(default=None)


class AiCallContent(_OwnersAlone, table=True):
    """What was sent and what came, for its owner to read; it goes after a while, and with any contact that it speaks of."""

    __tablename__ = "ai_call_content"
    __table_args__ = (
        audience_known("ai_call_content"),
        CheckConstraint("audience = 'private'", name="ai_call_content_private"),
        Index("ai_call_content_by_age", "kept_since"),
    )

    call_id: UUID = Field(foreign_key="ai_call.id", ondelete="CASCADE", primary_key=True)
    sent: list[dict[str, str]] = Field(sa_type=JSONB)
    came: str = Field(sa_type=Text)
    kept_since: datetime = _moment()


class AiCallContact(_OwnersAlone, table=True):
    """Of whom a call speaks. ``contact_id`` may be gone: what is taken back and then made again is the same person."""

    __tablename__ = "ai_call_contact"
    __table_args__ = (
        audience_known("ai_call_contact"),
        CheckConstraint("audience = 'private'", name="ai_call_contact_private"),
        Index("ai_call_contact_by_contact", "contact_id"),
    )

    call_id: UUID = Field(foreign_key="ai_call.id", ondelete="CASCADE", primary_key=True)
    contact_id: UUID = Field(primary_key=True)
