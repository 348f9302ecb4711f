"""What an IMAP server answers, read within limits: lists of words, names of folders, messages with what was asked of them (RFC 9051)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Piece = bytes | tuple[bytes, bytes] | None
DEEPEST = 50
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TOKEN = re.compile(rb'\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<atom>(?:[^\s()"\[]|\[[^\]]*\])+))', re.S)
_LITERAL_MARK = re.compile(rb"\{\d+\+?\}\Z")
_MOMENT = re.compile(r"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_SHIFTED = re.compile(r"&([^-]*)-")


class Malformed(ValueError):
    """What came is no answer of an IMAP server."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was told of one message, as far as it was."""

    uid: int
    flags: frozenset[str] | None
    size: int | None
    received_at: datetime | None
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder of a list: its attributes in lower case, what stands between the levels of its name, and the name as the server writes it."""

    attributes: frozenset[str]
    between: str
    ref: str


def answers(pieces: Sequence[Piece]) -> Iterator[list[Any]]:
    """Each answer as nested lists of bytes, None for NIL. ``pieces`` come as imaplib keeps them: a pair where a literal came. Raises ``Malformed``."""
    current: list[bytes | tuple[bytes]] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            current += [_LITERAL_MARK.sub(b"", piece[0]), (piece[1],)]
        elif piece is not None:
            yield _nested([*current, piece])
            current = []


def _nested(parts: Sequence[bytes | tuple[bytes]]) -> list[Any]:
    stack: list[list[Any]] = [[]]
    for part in parts:
        if isinstance(part, tuple):
            stack[-1].append(part[0])
            continue
        text, at = part.rstrip(), 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or len(stack) > DEEPEST:
                raise Malformed("no answer of an IMAP server")
            at = found.end()
            _take(stack, found)
    if len(stack) != 1:
        raise Malformed("a list is not closed")
    return stack[0]


def _take(stack: list[list[Any]], found: re.Match[bytes]) -> None:
    if found["open"]:
        stack.append([])
    elif found["close"]:
        if len(stack) < 2:
            raise Malformed("a list is closed that was never opened")
        done = stack.pop()
        stack[-1].append(done)
    elif found["atom"] is not None:
        stack[-1].append(None if found["atom"].upper() == b"NIL" else found["atom"])
    else:
        stack[-1].append(re.sub(rb"\\(.)", rb"\1", found["quoted"], flags=re.S))


def fetched(pieces: Sequence[Piece]) -> Iterator[Fetched]:
    """Messages of a FETCH. What names no uid was told unasked, and is left out."""
    for answer in answers(pieces):
        if len(answer) < 2 or not isinstance(answer[1], list):
            continue
        told = {_word(name).partition("[")[0]: value for name, value in zip(answer[1][::2], answer[1][1::2], strict=False)}
        if "UID" in told:
            flags = told.get("FLAGS")
            yield Fetched(
                number(told["UID"]), frozenset(flag.decode("ascii", "replace") for flag in flags if flag) if isinstance(flags, list) else None,
                number(told["RFC822.SIZE"]) if "RFC822.SIZE" in told else None, moment(told.get("INTERNALDATE")), told.get("BODY"),
            )  # fmt: skip


def listed(pieces: Sequence[Piece]) -> Iterator[Listed]:
    """Folders of a LIST. Those whose names nobody could ask for again are left out."""
    for answer in answers(pieces):
        if len(answer) < 3 or not isinstance(answer[0], list) or not isinstance(answer[2], bytes):
            continue
        ref = text_of(answer[2])
        if ref and not re.search(r"[\x00-\x1f\x7f]", ref):
            yield Listed(frozenset(_word(one).lower() for one in answer[0]), text_of(answer[1] or b""), "INBOX" if ref.upper() == "INBOX" else ref)


def statuses(pieces: Sequence[Piece]) -> Iterator[tuple[str, dict[str, int]]]:
    """Folders of a STATUS, with what was told of each."""
    for answer in answers(pieces):
        if len(answer) >= 2 and isinstance(answer[0], bytes) and isinstance(answer[1], list):
            ref = text_of(answer[0])
            told = zip(answer[1][::2], answer[1][1::2], strict=False)
            yield ("INBOX" if ref.upper() == "INBOX" else ref), {_word(name): number(value) for name, value in told if isinstance(value, bytes)}


def numbers(pieces: Sequence[Piece]) -> list[int]:
    """The numbers of a SEARCH, in order."""
    return sorted({number(word) for piece in pieces if isinstance(piece, bytes) for word in piece.partition(b"(")[0].split()})


def number(value: object) -> int:
    """A number as servers write it. Raises ``Malformed``."""
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 20:
        raise Malformed("a number was expected")
    return int(value)


def moment(value: object) -> datetime | None:
    """When the server says that it received a message; None when it does not say it well."""
    found = _MOMENT.match(value.decode("ascii", "replace")) if isinstance(value, bytes) else None
    if found is None or found[2].title() not in MONTHS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    away = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-away if sign == "-" else away)
        return datetime(int(year), MONTHS.index(month.title()) + 1, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def quoted(ref: str) -> bytes:
    """A folder's name as it goes into a command."""
    return b'"' + ref.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def internal_date(at: datetime) -> str:
    """A moment as a command takes it."""
    moment = at.astimezone(UTC)
    return f'"{moment.day:02}-{MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S} +0000"'  # UTC


def uid_set(uids: Collection[int]) -> str:
    """Uids as a command takes them: ``1:3,7``."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(f"{first}:{last}" if last > first else str(first) for first, last in runs)


def read_name(ref: str) -> str:
    """A folder's name for people: IMAP's own UTF-7 decoded, left as it stands where it is none."""
    try:
        return _SHIFTED.sub(lambda found: _unshifted(found[1]) if found[1] else "&", ref)
    except (ValueError, binascii.Error):
        return ref


def _unshifted(packed: str) -> str:
    return base64.b64decode(packed.replace(",", "/") + "=" * (-len(packed) % 4), validate=True).decode("utf-16-be")


def text_of(value: bytes) -> str:
    """A name as it stands; some servers write it in UTF-8 against the rules."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _word(value: object) -> str:
    if not isinstance(value, bytes):
        raise Malformed("a word was expected")
    return value.decode("ascii", "replace").upper()
