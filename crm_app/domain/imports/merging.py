"""How a card becomes part of a contact: what it adds, what it changes, and what it leaves alone.

A file never empties a field, never takes away a phone, tag or other field, and never writes over notes: it adds to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from crm_app.domain.contacts.models import PointKind, Stage
from crm_app.domain.imports.cards import ContactCard, Photo, Point, clean_line
from crm_app.domain.imports.consent_part import ConsentPart
from crm_app.domain.imports.parts import ApartPart, EntryPart, GoalPart, ProgrammePart, TaskPart
from crm_app.domain.reach import normalise_url
from crm_app.domain.rows import now
from crm_app.domain.text import digits, fold

TEXTS: Mapping[str, str] = {
    "display_name": "Name", "given_name": "First name", "middle_name": "Middle name", "family_name": "Last name", "name_prefix": "Name prefix",
    "name_suffix": "Name suffix", "nickname": "Nickname", "pronouns": "Pronouns", "company": "Company", "job_title": "Job title",
    "street": "Street", "city": "City", "region": "Region", "postal_code": "Postal code", "country": "Country", "language": "Language",
}  # fmt: skip
NOTES_LENGTH, TAG_LENGTH = 20_000, 60
_CHOICES: Mapping[str, tuple[str, frozenset[str]]] = {
    "stage": ("Stage", frozenset(Stage)), "preferred_method": ("Preferred method", frozenset(PointKind)),
}  # fmt: skip
_KINDS = {"email": "E-mail", "phone": "Phone", "website": "Website", "social": "Profile"}
AnyPart = TypeVar("AnyPart", GoalPart, ProgrammePart, EntryPart, TaskPart, ConsentPart)


@dataclass
class Person:
    """A contact as it stands during an import, and what the import has done to it so far.

    ``values`` are its columns, ``points`` its ways to be reached by ``(kind, compared form)``, ``tags`` its tags by folded name.
    ``parts`` are the goals, programmes, entries and tasks that it has, by the id that they have in the file.
    What is in ``dirty`` and in what is called new has not been written yet.
    """

    id: UUID
    values: dict[str, Any] = field(default_factory=dict)
    points: dict[tuple[str, str], bool] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    photo_sha: str = ""
    parts: set[UUID] = field(default_factory=set)
    is_new: bool = False
    is_own: bool = True
    has_apart: bool = False
    may_edit: bool = True
    takes_photo: bool = True
    line: int = 0
    dirty: dict[str, Any] = field(default_factory=dict)
    new_points: list[dict[str, Any]] = field(default_factory=list)
    new_tags: dict[str, str] = field(default_factory=dict)
    new_extra: dict[str, str] = field(default_factory=dict)
    new_photo: Photo | None = None
    new_apart: ApartPart | None = None
    new_goals: list[GoalPart] = field(default_factory=list)
    new_programmes: list[ProgrammePart] = field(default_factory=list)
    new_entries: list[EntryPart] = field(default_factory=list)
    new_tasks: list[TaskPart] = field(default_factory=list)
    new_consents: list[ConsentPart] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.values.get("display_name", ""))

    def written(self) -> None:
        """Forget what was to be written."""
        self.is_new, self.new_photo, self.new_apart = False, None, None
        for pending in (self.dirty, self.new_points, self.new_tags, self.new_extra):
            pending.clear()
        for parts in (self.new_goals, self.new_programmes, self.new_entries, self.new_tasks, self.new_consents):
            parts.clear()


def compared(point: Point) -> str:
    """The form of a way to reach someone that the contact table compares."""
    if point.kind == "phone":
        return point.value_norm or digits(point.value)
    return point.value_norm if point.kind == "email" else normalise_url(point.value) or fold(point.value)


def given_name_of(card: ContactCard) -> str:
    """The card's name, or nothing where it is only an address or number that stands in for one."""
    return "" if any(card.display_name == point.value for point in card.points) else card.display_name


def fingerprint(card: ContactCard) -> str:
    """What a record without an id of its own is known by: the same record of the same program has the same one."""
    return sha256(card.model_dump_json(exclude={"line", "photo"}, exclude_defaults=True).encode()).hexdigest()[:40]


def merge(person: Person, card: ContactCard, *, fill: bool = False) -> tuple[str, ...]:
    """Bring what the card says into the person and return the names of the fields that changed. To ``fill`` is to leave alone what says something."""
    changed: dict[str, None] = {}

    def put(name: str, label: str, value: Any) -> None:
        if value and value != person.values.get(name) and not (fill and person.values.get(name)):
            person.values[name] = person.dirty[name] = value
            changed[label] = None

    for name, label in TEXTS.items():
        put(name, label, getattr(card, name) if name != "display_name" or person.is_new else given_name_of(card))
    for name, (label, known) in _CHOICES.items():
        put(name, label, getattr(card, name) if getattr(card, name) in known else "")
    put("favourite", "Favourite", card.favourite)
    if (notes := _joined_notes(person, card)) != person.values.get("notes", ""):
        person.values["notes"] = person.dirty["notes"] = notes
        changed["Notes"] = None
    put("snoozed_until", "Snoozed until", card.snoozed_until)
    if not (fill and person.values.get("birth_day") and not _same_day(person, card)):
        _merge_birthday(person, card, put)
    if person.is_new:
        person.values |= {"locked": card.locked, "ai_allowed": card.ai_allowed, "archived_at": now() if card.archived else None}
    for add in (_merge_points, _merge_tags, _merge_apart, _merge_parts):
        changed.update(dict.fromkeys(add(person, card)))
    for put_more in (_merge_extra, _merge_photo, _merge_keeping):
        changed.update(dict.fromkeys(put_more(person, card, fill)))
    return tuple(changed)


