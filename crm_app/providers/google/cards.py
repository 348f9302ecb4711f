"""One of Google's people as a vCard, so that contacts from there are read like those of any other address book. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Person = Mapping[str, Any]

FIELDS: Final = (
    "addresses", "biographies", "birthdays", "emailAddresses", "events", "externalIds", "genders", "imClients", "interests", "locales", "memberships",
    "metadata", "names", "nicknames", "occupations", "organizations", "phoneNumbers", "photos", "relations", "sipAddresses", "skills", "urls", "userDefined",
)  # fmt: skip
"""What is asked for of a person: everything that a vCard has a place for."""
_NAME: Final = ("familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
_SOUNDS: Final = {"phoneticGivenName": "X-PHONETIC-FIRST-NAME", "phoneticMiddleName": "X-PHONETIC-MIDDLE-NAME", "phoneticFamilyName": "X-PHONETIC-LAST-NAME"}
_ADDRESS: Final = ("poBox", "extendedAddress", "streetAddress", "city", "region", "postalCode", "country")
_POINTS: Final = {"emailAddresses": "EMAIL", "phoneNumbers": "TEL", "urls": "URL"}
_FURTHER: Final = {"occupations": "Occupation", "interests": "Interest", "skills": "Skill"}
_LABELS: Final = {
    "homeFax": "home fax", "workFax": "work fax", "otherFax": "other fax", "workMobile": "work mobile", "workPager": "work pager",
    "googleVoice": "Google Voice", "homePage": "home page", "domesticPartner": "domestic partner", "referredBy": "referred by",
}  # fmt: skip
"""Google's own words for a kind that are no words; all others are, or are what somebody typed."""


def card_of(person: Person, uid: str, groups: Mapping[str, str]) -> str:
    """The card without a picture. ``groups`` are the names of the account's own labels by their ids; those that a person has are categories."""
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{_escaped(uid)}", *_grouped(_lines(person, groups)), "END:VCARD", ""])


def with_picture(card: str, picture: bytes) -> bytes:
    """The same card, with a picture in it if there is one."""
    line = f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(picture).decode('ascii')}\r\n" if picture else ""
    head, end, rest = card.rpartition("END:VCARD")
    return f"{head}{line}{end}{rest}".encode("utf-8", "replace")


def picture_of(person: Person) -> str:
    """Where a person's picture lies; empty where Google only draws a letter."""
    return next((_said(one, "url") for one in _all(person, "photos") if not one.get("default") and _said(one, "url")), "")


Line = tuple[str, str, str]
"""Name with parameters, value as it stands in a card, and the label that somebody chose for it."""


def _lines(person: Person, groups: Mapping[str, str]) -> Iterator[Line]:
    yield from _names(person)
    yield from _points(person)
    yield from _addresses(person)
    yield from _work(person)
    yield from _days(person)
    for one in _all(person, "biographies"):
        yield "NOTE", _escaped(_said(one, "value")), ""
    yield from _around(person)
    labels = [_said(one.get("contactGroupMembership"), "contactGroupResourceName") for one in _all(person, "memberships")]
    yield "CATEGORIES", ",".join(_escaped(groups[ref]) for ref in labels if ref in groups), ""


def _names(person: Person) -> Iterator[Line]:
    for one in _all(person, "names")[:1]:
        yield "FN", _escaped(_said(one, "displayName") or _said(one, "unstructuredName")), ""
        yield "N", _parts(one, _NAME), ""
        for name, sound in _SOUNDS.items():
            yield sound, _escaped(_said(one, name)), ""
    other = [one for one in _all(person, "nicknames") if one.get("type") != "MAIDEN_NAME"]
    yield "NICKNAME", ",".join(_escaped(_said(one, "value")) for one in other if _said(one, "value")), ""
    for one in _all(person, "nicknames"):
        if one not in other:
            yield "X-MAIDENNAME", _escaped(_said(one, "value")), ""
    for one in _all(person, "genders"):
        yield "PRONOUNS", _escaped(_said(one, "addressMeAs")), ""
        yield "X-GENDER", _escaped(_said(one, "value").replace("unspecified", "")), ""


