"""Work that nothing is under way for any more: ids alone, for a clock that is nobody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

_LOST = text("select job, owner from lost_delegations(:moment)")


def list_lost(session: Session, moment: datetime) -> list[tuple[UUID, UUID]]:
    """``(job id, owner)`` of each."""
    return [(row.job, row.owner) for row in session.connection().execute(_LOST, {"moment": moment})]
