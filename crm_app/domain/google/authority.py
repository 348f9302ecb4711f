"""What Google's own sign-in must be able to do, and where the composition root puts what does it. Nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from pydantic import SecretStr

CALENDARS: Final = "https://www.googleapis.com/auth/calendar.readonly"
"""Reading calendars and their events, and nothing else of the account."""
CHANGES: Final = "https://www.googleapis.com/auth/calendar.events"
"""Changing the events of calendars; it lists no calendars."""
MAIL: Final = "https://www.googleapis.com/auth/gmail.readonly"
"""Reading mail, and nothing else of the account."""
SENDS: Final = "https://www.googleapis.com/auth/gmail.send"
"""Sending mail as the account; it reads nothing."""
CONTACTS: Final = "https://www.googleapis.com/auth/contacts.readonly"
"""Reading contacts, and nothing else of the account."""
DRIVE: Final = "https://www.googleapis.com/auth/drive.readonly"
"""Reading files and folders, and nothing else of the account. The narrower ``drive.file`` only opens what was picked in a script of Google's, in the browser."""
WHO: Final = ("openid", "email")


class Wants(StrEnum):
    """What an account is signed in to for; nothing is asked for beyond that. ``writing`` is calendars that are changed, too, ``sending`` mail that is sent."""

    CALENDARS = "calendars"
    WRITING = "writing"
    MAIL = "mail"
    SENDING = "sending"
    CONTACTS = "contacts"
    FILES = "files"

    @property
    def scopes(self) -> tuple[str, ...]:
        """What of the account Google is asked for, in Google's words."""
        return {
            Wants.CALENDARS: (CALENDARS,), Wants.WRITING: (CALENDARS, CHANGES), Wants.MAIL: (MAIL,), Wants.SENDING: (MAIL, SENDS), Wants.CONTACTS: (CONTACTS,),
            Wants.FILES: (DRIVE,),
        }[self]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """The practice's own client at Google."""

    client_id: str
    secret: SecretStr


@dataclass(frozen=True, slots=True)
class Granted:
    """What Google handed out. ``refresh`` is empty where the one that is there stays good; ``lasts`` is for how many seconds ``access`` is."""

    access: SecretStr
    lasts: float
    refresh: SecretStr = SecretStr("")
    scopes: frozenset[str] = field(default_factory=frozenset)


class Authority(Protocol):
    """Google's sign-in. Each call but ``address`` asks Google, and may raise ``SourceDown``, ``SignInNeeded`` or, where the client is not right, ``NotThatKind``."""

    def address(self, client_id: str, *, back: str, state: str, verifier: str, scopes: Sequence[str], hint: str = "") -> str:
        """Where somebody signs in and allows ``scopes``, beside what they have allowed before.

        ``back`` is where Google sends them afterwards, ``hint`` the address that they are known by there.
        """
        ...

    def exchange(self, client: Client, code: SecretStr, *, verifier: str, back: str) -> Granted:
        """What a code is good for that somebody came back with."""
        ...

    def renew(self, client: Client, refresh: SecretStr) -> Granted:
        """A new token for access."""
        ...

    def who(self, access: SecretStr) -> str:
        """The e-mail address of the account."""
        ...

    def revoke(self, token: SecretStr) -> bool:
        """Give back what was granted. False when Google could not be told; never raises."""
        ...


class _Binding:
    authority: Authority | None = None
    client: Client | None = None


def bind_google(authority: Authority, client: Client | None = None) -> None:
    """Have accounts at Google signed in to by this; ``client`` is the one that whoever hosts this has set for all."""
    _Binding.authority, _Binding.client = authority, client


def bound_authority() -> Authority:
    """Google's sign-in."""
    if _Binding.authority is None:
        raise RuntimeError("bind_google(authority) has not been called")
    return _Binding.authority


def hosts_client() -> Client | None:
    """The client that whoever hosts this has set."""
    return _Binding.client
