"""What runs inside the sandbox for an import: pieces of a file in, a ``Batch`` as JSON out."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crm_app.domain.imports.cards import Batch, ContactCard, Problem
from crm_app.domain.imports.content_lines import RawCard
from crm_app.domain.imports.mapping import Mapping
from crm_app.domain.imports.rows import Numbered, read_rows
from crm_app.domain.imports.vcard import read_cards
from crm_app.domain.isolation import SandboxRefused

_ROWS: TypeAdapter[list[Numbered]] = TypeAdapter(list[Numbered])


def vcards(data: bytes, options: dict[str, Any]) -> bytes:
    """``data``: the lines of cards one after another; ``options["cards"]``: for each its line in the file, number of lines, closed."""
    lines = data.split(b"\n")
    raws, at = [], 0
    for line, count, closed in options["cards"]:
        raws.append(RawCard(line, tuple(lines[at : at + count]), closed))
        at += count
    return read_cards(raws, options.get("region", "")).model_dump_json().encode()


def rows(data: bytes, options: dict[str, Any]) -> bytes:
    """``data``: JSON ``[[line, [cells]], …]``; ``options``: mapping and region."""
    mapping = Mapping.model_validate(options["mapping"])
    return read_rows(_ROWS.validate_json(data), mapping, options.get("region", "")).model_dump_json().encode()


def cards(data: bytes, options: dict[str, Any]) -> bytes:
    """Contacts of our own JSON export, one a line; ``options["first"]`` is the number of the first line."""
    made, problems, records = [], [], 0
    for number, line in enumerate(data.split(b"\n"), int(options["first"])):
        text = line.strip().rstrip(b",")
        if not text.startswith(b"{"):
            continue
        records += 1
        try:
            made.append(ContactCard.model_validate_json(text).model_copy(update={"line": number}))
        except ValidationError as failure:
            first = failure.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the line"
            problems.append(Problem(line=number, reason=f"This contact could not be read ({where}: {first['msg']}).", lost=True))
    return Batch(cards=tuple(made), problems=tuple(problems), records=records).model_dump_json().encode()


def relay_json(data: bytes, options: dict[str, Any]) -> bytes:
    """Our own JSON export that another program has laid out anew, back to one contact a line."""
    try:
        contacts = json.loads(data)["contacts"]
        return b"\n".join(json.dumps(contact).encode() for contact in contacts)
    except (ValueError, TypeError, KeyError, RecursionError) as failure:
        raise SandboxRefused("The JSON file is damaged.") from failure
