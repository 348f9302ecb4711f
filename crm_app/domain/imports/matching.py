"""Who a record is: someone we know, someone from earlier in the same file, or someone new.

In this order: the record's identity from an earlier import, its e-mail addresses, phone numbers, profile addresses. A name
alone is a hint and never a match. Two records of one file are the same person only if their names agree as well, since
couples share addresses and whole firms share a number. The first of them stands, and the others add what it lacks: were the last one
to win, each time the file is brought would write them all over each other again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.changes.queries import read_by_key
from crm_app.domain.contacts.rules import sort_name_of
from crm_app.domain.ids import new_id
from crm_app.domain.imports import queries
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.merging import Person, compared, fingerprint, given_name_of, merge
from crm_app.domain.imports.part_queries import find_parts
from crm_app.domain.imports.parts import own_id
from crm_app.domain.imports.schemas import PlannedRow
from crm_app.domain.text import fold

MATCHED = {"email": "e-mail address", "phone": "phone number", "social": "profile"}
SHORTEST_PHONE = 7
SHORTEST_UNIQUE = 16
OURS = "mindfulcrm"  # our own exports carry each contact's id, so that they find their way back here
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Match:
    """A person, and by what a record was found to be them (empty: they are new)."""

    person: Person
    by: str


class Matcher:
    """Takes the cards of one file in order. It writes nothing, so a preview and a run decide alike."""

    def __init__(self, session: Session, actor: Actor, source: str) -> None:
        read_by_key(session)  # the tables grow while an import runs, and plans made for empty ones would read all of them
        self._session, self._actor, self._source = session, actor, source
        self._people: dict[UUID, Person] = {}
        self._keys: dict[str, Person] = {}
        self._prints: dict[str, int] = {}
        self._reach: dict[tuple[str, str], list[UUID]] = {}
        self._names: set[str] = set()
        self.identities: list[tuple[str, UUID]] = []

    def take(self, cards: Sequence[ContactCard]) -> Iterator[tuple[PlannedRow, Person]]:
        """Decide each card and merge it into its person. ``identities`` then holds who each record became."""
        prints = [fingerprint(card) for card in cards]
        self._look_up(cards, prints)
        for card, print_ in zip(cards, prints, strict=True):
            yield self._decide(card, print_)

    def person_called(self, external_id: str) -> UUID | None:
        """Who the record with this id has become, of those that were taken."""
        known = self._keys.get(f"id:{external_id}")
        return known.id if known else None

    def _decide(self, card: ContactCard, print_: str) -> tuple[PlannedRow, Person]:
        if print_ in self._prints:
            person = self._keys[print_]
            return self._row(card, "skip", f"The same as line {self._prints[print_]}.", person), person
        match = self._match(card, print_)
        person = match.person
        self._remember(card, print_, person)
        if not person.may_edit:
            return self._row(card, "skip", "Its owner has locked this contact, so only they can change it.", person), person
        before = person.line
        hint = self._hint(card) if person.is_new and not before else ""
        changes = merge(person, card, fill=bool(before))
        person.line = person.line or card.line
        self._index(card, person)
        if person.is_new and not before:
            return self._row(card, "create", hint, person), person
        if not changes:
            return self._row(card, "skip", f"Nothing new: {match.by}." if match.by else "Nothing new.", person), person
        return self._row(card, "update", f"{match.by[:1].upper()}{match.by[1:]}.", person, changes), person

    def _match(self, card: ContactCard, print_: str) -> Match:
        for key in (f"id:{card.external_id}" if card.external_id else "", print_):
            known = self._keys.get(key)
            believed = key == print_ or self._is_unique(card.external_id)
            if known is not None and ((believed and not known.line) or _agree(known, card)):
                return Match(known, f"the same record as line {known.line}" if known.line else "known from an earlier import")
        for point in card.points:
            if point.kind in MATCHED and _telling(point.kind, compared(point)):
                person = self._alike(card, point.kind, compared(point))
                if person is not None:
                    where = f" as line {person.line}" if person.line else f" as {person.name}"
                    return Match(person, f"the same {MATCHED[point.kind]}{where}")
        return Match(Person(id=new_id(), is_new=True), "")

    def _alike(self, card: ContactCard, kind: str, norm: str) -> Person | None:
        """Of all who can be reached so, the one of the same name, else one whom no earlier record was."""
        found = [self._people[key] for key in self._reach.get((kind, norm), ()) if key in self._people]
        same = next((person for person in found if _agree(person, card)), None)
        if same is not None:
            return same
        free = (person for person in found if not person.line)
        return next((person for person in free if kind != "phone" or _share_a_word(person.name, given_name_of(card))), None)

    def _remember(self, card: ContactCard, print_: str, person: Person) -> None:
        """A program that gives one id to two people is not believed: the second is known by its fingerprint."""
        named = f"id:{card.external_id}" if card.external_id else print_
        taken = self._keys.get(named)
        key = print_ if taken is not None and taken is not person else named
        self._prints[print_] = card.line
        self._keys[key] = self._keys[print_] = person
        self.identities.append((key, person.id))
        if key != print_ and not self._is_unique(card.external_id):
            self.identities.append((print_, person.id))  # so that the same file finds them again, whatever they are called by then

    def _is_unique(self, external_id: str) -> bool:
        """Whether no other program would give this id to somebody else: "12" is anybody's, a UUID is not."""
        return self._source == OURS or len(external_id) >= SHORTEST_UNIQUE

    def _index(self, card: ContactCard, person: Person) -> None:
        self._people[person.id] = person
        self._names.add(sort_name_of(person.name))
        for point in card.points:
            listed = self._reach.setdefault((point.kind, compared(point)), [])
            if person.id not in listed:
                listed.append(person.id)

    def _hint(self, card: ContactCard) -> str:
        shared = next((point for point in card.points if self._reach.get((point.kind, compared(point)))), None)
        if shared is not None and shared.kind in MATCHED:
            return f"New, although another contact has the same {MATCHED[shared.kind]}: the names differ."
        if given_name_of(card) and sort_name_of(card.display_name) in self._names:
            return "New, although there is a contact of the same name: nothing else agrees."
        return ""

    def _look_up(self, cards: Sequence[ContactCard], prints: Sequence[str]) -> None:
        """Everything that the decisions about these cards need, in six statements."""
        keys = {*prints, *(f"id:{card.external_id}" for card in cards if card.external_id)} - self._keys.keys()
        reach = {(point.kind, compared(point)) for card in cards for point in card.points if point.kind in MATCHED}
        identities = queries.find_identities(self._session, self._actor, self._source, keys)
        if self._source == OURS:
            exported = [card.external_id for card in cards if card.external_id]
            identities |= {f"id:{contact_id}": contact_id for contact_id in queries.find_own(self._session, self._actor, exported)}
        for kind, norm, contact_id in queries.find_reachable(self._session, self._actor, reach):
            listed = self._reach.setdefault((kind, norm), [])
            if contact_id not in listed:
                listed.append(contact_id)
        wanted = {*identities.values(), *(key for pair in reach for key in self._reach.get(pair, ()))} - self._people.keys()
        self._people.update(queries.load_people(self._session, self._actor, wanted))
        self._keys.update({key: self._people[contact_id] for key, contact_id in identities.items()})
        self._names |= queries.find_names(self._session, self._actor, {sort_name_of(card.display_name) for card in cards})
        self._look_up_parts(cards, prints)

    def _look_up_parts(self, cards: Sequence[ContactCard], prints: Sequence[str]) -> None:
        """What of these cards' goals, programmes, consents, entries and tasks each person has whom a card may turn out to be."""
        wanted: dict[UUID, UUID] = {}
        for card, print_ in zip(cards, prints, strict=True):
            if not (own := (*card.goals, *card.programmes, *card.consents)) and not card.entries and not card.tasks:
                continue
            known = {person.id for person in (self._keys.get(f"id:{card.external_id}"), self._keys.get(print_)) if person}
            known.update(*(self._reach.get((point.kind, compared(point)), ()) for point in card.points))
            wanted |= {own_id(part.id, contact_id): part.id for part in own for contact_id in known}
            wanted |= {own_id(part.id, self._actor.user_id): part.id for part in (*card.entries, *card.tasks)}
            wanted |= {part.id: part.id for part in (*own, *card.entries, *card.tasks)}
        for part_id, contact_id in find_parts(self._session, self._actor, wanted):
            if contact_id in self._people:
                self._people[contact_id].parts.add(wanted[part_id])

    def _row(self, card: ContactCard, action: str, reason: str, person: Person, changes: tuple[str, ...] = ()) -> PlannedRow:
        return PlannedRow.model_validate(
            {
                "line": card.line, "name": card.display_name, "action": action, "reason": reason, "changes": changes,
                "contact_id": None if person.is_new else person.id,
            }  # fmt: skip
        )


def _words(name: str) -> set[str]:
    return set(_WORD.findall(fold(name)))


def _agree(person: Person, card: ContactCard) -> bool:
    """One name holds all words of the other ("Ann", "Ann Lee", "Lee, Ann"), or one of them has none."""
    one, other = _words(person.name), _words(given_name_of(card))
    return one <= other or other <= one


def _share_a_word(one: str, other: str) -> bool:
    return not one or not other or bool(_words(one) & _words(other))


def _telling(kind: str, norm: str) -> bool:
    """Whether this way to reach someone belongs to one person: no short number, and a profile only with its address."""
    return len(norm) >= SHORTEST_PHONE if kind == "phone" else "/" in norm if kind == "social" else bool(norm)
