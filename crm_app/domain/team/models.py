"""How people come into the team, and come back when they have lost their password: links that work once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, Text, text
from sqlmodel import Field

from crm_app.domain.permissions import Role
from crm_app.domain.rows import Keyed, one_of

INVITED_AS = (Role.ADMIN.value, Role.MEMBER.value, Role.VIEWER.value)


class Invitation(Keyed, table=True):
    """An invitation to one address. The link's secret is kept as its SHA-256, and works until one of the three moments at the end is set."""

    __tablename__ = "invitation"
    __table_args__ = (
        one_of("role", INVITED_AS, "invitation"),
        Index("invitation_open", text("lower(email)"), postgresql_where=text("accepted_at is null and revoked_at is null")),
    )

    email: str = Field(max_length=254, sa_type=Text)
    role: str = Field(sa_type=Text)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    invited_by: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    accepted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    accepted_by: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class PasswordReset(Keyed, table=True):
    """A link by which one person may choose a new password, once and within ten minutes."""

    __tablename__ = "password_reset"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    made_by: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