def _points(person: Person) -> Iterator[Line]:
    for field, name in _POINTS.items():
        for place, one in enumerate(_all(person, field)):
            yield name if place else f"{name};TYPE=PREF", _escaped(_said(one, "value")), _label(one)
    for one in _all(person, "imClients"):
        service = re.sub(r"[^\w -]", "", _said(one, "protocol"))
        yield f'IMPP;X-SERVICE-TYPE="{service}"' if service else "IMPP", _escaped(_said(one, "username")), ""
    for one in _all(person, "sipAddresses"):
        yield "IMPP;X-SERVICE-TYPE=SIP", _escaped(_said(one, "value")), ""


def _addresses(person: Person) -> Iterator[Line]:
    for place, one in enumerate(_all(person, "addresses")):
        whole = ";".join(("", "", _escaped(_said(one, "formattedValue")), "", "", "", ""))
        yield "ADR" if place else "ADR;TYPE=PREF", _parts(one, _ADDRESS) if any(_said(one, name) for name in _ADDRESS) else whole.strip(";") and whole, _label(one)


def _work(person: Person) -> Iterator[Line]:
    for one in sorted(_all(person, "organizations"), key=lambda one: one.get("current") is False):
        yield "ORG", _parts(one, ("name", "department")), ""
        yield "TITLE", _escaped(_said(one, "title")), ""
        yield "ROLE", _escaped(_said(one, "jobDescription")), ""


def _days(person: Person) -> Iterator[Line]:
    born = _all(person, "birthdays")
    for one in [one for one in born if _day(one)][:1] or born[:1]:
        yield "BDAY", _day(one) or _escaped(_said(one, "text")), ""
    for one in _all(person, "events"):
        yield "X-ABDATE", _day(one), _label(one) or "event"


def _around(person: Person) -> Iterator[Line]:
    """What a contact keeps among its other fields."""
    for one in _all(person, "relations"):
        yield "X-ABRELATEDNAMES", _escaped(_said(one, "person")), _label(one)
    for one in _all(person, "locales"):
        yield "LANG", _escaped(_said(one, "value")), ""
    for field, label in _FURTHER.items():
        for one in _all(person, field):
            yield "X-FIELD", _escaped(_said(one, "value")), label
    for one in _all(person, "externalIds"):
        yield "X-FIELD", _escaped(_said(one, "value")), _label(one) or "id"
    for one in _all(person, "userDefined"):
        yield "X-FIELD", _escaped(_said(one, "value")), _said(one, "key") or "other"


def _grouped(lines: Iterator[Line]) -> Iterator[str]:
    """The lines that say something; a label stands beside the line that it is of, as Apple writes it."""
    for number, (name, value, label) in enumerate(lines, 1):
        if not value.strip(";"):
            continue
        yield f"item{number}.{name}:{value}" if label else f"{name}:{value}"
        if label:
            yield f"item{number}.X-ABLABEL:{_escaped(label)}"


def _all(person: Person, field: str) -> list[Mapping[str, Any]]:
    """All values of a field, the one that the account calls the first in front."""
    values = person.get(field)
    found = [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
    return sorted(found, key=lambda one: not (isinstance(one.get("metadata"), Mapping) and (one["metadata"].get("primary") or one["metadata"].get("sourcePrimary"))))


def _said(one: Any, name: str) -> str:
    value = one.get(name) if isinstance(one, Mapping) else None
    return value if isinstance(value, str) else ""


def _label(one: Mapping[str, Any]) -> str:
    kind = _said(one, "type")
    return _LABELS.get(kind, kind)


def _day(one: Mapping[str, Any]) -> str:
    """``1985-03-15``, or ``--03-15`` where the year is not told; empty without a month and a day."""
    date = one.get("date")
    parts = [date.get(name) for name in ("year", "month", "day")] if isinstance(date, Mapping) else []
    year, month, day = (part if isinstance(part, int) else 0 for part in parts or (0, 0, 0))
    return f"{year:04d}-{month:02d}-{day:02d}" if month and day and year else f"--{month:02d}-{day:02d}" if month and day else ""


def _parts(one: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return ";".join(_escaped(_said(one, name)) for name in names)


def _escaped(text: str) -> str:
    clean = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return re.sub(r"([\\;,])", r"\\\1", re.sub(r"[\x00-\x09\x0e-\x1f]", " ", clean)).replace("\n", "\\n")
