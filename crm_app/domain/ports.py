"""What the domain and the edge need from outside, as Protocols that the composition root fills once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from crm_app.domain.accounts.schemas import (
    FirstOwner,
    LinkOffer,
    NewMember,
    NewSession,
    SessionLimits,
    SessionRecord,
    StoredPassword,
    TokenRecord,
)
from crm_app.domain.actor import Actor
from crm_app.domain.isolation import Sandbox as Sandbox  # its own file: see there
from crm_app.domain.secret_box import SecretBox as SecretBox


class RateStore(Protocol):
    """Counters that survive a restart. A window begins with its first hit and ends ``window`` seconds later."""

    def rate_hit(self, key: str, window: int) -> int:
        """Count one more and return how many there were in the window."""
        ...

    def rate_peek(self, key: str) -> tuple[int, int]:
        """How many there were in the open window and the seconds that it has left; ``(0, 0)`` without one. Does not count."""
        ...

    def rate_clear(self, key: str) -> None:
        """Forget the key."""
        ...


class SessionStore(RateStore, Protocol):
    """Sign-in, sessions and tokens. Every call is its own transaction; tokens arrive hashed, never in the clear."""

    def user_by_email(self, email: str) -> StoredPassword | None:
        """The password hash of the person with this address, whatever its case."""
        ...

    def open_session(self, new: NewSession, limits: SessionLimits) -> UUID:
        """Write a session and return its id."""
        ...

    def sign_in_refused(self, user_id: UUID | None, address: str) -> None:
        """Put a refused sign-in into the audit log."""
        ...

    def session(self, token_hash: bytes) -> SessionRecord | None:
        """The live session of an enabled person; marks it as used, at most once a minute."""
        ...

    def peek_session(self, token_hash: bytes) -> SessionRecord | None:
        """The same without marking it as used, for what a page does by itself."""
        ...

    def save_session_data(self, token_hash: bytes, data: dict[str, Any]) -> None:
        """Replace the session's dictionary."""
        ...

    def close_session(self, session_id: UUID, user_id: UUID) -> None:
        """End one session of this person, and tell every process."""
        ...

    def close_user_sessions(self, user_id: UUID, except_session: UUID | None = None) -> None:
        """End every session of this person but one, and tell every process."""
        ...

    def token(self, token_hash: bytes) -> TokenRecord | None:
        """The live API token of an enabled person."""
        ...

    def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Replace a person's password hash."""
        ...

    def team_name(self) -> str:
        """The team's name, which the sign-in page shows; empty before the first run."""
        ...

    def is_first_run(self) -> bool:
        """True until the first owner exists."""
        ...

    def put_setup_code(self, code_hash: bytes, life: timedelta) -> None:
        """Keep the one setup code, replacing an earlier one."""
        ...

    def first_owner(self, code_hash: bytes, owner: FirstOwner) -> UUID | None:
        """Make the first owner and use up the code, in one step; None when the code is wrong, used or too old."""
        ...

    def invitation(self, token_hash: bytes) -> LinkOffer | None:
        """What the invitation behind a link offers, also when it is over; None when there never was one."""
        ...

    def accept_invitation(self, token_hash: bytes, member: NewMember) -> UUID | None:
        """Make the account that an open invitation offers, once; None when it is over, or the address has an account by now."""
        ...

    def password_reset(self, token_hash: bytes) -> LinkOffer | None:
        """Whose password the link behind this hash replaces, also when it is over; None when there never was one."""
        ...

    def use_password_reset(self, token_hash: bytes, password_hash: str, address: str) -> UUID | None:
        """Replace the password by an open link, once, and end every session of that person; None when the link is over."""
        ...


class FeedStore(RateStore, Protocol):
    """Who reads behind a calendar address."""

    def feed_reader(self, token_hash: bytes) -> Actor | None:
        """The enabled person whose live calendar address this is, as one who may read contacts and do nothing else."""
        ...


class DigestStore(RateStore, Protocol):
    """Who is behind a link that stops the daily mail."""

    def digest_reader(self, user_id: UUID) -> tuple[Actor, UUID] | None:
        """The enabled person as one who may change what they are told and nothing else, and what their links are signed over."""
        ...


class UploadStore(Protocol):
    """Where an uploaded file waits until a service takes it up."""

    def keep_upload(self, actor: Actor, purpose: str, name: str, content: bytes) -> UUID:
        """Keep the bytes for this person alone and return their id; what nobody takes up goes after a day."""
        ...
