"""Collects what a record says, field by field, and makes the card: the one place that decides what happens to odd values.

The rule: nothing is silently lost. What a field cannot hold goes to ``extra``, and a problem says so.
"""

from __future__ import annotations

from pydantic import ValidationError

from crm_app.domain.imports.cards import (
    EXTRA_KEY_LENGTH,
    EXTRA_LENGTH,
    Birthday,
    ContactCard,
    Photo,
    Point,
    PointKindName,
    Problem,
    clean_line,
    clean_text,
)
from crm_app.domain.imports.dates import DateOrder, parse_birthday
from crm_app.domain.reach import comparable_phone, looks_like_phone, normalise_phone, normalise_url, split_email

LIMITS: dict[str, int] = {
    name: next(rule.max_length for rule in field.metadata if hasattr(rule, "max_length"))
    for name, field in ContactCard.model_fields.items()
    if any(hasattr(rule, "max_length") for rule in field.metadata)
}
_BLOCKS = {"street", "notes"}
_KIND_NAMES = {"email": "E-mail", "phone": "Phone", "website": "Website", "social": "Profile"}
_ADDRESS = ("street", "city", "region", "postal_code", "country")
_MOST_EXTRAS, _MOST_POINTS, _MOST_TAGS, _MOST_PROBLEMS = 300, 200, 200, 20
_TAG_LENGTH = 80


