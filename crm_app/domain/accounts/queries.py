"""Reads about accounts: only columns that the application's role may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, text
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import ApiToken, Team, UserAccount, UserSession


def get_team(session: Session) -> Team | None:
    """The one team, or None before the first run."""
    return session.exec(select(Team)).first()


def get_user(session: Session, user_id: UUID) -> UserAccount | None:
    """A person of the team."""
    return session.exec(select(UserAccount).where(UserAccount.id == user_id)).first()


def list_users(session: Session) -> Sequence[UserAccount]:
    """Everyone who can sign in, by name."""
    return session.exec(select(UserAccount).where(col(UserAccount.disabled_at).is_(None)).order_by(UserAccount.name)).all()


def is_alone(session: Session) -> bool:
    """Whether at most one person can sign in."""
    return len(session.exec(select(UserAccount.id).where(col(UserAccount.disabled_at).is_(None)).limit(2)).all()) < 2


def list_live_sessions(session: Session, user_id: UUID) -> Sequence[Row[Any]]:
    """Sessions that could still act, the latest used first."""
    alive = col(UserSession.last_seen_at) + func.make_interval(0, 0, 0, 0, 0, 0, UserSession.idle_seconds) > func.now()
    columns = (UserSession.id, UserSession.user_agent, UserSession.address, UserSession.created_at, UserSession.last_seen_at, UserSession.remembered)
    statement = select(*columns).where(  # type: ignore[call-overload]
        UserSession.user_id == user_id, col(UserSession.revoked_at).is_(None), col(UserSession.expires_at) > func.now(), alive
    )
    return session.exec(statement.order_by(col(UserSession.last_seen_at).desc())).all()


def list_live_tokens(session: Session, user_id: UUID) -> Sequence[Row[Any]]:
    """Keys that are not revoked, the newest first."""
    columns = (ApiToken.id, ApiToken.name, ApiToken.prefix, ApiToken.scopes, ApiToken.created_at, ApiToken.expires_at, ApiToken.last_used_at)
    statement = select(*columns).where(ApiToken.user_id == user_id, col(ApiToken.revoked_at).is_(None))  # type: ignore[call-overload]
    return session.exec(statement.order_by(col(ApiToken.created_at).desc())).all()


def call(session: Session, statement: str, **values: Any) -> Any:
    """Call one of the sign-in functions, which alone can reach what they guard, and return its first value."""
    return session.connection().execute(text(statement), values).scalar()


class Counters:
    """The counters of guesses, in the transaction at hand: what it counts stands only if it ends well."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rate_hit(self, key: str, window: int) -> int:
        """Count one more and return how many there were in the window."""
        return int(call(self._session, "select auth_rate_hit(:key, :window)", key=key, window=window))

    def rate_peek(self, key: str) -> tuple[int, int]:
        """Hits in the open window and the seconds it has left; ``(0, 0)`` without one."""
        peek = text("select hits, ceil(extract(epoch from ends_at - now()))::int as left from auth_rate_peek(:key)")
        found = self._session.connection().execute(peek, {"key": key}).first()
        return (found.hits, found.left) if found else (0, 0)

    def rate_clear(self, key: str) -> None:
        """Forget the key."""
        call(self._session, "select auth_rate_clear(:key)", key=key)


def stored_password(session: Session, email: str) -> str | None:
    """The hash behind an address; it never leaves the service that compares it."""
    return call(session, "select password_hash from auth_user_by_email(:mail)", mail=email)


def revoke_token_row(session: Session, user_id: UUID, token_id: UUID) -> bool:
    """Mark one of the person's keys as revoked; False when there is no such live key."""
    statement = text("update api_token set revoked_at = now() where id = :id and user_id = :user and revoked_at is null")
    return bool(session.connection().execute(statement, {"id": token_id, "user": user_id}).rowcount)  # type: ignore[attr-defined]
