"""A repeated request is answered again and not carried out again.

The key is taken in the transaction that does the work: both are there, or neither is. A request that was refused
leaves no key behind, so that it may be mended and sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.requests import queries
from crm_app.domain.rows import now

LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered the first time."""

    status: int
    body: dict[str, Any]


def claim_key(session: Session, actor: Actor, key: str, fingerprint: str) -> KeptAnswer | None:
    """Take ``key`` for this request, or return what the same request was answered before.

    Two equal requests at the same moment: the second waits for the first. Raises ``Invalid`` when the key was used
    within 24 hours for another request.
    """
    queries.delete_keys_before(session, actor, now() - LIFE)
    if queries.insert_key(session, actor, key, fingerprint):
        return None
    row = queries.find_key(session, actor, key)
    if row is None:
        raise Conflict(_("The same request is being carried out right now. Ask again in a moment."))
    if row.fingerprint != fingerprint:
        raise Invalid(_("This Idempotency-Key was used for another request. Use a new key."), {"Idempotency-Key": _("Used for another request.")})
    return KeptAnswer(row.status, row.body or {})


def keep_answer(session: Session, actor: Actor, key: str, answer: KeptAnswer) -> None:
    """Write the answer beside the key that this transaction has claimed."""
    row = queries.find_key(session, actor, key)
    if row is None:
        raise Conflict(_("The request's key is gone. Ask again."))
    row.status, row.body = answer.status, answer.body
    session.add(row)
    session.flush()
