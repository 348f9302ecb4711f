"""Contacts as CSV: for spreadsheets, safe there, and read back by our own import exactly. Pictures are not part of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from crm_app.domain.imports.cards import POINT_ORDER, ContactCard
from crm_app.domain.imports.cells import guard, join_many, join_named
from crm_app.domain.imports.headers import OWN_HEADER

_PIECE = 500
_POINTS = tuple(field for kind in POINT_ORDER for field in (kind, f"{kind}_label"))
_MADE: dict[str, Callable[[ContactCard], str]] = {
    "tags": lambda card: join_many(card.tags),
    "own_extra": lambda card: join_named(card.extra),
    "birthday": lambda card: card.birthday.iso() if card.birthday else "",
    "favourite": lambda card: "yes" if card.favourite else "",
}


def write_csv(cards: Iterable[ContactCard]) -> Iterator[bytes]:
    """UTF-8 with byte-order mark, RFC 4180, every cell quoted; pieces of 500 rows. Several values stand in one cell, `` ::: `` between.

    A cell that a spreadsheet would compute begins with ``'``; plain numbers and phone numbers stay as they are.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(OWN_HEADER)
    for number, card in enumerate(cards, 1):
        writer.writerow(_row(card))
        if number % _PIECE == 0:
            yield _drain(out)
    yield _drain(out)


def _drain(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8")


def _row(card: ContactCard) -> list[str]:
    cells = {**card.__dict__, **_points(card), **{field: made(card) for field, made in _MADE.items()}}
    return [guard(cell) if (cell := cells[field]) else "" for field in OWN_HEADER.values()]


def _points(card: ContactCard) -> dict[str, str]:
    """The values of each kind in one cell, and their labels in another if one has any."""
    cells = dict.fromkeys(_POINTS, "")
    for kind in {point.kind for point in card.points}:
        found = [point for point in card.points if point.kind == kind]
        labels = [point.label for point in found]
        cells[kind] = join_many(point.value for point in found)
        cells[f"{kind}_label"] = join_many(labels) if any(labels) else ""
    return cells
