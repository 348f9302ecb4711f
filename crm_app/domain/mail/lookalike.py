"""Whether a sender may be somebody else than their name says: letters that look alike, a known name with another address. Pure.

Nothing here says that a mail is false; it says what is odd about it, so that whoever reads it looks twice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from crm_app.domain.text import fold


class Doubt(StrEnum):
    """What is odd about a sender, the weightiest first."""

    ADDRESS = "address"
    SHOWN = "shown"
    LETTERS = "letters"
    HIDDEN = "hidden"
    NAME = "name"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom the reader knows: a contact, or, without ``contact_id``, a colleague."""

    name: str
    addresses: frozenset[str]
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who says they wrote. ``reply_to`` is where an answer would go; ``automatic`` that no person wrote it."""

    name: str
    address: str
    reply_to: tuple[str, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A doubt, and whom or what it is about."""

    doubt: Doubt
    about: str = ""
    colleague: bool = False


MOST = 2
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,64}@[A-Za-z0-9\u0080-\ud7ff.-]{1,200}\.[A-Za-z\u0080-\ud7ff]{2,24}")
# Cyrillic, Greek and others beside the Latin letters that they are taken for, in lower case.
_PAIRS = (
    "аa вb еe кk мm нh оo рp сc тt уy хx іi јj ѕs ԁd ԛq ԝw ѵv һh ӏl ɡg ɑa ɩi ʟl αa βb εe ιi κk νv οo ρp τt υu χx ωw γy ηn ϲc ѡw "
    "ցg հh օo ոn սu ⅼl ⅰi ⅽc ⅾd ⅿm ℓl ꜱs ᴏo ᴄc ᴠv ᴡw ᴢz"
)
_LATIN = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split() if pair[0] != pair[1]})
_CYRILLIC = str.maketrans({pair[1]: pair[0] for pair in reversed(_PAIRS.split()) if "\u0400" <= pair[0] <= "\u04ff" and pair[0] != pair[1]})
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "3": "e", "5": "s"})
_NUMERALS = str.maketrans({"0": "o", "1": "l", "|": "l", "3": "e", "5": "s"})
_JOINERS = {"\u200c", "\u200d"}
"""These are part of how some scripts are written."""


def doubts(sender: Sender, known: Sequence[Known]) -> tuple[Found, ...]:
    """What is odd about a sender, two things at most. ``known`` are those who bear such a name or such an address."""
    theirs = any(sender.address in one.addresses for one in known)
    found = [*_written(sender)]
    if not theirs:
        found += _taken_for(sender, known)
    if elsewhere := _elsewhere(sender, known):
        found.append(Found(Doubt.REPLY, elsewhere))
    return tuple(sorted(found, key=lambda one: list(Doubt).index(one.doubt))[:MOST])


def names_like(name: str) -> frozenset[str]:
    """How a known person may be written whom this name is taken for: folded, letters that look alike made one kind, and turned round at a comma."""
    plain = visible(name)
    ways = {plain, _other(plain, _LATIN), _other(_other(plain, _LATIN), _NUMERALS), _other(plain, _CYRILLIC)}
    ways |= {f"{given} {family}" for way in tuple(ways) for family, comma, given in [way.partition(",")] if comma}
    return frozenset(folded for way in ways if len(folded := fold(way)) >= 3)


def locals_like(address: str) -> frozenset[str]:
    """With which first parts a known address may begin that this one is taken for."""
    local = decoded(address).partition("@")[0]
    return frozenset(way for way in (local, _other(local, _LATIN), _other(_other(local, _LATIN), _NUMERALS)) if way)


def skeleton(text: str) -> str:
    """What is left when all that looks alike is the same."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    flat = "".join(char for char in flat if not unicodedata.combining(char) and unicodedata.category(char) not in ("Cf", "Cc"))
    return flat.translate(_LATIN).translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def decoded(address: str) -> str:
    """The address as people read it: a domain of other letters travels as ``xn--…``."""
    local, at, domain = address.rpartition("@")
    labels = []
    for label in domain.split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except (UnicodeError, ValueError):
            labels.append(label)
    return f"{local}{at}{'.'.join(labels)}"


def visible(name: str) -> str:
    """Without signs that nobody sees."""
    return "".join(char for char in name if unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cs")).strip()


def _written(sender: Sender) -> Iterable[Found]:
    """What is odd by itself, whoever it may be."""
    shown = {found.lower().strip(".'") for found in _ADDRESS.findall(sender.name)} - {sender.address}
    if shown:
        yield Found(Doubt.SHOWN, min(shown))
    if any(unicodedata.category(char) == "Cf" and char not in _JOINERS for char in sender.name):
        yield Found(Doubt.HIDDEN)
    if any(_mixed(word) for word in re.findall(r"\w+", f"{visible(sender.name)} {decoded(sender.address)}")):
        yield Found(Doubt.LETTERS)


def _taken_for(sender: Sender, known: Sequence[Known]) -> Iterable[Found]:
    bones = skeleton(decoded(sender.address))
    for one in known:
        alike = next((address for address in sorted(one.addresses) if address != sender.address and skeleton(decoded(address)) == bones), "")
        if alike:
            yield Found(Doubt.ADDRESS, alike)
            return
    ways = names_like(sender.name)
    if (named := next((one for one in known if fold(visible(one.name)) in ways and one.addresses), None)) and not sender.automatic:
        yield Found(Doubt.NAME, named.name, named.contact_id is None)


def _elsewhere(sender: Sender, known: Sequence[Known]) -> str:
    """Where an answer would go, if that is to somebody else. Machines have their answers sent elsewhere all the time."""
    if sender.automatic or not sender.reply_to or sender.address in sender.reply_to:
        return ""
    same = next((one.addresses for one in known if sender.address in one.addresses), frozenset())
    return next((address for address in sender.reply_to if address not in same), "")


def _mixed(word: str) -> bool:
    """Whether a word has letters of two alphabets, and one of them only lends what looks like the other's."""
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha()} & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}
    return len(scripts) > 1 and any(ord(char) in _LATIN for char in word.casefold())


def _other(text: str, table: dict[int, str]) -> str:
    return text.casefold().translate(table)
