"""Which column becomes which field. A ``Mapping`` is guessed, shown with samples on the mapping page, edited there, and applied."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crm_app.domain.imports.cards import PointKindName, clean_line
from crm_app.domain.imports.dates import DateOrder, guess_order
from crm_app.domain.imports.headers import OWN_HEADER, Meaning, about_somebody_else, meaning
from crm_app.domain.imports.labels import LABEL_OF_WORD
from crm_app.domain.reach import looks_like_phone, normalise_phone

Source = Literal["google", "google-2015", "outlook", "linkedin", "mindfulcrm", "vcard", "table"]
SAMPLES = 3
POINT_FIELDS: dict[str, PointKindName] = {"email": "email", "phone": "phone", "website": "website", "social": "social"}

# What the mapping page offers, in its order. ``extra`` keeps a column under its own name, ``ignore`` leaves it out.
FIELDS: dict[str, str] = {
    "display_name": "Full name", "given_name": "First name", "middle_name": "Middle name", "family_name": "Last name",
    "name_prefix": "Name prefix", "name_suffix": "Name suffix", "nickname": "Nickname", "pronouns": "Pronouns", "email": "E-mail",
    "phone": "Phone", "website": "Website", "social": "Profile or handle", "company": "Company", "job_title": "Job title",
    "street": "Street", "city": "City", "region": "State or region", "postal_code": "Postal code", "country": "Country",
    "birthday": "Birthday", "language": "Language", "tags": "Tags", "notes": "Notes", "external_id": "Number in the other program",
    "extra": "Keep as another field", "ignore": "Leave out",
}  # fmt: skip
# Helpers of a group, set by recognised headers only and shown on the page as text.
HELPER_FIELDS = {
    "email_label", "phone_label", "website_label", "social_label", "address_label", "address_formatted", "address_box", "address_extended",
    "extra_label", "extra_value", "birth_year", "birth_month", "birth_day", "own_extra", "stage", "favourite", "preferred_method",
}  # fmt: skip
_NAMING = {"display_name", "given_name", "family_name", "nickname", "company", "email", "phone", "social", "website"}
_SIGNATURES: tuple[tuple[Source, frozenset[str]], ...] = (
    ("mindfulcrm", frozenset({"ID", "Name", "E-mail labels", "Phone labels", "Other fields"})),
    ("google-2015", frozenset({"Name", "Given Name", "Yomi Name", "Group Membership"})),
    ("google", frozenset({"First Name", "Phonetic First Name", "Labels", "File As"})),
    ("linkedin", frozenset({"First Name", "Last Name", "URL", "Connected On"})),
    ("outlook", frozenset({"First Name", "Last Name", "E-mail Address", "Business Phone"})),
)


class Column(BaseModel):
    """One column of a table. ``field`` is a key of ``FIELDS`` or ``HELPER_FIELDS``; ``label`` goes onto points and addresses."""

    model_config = ConfigDict(frozen=True)

    index: int
    header: str
    field: str
    label: str = ""
    group: int = 0
    samples: tuple[str, ...] = ()


class Mapping(BaseModel):
    """How a table is read. Change it with ``with_column``; hand it to ``read_file`` again to have it used."""

    model_config = ConfigDict(frozen=True)

    source: Source
    columns: tuple[Column, ...]
    encoding: str = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    has_header: bool = True
    first_line: int = Field(default=1, description="the line of the header, or of the first row when there is none")
    date_order: DateOrder = "dmy"
    sheet: str = Field(default="", description="which sheet of a workbook it is; empty for other files")
    sheets: tuple[str, ...] = Field(default=(), description="every sheet of the workbook")

    @field_validator("encoding")
    @classmethod
    def _readable(cls, value: str) -> str:
        """A mapping comes back from a page: only encodings of text are let through."""
        "".encode(value)
        return value

    @property
    def ready(self) -> bool:
        """Whether some column can tell who a row is about."""
        return any(column.field in _NAMING for column in self.columns)

    @property
    def splits_names(self) -> bool:
        """Whether whole names stand in one column, and no column holds their parts."""
        fields = {column.field for column in self.columns}
        return self.source == "table" and "display_name" in fields and not fields & {"given_name", "family_name"}

    def with_column(self, index: int, field: str, label: str = "") -> Mapping:
        """The same mapping with one column read as ``field``. Raises KeyError for a field that does not exist."""
        if field not in FIELDS and field not in HELPER_FIELDS:
            raise KeyError(field)
        changed = [column.model_copy(update={"field": field, "label": label}) if column.index == index else column for column in self.columns]
        return self.model_copy(update={"columns": tuple(changed)})


def recognised(row: list[str]) -> int:
    """How many cells of a row are headers that we know."""
    return sum(1 for cell in row if 0 < len(cell) <= 80 and meaning(cell) is not None)


def guess_mapping(header: list[str], rows: list[list[str]], *, region: str = "", **shape: object) -> Mapping:
    """The mapping for a table with this header and these first rows. ``shape``: encoding, delimiter, first_line."""
    cells = [clean_line(cell) for cell in header]
    present = frozenset(cells)
    source: Source = next((name for name, marks in _SIGNATURES if marks <= present), "table")
    columns = []
    for index, cell in enumerate(cells):
        found = _meaning_in(source, cell, present)
        samples = _samples(rows, index)
        if found is None and source == "table" and not about_somebody_else(cell):
            found = _by_content(samples, cell)
        found = found or Meaning("extra")
        columns.append(_column(index, cell or letter(index), found, samples))
    return _finish(source, _one_each(columns), region, shape, has_header=True)


def guess_headerless(rows: list[list[str]], *, region: str = "", **shape: object) -> Mapping:
    """Columns A, B, C …, guessed from what stands in them."""
    width = max(map(len, rows), default=0)
    columns = []
    for index in range(width):
        samples = _samples(rows, index)
        columns.append(_column(index, letter(index), _by_content(samples) or Meaning("extra"), samples))
    if not any(column.field == "display_name" for column in columns):
        named = next((column.index for column in columns if column.field == "extra" and _like_names(column.samples)), None)
        columns = [column.model_copy(update={"field": "display_name"}) if column.index == named else column for column in columns]
    return _finish("table", columns, region, shape, has_header=False)


def _finish(source: Source, columns: list[Column], region: str, shape: dict[str, object], *, has_header: bool) -> Mapping:
    birthdays = [sample for column in columns if column.field == "birthday" for sample in column.samples]
    said = next((found for column in columns if column.field == "birthday" and (found := _order_in(column.header))), None)
    order: DateOrder = said or ("mdy" if source == "outlook" and not birthdays else guess_order(birthdays, region))
    short = tuple(column.model_copy(update={"samples": column.samples[:SAMPLES]}) for column in columns)
    return Mapping.model_validate({"source": source, "columns": short, "date_order": order, "has_header": has_header, **shape})


def _order_in(header: str) -> DateOrder | None:
    """"Date of birth (DD/MM/YYYY)" says it itself."""
    match = re.search(r"\b(d{1,2}|m{1,2}|t{1,2})\W(m{1,2}|d{1,2})\W(?:y|j|a){2,4}\b", header, re.IGNORECASE)
    return None if not match or match[1][0].lower() == match[2][0].lower() else "mdy" if match[1][0].lower() == "m" else "dmy"


def _column(index: int, header: str, found: Meaning, samples: tuple[str, ...]) -> Column:
    return Column(index=index, header=header[:120], field=found.field, label=found.label, group=found.group, samples=samples)


def _meaning_in(source: Source, cell: str, present: frozenset[str]) -> Meaning | None:
    """A header's meaning, where the program that wrote the file uses a word in its own way."""
    if source == "mindfulcrm":
        return Meaning(OWN_HEADER[cell]) if cell in OWN_HEADER else None
    if source == "linkedin" and cell == "URL":
        return Meaning("social", "LinkedIn")
    if source == "outlook" and cell == "Title":
        return Meaning("name_prefix")
    if cell.lower() == "title" and any(other.lower() in {"job title", "position"} for other in present):
        return Meaning("name_prefix")
    found = meaning(cell)
    if found and found.field == "display_name" and cell.lower() == "nom":
        return Meaning("family_name")
    return found


