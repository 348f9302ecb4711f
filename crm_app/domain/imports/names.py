"""A whole name taken apart, where that is certain: "Amira Khan", "Dr. Anna van der Berg", "Weber, Anna". Any other stays whole.

Three plain words may be two first names or two last names, so nobody guesses; the whole name is never lost, since it is what is shown.
"""

from __future__ import annotations

import re
import unicodedata

from crm_app.domain.text import fold

_PREFIXES = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame rev herr frau hr fr mme m mlle monsieur madame sr sra srta don dona senor senora dott dottssa "
    "sig signora mag ing dhr mevr mw".split()
)
_SUFFIXES = frozenset("jr sr ii iii iv phd dphil md mph msc ma mba ba bsc rn esq dds llm mbchb".split())
_PARTICLES = frozenset("van von vom zu zum zur der den de del della dei di da das do dos du des la le al el bin ibn ben bint af av ter ten op y e".split())
_NO_PERSON = frozenset(
    "gmbh ag kg ohg inc ltd llc co corp company limited plc studio studios verein ev sarl sas bv nv ab oy as aps spa srl lda ltda pty the yoga pilates "
    "center centre zentrum clinic klinik praxis practice school schule team group gruppe club association foundation stiftung church hotel restaurant "
    "cafe unknown unbekannt walk in guest gast family familie famille office buro reception info test customer client kunde and und et".split()
)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.\-])*")
_INITIAL = re.compile(r"[^\W\d_]\.?")
_CASED = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN"))


def split_name(name: str) -> dict[str, str]:
    """The parts of ``name`` by field (``given_name``, ``family_name`` …); empty when it may be more than one thing."""
    left, comma, right = name.partition(",")
    if comma and "," in right:
        return {}
    words, after = left.split(), right.split()
    suffixes = [word for word in after if _plain(word) in _SUFFIXES]
    if after and len(suffixes) == len(after):
        after = []
    while len(words) > 2 and not after and _plain(words[-1]) in _SUFFIXES:
        suffixes.insert(0, words.pop())
    prefixes = []
    for first in (words, after):
        while len(first) > 1 and _plain(first[0]) in _PREFIXES:
            prefixes.append(first.pop(0))
    if not all(map(_is_word, words + after)) or not words:
        return {}
    parts = _turned(words, after) if after else _straight(words)
    if not parts:
        return {}
    parts |= {"name_prefix": " ".join(prefixes), "name_suffix": " ".join(suffixes)}
    return {field: text for field, text in parts.items() if text}


def _straight(words: list[str]) -> dict[str, str]:
    """First names first."""
    at = next((index for index, word in enumerate(words) if word in _PARTICLES), 0)
    if at:
        return {"given_name": words[0], "middle_name": " ".join(words[1:at]), "family_name": " ".join(words[at:])}
    if words[0] in _PARTICLES:
        return {}
    if len(words) == 2 and not _INITIAL.fullmatch(words[1]):
        return {"given_name": words[0], "family_name": words[1]}
    if len(words) == 3 and _INITIAL.fullmatch(words[1]):
        return {"given_name": words[0], "middle_name": words[1], "family_name": words[2]}
    return {}


def _turned(family: list[str], given: list[str]) -> dict[str, str]:
    """ "Weber, Anna Maria": the comma says which is which."""
    if len(family) > 4 or len(given) > 3:
        return {}
    return {"given_name": given[0], "middle_name": " ".join(given[1:]), "family_name": " ".join(family)}


def _is_word(word: str) -> bool:
    """A word of a person's name in a script that has capitals; the others write their names in other orders."""
    if not _WORD.fullmatch(word) or {_plain(part) for part in word.split("-")} & _NO_PERSON:
        return False
    return unicodedata.name(word[0], "").split(" ")[0] in _CASED


def _plain(word: str) -> str:
    return fold(word).replace(".", "")
