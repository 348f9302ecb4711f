"""Letters beyond ASCII as the search index knows them: by twos, and a word by the one that it begins with.

The function ``search_grams`` of the database takes a contact's words apart in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import east_asian_width


def grams(part: str) -> list[str]:
    """What the index holds if ``part`` stands in a text; a blank before it means the beginning of a word. Empty for plain ASCII.

    ``grams(" шев") == ["^ш", "ше", "ев"]``
    """
    token = part.strip()
    begins = ["^" + token[:1]] if part.startswith(" ") else []
    pairs = (token[place : place + 2] for place in range(len(token) - 1))
    return [gram for gram in dict.fromkeys([*begins, *pairs]) if not gram.isascii()]


def tsquery(found: Iterable[str]) -> str:
    """All of them, written for a cast to ``tsquery``: quoted, so that no letter has a meaning there."""
    quoted = (gram.replace("\\", "\\\\").replace("'", "''") for gram in found)
    return " & ".join(f"'{gram}'" for gram in quoted)


def is_whole_name(token: str) -> bool:
    """Two letters of a script in which that is a name: Chinese, Japanese."""
    return len(token) == 2 and all(east_asian_width(char) in "WF" for char in token)
