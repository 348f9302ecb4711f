"""Contacts as JSON: everything that a card holds, pictures, goals, programmes, timeline, tasks, events and mail included, one contact a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crm_app.domain.imports.cards import ContactCard

FORMAT = "mindfulcrm.contacts"
_PIECE = 200


def write_json(cards: Iterable[ContactCard]) -> Iterator[bytes]:
    """``{"format": …, "version": 1, "contacts": [ … ]}`` in UTF-8; pieces of 200 contacts. Empty fields are left out."""
    yield f'{{"format":"{FORMAT}","version":1,"contacts":[\n'.encode()
    pieces: list[str] = []
    for number, card in enumerate(cards):
        pieces.append((",\n" if number else "") + card.model_dump_json(exclude_defaults=True, exclude={"line"}))
        if len(pieces) >= _PIECE:
            yield "".join(pieces).encode("utf-8")
            pieces.clear()
    yield ("".join(pieces) + "\n]}\n").encode("utf-8")
