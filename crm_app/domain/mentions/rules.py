"""Which colleagues a text names: pure functions, so that a page can say it before anything is saved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

# Not inside a word, so that an e-mail address mentions nobody.
_AT = re.compile(r"(?<![\w@.])@(?=\w)")

Person = tuple[UUID, str]
Piece = tuple[str, UUID | None]


def find_mentions(text: str, people: Iterable[Person]) -> dict[UUID, str]:
    """Who is mentioned, and the name as it was written: ``@Bob Moor``, or ``@Bob`` where nobody else begins with that word.

    Upper and lower case do not matter. The longest name wins. Two people of exactly the same name are both meant.
    """
    found: dict[UUID, str] = {}
    if "@" not in text:
        return found
    names = _names(people)
    for at in _AT.finditer(text):
        label, meant = _at(text, at.end(), names)
        for person in meant:
            found.setdefault(person, label)
    return found


def still_there(text: str, label: str) -> bool:
    """Whether ``text`` still names somebody as ``label``: a mention outlives a change of the person's name."""
    return any(_stands(text, at.end(), label) for at in _AT.finditer(text))


def pieces(text: str, labels: Collection[tuple[str, UUID]]) -> Iterator[Piece]:
    """The text cut into runs and mentions, each mention with whom it means, so that it can be drawn as a chip."""
    begun = 0
    ordered = sorted(labels, key=lambda pair: -len(pair[0]))
    for at in _AT.finditer(text):
        match = next(((label, person) for label, person in ordered if _stands(text, at.end(), label)), None)
        if match is None or at.start() < begun:
            continue
        if at.start() > begun:
            yield text[begun : at.start()], None
        begun = at.end() + len(match[0])
        yield text[at.start() : begun], match[1]
    if begun < len(text):
        yield text[begun:], None


def _names(people: Iterable[Person]) -> list[tuple[str, list[UUID]]]:
    """Every name that means somebody, the longest first."""
    everyone = [(person, " ".join(name.split())) for person, name in people]
    firsts = Counter(name.split(" ")[0].lower() for _, name in everyone if name)
    known: dict[str, list[UUID]] = {}
    for person, name in everyone:
        first = name.split(" ")[0]
        for each in {name, *([first] if len(first) > 1 and firsts[first.lower()] == 1 else [])} - {""}:
            known.setdefault(each.lower(), []).append(person)
    return sorted(known.items(), key=lambda item: -len(item[0]))


def _at(text: str, start: int, names: Iterable[tuple[str, list[UUID]]]) -> tuple[str, list[UUID]]:
    for name, people in names:
        if _stands(text, start, name):
            return text[start : start + len(name)], people
    return "", []


def _stands(text: str, start: int, name: str) -> bool:
    end = start + len(name)
    return text[start:end].lower() == name.lower() and not re.match(r"\w", text[end : end + 1])
