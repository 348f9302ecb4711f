"""Whom an event concerns: by the addresses of those who are asked, else by what its words name.

An address is a match wherever it stands among a contact's e-mails. A feed often names nobody who is asked: then an address in the title
or the description counts, and so does a full name in the title, of two words at least, that exactly one contact bears.
The owner's own addresses are never a match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.domain.calendar.schemas import ReadEvent
from crm_app.domain.contacts.rules import sort_name_of
from crm_app.domain.text import fold

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.UNICODE)
_BREAK = re.compile(r"[\s,;:|/()\[\]<>\"“”„·•]+|[–—]|\s-\s|\s-|-\s|&|\+|↔|→")
_EDGE = ".!?*_#'’"
_POSSESSIVE = re.compile(r"['’]s$")
LONGEST_NAME, MOST_ADDRESSES, MOST_WORDS = 5, 200, 40


@dataclass(frozen=True)
class Clues:
    """By what an event may be known to concern somebody: comparable addresses, and what in its title may be a name."""

    addresses: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory:
    """What is known of the addresses and names that were looked up: whose they are. A name counts only where one contact bears it."""

    addresses: Mapping[str, Collection[UUID]] = field(default_factory=dict)
    names: Mapping[str, Collection[UUID]] = field(default_factory=dict)


def clues_of(event: ReadEvent, own: Collection[str]) -> Clues:
    """What an event tells of whom it concerns."""
    asked = {comparable(attendee.email) for attendee in event.attendees} | {comparable(event.organiser)}
    others = frozenset(sorted(asked - set(own) - {""})[:MOST_ADDRESSES])
    if others:
        return Clues(others)
    written = {comparable(found) for found in _ADDRESS.findall(f"{event.title}\n{event.description}")[:MOST_ADDRESSES]}
    return Clues(frozenset(written - set(own)), tuple(possible_names(event.title)))


def find_people(clues: Clues, known: Directory) -> set[UUID]:
    """The contacts whom these clues name. Names count only where no address is anybody's, and the longest of those that overlap."""
    found = {contact for address in clues.addresses for contact in known.addresses.get(address, ())}
    return found or _named(clues.names, known)


def _named(names: Sequence[str], known: Directory) -> set[UUID]:
    """Longer names come first: ``anna maria weiss`` is not ``maria weiss``."""
    found: set[UUID] = set()
    taken: list[str] = []
    for name in names:
        bearers = known.names.get(name, ())
        if not bearers or any(f" {name} " in f" {longer} " for longer in taken):
            continue
        taken.append(name)
        if len(bearers) == 1:
            found.update(bearers)
    return found


def possible_names(title: str) -> Iterable[str]:
    """Runs of two to five words of a title as contacts' names are compared, the longest first. No run goes across what separates."""
    words = [[word for word in run if word] for run in _runs(title)]
    for length in range(LONGEST_NAME, 1, -1):
        for run in words:
            for start in range(len(run) - length + 1):
                yield sort_name_of(" ".join(run[start : start + length]))


def _runs(title: str) -> Iterable[list[str]]:
    """The words between what separates names: everything but a plain space does."""
    run: list[str] = []
    for place, piece in enumerate(re.split(f"({_BREAK.pattern})", title)[: MOST_WORDS * 2]):
        if place % 2 == 0:
            run.append(fold(_POSSESSIVE.sub("", piece.strip(_EDGE))))
        elif piece.strip():
            yield run
            run = []
    yield run


def comparable(address: str) -> str:
    """An address in the form that contacts' are kept in for comparing; empty for what is none."""
    plain = address.strip().lower().removeprefix("mailto:")
    return plain if "@" in plain and " " not in plain else ""
