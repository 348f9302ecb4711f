"""Contacts as JSON: everything that a card holds, pictures, goals, programmes, timeline, tasks, events and mail included, one contact a line.

Beside them stand lists of everything of a kind: for scripts, and for what is about nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from crm_app.domain.imports.cards import ContactCard

FORMAT = "mindfulcrm.contacts"
_PIECE = 200


def write_json(cards: Iterable[ContactCard], lists: Iterable[tuple[str, Iterable[tuple[Any, tuple[UUID, ...]]]]] = ()) -> Iterator[bytes]:
    """``{"format": …, "version": 1, "contacts": [ … ], "interactions": [ … ], …}`` in UTF-8, an object a line; pieces of 200. Empty fields are left out.

    What a list holds begins with ``contacts``, the ids of those whom it is about, if there are any.
    """
    yield f'{{"format":"{FORMAT}","version":1,"contacts":[\n'.encode()
    yield from _pieces(card.model_dump_json(exclude_defaults=True, exclude={"line"}) for card in cards)
    for name, things in lists:
        yield f'\n],\n"{name}":[\n'.encode()
        yield from _pieces(_line(thing, about) for thing, about in things)
    yield b"\n]}\n"


def _line(thing: Any, about: tuple[UUID, ...]) -> str:
    told: str = thing.model_dump_json(exclude_defaults=True)
    return f'{{"contacts":{json.dumps([str(one) for one in about])},{told[1:]}' if about else told


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    pieces: list[str] = []
    for number, line in enumerate(lines):
        pieces.append((",\n" if number else "") + line)
        if len(pieces) >= _PIECE:
            yield "".join(pieces).encode("utf-8")
            pieces.clear()
    yield "".join(pieces).encode("utf-8")