def _one_each(columns: list[Column]) -> list[Column]:
    """A plain field is filled by one column. "Nombre" or "Nome" without a last-name column is the whole name."""
    fields = {column.field for column in columns}
    result, taken = [], set()
    for column in columns:
        field = column.field
        if field == "given_name" and not fields & {"family_name", "display_name"} and column.header.lower() in {"nombre", "nome"}:
            field = "display_name"
        if field == "display_name" and "family_name" in fields and "given_name" not in fields and _single_words(column.samples):
            field = "given_name"  # "Name, Surname"
        if field == "family_name" and not fields & {"given_name", "display_name"} and column.header.lower() == "nom":
            field = "display_name"
        key = (field, column.group, column.label)
        single = field not in POINT_FIELDS and field not in HELPER_FIELDS and field not in {"extra", "tags", "notes"}
        if single and key in taken:
            field = "extra"
        taken.add(key)
        result.append(column.model_copy(update={"field": field}) if field != column.field else column)
    return result


def _samples(rows: list[list[str]], index: int) -> tuple[str, ...]:
    values = (clean_line(row[index])[:120] for row in rows if index < len(row))
    return tuple(dict.fromkeys(filter(None, values)))[:20]


def _single_words(samples: tuple[str, ...]) -> bool:
    return bool(samples) and sum(" " in sample for sample in samples) * 3 < len(samples)


def _by_content(samples: tuple[str, ...], header: str = "") -> Meaning | None:
    """E-mail addresses, phone numbers and web addresses show what they are, whatever their column is called."""
    if not samples:
        return None
    label = LABEL_OF_WORD.get(header.strip().lower(), "")
    if all(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", sample) for sample in samples):
        return Meaning("email", label)
    if all(re.match(r"https?://|www\.", sample) for sample in samples):
        return Meaning("social", "LinkedIn") if all("linkedin.com" in sample for sample in samples) else Meaning("website")
    if all(_clearly_phone(sample) for sample in samples):
        return Meaning("phone", label)
    return None


def _clearly_phone(sample: str) -> bool:
    if re.match(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b", sample):
        return False  # a date
    return looks_like_phone(sample) and (sample.startswith("+") and bool(normalise_phone(sample)) or bool(re.match(r"\(?0[\d ()/-]{7,}$", sample)))


def _like_names(samples: tuple[str, ...]) -> bool:
    return bool(samples) and all(not any(char.isdigit() for char in sample) and len(sample) <= 60 for sample in samples)


def letter(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA, as spreadsheets name columns."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
