"""How far the lists of changes of an account have been read: its own, and one of each shared drive that something is linked from. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping


def read_places(kept: str) -> dict[str, str]:
    """The places by shared drive (``""``: the account's own list); empty for a drive whose list is not open to the account. None at all: look at everything."""
    if not kept.startswith("{"):
        return {"": kept} if kept else {}
    try:
        said = json.loads(kept)
    except ValueError:
        return {}
    return {name: place for name, place in said.items() if isinstance(place, str)} if isinstance(said, dict) else {}


def write_places(places: Mapping[str, str]) -> str:
    """The same as text that is the same for the same places; of an account without shared drives its one place as it is."""
    return places[""] if len(places) == 1 and not places[""].startswith("{") else json.dumps(dict(places), sort_keys=True, separators=(",", ":"))
