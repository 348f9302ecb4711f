"""Saying that half, most or all of a limit is spent: to the person whose it is, and of the team's and of features to those who manage them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.queries import list_users
from crm_app.domain.actor import Actor
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify, notify_self
from crm_app.domain.permissions import Role
from crm_app.domain.spending.models import Scope

MARKS = (100, 80, 50)
"""Per cent of a limit at which something is said, once in each of its days or months."""


def tell_of_limits(session: Session, actor: Actor, meters: Sequence[dict[str, Any]]) -> None:
    """Say of each of these meters which mark it has passed, unless that was said before."""
    for meter in meters:
        mark = passed_mark(meter["spent"], meter["limit"])
        if mark:
            tell(session, actor, Scope(meter["scope"]), UUID(meter["meter"]), mark)


def tell(session: Session, actor: Actor, scope: Scope, meter_id: UUID, mark: int) -> None:
    """Say of one meter that it has passed this mark, once."""
    if scope is Scope.USER:
        notify_self(session, actor, Kind.SPENDING, about=("ai_meter", meter_id), key=str(mark))
        return
    bosses = [person.id for person in list_users(session) if person.role in (Role.OWNER, Role.ADMIN)]
    notify(session, actor, bosses, Kind.TEAM_SPENDING, about=("ai_meter", meter_id), key=str(mark))
    if actor.user_id in bosses:
        notify_self(session, actor, Kind.TEAM_SPENDING, about=("ai_meter", meter_id), key=str(mark))


def passed_mark(spent: int, limit: int | None) -> int:
    """The highest mark that so much of a limit has passed, or 0; a limit of nothing has none."""
    return next((mark for mark in MARKS if limit and spent * 100 >= limit * mark), 0)
