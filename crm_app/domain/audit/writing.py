"""Writing to the audit log: deeds are noted while a transaction works, and sealed in its last moment.

A deed that is rolled back leaves no entry, and an entry stands only if what it tells was committed with it.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.chain import BEGINNING, KEY_CHANGED, derive_key, name_of_key, seal
from crm_app.domain.rows import now

_PENDING = "audit"
_HEAD = text("select last, last_mac, last_key from audit_head()")
_APPEND = text("select audit_append(cast(:entries as jsonb))")


class _Binding:
    key: bytes | None = None


def bind_key(secret: bytes) -> None:
    """Seal this process's entries with a key derived from the deployment's secret, which the database never sees."""
    _Binding.key = derive_key(secret)


def bound_key() -> bytes:
    """The key that ``bind_key`` derived."""
    if _Binding.key is None:
        raise RuntimeError("audit.bind_key(secret) has not been called")
    return _Binding.key


def note(session: Session, actor: Actor, action: str, subject: str = "", subject_id: UUID | None = None, **details: str | int | bool) -> dict[str, Any]:
    """Note what ``actor`` does to one thing, by its id, and return the details, which may still change until the end of the work.

    ``details`` are ids, numbers and words of ours, never content.
    """
    if actor.session_id is not None:
        details["session"] = str(actor.session_id)
    kept: dict[str, Any] = dict(details)
    note_anyone(session, action, actor_id=actor.user_id, via=actor.via, subject=subject, subject_id=subject_id, details=kept)
    return kept


def note_anyone(
    session: Session, action: str, *, actor_id: UUID | None, via: str = "web", outcome: str = "done", subject: str = "", subject_id: UUID | None = None,
    address: str = "", details: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """The same where nobody is signed in yet: a sign-in, an invitation that is taken up, a refusal."""
    kept: dict[str, Any] = details if details is not None else {}
    entry = _entry(action, actor_id=actor_id, via=via, outcome=outcome, subject=subject, subject_id=subject_id, address=address[:64], details=kept)
    session.info.setdefault(_PENDING, []).append(entry)


def seal_noted(session: Session) -> None:
    """Append what was noted. Called by the unit of work alone, right before it commits: from here on the log's end is held."""
    noted = session.info.pop(_PENDING, None)
    if not noted:
        return
    key = bound_key()
    row = session.connection().execute(_HEAD).first()
    seq, before = (row.last, bytes(row.last_mac)) if row else (0, BEGINNING)
    if row is not None and row.last_key != name_of_key(key):
        noted.insert(0, _entry(KEY_CHANGED, actor_id=None, via="system", details={"entries": seq}))
    for entry in noted:
        seq += 1
        entry["seq"] = seq
        before = seal(key, before, entry)
        entry.update(key_id=name_of_key(key), mac=before.hex())
    session.connection().execute(_APPEND, {"entries": json.dumps(noted, default=_written)})


def read_head(session: Session) -> tuple[int, bytes] | None:
    """Number and seal of the last entry, None in an empty log."""
    row = session.connection().execute(_HEAD).first()
    return (row.last, bytes(row.last_mac)) if row else None


def _entry(action: str, **values: Any) -> dict[str, Any]:
    return {"at": now(), "action": action, "outcome": "done", "subject": "", "subject_id": None, "address": "", **values}


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
