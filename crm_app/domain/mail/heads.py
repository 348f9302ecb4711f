"""The head of a message: names, addresses, dates and ids as people and programs wrote them, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime, unquote

from crm_app.domain.charsets import decode_text
from crm_app.domain.mail.limits import MOST_ADDRESSES, MOST_HEADER, head_of
from crm_app.domain.mail.reading_schemas import Mailbox

# By these, automatic mail is known (``automatic.py``); nothing else of a head is kept.
MARKS = frozenset(
    "list-id list-post list-unsubscribe list-unsubscribe-post list-help precedence auto-submitted x-auto-response-suppress x-autoreply x-autorespond "
    "feedback-id x-campaign x-campaignid x-mailer x-mc-user return-path x-failed-recipients x-loop content-type".split()
)
_MOST_MARK = 300
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\"@\\]{1,64}@[A-Za-z0-9_\u0080-\ud7ff\uf900-\uffef.-]{1,253}")
_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f]{1,990})>")
_BARE_ID = re.compile(r"\A[^<>\s\x00-\x1f\x7f,;]{1,900}@[^<>\s\x00-\x1f\x7f,;]{1,90}\Z")
_SPACED = re.compile(rb"(?m)^([!-9;-~]{1,76})[ \t]+:")
_STRAY = re.compile(rb"(?m)^(?![!-9;-~]+:|[ \t\r\n]|From )[^\r\n]+(?:\r?\n)?")
_TELLING = re.compile(rb"(?im)^(?:from|date|message-id|mime-version|content-type):")
_BRACKETED = re.compile(f"<\\s*({_ADDRESS.pattern})\\s*>")
_APART = re.compile(f"(?<![^\\s<>(),;:\"'])({_ADDRESS.pattern})(?![^\\s<>(),;:\"'])")
_ENCODED = re.compile(r"=\?[^?\s]{1,80}\?[qQ]\?[^?\s]{0,1000}\?=")
_SPECIAL = re.compile(r"[@,()<>;:\"\\]")
_NAMED = re.compile(r"(?:^|(?<=[,;]))(\s*)([^\"<>,;:()\\]{0,200}@[^\"<>,;:()\\]{0,200}?)(\s*)(?=<)")
_VERDICT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]{3,12})", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def words(value: object, charset: str | None = None) -> str:
    """A header as people read it: encoded words and raw 8-bit text decoded, folds and control characters gone.

    ``charset`` is what the message says of its text: who writes raw 8-bit text into a head means that too.
    """
    if value is None:
        return ""
    try:
        pieces = decode_header(value if isinstance(value, Header) else str(value)[:MOST_HEADER])
    except (HeaderParseError, ValueError):
        return _plain(str(value))
    return _plain("".join(_decoded(piece, named, charset) for piece, named in pieces))


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
    charset = message.get_content_charset()
    for name in names:
        for value in message.get_all(name, []):
            raw = _raw(value, charset)
            for shown, address in _pairs(raw):
                if address not in found and len(found) < MOST_ADDRESSES:
                    found[address] = Mailbox(address=address, name=words(shown)[:240])
    return tuple(found.values())


def message_ids(message: Message, name: str, most: int = 100) -> tuple[str, ...]:
    """The ids in a line of the head, in order, without their brackets; what is no id is left out. A bare one stands for itself."""
    said = " ".join(_raw(value) for value in message.get_all(name, [])).strip()
    found = _ID.findall(said) or _BARE_ID.findall(said.strip("<>"))
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


def file_name(part: Message) -> str:
    """What a part is called, or ``""``: in plain words, encoded words, or as RFC 2231 has it, each in any charset."""
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        value = part.get_param(name, header=header)
        if isinstance(value, tuple):
            return _plain(decode_text(value[2].encode("raw-unicode-escape"), value[0]))
        if value:
            return words(unquote(str(value)))
    return ""


def in_plain_words(part: Message) -> Message:
    """The part, what it is and what it is called in characters: some programs write that in plain 8-bit, which the parser takes for damage."""
    for name in ("Content-Disposition", "Content-Type"):
        if isinstance(value := part.get(name), Header):
            part.replace_header(name, _raw(value))
    return part


def _pairs(raw: str) -> Iterable[tuple[str, str]]:
    """Names and addresses. Where a line makes no sense, what stands in angle brackets is meant before anything else: a name may look like an address."""
    safe = _ENCODED.sub(lambda found: _SPECIAL.sub(lambda sign: f"={ord(sign[0]):02X}", found[0]), raw)
    named = _NAMED.sub(r'\1"\2"\3', safe)  # an address that stands where a name stands is a name
    pairs = [(shown, address.strip().strip("<>").lower()) for shown, address in getaddresses([named])]
    good = [(shown, address) for shown, address in pairs if _ADDRESS.fullmatch(address)]
    return good or [("", found.lower()) for found in _BRACKETED.findall(safe) or _APART.findall(safe)]


def _raw(value: object, charset: str | None = None) -> str:
    """As it stands, in characters: raw 8-bit text is decoded, encoded words stay encoded."""
    text = str(value) if not isinstance(value, Header) else "".join(_decoded(piece, named, charset) for piece, named in decode_header(value))
    return re.sub(r"\r?\n[ \t]*", " ", text)


def _decoded(piece: bytes | str, named: str | None, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    return decode_text(piece, None if named == "unknown-8bit" else named, charset)


def _plain(text: str) -> str:
    return _CONTROL.sub("", re.sub(r"\s*[\r\n]+\s*", " ", text)).replace("\ufffd\ufffd", "\ufffd").strip()
