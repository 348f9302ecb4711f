"""Rows of a table, read by a mapping, to contact cards."""

from __future__ import annotations

import re
from collections import defaultdict

from crm_app.domain.imports.builder import CardBuilder, field_name
from crm_app.domain.imports.cards import Batch
from crm_app.domain.imports.cells import split_many, split_named, unguard
from crm_app.domain.imports.labels import tidy_label
from crm_app.domain.imports.mapping import POINT_FIELDS, Column, Mapping
from crm_app.domain.imports.names import split_name

_MANY = re.compile(r"\s*:::\s*")
_TAG_SIGNS = re.compile(r"\s*(?::::|[;,])\s*")
_ADDRESS = {"street", "city", "region", "postal_code", "country", "address_label", "address_formatted", "address_box", "address_extended"}
_SINGLE = {
    "display_name", "given_name", "middle_name", "family_name", "name_prefix", "name_suffix", "nickname", "pronouns", "company", "job_title",
    "language", "notes", "external_id", "stage", "preferred_method",
}  # fmt: skip
_CLEARLY = {"email": re.compile(r"\S@\S+\.\S"), "phone": re.compile(r"(?:\D*\d){6}")}
_BIRTH = ("birth_year", "birth_month", "birth_day")
_LINK = re.compile(r"(.*\S) \((https?://\S+)\)", re.DOTALL)
Numbered = tuple[int, list[str]]


def read_rows(rows: list[Numbered], mapping: Mapping, region: str) -> Batch:
    """One card a row; a row that is blank all through is passed over, every other one ends in a card or a problem."""
    cards, problems, records = [], [], 0
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        records += 1
        builder = CardBuilder(line, region=region, order=mapping.date_order)
        (_fill_own if mapping.source == "mindfulcrm" else _fill)(builder, mapping, cells)
        if mapping.splits_names:
            _split_name(builder)
        card = builder.build()
        if card:
            cards.append(card)
        elif not any(problem.lost for problem in builder.problems):
            builder.report("Nothing in this row is used by the columns chosen.", lost=True)
        problems.extend(builder.problems)
    return Batch(cards=tuple(cards), problems=tuple(problems), records=records)


def _fill(builder: CardBuilder, mapping: Mapping, cells: list[str]) -> None:
    groups: dict[str, dict[tuple[int, str], dict[str, str]]] = {kind: defaultdict(dict) for kind in ("address", "extra", "birth")}
    labels: dict[tuple[str, int], str] = {}
    for column in mapping.columns:
        if column.field.endswith("_label") and column.index < len(cells):
            labels.setdefault((column.field, column.group), cells[column.index])
    for column in mapping.columns:
        if column.index >= len(cells) or not (value := cells[column.index].strip()):
            continue
        if column.field in _ADDRESS:
            groups["address"][(column.group, column.label)].setdefault(column.field, value)
        elif column.field in _BIRTH:
            groups["birth"][(0, "")][column.field] = value
        elif column.field in ("extra_label", "extra_value"):
            groups["extra"][(column.group, "")][column.field] = value
        else:
            _take(builder, column, value, labels)
    for index in range(len(mapping.columns), len(cells)):
        builder.add_extra(f"Column {index + 1}", cells[index])
    for label, parts in _addresses(groups["address"]):
        _take_address(builder, label, parts)
    if day := _birth_day(groups["birth"][(0, "")]):
        builder.set_birthday(day)
    for parts in groups["extra"].values():
        for name, value in zip(*_paired(parts.get("extra_label", ""), parts.get("extra_value", "")), strict=True):
            builder.add_extra(name or "Other", value)


def _split_name(builder: CardBuilder) -> None:
    """A whole name's parts, so that a letter can begin with the first one; the whole name stays what is shown."""
    name = builder.values.get("display_name", "")
    if name and name != builder.values.get("company"):
        for field, text in split_name(name).items():
            builder.set(field, text)


