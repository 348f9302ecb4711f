"""vCard files as lines: cards cut out of a file, and a card cut into properties. Works on bytes, since one card may mix charsets.

Our own reader instead of a library: vobject needs 435 MB for a card with a 3 MB photo and gives up a whole file for one bad line.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_BEGIN = re.compile(rb"^[\s\xef\xbb\xbf]*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(rb"^END\s*:\s*VCARD\s*$", re.IGNORECASE)
_AGENT = re.compile(rb"^([\w-]+\.)?AGENT\b", re.IGNORECASE)
_BREAK = re.compile(rb"\r{0,3}\n|\r")  # an iPhone export that was mailed once too often ends its lines with CR CR LF
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_QP = re.compile(rb"^[^:]*;\s*(ENCODING\s*=\s*)?\"?QUOTED-PRINTABLE", re.IGNORECASE)
_B64 = re.compile(rb"^[^:]*;\s*(ENCODING\s*=\s*)?\"?(BASE64|B)\"?\s*[;:]", re.IGNORECASE)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
# Charsets that address books have written; anything else in a file's CHARSET is not handed to Python's codec machinery.
_CHARSET = re.compile(r"utf-?8|utf-?16(le|be)?|us-ascii|iso-?8859-?\d+|(cp|windows-?)\d+|koi8-?[ru]|shift_?jis|gb\w+|big5|euc-?\w+|iso-?2022-jp")


@dataclass(frozen=True, slots=True)
class RawCard:
    """The lines of one card without BEGIN and END. ``closed`` is False when its END is missing."""

    line: int
    lines: tuple[bytes, ...]
    closed: bool = True

    @property
    def size(self) -> int:
        return sum(map(len, self.lines)) + len(self.lines)


@dataclass(frozen=True, slots=True)
class Stray:
    """Lines that stand outside any card."""

    line: int
    count: int


@dataclass(slots=True)
class Property:
    """One property. ``params`` has upper-case names and values as written; ``types`` are lower case, bare 2.1 ones included."""

    name: str
    group: str
    params: dict[str, list[str]] = field(default_factory=dict)
    raw: bytes = b""
    default_charset: str = "utf-8"

    @property
    def types(self) -> list[str]:
        return [value.lower() for value in self.params.get("TYPE", ())]

    @property
    def encoding(self) -> str:
        return (self.params.get("ENCODING") or [""])[0].lower()

    def text(self) -> str:
        """The value, decoded but with its backslashes."""
        data = quopri.decodestring(self.raw) if self.encoding == "quoted-printable" else self.raw
        charset = (self.params.get("CHARSET") or [self.default_charset])[0].lower().strip()
        return decode(data, charset)

    def binary(self) -> bytes:
        """A base64 value. Raises ValueError when it is none."""
        compact = re.sub(rb"[\s\\]+", b"", self.raw).rstrip(b"=")
        if len(compact) % 4 == 1 or not re.fullmatch(rb"[A-Za-z0-9+/_-]*", compact):
            raise ValueError("not base64")
        try:
            return base64.b64decode(compact.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(compact) % 4), validate=True)
        except binascii.Error as failure:
            raise ValueError("not base64") from failure


def decode(data: bytes, charset: str = "utf-8") -> str:
    """Text in its own charset, else UTF-8, else as Western Windows wrote it. Never fails."""
    if data.isascii() and charset == "utf-8":
        return data.decode("ascii")
    if _CHARSET.fullmatch(charset):
        try:
            return data.decode(charset, "strict" if charset == "utf-8" else "replace")
        except (LookupError, UnicodeDecodeError):
            if b"=" in data or charset != "utf-8":
                return data.decode("utf-8", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if sum(byte >= 0x80 for byte in data) > 8 and data.decode("utf-8", "ignore").encode() and _mostly_utf8(data):
            return data.decode("utf-8", "replace")
        return data.decode("cp1252", "replace")


def _mostly_utf8(data: bytes) -> bool:
    """Whether only a stray byte keeps this from being UTF-8 (a value cut in the middle of a letter)."""
    return data.decode("utf-8", "replace").count("\ufffd") * 8 < sum(byte >= 0x80 for byte in data)


def split_lines(data: bytes) -> Iterator[bytes]:
    """Lines without their ends, one at a time."""
    start = 0
    for match in _BREAK.finditer(data):
        yield data[start : match.start()]
        start = match.end()
    if start < len(data):
        yield data[start:]


def split_cards(data: bytes) -> Iterator[RawCard | Stray]:
    """The cards of a file in order. A card inside a card (AGENT) stays within it; a card without END ends at the next BEGIN."""
    lines: list[bytes] = []
    begun = stray_from = stray = 0
    depth, number = 0, 0
    for number, line in enumerate(split_lines(data), 1):
        if _BEGIN.match(line):
            if depth and lines and _AGENT.match(lines[-1]):
                depth += 1
            else:
                if depth:
                    yield RawCard(begun, tuple(lines), closed=False)
                if stray:
                    yield Stray(stray_from, stray)
                stray, depth, begun, lines = 0, 1, number, []
                continue
        if depth and _END.match(line):
            depth -= 1
            if not depth:
                yield RawCard(begun, tuple(lines))
                lines = []
                continue
        if depth:
            lines.append(line)
        elif line.strip(b" \t\xef\xbb\xbf\x00\x1a"):
            stray_from = stray_from if stray else number
            stray += 1
    if depth:
        yield RawCard(begun, tuple(lines), closed=False)
    if stray:
        yield Stray(stray_from, stray)


def unfold(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Logical lines: folded ones joined, soft breaks of quoted-printable and unindented base64 too, a nested card left out."""
    current: bytes | None = None
    parts: list[bytes] = []
    nested = 0
    for line in lines:
        if nested or _BEGIN.match(line):
            nested += 1 if _BEGIN.match(line) else -1 if _END.match(line) else 0
            continue
        if current is not None and continues(current, parts, line):
            parts.append(line[1:] if line[:1] in b" \t" and not _soft(current, parts) else line)
            continue
        if not line.strip(b" \t\r\x1a"):
            continue  # some programs put an empty line after (or between) the lines of a picture
        if current is not None:
            yield _join(current, parts)
        current, parts = line, []
    if current is not None:
        yield _join(current, parts)


