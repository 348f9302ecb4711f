"""Reading the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.audit.models import AuditEntry
from crm_app.domain.audit.schemas import AuditFilter, AuditPage, AuditRow
from crm_app.domain.paging import decode_cursor, encode_cursor

_CHUNK = 5_000


def list_page(session: Session, wanted: AuditFilter) -> AuditPage:
    """A page along the key, with the names of the people who are still known."""
    actor, subject = aliased(UserAccount), aliased(UserAccount)
    found: Any = (
        select(AuditEntry, actor.name, subject.name)
        .outerjoin(actor, col(actor.id) == col(AuditEntry.actor_id))
        .outerjoin(subject, col(subject.id) == col(AuditEntry.subject_id))
        .order_by(col(AuditEntry.seq).desc())
        .limit(wanted.limit + 1)
    )
    if wanted.actions:
        found = found.where(col(AuditEntry.action).in_(wanted.actions))
    if wanted.refused:
        found = found.where(AuditEntry.outcome == "refused")
    if wanted.about:
        found = found.where((col(AuditEntry.actor_id) == wanted.about) | (col(AuditEntry.subject_id) == wanted.about))
    if wanted.after:
        found = found.where(col(AuditEntry.seq) < decode_cursor(wanted.after, int)[0])
    rows = session.exec(found).all()
    shown = rows[: wanted.limit]
    return AuditPage(
        entries=tuple(AuditRow(**entry.model_dump(exclude={"key_id", "mac"}), actor_name=who or "", subject_name=whom or "") for entry, who, whom in shown),
        next_cursor=encode_cursor(shown[-1][0].seq) if len(rows) > wanted.limit else None,
    )


def walk(session: Session, after: int = 0) -> Iterator[dict[str, Any]]:
    """Every entry in its order, read a few thousand at a time."""
    while True:
        rows = session.connection().execute(
            text("select * from audit_entry where seq > :after order by seq limit :chunk"), {"after": after, "chunk": _CHUNK}
        ).mappings().all()  # fmt: skip
        yield from (dict(row) for row in rows)
        if len(rows) < _CHUNK:
            return
        after = rows[-1]["seq"]
