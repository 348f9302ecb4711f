"""What the account functions of the database return, and what a sign-in needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crm_app.domain.actor import Actor, Via
from crm_app.domain.permissions import Role


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A person's password hash, by address; never leaves the sign-in."""

    user_id: UUID
    password_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A live session of an enabled person."""

    session_id: UUID
    user_id: UUID
    role: str
    name: str
    email: str
    time_zone: str = "UTC"
    locale: str = "en"
    week_start: int = 0
    clock: str = ""
    theme: str = "system"
    data: dict[str, Any] = field(default_factory=dict)
    remembered: bool = False
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def actor(self, via: Via = "web") -> Actor:
        """The person behind this session, as services want them."""
        return Actor(
            user_id=self.user_id, role=Role(self.role), name=self.name, email=self.email, via=via, time_zone=self.time_zone,
            locale=self.locale, week_start=self.week_start, clock=self.clock, theme=self.theme, session_id=self.session_id,
        )


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A live API token of an enabled person. ``scopes`` empty means all that the role may do."""

    token_id: UUID
    user_id: UUID
    role: str
    name: str
    email: str
    time_zone: str = "UTC"
    locale: str = "en"
    week_start: int = 0
    clock: str = ""
    theme: str = "system"
    scopes: frozenset[str] = frozenset()

    def actor(self) -> Actor:
        """The person behind this token, narrowed to its scopes."""
        return Actor(
            user_id=self.user_id, role=Role(self.role), name=self.name, email=self.email, via="api", time_zone=self.time_zone,
            locale=self.locale, week_start=self.week_start, clock=self.clock, theme=self.theme, scopes=self.scopes,
        )


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without use, and at most."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class NewSession:
    """Everything that is written when a browser signs in."""

    user_id: UUID
    token_hash: bytes
    remembered: bool
    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """What a one-time link offers: an account of one's own (an invitation), or a new password.

    ``state`` is open, used, revoked or expired; the rest is what its page says. ``role``, ``country`` and ``inviter`` are an invitation's.
    """

    state: str
    email: str
    team: str
    name: str = ""
    role: str = ""
    country: str = ""
    inviter: str = ""


@dataclass(frozen=True, slots=True)
class NewMember:
    """The answers of somebody who takes up an invitation."""

    name: str
    password_hash: str
    time_zone: str
    locale: str
    week_start: int
    address: str


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """The answers of the first run."""

    email: str
    name: str
    password_hash: str
    team_name: str
    country: str
    time_zone: str
    locale: str
