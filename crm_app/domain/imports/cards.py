"""One person as a file tells of them: the shape that every reader makes and every writer takes.

Stable: matching, preview, run, undo and export stand on it. Field names and lengths are those of the contact table.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from crm_app.domain.imports.consent_part import ConsentPart
from crm_app.domain.imports.parts import (
    ApartPart,
    DocumentPart,
    EmailPart,
    EntryPart,
    EventPart,
    GoalPart,
    OwnGoalPart,
    ProgrammePart,
    TaskPart,
)

PointKindName = Literal["email", "phone", "website", "social"]
POINT_ORDER: dict[str, int] = {"email": 0, "phone": 1, "website": 2, "social": 3}
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ALONE = ("tasks", "goals")
"""The lists of our own JSON of which an import takes what is about nobody. The others are told for scripts."""
EXTRA_KEY_LENGTH = 120
EXTRA_LENGTH = 20_000

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_BREAK = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACES = re.compile(r"\s+")


def clean_text(value: object) -> str:
    """Trimmed, one form of every letter (NFC), line breaks as ``\\n``, nothing that a database or a screen chokes on."""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value.strip()  # the usual cell of a large file
    text = unicodedata.normalize("NFC", _BREAK.sub("\n", str(value)))
    return _UNSAFE.sub("", text).strip()


def clean_line(value: object) -> str:
    """Like ``clean_text``, on one line with single spaces."""
    text = clean_text(value)
    return text if text.isalnum() else _SPACES.sub(" ", text).strip()


def _clean_extra(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {clean_line(key): clean_text(text) for key, text in value.items() if clean_line(key) and clean_text(text)}


Line = Annotated[str, BeforeValidator(clean_line)]
Block = Annotated[str, BeforeValidator(clean_text)]
Extra = Annotated[dict[str, str], BeforeValidator(_clean_extra)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


class Point(_Frozen):
    """A way to reach someone. ``value`` is as the file had it; ``value_norm`` is what matching compares, empty when there is none.

    Phones are E.164 (with ``;ext=`` for an extension), addresses lower case, websites without scheme, ``www.`` and last slash.
    """

    kind: PointKindName
    label: Line = Field(default="", max_length=60)
    value: Line = Field(min_length=1, max_length=500)
    value_norm: Line = ""
    is_primary: bool = False


class Birthday(_Frozen):
    """A day of the year, and the year where it is known."""

    year: int | None = Field(default=None, ge=1850, le=2200)
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)

    @model_validator(mode="after")
    def _exists(self) -> Birthday:
        leap = self.year is None or (self.year % 4 == 0 and (self.year % 100 != 0 or self.year % 400 == 0))
        if self.day > DAYS_IN_MONTH[self.month - 1] or (self.month == 2 and self.day == 29 and not leap):
            raise ValueError("there is no such day")
        return self

    def iso(self) -> str:
        """``1985-03-15``, or ``--03-15`` without a year."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}" if self.year else f"--{self.month:02d}-{self.day:02d}"


class Photo(_Frozen):
    """A picture. What ``read_file`` hands out has been re-encoded: WebP, at most 512 pixels a side, no metadata."""

    content_type: str
    data: bytes


