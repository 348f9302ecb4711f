"""What a message may be before anything parses it: Python's own parser can be kept busy for minutes by a megabyte.

The figures are those of the check MAIL-03 in ``docs/security-checks.md``. Only bytes are looked at here, each once.
"""

from __future__ import annotations

import re

MOST_BYTES = 25_000_000
MOST_HEADER = 16_384
MOST_HEADERS_BYTES = 262_144
MOST_HEADERS = 1_000
MOST_PARTS = 500
MOST_DEPTH = 30
MOST_ADDRESSES = 2_000

_END = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADER_START = re.compile(rb"(?m)^[^\s:][^:\r\n]{0,200}:")
_ADDRESSED = re.compile(rb"(?im)^(?:from|sender|reply-to|to|cc|bcc|resent-[a-z-]+):")
_BOUNDARY = re.compile(rb"(?i)boundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))")
_MARK = re.compile(rb"(?m)^--([^\r\n]{1,210}?)(--)?[ \t]*\r?$")


def refusal(data: bytes) -> str:
    """Why this message is not parsed at all, in one sentence; empty when it may be."""
    if len(data) > MOST_BYTES:
        return "It is larger than 25 MB."
    return _headers_refusal(head_of(data)) or _parts_refusal(data)


def head_of(data: bytes) -> bytes:
    """The bytes before the first empty line."""
    found = _END.search(data, 0, MOST_HEADERS_BYTES + 4)
    return data[: found.start()] if found else data[: MOST_HEADERS_BYTES + 1]


def _headers_refusal(head: bytes) -> str:
    if len(head) > MOST_HEADERS_BYTES:
        return "Its head is larger than 256 kB."
    starts = [found.start() for found in _HEADER_START.finditer(head)]
    if len(starts) > MOST_HEADERS:
        return "It has more than 1,000 header lines."
    for start, end in zip(starts, [*starts[1:], len(head)], strict=True):
        one = head[start:end]
        if len(one) > MOST_HEADER and not _ADDRESSED.match(one):
            return "One of its header lines is longer than 16 kB."
        if _ADDRESSED.match(one) and one.count(b",") >= MOST_ADDRESSES:
            return "It is addressed to more than 2,000 people."
    return ""


def _parts_refusal(data: bytes) -> str:
    """Follows the boundaries as a parser would: a part begins at a mark whose boundary was announced, and may announce another."""
    known = {one or other for one, other in _BOUNDARY.findall(data)}
    if len(known) > MOST_PARTS:
        return "It has more than 500 parts."
    parts, open_now = 0, []
    for found in _MARK.finditer(data):
        name, closes = found.group(1), bool(found.group(2))
        if name not in known:
            continue
        if name in open_now:
            del open_now[open_now.index(name) + (0 if closes else 1) :]
        elif not closes:
            open_now.append(name)
        parts += not closes
        if parts > MOST_PARTS:
            return "It has more than 500 parts."
        if len(open_now) > MOST_DEPTH:
            return "Its parts are nested more than thirty deep."
    return ""
