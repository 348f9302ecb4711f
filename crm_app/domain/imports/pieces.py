"""A file cut into pieces, each read in the sandbox. A piece that fails is cut again until only the bad record is left out."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from crm_app.domain.imports.cards import ALONE, Batch, ContactCard, Photo, Problem
from crm_app.domain.imports.content_lines import RawCard, Stray, split_cards
from crm_app.domain.imports.mapping import Mapping
from crm_app.domain.imports.photos import CONTENT_TYPE, MAX_BYTES
from crm_app.domain.imports.rows import Numbered
from crm_app.domain.imports.tables import Table
from crm_app.domain.isolation import Sandbox, SandboxRefused, SandboxTimeout

if TYPE_CHECKING:
    from crm_app.domain.imports.reader import Parsed

PIECE, PIECE_BYTES = 250, 1024 * 1024
LARGEST_RECORD = 2 * MAX_BYTES
MOST_FAILURES = 60  # two minutes at most in which the sandbox only waits
CONTACTS = "contacts"
ABOUT = b'{"contacts":'
"""How a line of a list begins whose thing is about somebody."""
_LIST = re.compile(rb'"(\w{1,40})":\[')
_WORK = "crm_app.domain.imports.work:"
_TOO_LONG = "Reading this record took too long: it was left out."

Item = TypeVar("Item")


def count_cards(data: bytes) -> int:
    """How many cards a vCard file holds, nested ones included."""
    upper = data.upper() if len(data) < 10_000_000 else data
    return max(upper.count(b"BEGIN:VCARD"), 1)


def count_told(data: bytes) -> int:
    """How many contacts, and things about nobody, our own JSON holds."""
    return sum(1 for _ in _told(data))


def read(parsed: Parsed, sandbox: Sandbox, data: bytes, region: str, *, photos: bool) -> Iterator[Batch]:
    """The pieces of a recognised file in order."""
    if parsed.kind == "vcard":
        batches = _vcards(sandbox, data, region)
    elif parsed.kind == "json":
        batches = _json(sandbox, data)
    else:
        assert parsed.mapping is not None
        batches = _rows(sandbox, Table(data, parsed.mapping.encoding, parsed.mapping.delimiter, parsed.kind == "excel"), parsed.mapping, region)
    for batch in batches:
        yield _with_photos(sandbox, batch) if photos else _without_photos(batch)


def _grouped(items: Iterator[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """At most 250 items and, beyond one, at most a megabyte."""
    group: list[Item] = []
    total = 0
    for item in items:
        weight = size(item)
        if group and (len(group) >= PIECE or total + weight > PIECE_BYTES):
            yield group
            group, total = [], 0
        group.append(item)
        total += weight
    if group:
        yield group


@dataclass
class _Patience:
    """A file made to waste time is not searched for its good records for ever."""

    left: int = MOST_FAILURES


def _attempt(items: Sequence[Item], work: Callable[[Sequence[Item]], bytes], line: Callable[[Item], int], patience: _Patience) -> Batch:
    """Run ``work``; where it fails, halve the piece until the record that it fails on stands alone and is reported."""
    try:
        return Batch.model_validate_json(work(items))
    except SandboxTimeout:
        reason = _TOO_LONG
        patience.left -= 1
    except SandboxRefused as refusal:
        reason = refusal.reason
        patience.left -= 1
    if len(items) == 1 or patience.left < 0:
        return Batch(problems=tuple(Problem(line=line(item), reason=reason, lost=True) for item in items), records=len(items))
    middle = len(items) // 2
    first, second = _attempt(items[:middle], work, line, patience), _attempt(items[middle:], work, line, patience)
    return Batch(
        cards=first.cards + second.cards, alone=first.alone + second.alone, problems=first.problems + second.problems, records=first.records + second.records
    )  # fmt: skip


def _vcards(sandbox: Sandbox, data: bytes, region: str) -> Iterator[Batch]:
    strays: list[Problem] = []

    def kept() -> Iterator[RawCard]:
        for item in split_cards(data):
            if isinstance(item, Stray):
                lines = f"{item.count} lines stand" if item.count > 1 else "This line stands"
                strays.append(Problem(line=item.line, reason=f"{lines} outside any card and were left out."))
            elif item.size > LARGEST_RECORD:
                strays.append(Problem(line=item.line, reason="The card is larger than 20 MB: it was left out.", lost=True))
            else:
                yield item

    patience = _Patience()
    for group in _grouped(kept(), lambda card: card.size):
        batch = _attempt(group, lambda cards: _read_raw(sandbox, cards, region), lambda card: card.line, patience)
        found, strays[:] = tuple(strays), []
        yield batch.model_copy(update={"problems": found + batch.problems})
    if strays:
        yield Batch(problems=tuple(strays))


def read_each(sandbox: Sandbox, contents: Sequence[bytes], region: str) -> Iterator[Batch]:
    """vCards that came one by one; the line of a card or a problem is its place among them, from 1. Of several in one the first is read."""

    def alone() -> Iterator[RawCard]:
        for place, content in enumerate(contents, 1):
            first = next((item for item in split_cards(content) if isinstance(item, RawCard)), None)
            if first is None or first.size > LARGEST_RECORD:
                reason = "This is no vCard." if first is None else "The card is larger than 20 MB: it was left out."
                strays.append(Problem(line=place, reason=reason, lost=True))
            else:
                yield replace(first, line=place)

    strays: list[Problem] = []
    patience = _Patience()
    for group in _grouped(alone(), lambda card: card.size):
        yield _with_photos(sandbox, _attempt(group, lambda cards: _read_raw(sandbox, cards, region), lambda card: card.line, patience))
    yield Batch(problems=tuple(strays), records=len(strays))


def _read_raw(sandbox: Sandbox, cards: Sequence[RawCard], region: str) -> bytes:
    body = b"\n".join(line for card in cards for line in card.lines)
    shape = [[card.line, len(card.lines), card.closed] for card in cards]
    return sandbox.run(_WORK + "vcards", body, {"cards": shape, "region": region})


def _rows(sandbox: Sandbox, table: Table, mapping: Mapping, region: str) -> Iterator[Batch]:
    if not mapping.ready:
        return
    problems: list[Problem] = []
    options = {"mapping": mapping.model_dump(mode="json"), "region": region}
    first = mapping.first_line + (1 if mapping.has_header else 0)
    records = table.rows(problems)
    wanted = itertools.dropwhile(lambda row: row[0] < first, records)

    def work(rows: Sequence[Numbered]) -> bytes:
        return sandbox.run(_WORK + "rows", json.dumps(rows).encode(), options)

    patience = _Patience()
    for group in _grouped(wanted, lambda row: sum(map(len, row[1])) + len(row[1])):
        batch = _attempt(group, work, lambda row: row[0], patience)
        found, problems[:] = tuple(problem for problem in problems if problem.line >= first), []
        yield batch.model_copy(update={"problems": found + batch.problems})


def _json(sandbox: Sandbox, data: bytes) -> Iterator[Batch]:
    patience = _Patience()
    for name, things in itertools.groupby(_told(data), key=lambda told: told.name):
        task, about = ("cards", {}) if name == CONTACTS else ("alone", {"list": name})

        def work(lines: Sequence[_Told], task: str = task, about: dict[str, str] = about) -> bytes:
            return sandbox.run(_WORK + task, b"\n".join(told.line for told in lines), {"lines": [told.number for told in lines], **about})

        for group in _grouped(things, lambda told: len(told.line)):
            yield _attempt(group, work, lambda told: told.number, patience)


@dataclass(frozen=True, slots=True)
class _Told:
    """A line of our own JSON: in which list it stands, and where."""

    name: str
    number: int
    line: bytes


def _told(data: bytes) -> Iterator[_Told]:
    """Contacts, and of the lists beside them what is about nobody: what is about somebody stands with them as well."""
    name = CONTACTS
    for number, line in enumerate(_lines(data), 1):
        text = line.strip()
        if begun := _LIST.fullmatch(text):
            name = begun[1].decode()
        elif number > 1 and text.startswith(b"{") and (name == CONTACTS or (name in ALONE and not text.startswith(ABOUT))):
            yield _Told(name, number, line)


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end]
        start = end + 1


def _with_photos(sandbox: Sandbox, batch: Batch) -> Batch:
    """Every picture drawn anew; one that cannot be is left out, and its contact stays."""
    cards: list[ContactCard] = []
    problems = list(batch.problems)
    for card in batch.cards:
        photo = None
        if card.photo is not None:
            try:
                photo = Photo(content_type=CONTENT_TYPE, data=sandbox.run("crm_app.domain.imports.photos:shrink", card.photo.data))
            except SandboxTimeout:
                problems.append(Problem(line=card.line, reason="The picture takes too long to unpack: the contact was taken without it."))
            except SandboxRefused as refusal:
                problems.append(Problem(line=card.line, reason=f"{refusal.reason} The contact was taken without it."))
            card = card.model_copy(update={"photo": photo})
        cards.append(card)
    return batch.model_copy(update={"cards": tuple(cards), "problems": tuple(problems)})


def _without_photos(batch: Batch) -> Batch:
    return batch.model_copy(update={"cards": tuple(card.model_copy(update={"photo": None}) for card in batch.cards)})
