"""What runs inside the sandbox for an import: pieces of a file in, a ``Batch`` as JSON out."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crm_app.domain.imports.cards import ALONE, Alone, Batch, ContactCard, Point, Problem
from crm_app.domain.imports.content_lines import RawCard
from crm_app.domain.imports.mapping import Mapping
from crm_app.domain.imports.parts import OwnGoalPart, TaskPart
from crm_app.domain.imports.rows import Numbered, read_rows
from crm_app.domain.imports.vcard import read_cards
from crm_app.domain.isolation import SandboxRefused
from crm_app.domain.reach import normalise_phone, split_email
from crm_app.domain.text import fold

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
    """Contacts of our own JSON export, one a line; ``options["lines"]`` are the numbers of the lines."""
    made, problems = [], []
    for number, line in zip(options["lines"], data.split(b"\n"), strict=True):
        try:
            card = ContactCard.model_validate_json(line.strip().rstrip(b","))
            made.append(card.model_copy(update={"line": number, "points": tuple(map(_comparable, card.points))}))
        except ValidationError as failure:
            problems.append(_unreadable(number, "contact", failure))
    return Batch(cards=tuple(made), problems=tuple(problems), records=len(options["lines"])).model_dump_json().encode()


def _comparable(point: Point) -> Point:
    """With the form that matching compares: a file that was not written by an export of ours need not know of it, and two addresses without one are not the same."""
    if point.kind == "phone":
        return point if point.value_norm else point.model_copy(update={"value_norm": normalise_phone(point.value)})
    if point.kind != "email":
        return point
    try:
        norm = split_email(point.value)[1]
    except ValueError:
        norm = fold(point.value)
    return point.model_copy(update={"value_norm": norm})


def alone(data: bytes, options: dict[str, Any]) -> bytes:
    """Tasks or goals that our own JSON export tells beside its contacts, one a line; ``options``: the numbers of the ``lines`` and which ``list`` it is."""
    made, problems = [], []
    for number, line in zip(options["lines"], data.split(b"\n"), strict=True):
        text = line.strip().rstrip(b",")
        try:
            one = {"task": TaskPart.model_validate_json(text)} if options["list"] == "tasks" else {"goal": OwnGoalPart.model_validate_json(text)}
            made.append(Alone.model_validate({"line": number, **one}))
        except ValidationError as failure:
            problems.append(_unreadable(number, "task" if options["list"] == "tasks" else "goal", failure))
    return Batch(alone=tuple(made), problems=tuple(problems), records=len(options["lines"])).model_dump_json().encode()


def _unreadable(line: int, what: str, failure: ValidationError) -> Problem:
    first = failure.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the line"
    return Problem(line=line, reason=f"This {what} could not be read ({where}: {first['msg']}).", lost=True)


def relay_json(data: bytes, options: dict[str, Any]) -> bytes:
    """Our own JSON export that another program has laid out anew, back to one thing a line."""
    try:
        told = json.loads(data)
        lines = [json.dumps(contact) for contact in told["contacts"]]
        for name in ALONE:
            lines += [f'"{name}":[', *(json.dumps(thing) for thing in told.get(name, ()) if not thing.get("contacts"))]
        return "\n".join(lines).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as failure:
        raise SandboxRefused("The JSON file is damaged.") from failure
