"""What a message may be before anything parses it: Python's own parser can be kept busy for minutes by a megabyte.

The figures are those of the check MAIL-03 in ``docs/security-checks.md``. Only bytes are looked at here, each once.
"""

from __future__ import annotations

import re
from itertools import pairwise

from crm_app.domain.i18n import _

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
_MARK = re.compile(rb"(?m)^--([^\r\n]{1,210})\r?$")


def refusal(data: bytes) -> str:
    """Why this message is not parsed at all, in one sentence; empty when it may be."""
    if len(data) > MOST_BYTES:
        return _("It is larger than 25 MB.")
    return _headers_refusal(head_of(data)) or _parts_refusal(data)


def head_of(data: bytes) -> bytes:
    """The bytes before the first empty line."""
    found = _END.search(data, 0, MOST_HEADERS_BYTES + 4)
    return data[: found.start()] if found else data[: MOST_HEADERS_BYTES + 1]


def _headers_refusal(head: bytes) -> str:
    if len(head) > MOST_HEADERS_BYTES:
        return _("Its head is larger than 256 kB.")
    starts = [found.start() for found in _HEADER_START.finditer(head)]
    if len(starts) > MOST_HEADERS:
        return _("It has more than 1,000 header lines.")
    addressed = 0
    for start, end in pairwise([*starts, len(head)]):
        if _ADDRESSED.match(head, start, end):
            addressed += 1 + head.count(b",", start, end)
        elif end - start > MOST_HEADER:
            return _("One of its header lines is longer than 16 kB.")
    return _("It is addressed to more than 2,000 people.") if addressed > MOST_ADDRESSES else ""


def _parts_refusal(data: bytes) -> str:
    """Follows the boundaries as a parser would: a part begins at a mark whose boundary was announced, and may announce another."""
    known = {one or other for one, other in _BOUNDARY.findall(data)}
    if len(known) > MOST_PARTS:
        return _("It has more than 500 parts.")
    parts = 0
    open_now: list[bytes] = []
    for found in _MARK.finditer(data) if known else ():
        name = found.group(1).rstrip(b" \t")
        closes = name not in known and name.endswith(b"--")
        name = name.removesuffix(b"--") if closes else name
        if name not in known:
            continue
        if name in open_now:
            del open_now[open_now.index(name) + (0 if closes else 1) :]
        elif not closes:
            open_now.append(name)
        parts += not closes
        if parts > MOST_PARTS:
            return _("It has more than 500 parts.")
        if len(open_now) > MOST_DEPTH:
            return _("Its parts are nested more than thirty deep.")
    return ""
