"""How a service tells people of what it did: one call, inside its own transaction, so that both stand or fall together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.notifications import queries
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.rows import now

LONGEST_DETAIL = 500


def notify(
    session: Session,
    actor: Actor,
    people: Iterable[UUID | None],
    kind: Kind,
    *,
    about: tuple[str, UUID] | None = None,
    key: str = "",
    due_at: datetime | None = None,
) -> int:
    """Tell ``people`` that ``actor`` did something; how many were told.

    ``about`` names a row, such as ``("task", task.id)``. Whoever may not see it is not told, nor is whoever has been
    disabled, nor the actor themselves: what one did oneself is no news. ``key`` says what makes this the same piece of
    news: with one, a person is told once and never again; without, once for each change set. The notification holds no
    title; its reader sees the row's own, for as long as they may.
    """
    others = sorted({person for person in people if person and person != actor.user_id})
    if not others:
        return 0
    return queries.put(session, others, kind, key=_key(session, kind, about, key), about=about, detail="", due_at=due_at)


def notify_self(
    session: Session, actor: Actor, kind: Kind, *, about: tuple[str, UUID] | None = None, key: str = "", detail: str = "", due_at: datetime | None = None
) -> bool:
    """Remind the actor, or tell them what became of something they started. ``detail`` is theirs to read and nobody else's. True when it is news."""
    key = _key(session, kind, about, key)
    return bool(queries.put(session, [actor.user_id], kind, key=key, about=about, detail=detail[:LONGEST_DETAIL], due_at=due_at))


def end_news(session: Session, actor: Actor, kind: Kind, *, about: tuple[str, UUID], key: str) -> None:
    """What the actor was told of this is settled: it counts as read, so that the bell of every open page forgets it."""
    queries.read_key(session, actor, _key(session, kind, about, key), now())


def _key(session: Session, kind: Kind, about: tuple[str, UUID] | None, key: str) -> str:
    return f"{kind.value}:{about[1] if about else ''}:{key or session.info['change_set_id']}"
