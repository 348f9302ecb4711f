"""By what people are known: what is hidden behind a stand-in before a text about them leaves."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import literal, text, union_all
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, ContactPoint, PointKind
from crm_app.domain.contacts.scope import among
from crm_app.domain.disclosure.access import readable, seen
from crm_app.domain.disclosure.schemas import Identity
from crm_app.domain.text import digits, fold

NAMES = ("display_name", "given_name", "middle_name", "family_name", "nickname")
LONGEST_ENDING, TOLD_APART = 3, 7
"""Letters that may follow a name where it is inflected, and figures at its end by which a number is known."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_EMAIL = re.compile(r"[^\s@<>,;:()\"']+@[^\s@<>,;:()\"']+[^\W_]")
LONGEST_WORD = 240
"""Letters of a word: a name has no more."""
_NAMED = text("select words_that_name(cast(:queries as tsquery[]), :silent)")
_NUMBERED = text(f"""select distinct "right"(value_norm, {TOLD_APART}) from contact_point where kind = 'phone' and (owner_id = :me or audience = 'team')
    and "right"(value_norm, {TOLD_APART}) = any(cast(:ends as text[])) order by 1""")  # noqa: S608  a number of ours
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,3}\d){5,16}")


def list_known_as(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> list[Identity]:
    """By what these contacts are known, of those that AI may read for the actor; the same ones always in the same order."""
    return list(find_known_as(session, actor, contact_ids).values())


def find_known_as(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> dict[UUID, Identity]:
    """The same, with whose each is."""
    if not contact_ids:
        return {}
    people = session.exec(select(Contact).where(among(col(Contact.id), set(contact_ids)), readable(actor)).order_by(col(Contact.id))).all()
    asked = select(ContactPoint).where(among(col(ContactPoint.contact_id), [person.id for person in people]), seen(actor, ContactPoint))
    points = session.exec(asked.order_by(col(ContactPoint.position), col(ContactPoint.id))).all()
    return {person.id: _known(person, [point for point in points if point.contact_id == person.id]) for person in people}


def list_named_in(session: Session, actor: Actor, texts: Collection[str]) -> list[Identity]:
    """What else in these texts names anybody whom the actor sees, whether AI may read them or not: each name, address and number by itself."""
    whole = "\n".join(texts)
    words = word_forms(whole)
    numbers = {end[-TOLD_APART:]: said for said in _NUMBER.findall(whole) if len(end := digits(said)) >= TOLD_APART}
    names = sorted(_named(session, words, silent=False))
    ends = session.connection().execute(_NUMBERED, {"me": actor.user_id, "ends": sorted(numbers)}).scalars() if numbers else ()
    emails = dict.fromkeys(_EMAIL.findall(whole))
    return [
        *(Identity(names=(name,)) for name in names), *(Identity(emails=(email,)) for email in emails), *(Identity(phones=(numbers[end],)) for end in ends),
    ]  # fmt: skip


def names_of_silent(session: Session, texts: Iterable[str]) -> frozenset[str]:
    """Which words of these texts are, by themselves, a name of somebody whom this session's user sees and AI may not read."""
    return _named(session, word_forms("\n".join(texts)), silent=True)


def word_forms(said: str) -> frozenset[str]:
    """Each word in small letters, with and without an ending that a name may have."""
    words = set(_WORD.findall(unicodedata.normalize("NFC", said).lower()))
    return frozenset(form for word in words for form in (word[: len(word) - cut] for cut in range(LONGEST_ENDING + 1)) if 1 < len(form) <= LONGEST_WORD)


def list_called(session: Session, actor: Actor, parts: Collection[str], most: int) -> list[UUID]:
    """Contacts that AI may read for the actor of whom something begins like one of these parts of a name, so many for each part; in one statement."""
    called = [
        select(literal(place).label("place"), col(Contact.sort_name), col(Contact.id))
        .where(readable(actor), col(Contact.search_text).contains(f" {fold(part)}", autoescape=True))
        .order_by(col(Contact.sort_name), col(Contact.id)).limit(most)
        for place, part in enumerate(parts)
    ]  # fmt: skip
    if not called:
        return []
    rows = session.connection().execute(union_all(*(select(one.subquery()) for one in called)).order_by("place", "sort_name", "id")).all()
    return list(dict.fromkeys(row.id for row in rows))


def _named(session: Session, words: Collection[str], *, silent: bool) -> frozenset[str]:
    """Which of these words are a name of somebody, with or without its accents; ``silent``: of somebody whom AI may not read."""
    if not words:
        return frozenset()
    spelt: defaultdict[str, set[str]] = defaultdict(set)
    for word in words:
        for form in {word, fold(word)} - {""}:
            spelt[form].add(word)
    forms = sorted(spelt)
    queries = ["'" + form.replace("\\", "").replace("'", "''") + "'" for form in forms]
    places = session.connection().execute(_NAMED, {"queries": queries, "silent": silent}).scalars()
    return frozenset(word for place in places for word in spelt[forms[place - 1]])


def _known(person: Contact, points: Collection[ContactPoint]) -> Identity:
    names = (*(getattr(person, name) for name in NAMES), f"{person.given_name} {person.family_name}", *person.display_name.split())
    emails = [person.primary_email, *(point.value for point in points if point.kind == PointKind.EMAIL)]
    phones = [person.primary_phone, *(point.value for point in points if point.kind == PointKind.PHONE)]
    return Identity(names=_said(*names), emails=_said(*emails), phones=_said(*phones), addresses=_said(person.street))


def _said(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