class ContactCard(_Frozen):
    """One contact of a file, cleaned and within the limits of the contact table.

    ``points`` are sorted by kind (e-mail, phone, website, social), the primary one first; each kind present has exactly one.
    ``extra`` keeps everything that has no field of its own, under the name the file gave it. ``line`` is where the record
    begins (from 1). ``display_name`` is never empty: it falls back to the name parts, nickname, company, e-mail, phone.
    ``stage``, ``favourite`` and ``preferred_method`` come from our own exports (and Google's star) only; empty means "not said".
    What stands below ``extra`` comes from our own JSON only. ``referred_by`` is the ``external_id`` of another one. ``events``,
    ``emails`` and ``documents`` are told, and not taken.
    """

    line: int = 0
    external_id: Line = Field(default="", max_length=500)
    display_name: Line = Field(default="", max_length=240)
    given_name: Line = Field(default="", max_length=120)
    middle_name: Line = Field(default="", max_length=120)
    family_name: Line = Field(default="", max_length=120)
    name_prefix: Line = Field(default="", max_length=60)
    name_suffix: Line = Field(default="", max_length=60)
    nickname: Line = Field(default="", max_length=120)
    pronouns: Line = Field(default="", max_length=60)
    company: Line = Field(default="", max_length=240)
    job_title: Line = Field(default="", max_length=240)
    points: tuple[Point, ...] = ()
    street: Block = Field(default="", max_length=400)
    city: Line = Field(default="", max_length=120)
    region: Line = Field(default="", max_length=120)
    postal_code: Line = Field(default="", max_length=40)
    country: Line = Field(default="", max_length=120)
    birthday: Birthday | None = None
    language: Line = Field(default="", max_length=60)
    notes: Block = Field(default="", max_length=20_000)
    tags: tuple[Line, ...] = ()
    stage: Line = Field(default="", max_length=60)
    favourite: bool = False
    preferred_method: Line = Field(default="", max_length=60)
    photo: Photo | None = None
    extra: Extra = Field(default_factory=dict)
    cadence_days: int | None = Field(default=None, ge=0, le=3_650)
    snoozed_until: date | None = None
    archived: bool = False
    locked: bool = False
    ai_allowed: bool = True
    referred_by: UUID | None = None
    apart: ApartPart | None = None
    goals: tuple[GoalPart, ...] = ()
    programmes: tuple[ProgrammePart, ...] = ()
    entries: tuple[EntryPart, ...] = ()
    tasks: tuple[TaskPart, ...] = ()
    events: tuple[EventPart, ...] = ()
    emails: tuple[EmailPart, ...] = ()
    documents: tuple[DocumentPart, ...] = ()
    consents: tuple[ConsentPart, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, values: Any) -> Any:
        """Sort the points, settle the primary ones, and find a name to show."""
        if not isinstance(values, dict):
            return values
        points = sort_points([point if isinstance(point, Point) else Point.model_validate(point) for point in values.get("points") or ()])
        tags = tuple(dict.fromkeys(filter(None, (clean_line(tag) for tag in values.get("tags") or ()))))
        name = clean_line(values.get("display_name") or "") or derive_name(values, points)
        return {**values, "points": points, "tags": tags, "display_name": name}

    @model_validator(mode="after")
    def _named(self) -> ContactCard:
        if not self.display_name:
            raise ValueError("there is no name, e-mail address, phone number or company")
        return self


def sort_points(points: list[Point]) -> tuple[Point, ...]:
    """By kind, primary first, otherwise as they came; the first of each kind is the primary one."""
    ordered = sorted(points, key=lambda point: (POINT_ORDER[point.kind], not point.is_primary))
    seen: set[str] = set()
    result = []
    for point in ordered:
        first = point.kind not in seen
        seen.add(point.kind)
        result.append(point if point.is_primary == first else point.model_copy(update={"is_primary": first}))
    return tuple(result)


def derive_name(values: dict[str, Any], points: tuple[Point, ...]) -> str:
    """What to call someone whose file gives no full name; at most 240 letters."""
    parts = [clean_line(values.get(part) or "") for part in ("given_name", "middle_name", "family_name")]
    fallbacks = (" ".join(filter(None, parts)), clean_line(values.get("nickname") or ""), clean_line(values.get("company") or ""))
    reachable = [point.value for kind in ("email", "phone", "social", "website") for point in points if point.kind == kind]
    return next(filter(None, (*fallbacks, *reachable)), "")[:240].strip()


class Problem(_Frozen):
    """What could not be taken as it stands. ``line`` is where the record begins, 0 for the file as a whole.

    ``lost`` is True when the whole record was left out, False when the contact came in without this detail (or with it in ``extra``).
    """

    line: int
    reason: str
    lost: bool = False


class Alone(_Frozen):
    """What our own JSON tells of nobody: a task or a goal of the practice, and where it stands in the file."""

    line: int
    task: TaskPart | None = None
    goal: OwnGoalPart | None = None

    @property
    def part(self) -> TaskPart | OwnGoalPart:
        """Whichever it is."""
        found = self.task or self.goal
        assert found is not None
        return found


class Batch(_Frozen):
    """What one piece of a file gave. This is also what travels out of the sandbox, as JSON. ``records`` counts what was read."""

    cards: tuple[ContactCard, ...] = ()
    alone: tuple[Alone, ...] = ()
    problems: tuple[Problem, ...] = ()
    records: int = 0