def _joined_notes(person: Person, card: ContactCard) -> str:
    """A file's notes stand below those that are there: people write here, and their words are not a program's to replace."""
    there = str(person.values.get("notes", ""))
    if card.notes in there:
        return there
    both = f"{there}\n\n{card.notes}".strip()
    return both if len(both) <= NOTES_LENGTH else there


def _merge_birthday(person: Person, card: ContactCard, put: Callable[[str, str, Any], None]) -> None:
    if card.birthday is None:
        return
    same_day = _same_day(person, card)
    if same_day and card.birthday.year is None:
        return
    put("birth_month", "Birthday", card.birthday.month)
    put("birth_day", "Birthday", card.birthday.day)
    if card.birthday.year or not same_day:
        put("birth_year", "Birthday", card.birthday.year)


def _same_day(person: Person, card: ContactCard) -> bool:
    return card.birthday is not None and (person.values.get("birth_month"), person.values.get("birth_day")) == (card.birthday.month, card.birthday.day)


def _merge_points(person: Person, card: ContactCard) -> list[str]:
    added = []
    for point in card.points:
        key = (point.kind, compared(point))
        if key in person.points:
            continue
        primary = not any(is_primary for (kind, _), is_primary in person.points.items() if kind == point.kind)
        person.new_points.append(
            {"kind": point.kind, "label": point.label, "value": point.value, "value_norm": key[1], "is_primary": primary, "position": len(person.points)}
        )
        person.points[key] = primary
        added.append(_KINDS[point.kind])
    return added


def _merge_tags(person: Person, card: ContactCard) -> list[str]:
    added = False
    for tag in map(clean_line, card.tags):
        folded = fold(tag)
        if usable_tag(tag) and folded not in person.tags:
            person.tags.add(folded)
            person.new_tags[folded] = tag
            added = True
    return ["Tags"] if added else []


def _merge_extra(person: Person, card: ContactCard, fill: bool) -> list[str]:
    there = person.values.setdefault("extra", {})
    unusable = ", ".join(tag for tag in card.tags if not usable_tag(tag))
    wanted = {**card.extra, **({"Tags": unusable} if unusable else {})}
    fresh = {name: value for name, value in wanted.items() if value and there.get(name) != value and not (fill and there.get(name))}
    there.update(fresh)
    person.new_extra.update(fresh)
    return list(fresh)


def usable_tag(tag: str) -> bool:
    """Whether the team's vocabulary takes it; any other is kept among the other fields."""
    return 0 < len(tag) <= TAG_LENGTH and any(char.isalnum() for char in tag) and bool(fold(tag))


def _merge_photo(person: Person, card: ContactCard, fill: bool) -> list[str]:
    if card.photo is None or not person.takes_photo or (fill and person.photo_sha) or (sha := sha256(card.photo.data).hexdigest()) == person.photo_sha:
        return []
    person.photo_sha, person.new_photo = sha, card.photo
    return ["Photo"]


def _merge_keeping(person: Person, card: ContactCard, fill: bool) -> list[str]:
    """0 is an answer: somebody whom one does not mean to keep in touch with."""
    there = person.values.get("cadence_days")
    if card.cadence_days is None or card.cadence_days == there or (fill and there is not None):
        return []
    person.values["cadence_days"] = person.dirty["cadence_days"] = card.cadence_days
    return ["Keep in touch"]


def _merge_apart(person: Person, card: ContactCard) -> list[str]:
    """What stands apart is its owner's to write, and stays where there is some."""
    if card.apart is None or not person.is_own or person.has_apart:
        return []
    person.new_apart, person.has_apart = card.apart, True
    return ["Kept apart"]


def _merge_parts(person: Person, card: ContactCard) -> list[str]:
    """What the person has already stays as it stands."""
    added = (
        ("Goals", _add(person, card.goals, person.new_goals)), ("Programmes", _add(person, card.programmes, person.new_programmes)),
        ("Timeline", _add(person, card.entries, person.new_entries)), ("Tasks", _add(person, card.tasks, person.new_tasks)),
        ("Consent", _add(person, card.consents, person.new_consents)),
    )  # fmt: skip
    return [label for label, number in added if number]


def _add(person: Person, parts: Iterable[AnyPart], new: list[AnyPart]) -> int:
    before = len(new)
    for part in parts:
        if part.id not in person.parts:
            person.parts.add(part.id)
            new.append(part)
    return len(new) - before
