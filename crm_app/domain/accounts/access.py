"""Showing once more that it is oneself, before something that an open page alone should not be able to do."""

from __future__ import annotations

from sqlmodel import Session

from crm_app.domain.accounts import passwords, queries
from crm_app.domain.accounts.guessing import Attempt, SignInLimits
from crm_app.domain.accounts.rules import MAX_PASSWORD
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note_anyone


def password_fault(session: Session, actor: Actor, password: str, action: str) -> str | None:
    """None when this is the actor's password, else the sentence for the field it was typed into.

    A wrong one is an outcome and no error: it is counted like any guess at the door and noted under ``action``, and what ends in an
    error leaves neither behind.
    """
    limits, attempt = SignInLimits(queries.Counters(session)), Attempt.of_session(actor.email, actor.session_id)
    if wait := limits.wait(attempt):
        return f"Too many tries. Wait {max(1, round(wait / 60))} min, then try again."
    if not passwords.verify_password(queries.stored_password(session, actor.email), password[:MAX_PASSWORD]):
        limits.failed(attempt)
        note_anyone(session, action, actor_id=actor.user_id, via=actor.via, outcome="refused", subject="person", subject_id=actor.user_id)
        return "This is not your current password."
    limits.succeeded(attempt)
    return None
