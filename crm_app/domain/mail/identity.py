"""By what a message is known again, whose it is, when it was sent, and which talk it belongs to. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from crm_app.domain.calendar.matching import comparable
from crm_app.domain.mail.models import Direction, FolderRole, PartyRole
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.text import fold

MOST_PARTIES, MOST_REFERENCES, LONGEST_REFERENCE = 100, 30, 400
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TALK_LASTS = timedelta(days=60)
"""Mails that say nothing of what they answer belong together by their subject only so close to each other."""
REPLY = re.compile(r"^\s*(?:(?:re|aw|antw|sv|vs|odp|res|rif|ré|回复|答复|返信)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+", re.I)
_FAILED = re.compile(r"\b(?:dmarc|spf|dkim)=(?:fail|softfail|permerror)\b")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a head, by a comparable address."""

    role: str
    address: str
    name: str = ""


def ident_of(read: ReadMail) -> str:
    """A fingerprint that is the same in every folder and account. The sender is part of it, so that nobody can stand in for another's mail by its id."""
    sender = sender_of(read)[0]
    if read.message_id:
        return _digest("id", read.message_id, sender)
    said = (sender, *(one.address for one in (*read.to, *read.cc)), read.sent_at.isoformat() if read.sent_at else "", read.subject)
    return _digest("head", *said)


def sender_of(read: ReadMail) -> tuple[str, str]:
    """``(address, name)`` of who wrote it, or two empty strings."""
    first = next((one for one in read.senders if _address(one.address)), None)
    return (_address(first.address), clean(first.name)[:240]) if first else ("", "")


def parties_of(read: ReadMail) -> tuple[Party, ...]:
    """Everybody in the head, once in each line, at most a hundred: a mail to more people is to nobody."""
    lines = (
        (PartyRole.FROM, read.senders), (PartyRole.REPLY_TO, read.reply_to), (PartyRole.TO, read.to), (PartyRole.CC, read.cc), (PartyRole.BCC, read.bcc),
    )  # fmt: skip
    found: dict[tuple[str, str], Party] = {}
    for role, people in lines:
        for one in people:
            address = _address(one.address)
            if address and len(found) < MOST_PARTIES:
                found.setdefault((role.value, address), Party(role.value, address, clean(one.name)[:240]))
    return tuple(found.values())


def others_of(parties: Iterable[Party], direction: str, own: Collection[str]) -> frozenset[str]:
    """The addresses of those with whom the mail is: who wrote it or was written to, but for its owner."""
    if direction == Direction.OUT:
        return frozenset(one.address for one in parties if one.role not in (PartyRole.FROM, PartyRole.REPLY_TO)) - frozenset(own)
    return frozenset(one.address for one in parties) - frozenset(own)


def count_recipients(read_parties: Iterable[Party]) -> int:
    """To how many addresses it went, as far as its head says."""
    return len({one.address for one in read_parties if one.role in (PartyRole.TO, PartyRole.CC, PartyRole.BCC)})


def direction_of(read: ReadMail, role: str, own: Collection[str]) -> Direction:
    """Sent by its owner or come in. In an inbox, one's own address counts as the sender only if the receiving server did not doubt it."""
    if role == FolderRole.SENT:
        return Direction.OUT
    doubted = role != FolderRole.ARCHIVE and bool(_FAILED.search(read.verified))
    return Direction.OUT if sender_of(read)[0] in own and not doubted else Direction.IN


def sent_when(read: ReadMail, received_at: datetime | None, moment: datetime) -> datetime:
    """When it was sent; the server's time where the head does not say or says what cannot be, and never later than now."""
    said, received = read.sent_at, min(received_at or moment, moment)
    return said if said is not None and EARLIEST <= said <= moment else received


def references_of(read: ReadMail) -> tuple[str, ...]:
    """The ids by which its thread may be known, its own first. An id that no index can hold is kept as its fingerprint."""
    ids = ([read.message_id] if read.message_id else []) + [*read.in_reply_to, *read.references[-MOST_REFERENCES:]]
    ids = [clean(one) for one in ids if clean(one)]
    return tuple(dict.fromkeys(one if len(one) <= LONGEST_REFERENCE else f"sha256:{_digest(one)}" for one in ids))[: MOST_REFERENCES + 2]


def talk_of(read: ReadMail, people: Collection[str]) -> tuple[str, bool]:
    """A fingerprint of its subject among these people, ``""`` where that means nothing; and whether the subject begins as an answer's does."""
    topic = REPLY.sub("", read.subject)
    plain = fold(topic)
    if len(plain) < 3 or not people:
        return "", False
    return f"talk:{_digest(plain, *sorted(people))}", topic != read.subject


def _address(written: str) -> str:
    return comparable(clean(written))[:320]


def clean(words: str) -> str:
    """Without what no text of the database can hold."""
    return words.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
