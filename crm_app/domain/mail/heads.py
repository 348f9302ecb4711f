"""The head of a message: names, addresses, dates and ids as people and programs wrote them, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from crm_app.domain.mail.limits import MOST_ADDRESSES, MOST_HEADER
from crm_app.domain.mail.reading_schemas import Mailbox

# By these, automatic mail is known (``bulk.py``); nothing else of a head is kept.
MARKS = frozenset(
    "list-id list-post list-unsubscribe list-unsubscribe-post list-help precedence auto-submitted x-auto-response-suppress x-autoreply x-autorespond "
    "feedback-id x-campaign x-campaignid x-mailer x-mc-user return-path x-failed-recipients x-loop content-type".split()
)
_MOST_MARK = 300
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@\\]{1,64}@[A-Za-z0-9\u0080-\uffff.-]{1,253}")
_ID = re.compile(r"<([^<>\s]{1,990})>")
_VERDICT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]{3,12})", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def words(value: object) -> str:
    """A header as people read it: encoded words and raw 8-bit text decoded, folds and control characters gone."""
    if value is None:
        return ""
    try:
        pieces = decode_header(value if isinstance(value, Header) else str(value)[:MOST_HEADER])
    except (HeaderParseError, ValueError):
        return _plain(str(value))
    return _plain("".join(_decoded(piece, charset) for piece, charset in pieces))


def mailboxes(message: Message, *names: str) -> tuple[Mailbox, ...]:
    """Everybody in these lines of the head, once each. Addresses are read before names are decoded, so that no name can bring in another address."""
    found: dict[str, Mailbox] = {}
    for name in names:
        for value in message.get_all(name, []):
            raw = _raw(value)
            for shown, address in _pairs(raw):
                clean = address.strip().strip("<>").lower()
                if _ADDRESS.fullmatch(clean) and clean not in found and len(found) < MOST_ADDRESSES:
                    found[clean] = Mailbox(address=clean[:320], name=words(shown)[:240])
    return tuple(found.values())


def message_ids(message: Message, name: str, most: int = 100) -> tuple[str, ...]:
    """The ids in a line of the head, in order, without their brackets; what is no id is left out."""
    return tuple(dict.fromkeys(_ID.findall(" ".join(_raw(value) for value in message.get_all(name, [])))))[-most:]


def sent_at(message: Message) -> datetime | None:
    """When it was sent, in UTC; None when the head does not say, or says something that cannot be."""
    try:
        found = parsedate_to_datetime(_raw(message.get("Date", "")))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    try:
        moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1980 <= moment.year <= 2200 else None


def marks(message: Message) -> dict[str, str]:
    """The lines by which automatic mail is known."""
    found: dict[str, str] = {}
    for name, value in message.items():
        if name.lower() in MARKS and name.lower() not in found:
            found[name.lower()] = words(value)[:_MOST_MARK]
    return found


def verdict(message: Message) -> str:
    """What the server that received it found out about its sender: the first ``Authentication-Results``, which that server put on top."""
    said = _raw(message.get("Authentication-Results", ""))
    return " ".join(f"{method.lower()}={found.lower()}" for method, found in dict(_VERDICT.findall(said)).items())


def decode_text(data: bytes, charset: str | None) -> str:
    """Text in the charset that was named, else in the likeliest: nothing is lost over a wrong name."""
    for name in (charset, "utf-8"):
        try:
            return data.decode(name or "utf-8")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _pairs(raw: str) -> Iterable[tuple[str, str]]:
    pairs = [pair for pair in getaddresses([raw]) if "@" in pair[1]]
    return pairs or [("", found) for found in _ADDRESS.findall(raw)]


def _raw(value: object) -> str:
    """As it stands, in characters: raw 8-bit text is decoded, encoded words stay encoded."""
    text = str(value) if not isinstance(value, Header) else "".join(_decoded(piece, charset) for piece, charset in decode_header(value))
    return re.sub(r"\r?\n[ \t]*", " ", text)


def _decoded(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return decode_text(piece, None if charset == "unknown-8bit" else charset)


def _plain(text: str) -> str:
    return _CONTROL.sub("", re.sub(r"\s*[\r\n]+\s*", " ", text)).replace("\ufffd\ufffd", "\ufffd").strip()
