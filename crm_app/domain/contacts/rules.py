"""Pure rules of a contact: what it must hold, how it is called, found and sorted."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import phonenumbers

from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactFields, PointInput
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.reach import comparable_phone, looks_like_phone, normalise_phone, normalise_url, split_email
from crm_app.domain.text import digits, fold

__all__ = ["normalise_phone"]

NAME_PARTS = ("name_prefix", "given_name", "middle_name", "family_name", "name_suffix")
SEARCHED = ("display_name", *NAME_PARTS, "nickname", "company", "job_title", "city")
NOTES_SEARCHED = 1_000
_NOT_A_LETTER = re.compile(r"^[^\w]+", re.UNICODE)
_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")


class Point(Protocol):
    """What the rules need of a way to reach someone, typed in or stored."""

    kind: str
    value: str
    value_norm: str
    is_primary: bool


def checked_points(points: Sequence[PointInput], region: str) -> list[dict[str, Any]]:
    """The points as rows: normalised, the same one only once, exactly one primary of each kind that is there.

    Raises Invalid with a sentence under ``points.<index>.value``.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    faults: dict[str, str] = {}
    for index, point in enumerate(points):
        try:
            value, value_norm = normalised(str(point.kind), point.value, region)
        except ValueError as fault:
            faults[f"points.{index}.value"] = str(fault)
            continue
        row = rows.setdefault(
            (str(point.kind), value_norm), {"kind": str(point.kind), "label": point.label, "value": value, "value_norm": value_norm, "is_primary": False}
        )
        row["is_primary"] = row["is_primary"] or point.is_primary
    if faults:
        raise Invalid(fields=faults)
    _one_primary(rows.values())
    return [row | {"position": position} for position, row in enumerate(rows.values())]


def normalised(kind: str, value: str, region: str) -> tuple[str, str]:
    """``(value to show, form that is compared)``. Raises ValueError with a sentence for the person who typed it."""
    if kind == PointKind.EMAIL:
        try:
            return split_email(value)
        except ValueError:
            raise ValueError("This is not an e-mail address. It should look like name@example.org.") from None
    if kind == PointKind.PHONE:
        if not looks_like_phone(value):
            raise ValueError("This is not a phone number. It needs at least three digits.")
        return value, comparable_phone(value, region)
    if _SCHEME.match(value) and not value.lower().startswith(("http://", "https://")) and "." not in value.split(":", 1)[0]:
        raise ValueError("A link must begin with https:// or http://.")
    return value, normalise_url(value) or fold(value)


def check_contact(fields: Mapping[str, Any], points: Iterable[Point | Mapping[str, Any]]) -> None:
    """Raise Invalid unless there is a name, e-mail, phone or company, and the birthday is a day of some year."""
    named = any(fields.get(name) for name in ("display_name", "given_name", "middle_name", "family_name", "nickname", "company"))
    if not named and not any(_of(point, "kind") in (PointKind.EMAIL, PointKind.PHONE) for point in points):
        raise Invalid(fields={"display_name": _("Give a name, a company, an e-mail or a phone number.")})
    year, month, day = fields.get("birth_year"), fields.get("birth_month"), fields.get("birth_day")
    if (day is None) != (month is None):
        raise Invalid(fields={"birth_day": _("A birthday needs both its day and its month.")})
    if day and month and day > calendar.monthrange(year or 2000, month)[1]:
        raise Invalid(fields={"birth_day": _("There is no such day in that month.")})


def display_name_of(fields: Mapping[str, Any], points: Iterable[Point | Mapping[str, Any]]) -> str:
    """The name that was given, else its parts, nickname, company, first e-mail or phone."""
    parts = " ".join(fields[name] for name in NAME_PARTS if fields.get(name))
    reach = (_of(point, "value") for kind in (PointKind.EMAIL, PointKind.PHONE) for point in points if _of(point, "kind") == kind)
    return str(fields.get("display_name") or parts or fields.get("nickname") or fields.get("company") or next(reach, ""))[:240]


def called(given: ContactFields) -> list[str]:
    """By which name and addresses that were given a calendar's words may mean somebody."""
    addresses = [point.value for point in given.points if point.kind == PointKind.EMAIL]
    return [name for name in (display_name_of(given.model_dump(include={"display_name", *NAME_PARTS}), ()), *addresses) if name]


def sort_name_of(display_name: str) -> str:
    """The folded name from its first letter or digit on, so that quotes and dashes do not lead the list."""
    folded = fold(display_name)
    return _NOT_A_LETTER.sub("", folded) or folded


def search_text_of(fields: Mapping[str, Any], points: Iterable[Point | Mapping[str, Any]], tags: Iterable[str]) -> str:
    """Everything by which a contact is found, folded, each part once. It begins with a space, so that `` ab`` finds the beginning of any word."""
    pieces = [fold(str(fields.get(name) or "")) for name in SEARCHED]
    for point in points:
        if _of(point, "kind") == PointKind.PHONE:
            pieces.extend(phone_forms(_of(point, "value"), _of(point, "value_norm")))
        else:
            pieces.append(fold(_of(point, "value")))
    pieces.extend(fold(tag) for tag in tags)
    pieces.append(fold(str(fields.get("notes") or "")[:NOTES_SEARCHED]))
    return " " + " ".join(dict.fromkeys(piece for piece in pieces if piece))


@lru_cache(maxsize=4096)
def phone_forms(value: str, value_norm: str) -> tuple[str, ...]:
    """The digits of a number in every way it may be asked for: as typed, international, and as dialled in its own country."""
    forms = [digits(value)]
    if value_norm.startswith("+"):
        plain = value_norm.partition(";")[0]
        forms.append(digits(plain))
        try:
            national = phonenumbers.format_number(phonenumbers.parse(plain), phonenumbers.PhoneNumberFormat.NATIONAL)
            forms.append(digits(national))
        except phonenumbers.NumberParseException:
            pass
    return tuple(dict.fromkeys(form for form in forms if form))


def primary_of(points: Iterable[Point | Mapping[str, Any]], kind: PointKind) -> str:
    """The value of the primary point of a kind, or the first one, or nothing."""
    found = [point for point in points if _of(point, "kind") == kind]
    return str(_of(next((point for point in found if _of(point, "is_primary")), found[0]), "value")) if found else ""


def folded_fields(fields: Mapping[str, Any], points: Sequence[Point | Mapping[str, Any]], tags: Iterable[str]) -> dict[str, str]:
    """The derived columns that follow from a contact's own words."""
    return {
        "sort_name": sort_name_of(str(fields["display_name"])),
        "search_text": search_text_of(fields, points, tags),
        "primary_email": primary_of(points, PointKind.EMAIL),
        "primary_phone": primary_of(points, PointKind.PHONE),
    }


def _one_primary(rows: Iterable[dict[str, Any]]) -> None:
    seen: dict[str, dict[str, Any]] = {}
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["kind"], row)
        if row["is_primary"] and seen.setdefault(row["kind"], row) is not row:
            row["is_primary"] = False
    for kind, row in first.items():
        if kind not in seen:
            row["is_primary"] = True


def _of(point: Point | Mapping[str, Any], name: str) -> Any:
    return point[name] if isinstance(point, Mapping) else getattr(point, name)
