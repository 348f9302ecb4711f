"""Which model answers, and why: pure rules over what is known of the models. The first choice is asked first, the others where it fails.

A hard rule leaves a model out, and has a sentence; what is left is put in order. Where nothing is left, the sentence is that of the model
that came furthest, so that whoever reads it knows the one thing that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from crm_app.domain.ai.features import Feature, ModelTier, Tier
from crm_app.domain.i18n import _


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a question needs. ``input_tokens`` is what it holds, counted generously; ``failed`` are models that gave no answer just now.
    ``at_once``: of several texts that are read each by itself, the tokens of the longest.

    ``tier`` and ``model_id`` are what somebody wishes this once. ``local_only``: it stays on machines of the practice, whatever else is wished.
    """

    feature: Feature
    input_tokens: int
    max_output: int = 0
    tools: bool = False
    structured: bool = False
    vision: bool = False
    embedding: bool = False
    tier: Tier | None = None
    model_id: UUID | None = None
    local_only: bool = False
    at_once: int | None = None
    failed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model with what its provider's owner said of it; ``own``: it is the asker's, and not the team's."""

    model_id: UUID
    provider_id: UUID
    provider: str
    base_url: str
    inner_allowed: bool
    name: str
    label: str
    tier: ModelTier
    input_price: int | None
    output_price: int | None
    context_tokens: int
    max_output: int
    tools: bool
    structured: bool
    vision: bool
    embedding: bool
    local: bool
    region: str
    trains: bool
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was decided beforehand: by the team, by the person who asks, and by what is left to spend (``room`` in millionths of a dollar; None: no limit).

    ``cost`` says what a question costs at most: the very sum that is reserved for it.
    """

    enabled: bool
    feature_enabled: bool
    tier: Tier
    local_only: bool
    may_train: bool
    region: str
    room: int | None = None
    cost: Callable[[int, int, int, int], int] = field(default=lambda tokens, output, price, output_price: 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A model to ask, how it is reached, what it costs, and why it is this one, in a sentence for people. Its key is opened apart: ``keys.open_key``."""

    model_id: UUID
    provider_id: UUID
    provider: str
    base_url: str
    inner_allowed: bool
    model: str
    label: str
    input_price: int
    output_price: int
    context_tokens: int
    max_output: int
    local: bool
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The choices in order of preference. Without one, ``reason`` says what is missing; ``only_money``: nothing but what is left to spend."""

    choices: tuple[Choice, ...]
    reason: str = ""
    only_money: bool = False


_NEAREST: Final = {
    Tier.FAST: (ModelTier.FAST, ModelTier.BALANCED, ModelTier.BEST),
    Tier.BALANCED: (ModelTier.BALANCED, ModelTier.FAST, ModelTier.BEST),
    Tier.BEST: (ModelTier.BEST, ModelTier.BALANCED, ModelTier.FAST),
    Tier.LOCAL: (ModelTier.BALANCED, ModelTier.BEST, ModelTier.FAST),
}
"""Which models stand in for which when none of the wanted kind can do it."""
MARGIN: Final = 64
"""So many tokens of a model's context stay free: providers wrap what they are sent."""


def select_models(candidates: Iterable[Candidate], need: Need, terms: Terms) -> Selection:
    """The models that may answer, the best first. None of them breaks a rule: its price is known, it may be told, and it can do what is asked."""
    if not terms.enabled:
        return Selection((), _("AI is switched off. The owner of this team or an admin can switch it on under Settings, AI & budgets."))
    if not terms.feature_enabled:
        return Selection((), _("AI is switched off for this. The owner of this team or an admin can switch it on under Settings, AI & budgets."))
    tier, fits, best = need.tier or terms.tier, [], (-1, "")
    for one in candidates:
        passed, reason = _judge(one, need, terms, tier)
        if reason:
            best = max(best, (passed, reason), key=lambda found: found[0])
        else:
            fits.append(one)
    affordable = [one for one in fits if terms.room is None or _cost(one, need, terms) <= terms.room]
    if fits and not affordable:
        return Selection((), _("This would cost more than what is left to spend."), only_money=True)
    if not fits:
        return Selection((), best[1] or _("No model is set up yet. An admin adds one under Settings, AI & budgets."))
    ordered = sorted(affordable, key=lambda one: _order(one, need, terms, tier))
    return Selection(tuple(_chosen(one, _why(one, need, tier, spared=len(affordable) < len(fits))) for one in ordered))


