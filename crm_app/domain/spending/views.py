"""How limits stand, what was spent, and the ledger, as pages, REST and the command line show them. Amounts are millionths of a US dollar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.ai.features import Feature
from crm_app.domain.spending.models import CallState, Period, Scope
from crm_app.domain.spending.rules import MOST_LIMIT

FROZEN = ConfigDict(frozen=True)
GIVEN = ConfigDict(extra="forbid", frozen=True)


class MeterView(BaseModel):
    """One limit in the present day or month. ``limit_micros`` is what holds (None: no limit): of a person the lesser of ``allowed_micros``, what admins let them
    spend, and ``own_micros``, what they have said themselves. ``given_micros`` is what an admin has said of this subject alone. ``spent_micros`` holds
    ``overrun_micros``: what calls cost beyond everything that could be known before.
    """

    model_config = FROZEN

    scope: Scope
    subject: str
    period: Period
    starts_at: datetime
    ends_at: datetime
    limit_micros: int | None
    allowed_micros: int | None
    given_micros: int | None
    own_micros: int | None
    reserved_micros: int
    spent_micros: int
    overrun_micros: int
    left_micros: int | None


class MetersView(BaseModel):
    """A day and a month of the same thing."""

    model_config = FROZEN

    day: MeterView
    month: MeterView


class FeatureSpending(MetersView):
    """A feature's day and month, of everybody together."""

    feature: Feature


class SpendingView(BaseModel):
    """What the actor may spend and has spent, and the same of the team, and of each feature that has a limit or was used."""

    model_config = FROZEN

    currency: str = "USD"
    you: MetersView
    team: MetersView
    features: tuple[FeatureSpending, ...]


class PersonSpending(MetersView):
    """A person's day and month, for whoever says what people may spend."""

    user_id: UUID
    name: str


class LimitSet(BaseModel):
    """A limit as it is to be; without ``limit_micros`` it is again what it was before anybody said anything.

    ``subject`` is a feature's name, or a person's id for the scopes ``user`` (as an admin says) and ``own`` (as they say themselves); empty for
    the team, and for what people may spend of whom nothing else is said.
    """

    model_config = GIVEN

    scope: Scope
    subject: Annotated[str, Field(max_length=60)] = ""
    period: Period
    limit_micros: Annotated[int | None, Field(ge=0, le=MOST_LIMIT)]


class ReportFilter(BaseModel):
    """Which days, as the actor counts them, the last one included; ``everybody``: of the whole team."""

    model_config = GIVEN

    first: Annotated[date, Field(ge=date(2000, 1, 1), le=date(9998, 1, 1))]
    last: Annotated[date, Field(ge=date(2000, 1, 1), le=date(9998, 1, 1))]
    everybody: bool = False


class Figures(BaseModel):
    """How many calls, what they cost, what is still set aside for those that run, and how many tokens went in and out."""

    model_config = FROZEN

    calls: int = 0
    spent_micros: int = 0
    reserved_micros: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class DayFigures(Figures):
    """Of one day."""

    day: date


class PersonFigures(Figures):
    """Of one person."""

    user_id: UUID
    name: str


class FeatureFigures(Figures):
    """Of one feature."""

    feature: Feature


class ModelFigures(Figures):
    """Of one model, by what it was called."""

    model: str


class ReportView(BaseModel):
    """What was spent in some days. Days stand in order, without those on which nothing was asked; everything else from the most expensive on."""

    model_config = FROZEN

    first: date
    last: date
    everybody: bool
    total: Figures
    days: tuple[DayFigures, ...]
    people: tuple[PersonFigures, ...]
    features: tuple[FeatureFigures, ...]
    models: tuple[ModelFigures, ...]


class CallFilter(BaseModel):
    """Which of one's own calls, newest first."""

    model_config = GIVEN

    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    feature: Feature | None = None
    state: CallState | None = None


class CallRow(BaseModel):
    """One call as the ledger has it. ``counted``: we counted its tokens, because the provider did not say. ``failure`` is a word of ours."""

    model_config = FROZEN

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    feature: Feature
    skill: str
    model_label: str
    local: bool
    state: CallState
    why: str
    failure: str
    via: str
    reserved_micros: int
    cost_micros: int
    input_tokens: int
    output_tokens: int
    counted: bool
    job_id: UUID | None


class PaidAnswer(BaseModel):
    """What a model has answered, and what that did cost in millionths of a US dollar."""

    model_config = ConfigDict(frozen=True)

    call_id: UUID
    text: str
    model_label: str
    cost_micros: int


class TurnView(BaseModel):
    """One message as it was sent."""

    model_config = FROZEN

    role: str
    content: str


class CallView(CallRow):
    """A call with what was sent and what came; neither is there once it is no longer ``kept``. ``contact_ids`` are all of whom it spoke."""

    input_price: int
    output_price: int
    input_estimate: int
    output_most: int
    kept: bool
    sent: tuple[TurnView, ...]
    came: str
    contact_ids: tuple[UUID, ...]


class CallPage(BaseModel):
    """A page of calls, newest first."""

    model_config = FROZEN

    calls: tuple[CallRow, ...]
    next_cursor: str | None
