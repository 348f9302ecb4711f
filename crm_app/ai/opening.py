"""What happens in the one transaction before a call: whoever is spoken of agrees to it still, a model is chosen, and the most it can cost is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.ai.pseudonyms import Mask
from crm_app.ai.tokens import count_text
from crm_app.domain.actor import Actor
from crm_app.domain.ai import keys
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.selector import Choice, Need
from crm_app.domain.disclosure import identity_queries
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Identity
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallPlan, LimitReached, Reserved, Turn

SLACK = timedelta(minutes=3)
SEATS = 2
"""So many questions of one person are answered at once, in all processes together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that somebody would like to make. ``passed_over`` are models that are not asked this time. ``seats``: as ``CallPlan`` has it."""

    need: Need
    sent: tuple[Turn, ...]
    skill: str = ""
    contact_ids: frozenset[UUID] = frozenset()
    job_id: UUID | None = None
    seconds: float = 60.0
    seats: int | None = SEATS
    passed_over: frozenset[UUID] = frozenset()

    @property
    def feature(self) -> Feature:
        """What it is for."""
        return self.need.feature


@dataclass(frozen=True, slots=True)
class Opened:
    """A call that may be made now: whom to ask, with which key, and under which id it is settled.

    ``mask``: who is spoken of goes out under stand-ins, because the team wants that of every model that is not its own.
    """

    choice: Choice
    key: SecretStr
    reserved: Reserved
    mask: Mask | None = None


def open_call(session: Session, actor: Actor, wanted: Wanted) -> Opened | None:
    """Reserve the first choice that there is room for; None when every choice was passed over.

    Forbidden or NotFound when somebody it speaks of does not agree, Unavailable when no model may be asked, LimitReached when there is no room for any,
    Busy when as many are under way as may be.
    """
    actor.require(Permission.AI_USE)
    disclosure.require_readable(session, actor, wanted.contact_ids)
    refused: LimitReached | None = None
    people = _people(session, actor, wanted)
    for choice in ai.choose_models(session, actor, wanted.need):
        if choice.model_id in wanted.passed_over:
            continue
        key, mask = keys.open_key(session, actor, choice.provider_id), Mask(people) if people and not choice.local else None
        try:
            return Opened(choice, key, spending.reserve_call(session, actor, _plan(wanted, choice, mask)), mask)
        except LimitReached as limit:
            refused = refused or limit
    if refused:
        raise refused
    return None


def get_offer(session: Session, actor: Actor, wanted: Wanted) -> CallPlan:
    """The call as the first choice would be asked it; nothing is set aside. Raises what ``open_call`` raises, but for what is left to spend."""
    actor.require(Permission.AI_USE)
    disclosure.require_readable(session, actor, wanted.contact_ids)
    return _plan(wanted, ai.choose_models(session, actor, wanted.need)[0])


def _people(session: Session, actor: Actor, wanted: Wanted) -> list[Identity]:
    """Whom a stand-in takes the place of, if the team wants that: all of whom it speaks, and whoever else is named in what people wrote."""
    if not ai.get_settings(session, actor).pseudonymise:
        return []
    written = [turn.content for turn in wanted.sent if turn.role != "system"]
    return [*identity_queries.list_known_as(session, actor, wanted.contact_ids), *identity_queries.list_named_in(session, actor, written)]


def _plan(wanted: Wanted, choice: Choice, mask: Mask | None = None) -> CallPlan:
    """What is kept as sent is what really goes out, and what is reserved has room for stand-ins that are longer than names."""
    sent = tuple(Turn(turn.role, mask.hide(turn.content)) for turn in wanted.sent) if mask else wanted.sent
    longer = max(0, sum(count_text(turn.content) for turn in sent) - sum(count_text(turn.content) for turn in wanted.sent)) if mask else 0
    return CallPlan(
        feature=wanted.feature, skill=wanted.skill, model_id=choice.model_id, model_label=choice.label, input_tokens=wanted.need.input_tokens + longer,
        max_output=wanted.need.max_output, input_price=choice.input_price, output_price=choice.output_price, local=choice.local, why=choice.why,
        sent=sent, contact_ids=wanted.contact_ids, job_id=wanted.job_id, lease=timedelta(seconds=wanted.seconds) + SLACK, seats=wanted.seats,
    )  # fmt: skip
