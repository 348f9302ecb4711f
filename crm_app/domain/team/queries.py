"""Reads about the team, and the functions that change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, text, update
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import Team, UserAccount
from crm_app.domain.rows import now
from crm_app.domain.team.models import Invitation


def get_team(session: Session) -> Team | None:
    """The one team."""
    return session.exec(select(Team)).first()


def get_person(session: Session, user_id: UUID) -> UserAccount | None:
    """A person of the team, disabled or not."""
    return session.exec(select(UserAccount).where(UserAccount.id == user_id)).first()


def list_everyone(session: Session) -> Sequence[UserAccount]:
    """Everybody, those who can sign in first, by name."""
    return session.exec(select(UserAccount).order_by(col(UserAccount.disabled_at).is_not(None), func.lower(UserAccount.name), col(UserAccount.id))).all()


def list_seen(session: Session) -> dict[UUID, datetime | None]:
    """When each was last there, for those who manage the team; empty for others."""
    return {user_id: seen_at for user_id, seen_at in session.connection().execute(text("select user_id, seen_at from team_seen()")).all()}


def list_open_invitations(session: Session) -> Sequence[Row[Any]]:
    """Invitations that could still be taken up, the newest first."""
    columns: Any = (
        Invitation.id, Invitation.email, Invitation.role, Invitation.invited_by, Invitation.created_at, Invitation.expires_at,
        col(UserAccount.name).label("inviter_name"),
    )  # fmt: skip
    found = select(*columns).join(UserAccount, col(UserAccount.id) == col(Invitation.invited_by)).where(*_open()).order_by(col(Invitation.id).desc())
    return session.exec(found).all()


def has_address(session: Session, email: str) -> bool:
    """Whether somebody in the team signs in with this address."""
    return bool(call(session, "select team_has_address(:mail)", mail=email))


def insert_invitation(session: Session, values: dict[str, Any]) -> None:
    """Write an invitation with the columns that the application may write."""
    session.exec(insert(Invitation).values(**values))


def revoke_open(session: Session, *, email: str | None = None, invitation_id: UUID | None = None) -> int:
    """Close what is open to an address, or one invitation; returns how many were."""
    which = col(Invitation.id) == invitation_id if invitation_id else func.lower(Invitation.email) == (email or "").lower()
    return session.connection().execute(update(Invitation).where(which, *_open()).values(revoked_at=now())).rowcount


def call(session: Session, statement: str, **values: Any) -> Any:
    """Call one of the team's functions and return its first value. Services have asked before whether the actor may."""
    return session.connection().execute(text(statement), values).scalar()


def list_hand_over_counts(session: Session, leaver_id: UUID) -> Sequence[Any]:
    """``(kind, shared, hidden)`` of what belongs to somebody, counted by the schema's owner."""
    return session.connection().execute(text("select kind, shared, hidden from team_hand_over_count(:who) order by kind"), {"who": leaver_id}).all()


def _open() -> tuple[Any, ...]:
    return col(Invitation.accepted_at).is_(None), col(Invitation.revoked_at).is_(None), col(Invitation.expires_at) > func.now()
