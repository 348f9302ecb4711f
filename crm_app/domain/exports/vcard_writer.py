"""Contacts as vCard 4.0: read by every address book, and by our own import exactly, apart from pictures, which are drawn anew."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from crm_app.domain.imports.cards import ContactCard, Point

TYPES = {
    "mobile": "cell", "home": "home", "work": "work", "pager": "pager", "fax": "fax", "home fax": "home,fax", "work fax": "work,fax",
}  # fmt: skip
_NAMES = {"email": "EMAIL", "phone": "TEL", "website": "URL", "social": "X-SOCIALPROFILE"}
_FOLD = 75
_PIECE = 200


def write_vcard(cards: Iterable[ContactCard]) -> Iterator[bytes]:
    """UTF-8, lines folded at 75 bytes; pieces of 200 cards."""
    pieces: list[bytes] = []
    for card in cards:
        pieces.append(b"".join(fold_line(line) for line in _lines(card)))
        if len(pieces) >= _PIECE:
            yield b"".join(pieces)
            pieces.clear()
    yield b"".join(pieces)


def _lines(card: ContactCard) -> Iterator[str]:
    yield from ("BEGIN:VCARD", "VERSION:4.0", "PRODID:-//MindfulCRM//EN")
    if card.external_id:
        yield f"UID:{escape(card.external_id)}"
    yield f"FN:{escape(card.display_name)}"
    parts = (card.family_name, card.given_name, card.middle_name, card.name_prefix, card.name_suffix)
    if any(parts):
        yield "N:" + ";".join(map(escape, parts))
    for name, value in (
        ("NICKNAME", card.nickname), ("PRONOUNS", card.pronouns), ("ORG", card.company), ("TITLE", card.job_title), ("LANG", card.language),
        ("NOTE", card.notes), ("X-MINDFULCRM-STAGE", card.stage), ("X-MINDFULCRM-PREFERRED", card.preferred_method),
    ):  # fmt: skip
        if value:
            yield f"{name}:{escape(value)}"
    if card.birthday:
        yield f"BDAY:{card.birthday.year or '--'}{card.birthday.month:02d}{card.birthday.day:02d}"
    address = (card.street, card.city, card.region, card.postal_code, card.country)
    if any(address):
        yield "ADR:;;" + ";".join(map(escape, address))
    if card.tags:
        yield "CATEGORIES:" + ",".join(map(escape, card.tags))
    if card.favourite:
        yield "X-MINDFULCRM-FAVOURITE:1"
    for number, point in enumerate(card.points, 1):
        yield from _point(number, point)
    for name, value in card.extra.items():
        yield f'X-MINDFULCRM-FIELD;X-LABEL="{_parameter(name)}":{escape(value)}'
    if card.photo:
        yield f"PHOTO:data:{card.photo.content_type};base64,{base64.b64encode(card.photo.data).decode()}"
    yield "END:VCARD"


def _point(number: int, point: Point) -> Iterator[str]:
    """A known label becomes a type, any other stands in a line of its own, as Apple and Google write it."""
    first = ";PREF=1" if point.is_primary else ""
    known = TYPES.get(point.label, "") if point.kind != "social" else ""
    own = bool(point.label) and not known
    group = f"item{number}." if own else ""
    types = f";TYPE={known}" if known and "," not in known else f';TYPE="{known}"' if known else ""
    yield f"{group}{_NAMES[point.kind]}{types}{first}:{escape(point.value)}"
    if own:
        yield f"{group}X-ABLabel:{escape(point.label)}"


def escape(value: str) -> str:
    """A value: backslashes, separators and line breaks escaped, so that no text can end a card."""
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _parameter(value: str) -> str:
    """A parameter's value in the escapes of RFC 6868."""
    return value.replace("^", "^^").replace('"', "^'").replace("\n", "^n")


def fold_line(line: str) -> bytes:
    """One line in pieces of at most 75 bytes, never in the middle of a letter."""
    data = line.encode("utf-8")
    if len(data) <= _FOLD:
        return data + b"\r\n"
    pieces, start, room = [], 0, _FOLD
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end])
        start, room = end, _FOLD - 1
    return b"\r\n ".join(pieces) + b"\r\n"
