"""The one way in: ``read_file`` tells what a file is and hands out its contacts piece by piece.

Cheap steps (finding where records begin and end) happen here; everything that interprets a stranger's bytes runs in the sandbox.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crm_app.domain.imports import pieces
from crm_app.domain.imports.cards import Batch, ContactCard, Problem
from crm_app.domain.imports.mapping import Mapping, Source
from crm_app.domain.imports.recognise import Kind, NotContacts, plain_bytes, recognise
from crm_app.domain.imports.tables import Table, guess_table
from crm_app.domain.isolation import Sandbox, SandboxRefused, SandboxTimeout

MAX_FILE = 100 * 1024 * 1024
MAX_CARDS = 10_000
COUNTED = 5 * 1024 * 1024
_WORKBOOK_SECONDS = 10.0


@dataclass
class Parsed:
    """A file that was recognised. Nothing has been interpreted yet: iterate ``batches`` (or ``cards``) for that.

    ``mapping`` is None for vCard and JSON. ``total`` is the number of records, estimated for tables of more than 5 MB.
    ``problems`` holds what is known so far; each pass over ``batches`` or ``cards`` fills it anew, and it is complete at the end.
    """

    kind: Kind
    source: Source
    mapping: Mapping | None
    total: int
    problems: list[Problem]
    _sandbox: Sandbox
    _data: bytes = field(repr=False)
    _region: str = ""
    _photos: bool = True
    _notes: tuple[Problem, ...] = ()

    def batches(self) -> Iterator[Batch]:
        """The contacts in pieces of at most 250, in the order of the file, each with its problems and number of records read."""
        self.problems[:] = self._notes
        for batch in pieces.read(self, self._sandbox, self._data, self._region, photos=self._photos):
            self.problems.extend(batch.problems)
            yield batch

    @property
    def cards(self) -> Iterator[ContactCard]:
        """Every contact, one after another."""
        for batch in self.batches():
            yield from batch.cards


def read_file(
    sandbox: Sandbox, name: str, data: bytes, *, region: str = "", mapping: Mapping | None = None, sheet: str = "", photos: bool = True
) -> Parsed:
    """Recognise a file. ``region`` is the two-letter country of phone numbers written without one.

    ``mapping`` (an edited ``Parsed.mapping``) replaces the guess. ``sheet`` chooses among a workbook's, else the fullest is read.
    ``photos=False`` leaves pictures out, which a preview does.
    Raises ``NotContacts`` with a sentence when the file holds no contacts or is larger than may be. ``name`` is never trusted.
    """
    if len(data) > MAX_FILE:
        raise NotContacts(f"The file is larger than {MAX_FILE // 1024 // 1024} MB. Split it, or export without pictures.")
    kind = recognise(data)
    if kind == "vcard":
        return _vcard(sandbox, plain_bytes(data), region, photos)
    if kind == "json":
        return _own_json(sandbox, data, region, photos)
    notes: tuple[Problem, ...] = ()
    if kind == "excel":
        data, sheets, notes = _unpack(sandbox, data, mapping.sheet if mapping else sheet)
        mapping = mapping or guess_table(data, region=region, encoding="utf-8", delimiter=",", by_record=True).model_copy(update=sheets)
    mapping = mapping or guess_table(data, region=region)
    total = _total(data, mapping, kind == "excel")
    _refuse_no_table(mapping, total)
    if not mapping.ready:
        notes += (Problem(line=mapping.first_line, reason="No column is known to hold a name, e-mail, phone or company. Choose at least one.", lost=True),)
    return Parsed(kind, mapping.source, mapping, total, list(notes), sandbox, data, region, photos, notes)


def _vcard(sandbox: Sandbox, data: bytes, region: str, photos: bool) -> Parsed:
    total = pieces.count_cards(data)
    if total > MAX_CARDS:
        raise NotContacts(f"The file holds {total:,} cards; {MAX_CARDS:,} is the most for one vCard file. Split it, or export as CSV instead.")
    source: Source = "mindfulcrm" if b"//MindfulCRM//" in data[:500] else "vcard"
    return Parsed("vcard", source, None, total, [], sandbox, data, region, photos)


def _own_json(sandbox: Sandbox, data: bytes, region: str, photos: bool) -> Parsed:
    if b'"contacts":[\n' not in data[:400]:
        try:
            data = b"\n" + sandbox.run("crm_app.domain.imports.work:relay_json", data, seconds=_WORKBOOK_SECONDS)
        except (SandboxRefused, SandboxTimeout) as failure:
            raise NotContacts("This export of MindfulCRM is damaged. Export your contacts again and import the new file.") from failure
    return Parsed("json", "mindfulcrm", None, pieces.count_told(data), [], sandbox, data, region, photos)


def _unpack(sandbox: Sandbox, data: bytes, sheet: str) -> tuple[bytes, dict[str, Any], tuple[Problem, ...]]:
    """The workbook's sheet as CSV, what a mapping says of the sheets, and a note about those that are not read."""
    try:
        answer = sandbox.run("crm_app.domain.imports.workbook:to_table", data, {"sheet": sheet}, seconds=_WORKBOOK_SECONDS)
    except SandboxRefused as refusal:
        raise NotContacts(refusal.reason) from refusal
    except SandboxTimeout as late:
        raise NotContacts("The workbook takes too long to open. Save the sheet with the contacts as CSV and import that.") from late
    head, _, table = answer.partition(b"\n")
    about = json.loads(head)
    others = [name for name in about["sheets"] if name != about["sheet"]]
    reason = f"Only the sheet “{about['sheet']}” was read, not {', '.join(f'“{name}”' for name in others[:5])}."
    notes = (Problem(line=0, reason=reason),) if others else ()
    return table, {"sheet": about["sheet"], "sheets": tuple(about["sheets"][:100])}, notes


def _total(data: bytes, mapping: Mapping, book: bool) -> int:
    """How many records follow the header: counted, or estimated by lines where counting would take long."""
    if len(data) > COUNTED:
        return max(0, data.count(b"\n") + (not data.endswith(b"\n")) - mapping.first_line)
    first = mapping.first_line + mapping.has_header
    return sum(number >= first for number, _ in Table(data, mapping.encoding, mapping.delimiter, book).rows())


def _refuse_no_table(mapping: Mapping, total: int) -> None:
    """Running text has no columns: one column without a known header is no table, nor is a line of unknown headers with nothing below."""
    if not mapping.columns:
        raise NotContacts("The file is empty. Export your contacts again and import the new file.")
    if (len(mapping.columns) == 1 or not total) and not mapping.ready:
        raise NotContacts(
            "This looks like plain text, not a list of contacts. A table needs a first line that names its columns, such as “Name,E-mail,Phone”."
        )
