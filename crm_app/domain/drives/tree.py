"""How folders and shortcuts below a linked folder lie in one another, and where going into them ends: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crm_app.domain.i18n import _

MOST_DEPTH: Final = 20
"""So many folders below a linked one are gone down."""
MOST_FOLDERS: Final = 500
"""So many folders and shortcuts below a linked folder are followed, each by a question of its own."""


def way_up(within: Mapping[str, str], ref: str) -> Iterator[str]:
    """A folder, the one that it lies in, and so on, as far as that is known; ``within`` may run in a circle, the way up does not."""
    seen = set[str]()
    while ref and ref not in seen:
        seen.add(ref)
        yield ref
        ref = within.get(ref, "")


def bound(deep: int, many: int) -> str:
    """Why a folder or a shortcut that lies so deep, and is one of so many below a linked folder, is not followed; empty when it is."""
    if deep > MOST_DEPTH:
        return _("It lies more than %d folders deep, and is not gone into. Choose it by itself.") % MOST_DEPTH
    if many > MOST_FOLDERS:
        return _("More than %d folders and shortcuts lie in the linked folder, and this one is not followed. Choose it by itself.") % MOST_FOLDERS
    return ""
