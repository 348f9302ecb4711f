"""A whole feed as items: one for each UID with all its exceptions, each a small calendar of its own that can be read alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from crm_app.domain.calendar.cutting import Cut, Part, property_name
from crm_app.domain.calendar.parsing import part_uid
from crm_app.domain.calendar.texts import one_line
from crm_app.domain.calendar.zones import known_zone, zone_name

_COLOUR = re.compile(r"#([0-9A-Fa-f]{6})([0-9A-Fa-f]{2})?")
_ESCAPED = re.compile(r"\\([,;\\])")
_NOISE = frozenset((b"DTSTAMP", b"LAST-MODIFIED", b"CREATED"))
_THINGS = ("VEVENT", "VTODO", "VJOURNAL")


def split_items(pieces: Cut) -> tuple[dict[str, Any], list[bytes]]:
    """What the feed says of itself, its items as ``[ref, etag, length]``, and their contents in the same order.

    What ends with the file instead of by itself is left out: ``closed`` is False then. An etag is made of everything but what a
    server writes anew for each request (DTSTAMP and the like), whatever the order of the lines.
    """
    groups: dict[str, list[Part]] = {}
    for part in pieces.parts:
        if part.name in _THINGS and part.whole:
            uid = part_uid(part)
            groups.setdefault(uid if part.name == "VEVENT" else f"{uid}#{part.name}", []).append(part)
    items, contents = [], []
    for ref, parts in groups.items():
        content = compose(parts, pieces.zones)
        items.append([ref, fingerprint(parts), len(content)])
        contents.append(content)
    said = {"name": one_line(_ESCAPED.sub(r"\1", pieces.name))[:240], "home": zone_name(known_zone(pieces.home))[:80], "colour": hex_colour(pieces.colour)}
    return {"found": pieces.found, "closed": pieces.closed, **said, "items": items}, contents


def hex_colour(text: str) -> str:
    """``#rrggbb`` of a colour as calendar programs write it (also with a part for how much shines through), or ``""``."""
    found = _COLOUR.fullmatch(text.strip())
    return f"#{found[1].lower()}" if found else ""


def compose(parts: Sequence[Part], zones: Mapping[str, Sequence[bytes]]) -> bytes:
    """A calendar of these parts, with the zones that they name and that nobody knows otherwise."""
    lines = [b"BEGIN:VCALENDAR", b"VERSION:2.0"]
    home = next((part.home for part in parts if part.home), "")
    if home:
        lines.append(b"X-WR-TIMEZONE:" + home.encode())
    for name in sorted(set().union(*(part.zone_names() for part in parts))):
        if name in zones and known_zone(name) is None:
            lines += zones[name]
    for part in parts:
        lines += [b"BEGIN:" + part.name.encode(), *part.lines, b"END:" + part.name.encode()]
    return b"\r\n".join([*lines, b"END:VCALENDAR", b""])


def fingerprint(parts: Iterable[Part]) -> str:
    """The same for the same content."""
    digests = sorted(_digest(part) for part in parts)
    return sha256(b"".join(digests)).hexdigest()[:40]


def _digest(part: Part) -> bytes:
    kept = sorted(line for line in part.lines if property_name(line) not in _NOISE)
    return sha256(b"\n".join([part.name.encode(), part.home.encode(), *kept])).digest()
