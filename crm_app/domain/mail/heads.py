"""The head of a message: names, addresses, dates and ids as people and programs wrote them, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from crm_app.domain.mail.limits import MOST_ADDRESSES, MOST_HEADER, head_of
from crm_app.domain.mail.reading_schemas import Mailbox

# By these, automatic mail is known (``automatic.py``); nothing else of a head is kept.
MARKS = frozenset(
    "list-id list-post list-unsubscribe list-unsubscribe-post list-help precedence auto-submitted x-auto-response-suppress x-autoreply x-autorespond "
    "feedback-id x-campaign x-campaignid x-mailer x-mc-user return-path x-failed-recipients x-loop content-type".split()
)
_MOST_MARK = 300
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\"@\\]{1,64}@[A-Za-z0-9\u0080-\ud7ff\uf900-\uffef.-]{1,253}")
_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f]{1,990})>")
_BARE_ID = re.compile(r"\A[^<>\s\x00-\x1f\x7f,;]{1,900}@[^<>\s\x00-\x1f\x7f,;]{1,90}\Z")
_SPACED = re.compile(rb"(?m)^([!-9;-~]{1,76})[ \t]+:")
_STRAY = re.compile(rb"(?m)^(?![!-9;-~]+:|[ \t\r\n]|From )[^\r\n]+(?:\r?\n)?")
_TELLING = re.compile(rb"(?im)^(?:from|date|message-id|mime-version|content-type):")
_BROKEN = re.compile("[\ud800-\udfff]")
_BRACKETED = re.compile(f"<\\s*({_ADDRESS.pattern})\\s*>")
_APART = re.compile(f"(?<![^\\s<>(),;:\"'])({_ADDRESS.pattern})(?![^\\s<>(),;:\"'])")
_ENCODED = re.compile(r"=\?[^?\s]{1,80}\?[qQ]\?[^?\s]{0,1000}\?=")
_SPECIAL = re.compile(r"[@,()<>;:\"\\]")
_VERDICT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]{3,12})", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def words(value: object) -> str:
    """A header as people read it: encoded words and raw 8-bit text decoded, folds and control characters gone."""
    if value is None:
        return ""
    try:
        pieces = decode_header(value if isinstance(value, Header) else str(value)[:MOST_HEADER])
    except (HeaderParseError, ValueError):
        return _plain(str(value))
    return _plain("".join(_decoded(piece, charset) for piece, charset in pieces))


def mended(data: bytes) -> bytes:
    """A message whose head the parser reads to its end: without spaces before colons, as old programs wrote them, and without lines that are none."""
    head = head_of(data)
    fixed = _SPACED.sub(rb"\1:", head)
    stray = _STRAY.search(fixed)
    if stray and stray.start() and _TELLING.search(fixed, stray.end()):
        fixed = _STRAY.sub(b"", fixed)
    return data if fixed == head else fixed + data[len(head) :]


def mailboxes(message: Message, *names: str) -> tuple[Mailbox, ...]:
    """Everybody in these lines of the head, once each. Addresses are read before names are decoded, so that no name can bring in another address."""
    found: dict[str, Mailbox] = {}
    for name in names:
        for value in message.get_all(name, []):
            raw = _raw(value)
            for shown, address in _pairs(raw):
                if address not in found and len(found) < MOST_ADDRESSES:
                    found[address] = Mailbox(address=address, name=words(shown)[:240])
    return tuple(found.values())


def message_ids(message: Message, name: str, most: int = 100) -> tuple[str, ...]:
    """The ids in a line of the head, in order, without their brackets; what is no id is left out. A bare one stands for itself."""
    said = " ".join(_raw(value) for value in message.get_all(name, [])).strip()
    found = _ID.findall(said) or _BARE_ID.findall(said)
    return tuple(dict.fromkeys(found))[-most:]


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
    verdicts = {method.lower(): found.lower() for method, found in reversed(_VERDICT.findall(said))}
    return " ".join(f"{method}={verdicts[method]}" for method in ("spf", "dkim", "dmarc") if method in verdicts)


def in_plain_words(part: Message) -> Message:
    """The part, what it is and what it is called in characters: some programs write that in plain 8-bit, which the parser takes for damage."""
    for name in ("Content-Disposition", "Content-Type"):
        if isinstance(value := part.get(name), Header):
            part.replace_header(name, _raw(value))
    return part


def decode_text(data: bytes, charset: str | None) -> str:
    """Text in the charset that was named, else in the likeliest: nothing is lost over a wrong name."""
    for name in (charset, "utf-8"):
        try:
            return _BROKEN.sub("\ufffd", data.decode(name or "utf-8"))
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _pairs(raw: str) -> Iterable[tuple[str, str]]:
    """Names and addresses. Where a line makes no sense, what stands in angle brackets is meant before anything else: a name may look like an address."""
    safe = _ENCODED.sub(lambda found: _SPECIAL.sub(lambda sign: f"={ord(sign[0]):02X}", found[0]), raw)
    pairs = [(shown, address.strip().strip("<>").lower()) for shown, address in getaddresses([safe])]
    good = [(shown, address) for shown, address in pairs if _ADDRESS.fullmatch(address)]
    return good or [("", found.lower()) for found in _BRACKETED.findall(safe) or _APART.findall(safe)]


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