def _addresses(groups: dict[tuple[int, str], dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """Each address with its label. "Street 2" beside "Street" is its second line; "Address 1" is the street of the town beside it."""
    settled: dict[str, dict[str, str]] = {}
    others = []
    for (_, label), parts in sorted(groups.items(), key=lambda item: item[0][0]):
        first = settled.setdefault(label, parts)
        if first is parts:
            continue
        if parts.keys() == {"street"}:
            first["street"] = "\n".join(filter(None, (first.get("street", ""), parts["street"])))
        else:
            others.append((label, parts))
    return [*settled.items(), *others]


def _birth_day(parts: dict[str, str]) -> str:
    """Thunderbird's three columns as one date; the year may be missing."""
    year, month, day = (parts.get(name, "") for name in _BIRTH)
    if not (month.isdecimal() and day.isdecimal()):
        return ""
    return f"{year}-{month}-{day}" if year.isdecimal() else f"--{int(month):02d}-{int(day):02d}"


def _paired(labels: str, values: str) -> tuple[list[str], list[str]]:
    """Labels and values of one group, as many of the one as of the other."""
    many = _MANY.split(values) if values else []
    names = _MANY.split(labels.strip())
    names = [tidy_label(name)[0] for name in names][: len(many)]
    return names + [names[-1] if names else ""] * (len(many) - len(names)), many


def _take(builder: CardBuilder, column: Column, value: str, labels: dict[tuple[str, int], str]) -> None:
    field = column.field
    if field in POINT_FIELDS:
        label, primary = tidy_label(labels.get((f"{field}_label", column.group), "") if column.group else "")
        for number, part in enumerate(_several(field, value)):
            builder.add_point(POINT_FIELDS[field], part, label or column.label, primary=primary and not number)
    elif field == "tags":
        _take_tags(builder, value)
    elif field == "birthday":
        builder.set_birthday(value)
    elif field in _SINGLE:
        if "\n" in value and field != "notes":
            builder.report(f"{field_name(field)} goes over several lines: perhaps a quotation mark is missing. Please check this contact.")
        if linked := _LINK.fullmatch(value) if field != "notes" else None:  # Notion and Airtable write a linked record so
            value = linked[1]
            builder.add_extra(f"{field_name(field)} link", linked[2])
        builder.set(field, value)
    elif field == "extra":
        builder.add_extra(column.header, value)


def _several(field: str, value: str) -> list[str]:
    """The values of one cell: Google's sign, else commas and semicolons between what are clearly several of the kind."""
    parts = _MANY.split(value)
    if len(parts) == 1 and field in _CLEARLY:
        pieces = [piece.strip() for piece in re.split(r"[;,\n]|\s/\s", value)]
        pieces = [piece for piece in pieces if piece]
        if len(pieces) > 1 and all(_CLEARLY[field].search(piece) for piece in pieces):
            parts = pieces
    return [part.lstrip("'") if field == "phone" else part for part in parts]


def _take_tags(builder: CardBuilder, value: str) -> None:
    """Google's own groups begin with a star: "myContacts" says nothing, "starred" is a favourite, the rest are tags."""
    signs = _MANY if ":::" in value or value.startswith("*") else _TAG_SIGNS
    tags = []
    for tag in signs.split(value):
        if tag.startswith("*") and tag.lstrip("* ").lower() in {"mycontacts", "my contacts"}:
            continue
        if tag.startswith("*") and tag.lstrip("* ").lower() == "starred":
            builder.set_favourite()
        else:
            tags.append(tag.lstrip("* ").strip('"'))
    builder.add_tags(tags)


def _take_address(builder: CardBuilder, label: str, parts: dict[str, str]) -> None:
    """Formatted text counts only where the single parts are missing."""
    label, primary = tidy_label(parts.pop("address_label", "")) if "address_label" in parts else (label, False)
    formatted = parts.pop("address_formatted", "")
    street = "\n".join(filter(None, (parts.pop("address_box", ""), parts.pop("address_extended", ""), parts.pop("street", ""))))
    if not street and not parts:
        street = formatted
    builder.add_address(label, {**parts, "street": street}, primary=primary)


def _fill_own(builder: CardBuilder, mapping: Mapping, cells: list[str]) -> None:
    """A row of our own export: every cell is undone exactly as it was written."""
    values = {column.field: unguard(cells[column.index]) for column in mapping.columns if column.index < len(cells) and column.field != "extra"}
    for field, value in values.items():
        if field in POINT_FIELDS:
            labels = split_many(values.get(f"{field}_label", ""))
            for number, part in enumerate(split_many(value)):
                builder.add_point(POINT_FIELDS[field], part, labels[number] if number < len(labels) else "")
        elif field in _SINGLE:
            builder.set(field, value)
    builder.add_address("", {name: values[name] for name in _ADDRESS if name in values})
    builder.set_birthday(values.get("birthday", ""))
    builder.add_tags(split_many(values.get("tags", "")))
    if values.get("favourite"):
        builder.set_favourite()
    for name, value in split_named(values.get("own_extra", "")).items():
        builder.add_extra(name, value)
    for column in mapping.columns:
        if column.field == "extra" and column.index < len(cells):
            builder.add_extra(column.header, unguard(cells[column.index]))
