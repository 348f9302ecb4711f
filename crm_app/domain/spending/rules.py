"""How much a call may cost, and how that is said. The database reckons the same way by itself: nothing here is trusted with money."""

from __future__ import annotations

from decimal import Decimal

from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature, feature_name
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.spending.models import AiMeter, Period, Scope
from crm_app.domain.spending.schemas import CallDone, CallPlan, Refusal
from crm_app.domain.times import clock, day_of, day_words

MOST_TOKENS = 10_000_000
MOST_PRICE = 10_000_000_000  # ten thousand dollars for a million tokens
MOST_LIMIT = 1_000_000_000_000  # a million dollars
MILLION = 1_000_000


def cost_of(input_tokens: int, output_tokens: int, input_price: int, output_price: int) -> int:
    """What so many tokens cost, rounded up to a millionth of a dollar."""
    return -(-(input_tokens * input_price + output_tokens * output_price) // MILLION)


def worst_case(plan: CallPlan) -> int:
    """The most that a call can cost, which is what is set aside for it.

    Providers count with tokenizers of their own: up to a quarter more than ours is taken for possible, and 64 tokens for what they put around a message.
    """
    return 0 if plan.local else cost_of(-(-plan.input_tokens * 5 // 4) + 64, plan.max_output, plan.input_price, plan.output_price)


def usual_case(plan: CallPlan) -> int:
    """About what such a call mostly costs: its tokens as we count them, which is a little high for most languages, and a third of the longest answer."""
    return 0 if plan.local else cost_of(plan.input_tokens, -(-plan.max_output // 3), plan.input_price, plan.output_price)


def check_plan(plan: CallPlan) -> None:
    """Invalid when a plan holds what no call can have."""
    tokens, prices = (plan.input_tokens, plan.max_output), (plan.input_price, plan.output_price)
    if not all(0 <= count <= MOST_TOKENS for count in tokens) or not all(0 <= price <= MOST_PRICE for price in prices):
        raise Invalid(_("This is more than a model can be asked."))
    if plan.lease.total_seconds() <= 0:
        raise Invalid(_("A call takes some time."))


def check_done(done: CallDone) -> None:
    """Invalid when a call cannot have been this."""
    if not (0 <= done.input_tokens <= MOST_TOKENS and 0 <= done.output_tokens <= MOST_TOKENS):
        raise Invalid(_("No call has that many tokens."))


def storable(text: str) -> str:
    """Text as the database keeps it: without the one character that it cannot hold, and without halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def dollars(micros: int) -> str:
    """``$0.42``; of less than a cent as many digits as say something: ``$0.0031``."""
    amount = Decimal(micros) / MILLION
    if 0 < micros < 10_000:
        return "$" + f"{amount:.6f}".rstrip("0")
    return f"${amount:,.2f}"


def plain_dollars(micros: int) -> str:
    """``0.001900``: for machines and spreadsheets."""
    return f"{Decimal(micros) / MILLION:.6f}"


def refusal_sentence(refusal: Refusal, actor: Actor) -> str:
    """Which limit it is, how much of it is left, what this could cost, and when the limit begins anew."""
    ends = refusal.ends_at
    values = {
        "whose": limit_name(refusal.scope, refusal.subject, refusal.period), "limit": dollars(refusal.limit_micros), "left": dollars(refusal.left_micros),
        "cost": dollars(refusal.cost_micros), "when": f"{day_words(day_of(ends, actor), actor)}, {clock(ends, actor)}",
    }  # fmt: skip
    return _("%(whose)s is %(limit)s: %(left)s is left, and this could cost %(cost)s. It begins anew: %(when)s.") % values


def limit_name(scope: Scope, subject: str, period: Period) -> str:
    """What a limit is called at the beginning of a sentence."""
    daily = period is Period.DAY
    if scope is Scope.TEAM:
        return _("The team's limit for a day") if daily else _("The team's limit for a month")
    if scope is Scope.FEATURE:
        name = feature_name(Feature(subject))
        return (_("The limit for a day of “%s”") if daily else _("The limit for a month of “%s”")) % name
    return _("Your limit for a day") if daily else _("Your limit for a month")


def meter_words(meter: AiMeter) -> str:
    """How a limit stands, as a notification says it: ``Your limit for a day: $0.81 of $1.00``."""
    spent, name = dollars(meter.settled + meter.overrun), limit_name(Scope(meter.scope), meter.subject, Period(meter.period))
    return _("%s: %s is spent") % (name, spent) if meter.ceiling is None else _("%s: %s of %s is spent") % (name, spent, dollars(meter.ceiling))