class CardBuilder:
    """Call the ``add`` and ``set`` methods in any order, then ``build``. ``problems`` is complete after that."""

    def __init__(self, line: int, *, region: str = "", order: DateOrder = "dmy") -> None:
        self.line = line
        self.problems: list[Problem] = []
        self.values: dict[str, str] = {}
        self._region, self._order = region, order
        self._points: list[Point] = []
        self._seen: dict[tuple[str, str], int] = {}
        self._tags: dict[str, None] = {}
        self._extra: dict[str, str] = {}
        self._addresses: list[tuple[str, bool, dict[str, str]]] = []
        self._birthday: Birthday | None = None
        self._photo: Photo | None = None
        self._favourite = False

    def report(self, reason: str, *, lost: bool = False) -> None:
        """Note a problem with this record. Of more than twenty the last says that there are others."""
        if lost or len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(line=self.line, reason=reason, lost=lost))
        elif len(self.problems) == _MOST_PROBLEMS:
            self.problems.append(Problem(line=self.line, reason="There are more problems of this kind in the same record."))

    def set(self, field: str, value: str) -> None:
        """Fill a plain text field. A second value for the same field goes to ``extra``, for notes it is appended."""
        text = clean_text(value) if field in _BLOCKS else clean_line(value)
        if not text:
            return
        if field == "notes" and self.values.get("notes") and text != self.values["notes"]:
            text = f"{self.values['notes']}\n\n{text}"
        elif self.values.get(field, text) != text:
            self.add_extra(field_name(field), text)
            return
        limit = LIMITS[field]
        if len(text) > limit:
            self.report(f"{field_name(field)} has more than {limit:,} letters: it was cut, and the whole text stands among the other fields.")
            self.add_extra(f"{field_name(field)} (whole)", text)
            text = text[:limit].rstrip()
        self.values[field] = text

    def add_point(self, kind: PointKindName, value: str, label: str = "", *, primary: bool = False) -> None:
        """Add a way to reach them. What is none goes to ``extra``; the same one twice collapses to the first."""
        raw = clean_line(value)
        if not raw:
            return
        try:
            shown, norm, key = self._normal(kind, raw)
        except ValueError as reason:
            self.add_extra(f"{_KIND_NAMES[kind]} ({label})" if label else _KIND_NAMES[kind], raw)
            self.report(f"“{raw[:80]}” is not {_articled(kind)}: {_clause(reason)}. It was kept among the other fields.")
            return
        if (known := self._seen.get((kind, key))) is not None:
            self._merge(known, self._label(label), primary)
            return
        if len(self._points) >= _MOST_POINTS:
            self.add_extra(_KIND_NAMES[kind], raw)
            return
        primary = primary and not any(point.is_primary for point in self._points if point.kind == kind)
        self._seen[(kind, key)] = len(self._points)
        self._points.append(Point(kind=kind, label=self._label(label), value=shown, value_norm=norm, is_primary=primary))

    def _merge(self, known: int, label: str, primary: bool) -> None:
        """The same number or address once more: what it adds is kept."""
        point = self._points[known]
        primary = point.is_primary or (primary and not any(other.is_primary for other in self._points if other.kind == point.kind))
        self._points[known] = point.model_copy(update={"is_primary": primary, "label": point.label or label})

    def _label(self, label: str) -> str:
        text = clean_line(label)
        if len(text) > 60:
            self.add_extra("Label", text)
        return text[:60].strip()

    def _normal(self, kind: str, raw: str) -> tuple[str, str, str]:
        """What to show, what matching compares, and what tells duplicates apart. Raises ValueError with the reason."""
        if len(raw) > 500:
            raise ValueError("it is too long")
        if kind == "email":
            shown, norm = split_email(raw)
            return shown, norm, norm
        if kind == "phone":
            if not looks_like_phone(raw):
                raise ValueError("it has too few digits")
            return raw, normalise_phone(raw, self._region), comparable_phone(raw, self._region)
        if kind == "website":
            if not (norm := normalise_url(raw)):
                raise ValueError("it is no web address")
            return raw, norm, norm
        norm = normalise_url(raw) or raw.casefold()
        return raw, norm, norm

    def add_tags(self, tags: list[str]) -> None:
        """Add tags; empty ones and repetitions vanish."""
        for tag in filter(None, map(clean_line, tags)):
            if len(tag) > _TAG_LENGTH or len(self._tags) >= _MOST_TAGS:
                self.add_extra("Tag", tag)
                self.report(f"The tag “{tag[:40]}…” is too long or one too many: it was kept among the other fields.")
            else:
                self._tags[tag] = None

    def add_extra(self, key: str, value: str) -> None:
        """Keep a value that has no field of its own. The same key again gets a number, the same pair nothing."""
        name, text = clean_line(key)[:EXTRA_KEY_LENGTH].strip() or "Other", clean_text(value)
        if not text:
            return
        wanted, number = name, 1
        while wanted in self._extra:
            if self._extra[wanted] == text:
                return
            number += 1
            wanted = f"{name[: EXTRA_KEY_LENGTH - 6]} {number}"
        if len(self._extra) >= _MOST_EXTRAS:
            self.report(f"There are more than {_MOST_EXTRAS} other fields: “{name}” was left out.")
            return
        if len(text) > EXTRA_LENGTH:
            self.report(f"“{name}” has more than {EXTRA_LENGTH:,} letters and was cut.")
            text = text[:EXTRA_LENGTH].rstrip()
        self._extra[wanted] = text

    def add_address(self, label: str, parts: dict[str, str], *, primary: bool = False) -> None:
        """Offer an address. The primary one, else the first, becomes the contact's; the others go to ``extra``."""
        kept = {name: text for name in _ADDRESS if (text := clean_text(parts.get(name, "")))}
        if kept and all(kept != other for _, _, other in self._addresses):
            self._addresses.append((clean_line(label), primary, kept))

    def set_birthday(self, value: str) -> None:
        """Read a birthday in any form; what is no date goes to ``extra``."""
        text = clean_line(value)
        try:
            day = parse_birthday(text, self._order)
        except ValueError:
            self.add_extra("Birthday", text)
            self.report(f"“{text[:60]}” could not be read as a birthday: it was kept among the other fields.")
            return
        if day and self._birthday and day != self._birthday:
            self.add_extra("Birthday", text)
        self._birthday = self._birthday or day

    def set_favourite(self) -> None:
        """Mark as favourite."""
        self._favourite = True

    def set_photo(self, content_type: str, data: bytes) -> None:
        """Keep the picture as it came; ``read_file`` has it re-encoded."""
        if self._photo is None:
            self._photo = Photo(content_type=content_type, data=data)
        elif self._photo.data != data:
            self.report("There is more than one picture: only the first was taken.")

    def build(self) -> ContactCard | None:
        """The card; None, with a problem, when there is nothing to know the person by, and None alone when all is blank."""
        self._settle_addresses()
        everything = {
            **self.values, "line": self.line, "points": tuple(self._points), "tags": tuple(self._tags), "extra": self._extra,
            "birthday": self._birthday, "photo": self._photo, "favourite": self._favourite,
        }  # fmt: skip
        try:
            return ContactCard.model_validate(everything)
        except ValidationError:
            if self.values or self._extra or self._tags or self._birthday or self._photo:
                self.report("There is no name, e-mail address, phone number or company: the record was left out.", lost=True)
            return None

    def _settle_addresses(self) -> None:
        chosen = next((index for index, (_, primary, _) in enumerate(self._addresses) if primary), 0)
        for index, (label, _, parts) in enumerate(self._addresses):
            if index == chosen:
                for name, text in parts.items():
                    self.set(name, text)
            else:
                self.add_extra(f"Address ({label})" if label else "Address", "\n".join(parts.values()))


def field_name(field: str) -> str:
    """``given_name`` → ``Given name``."""
    return field.replace("_", " ").capitalize()


def _articled(kind: str) -> str:
    return {"email": "an e-mail address", "phone": "a phone number", "website": "a web address", "social": "a profile"}[kind]


def _clause(reason: ValueError) -> str:
    """A library's sentence as part of one of ours."""
    text = str(reason).rstrip(".")
    return text[:1].lower() + text[1:]
