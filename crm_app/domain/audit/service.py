"""The audit log as admins read it, and the proof that nobody has rewritten it."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit import queries
from crm_app.domain.audit.chain import BEGINNING, KEY_CHANGED, name_of_key, seal
from crm_app.domain.audit.schemas import AuditCheck, AuditFilter, AuditPage
from crm_app.domain.audit.writing import bound_key
from crm_app.domain.permissions import Permission


def list_audit(session: Session, actor: Actor, wanted: AuditFilter) -> AuditPage:
    """A page of what was done, newest first. Invalid for a cursor of another list."""
    actor.require(Permission.AUDIT_READ)
    return queries.list_page(session, wanted)


def check_audit(session: Session, actor: Actor) -> AuditCheck:
    """Walk along the whole log and say whether every entry still is what was sealed."""
    actor.require(Permission.AUDIT_READ)
    return check_chain(bound_key(), queries.walk(session))


def check_chain(key: bytes, entries: Iterable[dict[str, Any]]) -> AuditCheck:
    """Whether ``entries``, from the first on, follow each other as they were sealed.

    Entries that an earlier key sealed cannot be checked themselves; the first one of ours vouches for how many there are.
    """
    count, others, before, ours = 0, 0, BEGINNING, name_of_key(key)
    for entry in entries:
        count += 1
        if entry["seq"] != count:
            return AuditCheck(entries=count, broken_at=count, reason="missing", other_keys=others)
        if entry["key_id"] != ours and others == count - 1:
            others = count
        elif not (entry["key_id"] == ours and _is_sealed(key, before, entry) and (others < count - 1 or _vouches(entry, others))):
            return AuditCheck(entries=count, broken_at=count, reason="changed", other_keys=others)
        before = bytes(entry["mac"])
    return AuditCheck(entries=count, other_keys=others)


def _is_sealed(key: bytes, before: bytes, entry: dict[str, Any]) -> bool:
    return hmac.compare_digest(bytes(entry["mac"]), seal(key, before, entry))


def _vouches(entry: dict[str, Any], others: int) -> bool:
    """The first entry of ours: the very first of all, or the one that says how many others came before it."""
    return others == 0 or (entry["action"] == KEY_CHANGED and entry["details"] == {"entries": others})
