"""What a provider of mail must be able to do. One small Protocol, filled by one folder of ``crm_app/providers`` each.

Mail is only read, but for one thing: a copy of what was sent from here is put where the account keeps what it sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from crm_app.domain.connections.source import NotThatKind, SourceError

PAGE = 200
"""So many heads come at a time, at most."""


class NotAMailbox(NotThatKind):
    """Somebody answers, and it is no mail server."""


class FolderRefused(SourceError):
    """This one folder cannot be opened; the others can."""


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder over there. ``ref`` names it at the provider, ``name`` is for people; ``role``: inbox, sent, archive, drafts, junk, trash or other."""

    ref: str
    name: str
    role: str = "other"


@dataclass(frozen=True, slots=True)
class RemoteHead:
    """A message by its head. ``uid`` names it in its folder; ``flags`` are the server's own words (``\\Seen``); ``size`` is in bytes."""

    uid: int
    flags: frozenset[str]
    size: int
    head: bytes
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailChanges:
    """A page of what has changed in a folder. ``flags`` are those of messages that were there before; ``gone`` are uids that no longer are.

    ``present``, where it is given, holds every uid that exists over there, whenever it came: whatever else is kept of the folder is gone.
    It is empty on a page of its own when the folder's uids mean something else from now on. ``token`` is what to ask with next time,
    also when this is the last page that could be taken in; it is only valid once this page has been.
    """

    heads: tuple[RemoteHead, ...] = ()
    gone: tuple[int, ...] = ()
    flags: Mapping[int, frozenset[str]] = field(default_factory=dict)
    present: frozenset[int] | None = None
    token: str = ""


class MailSource(Protocol):
    """One account. Every call may raise ``SourceError``; any thread may use it, one at a time.

    Nothing over there changes but by ``put_sent``, and no mail becomes read.
    """

    def list_folders(self) -> Sequence[RemoteFolder]:
        """All folders that hold messages of their own; also the test of whether the connection works."""
        ...

    def list_changes(self, folder: str, token: str, since: date, *, whole: bool = False) -> Iterator[MailChanges]:
        """What has changed since ``token`` was given, the oldest first; everything when it is empty. No page at all: nothing has.

        Of messages that came before ``since`` no heads are told.

        ``whole`` looks after what the provider does not tell by itself: which messages are still there, and how each is flagged.
        """
        ...

    def list_heads(self, folder: str, uids: Collection[int]) -> Iterator[tuple[RemoteHead, ...]]:
        """The heads of these messages once more, a page at a time. What is not there any more is left out."""
        ...

    def fetch(self, folder: str, uids: Collection[int]) -> Iterator[tuple[int, bytes | str]]:
        """These messages with their bytes, or a sentence that says why there are none. What is not there any more is left out."""
        ...

    def put_sent(self, folder: str, content: bytes, message_id: str, at: datetime) -> bool:
        """Put a letter that was sent into a folder, as one that has been read, unless one of this id lies there; whether it did. Raises ``FolderRefused``."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...
