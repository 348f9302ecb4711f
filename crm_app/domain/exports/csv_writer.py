"""Contacts as CSV: for spreadsheets, safe there, and read back by our own import exactly. Pictures are not part of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.cells import guard, join_many, join_named
from crm_app.domain.imports.headers import OWN_HEADER

_PIECE = 500
_POINTS = {"email", "phone", "website", "social"}


def write_csv(cards: Iterable[ContactCard]) -> Iterator[bytes]:
    """UTF-8 with byte-order mark, RFC 4180, every cell quoted; pieces of 500 rows. Several values stand in one cell, `` ::: `` between.

    A cell that a spreadsheet would compute begins with ``'``; plain numbers and phone numbers stay as they are.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(OWN_HEADER)
    for number, card in enumerate(cards, 1):
        writer.writerow([guard(_cell(card, field)) for field in OWN_HEADER.values()])
        if number % _PIECE == 0:
            yield _drain(out)
    yield _drain(out)


def _drain(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8")


def _cell(card: ContactCard, field: str) -> str:
    if field in _POINTS:
        return join_many(point.value for point in card.points if point.kind == field)
    if field.removesuffix("_label") in _POINTS:
        labels = [point.label for point in card.points if point.kind == field.removesuffix("_label")]
        return join_many(labels) if any(labels) else ""
    if field == "tags":
        return join_many(card.tags)
    if field == "own_extra":
        return join_named(card.extra)
    if field == "birthday":
        return card.birthday.iso() if card.birthday else ""
    if field == "favourite":
        return "yes" if card.favourite else ""
    return str(getattr(card, field))
