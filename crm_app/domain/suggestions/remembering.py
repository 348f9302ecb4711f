"""What a person has said no to, and why: told to whoever would suggest something about the same people or the same task."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.suggestions import queries
from crm_app.domain.times import day_of

LOOKED_AT = timedelta(days=90)
MOST = 8
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Rejected:
    """One no. ``what`` is what would have been done, in the words of its form; ``reason`` may be empty."""

    on: date
    kind: str
    what: str
    reason: str


def list_rejections(session: Session, actor: Actor, contact_ids: Collection[UUID] = (), task_id: UUID | None = None) -> tuple[Rejected, ...]:
    """What the actor rejected in the last three months about these contacts, or as a draft of this task; the latest first."""
    actor.require(Permission.AI_USE)
    rows = queries.list_rejected(session, actor, contact_ids, task_id, now() - LOOKED_AT, MOST)
    return tuple(
        Rejected(on=day_of(row.decided_at, actor), kind=row.kind, what=_words(row.payload), reason=row.reason) for row in rows if row.decided_at is not None
    )


def _words(payload: dict[str, object]) -> str:
    """What a form says, without the ids that it names."""
    said = {name: value for name, value in payload.items() if value and not name.endswith(("_id", "_ids")) and name != "audience"}
    return "; ".join(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in said.items())[:LONGEST]
