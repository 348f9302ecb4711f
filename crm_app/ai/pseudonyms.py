"""Stand-ins for people while a model is asked: names, addresses and numbers of known people go out as ``Person_1`` and come back as they were written.

A stand-in is a word, the person's number, and the number of the form when it is not the first one (``Person_1_2`` may be "ANN" where ``Person_1`` is "Ann Lee"),
so that the model sees who is the same, and what comes back is exactly what stood there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crm_app.domain.disclosure.schemas import Identity
from crm_app.domain.text import digits, fold

WORDS = ("Person", "Mail", "Phone", "Address")
_STAND_IN = re.compile(rf"(?:{'|'.join(WORDS)})_\d+(?:_\d+)?")
_BEGINNINGS = sorted({word[:length] for word in WORDS for length in range(1, len(word) + 1)}, key=len, reverse=True)
_UNFINISHED = re.compile(rf"(?:{'|'.join(f'{word}_' for word in WORDS)})(?:\d+(?:_\d*)?)?\Z|(?:{'|'.join(_BEGINNINGS)})\Z")
_LETTER = r"[^\W\d_]"
_BETWEEN = r"[\s().\-/\u2010-\u2015]{0,3}"
SHORT, ENDINGS = 3, r"(?:['’]?s|es|e|a|n|en)?"
"""A name of so few letters begins too many other words to be followed by just any letters."""


@dataclass(slots=True)
class Mask:
    """Hides people in what goes to a model, and shows them again in what comes back. One for a conversation: the same words stay the same stand-in."""

    people: Iterable[Identity]
    _pattern: re.Pattern[str] = field(init=False)
    _owners: list[tuple[str, int]] = field(init=False, default_factory=list)
    _stand_ins: dict[tuple[str, int, str], str] = field(init=False, default_factory=dict)
    _originals: dict[str, str] = field(init=False, default_factory=dict)
    _forms: dict[tuple[str, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        found = [(word, number, pattern) for number, person in enumerate(self.people, 1) for word, _said, pattern in patterns(person)]
        found.sort(key=lambda one: (WORDS.index(one[0]) == 0, -len(one[2])))  # addresses before the names that stand in them, long ones first
        self._owners = [("", 0), *((word, number) for word, number, _ in found)]
        own = f"({_STAND_IN.pattern})"  # what looks like a stand-in and is none is hidden as well, so that it is not taken for one
        self._pattern = re.compile("|".join([own, *(f"({pattern})" for *_, pattern in found)]), re.IGNORECASE)

    def hide(self, text: str) -> str:
        """The text with stand-ins."""
        return self._pattern.sub(self._hidden, text)

    def show(self, text: str) -> str:
        """The text as it is for people. A stand-in that was never given stays as it is."""
        return _STAND_IN.sub(lambda found: self._originals.get(found[0], found[0]), text)

    def show_json(self, text: str) -> str:
        """The same within JSON."""
        return _STAND_IN.sub(lambda found: json.dumps(self._originals.get(found[0], found[0]), ensure_ascii=False)[1:-1], text)

    def showing(self) -> Showing:
        """Shows a text that comes piece by piece."""
        return Showing(self)

    def _hidden(self, found: re.Match[str]) -> str:
        word, number = self._owners[(found.lastindex or 1) - 1]
        key = (word or "Person", number, found[0])
        if key not in self._stand_ins:
            form = self._forms[key[:2]] = self._forms.get(key[:2], 0) + 1
            self._stand_ins[key] = f"{key[0]}_{number}" + (f"_{form}" if form > 1 or not number else "")
            self._originals[self._stand_ins[key]] = found[0]
        return self._stand_ins[key]


@dataclass(slots=True)
class Showing:
    """Holds back what may be the beginning of a stand-in, until it is clear what it is."""

    mask: Mask
    _held: str = ""

    def feed(self, piece: str) -> str:
        """What can be shown by now."""
        text = self._held + piece
        open_end = _UNFINISHED.search(text)
        self._held = text[open_end.start() :] if open_end else ""
        return self.mask.show(text[: len(text) - len(self._held)])

    def close(self) -> str:
        """What is left."""
        left, self._held = self._held, ""
        return self.mask.show(left)


def patterns(person: Identity) -> Iterator[tuple[str, str, str]]:
    """``(word, what is said, pattern)`` of everything by which somebody is known; nothing that is too short to mean anybody."""
    for name in dict.fromkeys(name.strip() for name in person.names):
        if len(name) > 1:
            ending = ENDINGS if len(name) <= SHORT else rf"{_LETTER}{{0,3}}(?:['’]{_LETTER}{{1,3}})?"
            yield "Person", name, rf"(?<!{_LETTER})(?:{_any_case(name)}){ending}(?:[\d_]\w*)?(?!\w)"
    for email in dict.fromkeys(email.strip() for email in person.emails):
        if "@" in email:
            yield "Mail", email, rf"(?:{_any_case(email)})[\d_]*"
    for number, phone in {digits(phone): phone.strip() for phone in reversed(person.phones)}.items():
        if len(number) >= 6:
            core = _BETWEEN.join(number[-9:])
            yield "Phone", phone, rf"(?<!\d)(?:(?:\+|00)?\d{{0,4}}{_BETWEEN}\(?\d{{0,2}}\)?{_BETWEEN})?{core}(?!\d)_*"
    for address in dict.fromkeys(" ".join(address.split()) for address in person.addresses):
        if len(address) > 3:
            yield "Address", address, rf"(?:{_any_case(address)})[\d_]*"


def _any_case(words: str) -> str:
    """The words in every case, with and without accents, whatever space is between them. Upper case may be longer ("Groß", "GROSS")."""
    cases = (words, words.upper(), words.lower(), words.casefold(), words.title(), fold(words), words.upper().lower())
    forms = {unicodedata.normalize(how, form) for form in cases for how in ("NFC", "NFD")}
    return "|".join(r"\s+".join(_letters(part) for part in form.split()) for form in sorted(forms, key=len, reverse=True) if form.strip())


def _letters(part: str) -> str:
    """One word, with either apostrophe and any hyphen."""
    return re.escape(part).replace("’", "'").replace("'", "['’]").replace(r"\-", r"[-\u2010\u2011]")
