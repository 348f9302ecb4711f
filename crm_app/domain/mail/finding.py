"""What somebody who looks for mail means, in the words of the index. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm_app.domain.text import fold

_PIECE = re.compile(r"[^\W_]+")
_LATIN_BEGINNING, _OTHER_BEGINNING = 3, 2
"""From so many letters on, the last word may go on. Fewer begin half of all words; but two letters are a word of Chinese or Japanese."""


def pieces(text: str) -> str:
    """The words of a name and the pieces of an address, folded, one space between them."""
    return " ".join(dict.fromkeys(_PIECE.findall(fold(text))))


def asked_of_texts(words: str) -> str:
    """Every word, and whatever the last one may become; ``""`` where there is nothing to look for."""
    folded = fold(words)
    return _all(folded.replace("\\", " ").split(), going_on=_LATIN_BEGINNING) if _PIECE.search(folded) else ""


def asked_of_people(words: str) -> str:
    """The same of names and addresses, of which there are fewer: two letters may already go on."""
    return _all(_PIECE.findall(fold(words)), going_on=_OTHER_BEGINNING)


def _all(words: Sequence[str], *, going_on: int) -> str:
    quoted = ["'" + word.replace("'", "''") + "'" for word in words]
    enough = bool(words) and len(words[-1]) >= (going_on if words[-1].isascii() else _OTHER_BEGINNING)
    return " & ".join([*quoted[:-1], f"{quoted[-1]}:*" if enough else quoted[-1]]) if quoted else ""
