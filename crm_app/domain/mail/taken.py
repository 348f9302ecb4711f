"""What a sync hands to ``landing``, and what that came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm_app.domain.mail.models import FolderRole
from crm_app.domain.mail.reading_schemas import ReadMail


@dataclass(frozen=True, slots=True)
class TakenFolder:
    """A folder as it is over there."""

    ref: str
    name: str
    role: FolderRole


@dataclass(frozen=True, slots=True)
class TakenHead:
    """The head of a message in a folder, and what the sandbox read out of it. ``received_at`` is the server's word, for heads without a usable date."""

    uid: int
    flags: frozenset[str]
    size: int
    read: ReadMail
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakenBody:
    """A whole message, as the sandbox read it."""

    uid: int
    read: ReadMail


@dataclass(frozen=True, slots=True)
class Landed:
    """How many mails came, changed and went here; ``skipped`` are those of which only the head is kept. ``wanted`` are uids whose words are to be fetched."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    wanted: tuple[int, ...] = ()
