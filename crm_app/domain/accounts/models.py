"""People who sign in, and what proves it. Secrets stand in tables that the application role cannot read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from crm_app.domain.permissions import Role
from crm_app.domain.rows import Keyed, Versioned, now, one_of


class Team(SQLModel, table=True):
    """The one team of this deployment; ``id`` is always 1."""

    __tablename__ = "team"
    __table_args__ = (CheckConstraint("id = 1", name="team_single"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = Field(max_length=120, sa_type=Text)
    country: str = Field(default="", max_length=2, sa_type=Text)
    counted_kinds: str = Field(default="email meeting call message class_attendance", sa_type=Text)
    ai_reads: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class UserAccount(Versioned, table=True):
    """A person in the team. The table is not called "user", which SQL reserves."""

    __tablename__ = "user_account"
    __table_args__ = (
        one_of("role", Role, "user_account"),
        one_of("theme", ("system", "light", "dark"), "user_account"),
        one_of("clock", ("", "12", "24"), "user_account"),
        one_of("whose", ("", "mine", "team"), "user_account"),
        Index("user_account_email_key", text("lower(email)"), unique=True),
    )

    email: str = Field(max_length=254, sa_type=Text)
    name: str = Field(max_length=120, sa_type=Text)
    role: str = Field(default=Role.MEMBER.value, sa_type=Text)
    time_zone: str = Field(default="UTC", sa_type=Text)
    locale: str = Field(default="en", sa_type=Text)
    theme: str = Field(default="system", sa_type=Text)
    week_start: int = Field(default=0, ge=0, le=6)
    clock: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    sidebar_collapsed: bool = False
    whose: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    dashboard: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Credential(SQLModel, table=True):
    """A password's argon2id hash. No role that serves pages can read this table."""

    __tablename__ = "credential"

    user_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="CASCADE")
    password_hash: str = Field(sa_type=Text)
    changed_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class UserSession(Keyed, table=True):
    """One signed-in browser. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "user_session"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    last_seen_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    idle_seconds: int
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    remembered: bool = False
    user_agent: str = Field(default="", sa_type=Text)
    address: str = Field(default="", sa_type=Text)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ApiToken(Keyed, table=True):
    """A personal key for the REST interface, shown once. ``scopes`` is a space-separated list, empty for all."""

    __tablename__ = "api_token"

    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=120, sa_type=Text)
    prefix: str = Field(sa_type=Text)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    scopes: str = Field(default="", sa_type=Text)
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class RateCounter(SQLModel, table=True):
    """How often something was tried in a window; it survives a restart."""

    __tablename__ = "rate_counter"

    key: str = Field(primary_key=True, sa_type=Text)
    hits: int = 0
    window_ends_at: datetime = Field(sa_type=DateTime(timezone=True))


class SetupCode(SQLModel, table=True):
    """The one-time code by which the first owner is made. At most one row."""

    __tablename__ = "setup_code"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    code_hash: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