def _soft(first: bytes, parts: list[bytes]) -> bool:
    return (parts[-1] if parts else first).rstrip(b" \t").endswith(b"=") and bool(_QP.match(first))


def continues(first: bytes, parts: list[bytes], line: bytes) -> bool:
    """Whether a line is a part of the logical line that begins with ``first``."""
    if (line[:1] in (b" ", b"\t") and len(line) > 1) or _soft(first, parts):
        return True
    return bool(line) and bool(_BASE64_LINE.fullmatch(line.rstrip())) and bool(_B64.match(first))


def _join(first: bytes, parts: list[bytes]) -> bytes:
    if not parts and not first.rstrip(b" \t").endswith(b"="):
        return first
    if not _QP.match(first):
        return b"".join((first, *parts))
    whole = [piece.rstrip(b" \t")[:-1] if piece.rstrip(b" \t").endswith(b"=") else piece for piece in (first, *parts)]
    return b"".join(whole)


def parse_property(line: bytes, charset: str) -> Property | None:
    """``group.NAME;PARAM=value:text``. None when it is no property."""
    colon, pieces = _cut(line)
    if colon < 0:
        return None
    head = decode(pieces[0]).strip()
    group, _, name = head.rpartition(".")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return None
    found = Property(name.upper(), group.lower(), raw=line[colon + 1 :], default_charset=charset)
    for piece in pieces[1:50]:
        key, equals, value = decode(piece).partition("=")
        key = key.strip().upper()
        if not equals:
            key, value = _bare(key), key
        values = [_unquote(part) for part in re.findall(r'"[^"]*"|[^,]+', value)]
        if key == "TYPE":
            values = [kind.strip() for part in values for kind in part.split(",")]
        found.params.setdefault(key, []).extend(values[:50])
    return found


def _bare(name: str) -> str:
    return "ENCODING" if name in {"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"} else "TYPE"


def _unquote(value: str) -> str:
    return re.sub(r"\^[n'^]", lambda match: _CARET[match[0]], value.strip().strip('"'))


def _cut(line: bytes) -> tuple[int, list[bytes]]:
    """Where the value's colon stands, and the pieces before it, looking past quoted parameter values."""
    pieces, start, quoted = [], 0, False
    for match in re.finditer(rb'[";:]', line[:20_000]):
        sign = match[0]
        if sign == b'"':
            quoted = not quoted
        elif not quoted:
            pieces.append(line[start : match.start()])
            start = match.end()
            if sign == b":":
                return match.start(), pieces
    if quoted and b":" in line:  # a quotation mark without its partner: read the line as if there were none
        colon = line.index(b":")
        return colon, line[:colon].split(b";")
    return -1, []
