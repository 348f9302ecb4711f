"""``mindfulcrm ai spend`` and ``mindfulcrm ai budget``: amounts in US dollars, for scripts and for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_app.domain.actor import Actor
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.views import LimitSet, MetersView
from crm_app.domain.unit_of_work import run_service

PERIODS = ("day", "month")
WORDS = {"day": "today", "month": "this month"}


def spending_of(actor: Actor) -> dict[str, Any]:
    """``{"currency", "reserved", "spent", "limits", "left", "begins_anew": {"day", "month"}, "team": the same, "features": {name: the same}}``.

    Amounts are dollars; a limit that nobody has set is null, and so is what is left of it.
    """
    view = run_service(actor, spending.get_spending)
    return {
        "currency": view.currency, **_figures(view.you), "team": _figures(view.team), "features": {one.feature.value: _figures(one) for one in view.features},
    }  # fmt: skip


def limit_spending(actor: Actor, person: Actor | None, micros: Mapping[str, int | None]) -> None:
    """Say what ``person`` may spend, or the actor themselves: an admin as an admin does, anybody else for less than they may.

    An admin's word on their own spending also takes back that they asked for less.
    """
    own = str(actor.user_id)
    subject = str(person.user_id) if person else own
    for period, most in micros.items():
        if most is None:
            continue
        if actor.is_admin and subject == own:
            run_service(actor, spending.set_limit, LimitSet(scope=Scope.OWN, subject=own, period=Period(period), limit_micros=None))
        scope = Scope.USER if actor.is_admin or subject != own else Scope.OWN
        run_service(actor, spending.set_limit, LimitSet(scope=scope, subject=subject, period=Period(period), limit_micros=most))


def spending_sentences(result: Mapping[str, Any]) -> str:
    """The same in words, a line for today and one for this month."""
    return "\n".join(_sentence(result, period) for period in PERIODS)


def _sentence(result: Mapping[str, Any], period: str) -> str:
    spent, held, limit, left = (result[part][period] for part in ("spent", "reserved", "limits", "left"))
    return f"{WORDS[period].capitalize()}: ${spent:.6f} spent and ${held:.6f} set aside of ${limit:.2f}, ${left:.6f} left until {result['begins_anew'][period]}."


def _figures(meters: MetersView) -> dict[str, dict[str, Any]]:
    of = {period: getattr(meters, period) for period in PERIODS}
    return {
        "reserved": {period: meter.reserved_micros / 1_000_000 for period, meter in of.items()},
        "spent": {period: meter.spent_micros / 1_000_000 for period, meter in of.items()},
        "limits": {period: None if meter.limit_micros is None else meter.limit_micros / 1_000_000 for period, meter in of.items()},
        "left": {period: None if meter.left_micros is None else meter.left_micros / 1_000_000 for period, meter in of.items()},
        "begins_anew": {period: meter.ends_at.isoformat() for period, meter in of.items()},
    }
