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

from crm_app.domain.calendar.reading_schemas import ReadEvent
from crm_app.domain.contacts.rules import sort_name_of
from crm_app.domain.text import fold

_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.UNICODE)
_PIECE = re.compile(r"[^\s,;:|/()\[\]<>\"“”„·•–—&+↔→]+")
_EDGE = ".!?*_#'’-"
_POSSESSIVE = re.compile(r"['’]s$")
_PLACED = frozenset({"in", "at", "the"})
"""What stands before a name that is a place's: ``walk in Grant Park``."""
_AND = frozenset({"and", "&", "+", "und", "et", "y", "e"})
LONGEST_NAME, MOST_ADDRESSES, MOST_WORDS = 5, 200, 40


@dataclass(frozen=True)
class Name:
    """What in a title may be somebody's name, in the form in which names are compared, and from which word to which it stands."""

    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Clues:
    """By what an event may be known to concern somebody: comparable addresses, and what in its title may be a name."""

    addresses: frozenset[str] = frozenset()
    names: tuple[Name, ...] = ()


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


def _named(names: Sequence[Name], known: Directory) -> set[UUID]:
    """``anna maria weiss`` is not ``maria weiss``, which stands within it; of two that reach into each other neither is meant for sure."""
    borne = [name for name in names if known.names.get(name.text)]
    kept = [name for name in borne if not any(other.first <= name.first and name.last <= other.last and _length(other) > _length(name) for other in borne)]
    sure = [name for name in kept if all(known.names[name.text] == known.names[other.text] or name.last < other.first or other.last < name.first for other in kept)]
    return {contact for name in sure if len(known.names[name.text]) == 1 for contact in known.names[name.text]}


def _length(name: Name) -> int:
    return name.last - name.first


def possible_names(title: str) -> Iterable[Name]:
    """Runs of two to five words of a title, two the other way round as well, and ``Tom Baker`` out of ``Tom and Grace Baker``.

    No run goes across what separates; a comma has the family name before it. Where a title has capitals, a name begins and ends with one.
    """
    words = list(_PIECE.finditer(title))[:MOST_WORDS]
    cased = any(letter.isupper() for letter in title)
    for first in range(len(words)):
        if first and fold(words[first - 1].group()) in _PLACED and not _gap(title, words, first):
            continue
        for last in range(first + 1, min(first + LONGEST_NAME, len(words))):
            between = [_gap(title, words, place) for place in range(first + 1, last + 1)]
            ends = (words[first].group(), words[last].group())
            if cased and any(word[0].islower() for word in ends):
                continue
            if not any(between):
                yield from (Name(text, first, last) for text in _written([word.group() for word in words[first : last + 1]]))
            if last == first + 1 and between[0] in ("", ","):
                yield from (Name(text, first, last) for text in _written([*reversed(ends)]))
    yield from _couples(title, words)


def _couples(title: str, words: Sequence[re.Match[str]]) -> Iterable[Name]:
    """The first of two who bear one family name."""
    for place in range(len(words) - 2):
        joined = fold(words[place + 1].group()) in _AND and place + 3 < len(words)
        signed = _gap(title, words, place + 1) in ("&", "+")
        last = place + 3 if joined else place + 2
        if (joined or signed) and not any(_gap(title, words, one) for one in range(place + 2, last + 1)):
            yield from (Name(text, place, place) for text in _written([words[place].group(), words[last].group()]))


def _gap(title: str, words: Sequence[re.Match[str]], place: int) -> str:
    """What stands between a word and the one before, but for spaces."""
    return title[words[place - 1].end() : words[place].start()].strip()


def _written(words: Sequence[str]) -> set[str]:
    """A run of words as contacts' names are compared: with and without the dots of ``Dr.``, and with either apostrophe."""
    whole = [_POSSESSIVE.sub("", word.strip("!?*_#-")) for word in words]
    plain = [_POSSESSIVE.sub("", word.strip(_EDGE)) for word in words]
    forms = {sort_name_of(" ".join(form)) for form in (whole, plain) if all(form)}
    return forms | {form.replace("’", "'") for form in forms}


def comparable(address: str) -> str:
    """An address in the form that contacts' are kept in for comparing; empty for what is none."""
    plain = address.strip().lower().removeprefix("mailto:")
    return plain if "@" in plain and " " not in plain else ""
