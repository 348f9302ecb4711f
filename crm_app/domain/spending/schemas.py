"""What goes to the meter and what it says. Amounts are millionths of a US dollar, prices the same for a million tokens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crm_app.domain.ai.features import Feature
from crm_app.domain.errors import BudgetExceeded, TooMany
from crm_app.domain.i18n import _
from crm_app.domain.spending.models import Period, Scope

LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as it was sent: who speaks in it (``system``, ``user``, ``assistant``, ``tool``) and what they say."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """A call that is about to be made. ``input_tokens`` are as we count them, ``max_output`` is the most that the model may answer.

    A ``local`` model costs nothing, whatever its prices. ``why`` is the sentence that says why this model was chosen. ``sent`` is kept for whoever asks
    what was sent, and for nobody else; ``contact_ids`` are all of whom it speaks. After ``lease`` the call counts as lost. ``seats``: no more than
    so many calls of one person may be under way with this one, in all processes; None where nothing is asked of a model.
    """

    feature: Feature
    model_label: str
    input_tokens: int
    max_output: int
    input_price: int
    output_price: int
    skill: str = ""
    model_id: UUID | None = None
    local: bool = False
    why: str = ""
    sent: tuple[Turn, ...] = ()
    contact_ids: Collection[UUID] = ()
    job_id: UUID | None = None
    lease: timedelta = LEASE
    seats: int | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """A call that may be made now, and has to be settled or released under this id. ``micros`` is what is set aside for it."""

    call_id: UUID
    micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDone:
    """What a call turned out to be. ``counted``: the provider did not say how many tokens it was, so we counted. ``came`` is what was answered."""

    input_tokens: int
    output_tokens: int
    came: str = ""
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What a call cost."""

    call_id: UUID
    micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The limit that a call does not fit into. Of several it is the one that begins anew last."""

    meter_id: UUID
    scope: Scope
    subject: str
    period: Period
    limit_micros: int
    left_micros: int
    cost_micros: int
    ends_at: datetime


class Busy(TooMany):
    """As many calls of the actor's are under way as there may be."""

    def __init__(self) -> None:
        super().__init__(_("Two of your questions are being answered already. Ask again when one of them is done."), wait=5)


class LimitReached(BudgetExceeded):
    """The call would cost more than what is left of a limit; ``refusal`` says which."""

    def __init__(self, message: str, refusal: Refusal) -> None:
        super().__init__(message)
        self.refusal = refusal
