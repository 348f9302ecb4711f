"""The practice's own client at a provider, and sign-ins that have begun there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, Text
from sqlmodel import Field, SQLModel

from crm_app.domain.google.authority import Wants
from crm_app.domain.rows import Keyed, one_of


class OAuthClient(Keyed, table=True):
    """By which client the team's accounts at a provider are signed in to: one for each provider. Its secret is sealed, and shown to nobody."""

    __tablename__ = "oauth_client"
    __table_args__ = (one_of("provider", ("google",), "oauth_client"),)

    provider: str = Field(unique=True, sa_type=Text)
    client_id: str = Field(max_length=300, sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)
    key_id: str = Field(sa_type=Text)


class OAuthState(SQLModel, table=True):
    """A sign-in that somebody began and has not come back from. Of what comes back with them only the hash is kept.

    It is theirs alone, of the browser's session in which it began, and good once. ``connection_id`` is what they sign in to again, if
    anything, ``wants`` what for. ``verifier`` proves to the provider that whoever ends it began it (PKCE); alone it opens nothing.
    """

    __tablename__ = "oauth_state"
    __table_args__ = (one_of("wants", Wants, "oauth_state"),)

    state_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    user_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    session_id: UUID | None = None
    connection_id: UUID | None = Field(default=None, foreign_key="connection.id", ondelete="CASCADE")
    wants: str = Field(sa_type=Text)
    verifier: str = Field(sa_type=Text)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