def _judge(one: Candidate, need: Need, terms: Terms, tier: Tier) -> tuple[int, str]:
    """How many rules a model passes, and the sentence of the one that it does not."""
    local = tier is Tier.LOCAL or need.local_only or terms.local_only
    rules: tuple[tuple[bool, str], ...] = (
        (one.embedding == need.embedding, _("No model is set up that can do this.")),
        (need.model_id in (None, one.model_id), _("The model that was asked for is not there any more.")),
        (one.local or not local, _("This stays on machines of the practice, and no model is set up there.")),
        (one.local or terms.may_train or not one.trains, _("%s may learn from what it is sent, which the team does not allow.") % one.label),
        (one.local or terms.region in ("", one.region), _("%s does not work in the region that the team has chosen.") % one.label),
        (one.tools or not need.tools, _("%s cannot look things up here.") % one.label),
        (one.structured or not need.structured, _("%s cannot answer in a fixed form.") % one.label),
        (one.vision or not need.vision, _("%s cannot look at pictures.") % one.label),
        (one.max_output >= need.max_output or need.embedding, _("%s does not answer at such length.") % one.label),
        (_held(need) + MARGIN <= one.context_tokens, _("This is more than %s can read at once.") % one.label),
        (_priced(one, need), _("Nobody knows what %s costs. An admin can enter its price under Settings, AI & budgets.") % one.label),
    )
    for passed, (kept, sentence) in enumerate(rules):
        if not kept:
            return passed, sentence
    return len(rules), ""


def _held(need: Need) -> int:
    """Tokens that a model holds at once."""
    return need.input_tokens + need.max_output if need.at_once is None else need.at_once


def _priced(one: Candidate, need: Need) -> bool:
    return one.local or (one.input_price is not None and (need.embedding or one.output_price is not None))


def _prices(one: Candidate) -> tuple[int, int]:
    return (0, 0) if one.local else (one.input_price or 0, one.output_price or 0)


def _cost(one: Candidate, need: Need, terms: Terms) -> int:
    return terms.cost(need.input_tokens, need.max_output, *_prices(one))


def _order(one: Candidate, need: Need, terms: Terms, tier: Tier) -> tuple[bool, int, bool, int, str, UUID]:
    """Whoever failed just now goes last; then the wanted kind, one's own before the team's, the cheaper before the dearer."""
    return one.model_id in need.failed, _NEAREST[tier].index(one.tier), not one.own, _rate(one), one.label, one.model_id


def _rate(one: Candidate) -> int:
    """What is compared: most questions hold four times as much as their answers."""
    price_in, price_out = _prices(one)
    return 4 * price_in + price_out


def _why(one: Candidate, need: Need, tier: Tier, *, spared: bool) -> str:
    if need.model_id is not None:
        said = _("It was asked for by name.")
    elif need.local_only or tier is Tier.LOCAL:
        said = _("It runs on a machine of the practice.")
    elif one.tier.value == tier.value:
        known = {Tier.FAST: _("A fast model is enough for this."), Tier.BALANCED: _("A balanced model is right for this.")}
        said = known.get(tier, _("This is worth the best model."))
    else:
        said = _("No model of the wanted kind can do this, so the nearest is used.")
    if one.model_id in need.failed:
        said += " " + _("It gave no answer a moment ago.")
    if spared:
        said += " " + _("A dearer one does not fit into what is left to spend.")
    return said


def _chosen(one: Candidate, why: str) -> Choice:
    price_in, price_out = _prices(one)
    return Choice(
        model_id=one.model_id, provider_id=one.provider_id, provider=one.provider, base_url=one.base_url, inner_allowed=one.inner_allowed, model=one.name,
        label=one.label, input_price=price_in, output_price=price_out, context_tokens=one.context_tokens, max_output=one.max_output, local=one.local, why=why,
    )  # fmt: skip
