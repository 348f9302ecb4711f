"""How lists of findings become one, and what is shown of a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import TypeVar

from crm_app.domain.text import fold

Key = TypeVar("Key", bound=Hashable)

FAR = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): how little it matters whether something stands first or third in one list."""
SHOWN, BEFORE = 500, 80
"""A passage is shown whole."""


def blend(*lists: Sequence[Key]) -> list[Key]:
    """Everything that stands in any list, first what stands near the top of most of them: each place counts ``1 / (60 + place)``."""
    scores: dict[Key, float] = {}
    for found in lists:
        for place, key in enumerate(dict.fromkeys(found), start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (FAR + place)
    return sorted(scores, key=lambda key: -scores[key])


def excerpt(text: str, words: str) -> str:
    """Some of a text, from shortly before the first of the words that stands in it."""
    at = 0
    for word in fold(words).split():
        if len(word) >= 3 and (found := re.search(re.escape(word), text, re.IGNORECASE)):
            at = found.start()
            break
    begins = 0 if at <= BEFORE else text.find(" ", at - BEFORE) + 1
    return shorten(text[begins:])


def shorten(text: str) -> str:
    """At most ``SHOWN`` letters on one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: line.rfind(" ", 0, SHOWN) if " " in line[:SHOWN] else SHOWN] + "…"
