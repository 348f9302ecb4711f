"""What a card says and what a contact holds, in one form that can be compared: a name for each thing that may change alone."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from crm_app.domain.contacts.views import ContactView
from crm_app.domain.i18n import _
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.merging import TEXTS, Person, compared, given_name_of, usable_tag
from crm_app.domain.text import fold

Facts = Mapping[str, Any]
"""``company``, ``notes``, ``birthday``, ``photo``, ``point:email:ana@example.org``, ``tag:client``, ``extra:Room``; what says nothing is not there."""
POINT, TAG, EXTRA = "point:", "tag:", "extra:"
OURS = frozenset(TEXTS) - {"pronouns", "language"} | {"birthday"}
"""What is written into a book, besides ways to reach somebody. Notes and tags stay here: an address book shows them on every telephone that reads it."""
_OUR_POINTS = tuple(f"{POINT}{kind}:" for kind in ("email", "phone", "website"))
_BORN = ("birth_year", "birth_month", "birth_day")


def facts_of_card(card: ContactCard) -> dict[str, Any]:
    """What a card says. An address that stands in for a name is none."""
    born = [card.birthday.year, card.birthday.month, card.birthday.day] if card.birthday else None
    found: dict[str, Any] = {name: getattr(card, name) for name in TEXTS} | {"display_name": given_name_of(card), "notes": card.notes, "birthday": born}
    found |= {f"{POINT}{point.kind}:{compared(point)}": [point.label, point.value] for point in card.points}
    found |= {f"{TAG}{fold(tag)}": tag for tag in card.tags if usable_tag(tag)}
    found |= {f"{EXTRA}{name}": value for name, value in card.extra.items()}
    found["photo"] = sha256(card.photo.data).hexdigest() if card.photo else ""
    return {name: value for name, value in found.items() if value}


def facts_of_contact(view: ContactView) -> dict[str, Any]:
    """What a contact holds."""
    born = [view.birth_year, view.birth_month, view.birth_day] if view.birth_day else None
    found: dict[str, Any] = {name: getattr(view, name) for name in TEXTS} | {"notes": view.notes, "birthday": born, "photo": view.photo_sha}
    found |= {f"{POINT}{point.kind}:{point.value_norm}": [point.label, point.value] for point in view.points}
    found |= {f"{TAG}{fold(tag)}": tag for tag in view.tags}
    found |= {f"{EXTRA}{name}": value for name, value in view.extra.items()}
    return {name: value for name, value in found.items() if value}


def brought_by(facts: Facts, person: Person) -> list[str]:
    """Which of these facts an import is about to write on a person, and were not there before."""
    points = {f"{POINT}{point['kind']}:{point['value_norm']}" for point in person.new_points}
    fresh = points | {f"{TAG}{folded}" for folded in person.new_tags} | {f"{EXTRA}{name}" for name in person.new_extra} | set(person.dirty)
    fresh |= {"birthday"} if set(_BORN) & set(person.dirty) else set()
    fresh |= {"photo"} if person.new_photo else set()
    return sorted(fresh & set(facts))


def ours(facts: Facts) -> dict[str, Any]:
    """Those of them that are written into a book."""
    return {name: value for name, value in facts.items() if name in OURS or name.startswith(_OUR_POINTS)}


def differs(name: str, one: Facts, other: Facts) -> bool:
    """Whether a fact is another one. A way to reach somebody is the same whatever it is labelled."""
    return (name in one) != (name in other) if name.startswith(POINT) else one.get(name) != other.get(name)


def edits(held: Facts, here: Facts) -> dict[str, Any]:
    """What somebody changed that is written into a book (None: took away), since it was ``held``."""
    mine = ours(here)
    return {name: mine.get(name) for name in sorted({*held, *mine}) if differs(name, held, mine)}


def called(name: str) -> str:
    """What a fact is called before people."""
    if name.startswith(POINT):
        return {"email": _("E-mail"), "phone": _("Phone"), "website": _("Website"), "social": _("Profile")}[name.split(":", 2)[1]]
    if name.startswith(TAG):
        return _("Tags")
    if name.startswith(EXTRA):
        return name.removeprefix(EXTRA)
    return {"notes": _("Notes"), "birthday": _("Birthday"), "photo": _("Photo")}.get(name) or _(TEXTS[name])
