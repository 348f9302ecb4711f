"""The functions of the database that alone move meters, as calls, and reads of the ledger."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.errors import NotFound

_RESERVE = text("select ai_reserve(:call, cast(:plan as jsonb), cast(:about as uuid[]))")
_SETTLE = text("select ai_settle(:call, :input, :output, :counted, :came)")
_RELEASE = text("select ai_release(:call, :reason, :charged)")
_SWEEP = text("select ai_sweep()")
_STANDING = text("select ai_standing()")
_PEOPLE = text("select ai_people_standing()")
_TIDY = text("select ai_tidy(:keep)")
_SET = text("select ai_set_limit(:scope, :subject, :period, :most)")


def reserve(session: Session, call_id: UUID, plan: dict[str, Any], about: Collection[UUID]) -> dict[str, Any]:
    """Set aside what a call may cost, if every limit has room for it; what the database says of it."""
    return dict(session.connection().execute(_RESERVE, {"call": call_id, "plan": json.dumps(plan, default=str), "about": list(about)}).scalar_one())


def settle(session: Session, call_id: UUID, *, input_tokens: int, output_tokens: int, counted: bool, came: str) -> dict[str, Any]:
    """Put what the actor's call did cost in the place of what was set aside; NotFound when it is not theirs."""
    values = {"call": call_id, "input": input_tokens, "output": output_tokens, "counted": counted, "came": came}
    return _own(session.connection().execute(_SETTLE, values).scalar_one())


def release(session: Session, call_id: UUID, reason: str, *, charged: bool) -> dict[str, Any]:
    """Let go of what was set aside for the actor's call, or count all of it; NotFound when it is not theirs."""
    return _own(session.connection().execute(_RELEASE, {"call": call_id, "reason": reason, "charged": charged}).scalar_one())


def sweep(session: Session) -> int:
    """Count in full what nobody came back for; how many calls that were."""
    return int(session.connection().execute(_SWEEP).scalar_one())


def set_limit(session: Session, scope: str, subject: str, period: str, most: int | None) -> None:
    """Say what a subject may spend in a period; None: what it was before anybody said anything."""
    session.connection().execute(_SET, {"scope": scope, "subject": subject, "period": period, "most": most})


def list_standing(session: Session) -> list[dict[str, Any]]:
    """How the limits of the actor, of the team and of features stand now, each as the fields of a ``MeterView`` but for what is left."""
    return list(session.connection().execute(_STANDING).scalar_one())


def list_people_standing(session: Session) -> list[dict[str, Any]]:
    """How the limits of everybody who may use models stand, by name; nothing for whoever does not manage the team."""
    return list(session.connection().execute(_PEOPLE).scalar_one())


def tidy(session: Session, keep: timedelta) -> int:
    """Forget what was sent and what came longer ago than that, or than the settings say; of how many calls."""
    return int(session.connection().execute(_TIDY, {"keep": keep}).scalar_one())


def _own(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        raise NotFound
    return dict(found)
