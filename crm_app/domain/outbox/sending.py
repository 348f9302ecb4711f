"""The contract of whatever hands a mail to the world, and how that may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody whom a letter goes to; ``role`` is in which line of its head: to, cc, or bcc, which nobody else is shown."""

    address: str
    name: str = ""
    role: str = "to"


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What a mail has besides that somebody wrote themselves: by which mailbox it leaves and as whom, who else gets it, and what it answers.

    ``references`` are message ids without brackets, the one that is answered last; ``sent_at`` is its date.
    """

    connection_id: UUID | None
    sender: Recipient
    others: tuple[Recipient, ...]
    references: tuple[str, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """Something that is attached. ``kind`` is a media type, ``name`` one that has been cleaned."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail: to one person, or, of a letter, to all that its ``head`` names besides. ``message_id`` is its own for ever; ``unsubscribe`` is the
    whole address where one POST stops it."""

    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe: str = ""
    head: LetterHead | None = None
    files: tuple[OutgoingFile, ...] = ()

    @property
    def people(self) -> tuple[Recipient, ...]:
        """Everybody who is to get it."""
        return (Recipient(self.to_address, self.to_name), *(self.head.others if self.head else ()))


class MailProblem(Exception):
    """A mail that has not arrived for certain. ``reason`` is a sentence for people; it never quotes the server."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailPutOff(MailProblem):
    """It was surely not taken, and may be later."""


class MailRefused(MailProblem):
    """It was surely not taken, and never will be as it is."""


class MailUncertain(MailProblem):
    """It was handed over and nobody said whether it was taken. Sending it again might send it twice."""


class MailSender(Protocol):
    """Sends one mail, to all of its people or to none. Nothing of it is handed over before ``hand_over`` has been called and has returned."""

    def send(self, mail: OutgoingMail, hand_over: Callable[[], None]) -> str | None:
        """Return once the server has taken the mail: by what it is known there, where the account itself keeps what it sent.
        Raises ``MailPutOff``, ``MailRefused`` or ``MailUncertain``.

        ``hand_over`` is called once everything is ready and only the mail itself is missing; what it raises ends the attempt.
        """
        ...

    def check(self) -> None:
        """Reach the server and sign in, without sending anything. Raises ``MailPutOff`` or ``MailRefused``."""
        ...
