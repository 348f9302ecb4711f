"""Lookups of answers that are kept for repeated requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.requests.models import IdempotencyKey
from crm_app.domain.rows import now


def find_key(session: Session, actor: Actor, key: str) -> IdempotencyKey | None:
    """The actor's own row for this key."""
    return session.exec(select(IdempotencyKey).where(IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key)).one_or_none()


def insert_key(session: Session, actor: Actor, key: str, fingerprint: str) -> bool:
    """Take the key; False when it is taken. Waits for a transaction that is taking the same key right now."""
    row = {"user_id": actor.user_id, "key": key, "fingerprint": fingerprint, "status": 0, "created_at": now()}
    taken = insert(IdempotencyKey).values(row).on_conflict_do_nothing().returning(IdempotencyKey.__table__.c.key)  # type: ignore[attr-defined]
    return session.connection().execute(taken).first() is not None


def delete_keys_before(session: Session, actor: Actor, moment: datetime) -> None:
    """Forget the actor's keys that are older than ``moment``."""
    table = IdempotencyKey.__table__  # type: ignore[attr-defined]
    session.connection().execute(delete(table).where(table.c.user_id == actor.user_id, table.c.created_at < moment))
