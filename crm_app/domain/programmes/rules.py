"""Pure rules of programmes: what is used, how one stands."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm_app.domain.access import Whose, may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid
from crm_app.domain.permissions import Permission
from crm_app.domain.programmes.models import Programme
from crm_app.domain.programmes.schemas import ProgrammeRow, Standing

FEW_SESSIONS, FEW_DAYS = 2, 14
"""A programme is running out when it has no more sessions or no more days left than this."""


def standing_of(left: int, starts_on: date, ends_on: date | None, today: date) -> Standing:
    """How a programme stands: finished when no session is left or its last day is past, upcoming before its first day, running out
    with one or two sessions or at most 14 days left, else open.
    """
    if left <= 0 or (ends_on is not None and ends_on < today):
        return Standing.FINISHED
    if starts_on > today:
        return Standing.UPCOMING
    few_days = ends_on is not None and (ends_on - today).days <= FEW_DAYS
    return Standing.RUNNING_OUT if left <= FEW_SESSIONS or few_days else Standing.OPEN


def check_programme(programme: Programme) -> None:
    """Raise Invalid for one that ends before it starts, and for a price without a currency or a currency without a price."""
    faults = {}
    if programme.ends_on is not None and programme.ends_on < programme.starts_on:
        faults["ends_on"] = "The end is before the start."
    if programme.price_micros is not None and not programme.currency:
        faults["currency"] = "Choose a currency as well."
    if programme.price_micros is None and programme.currency:
        faults["price_micros"] = "Type a price as well, or leave the currency empty."
    if faults:
        raise Invalid(fields=faults)


def programme_row(actor: Actor, values: dict[str, Any], today: date) -> ProgrammeRow:
    """A programme as ``actor`` sees it. ``values`` are its own fields, ``contact_name`` and ``next_at``."""
    may_write, owned = actor.can(Permission.PROGRAMME_WRITE), Whose(values["owner_id"], values["audience"])
    standing = standing_of(values["sessions_left"], values["starts_on"], values["ends_on"], today)
    return ProgrammeRow(
        **values, used=values["sessions_total"] - values["sessions_left"], standing=standing,
        may_edit=may_write and may_edit(actor, owned), may_delete=may_write and may_own(actor, owned),
    )  # fmt: skip
