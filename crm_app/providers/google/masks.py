"""Partial answers as Google gives them: ``nextPageToken,items(id,start/date)`` of an object is what stands at those places, and nothing else."""

from __future__ import annotations

import re
from typing import Any

_PARTS = re.compile(r"[A-Za-z0-9_]+|[/(),]")


def masked(said: Any, mask: str) -> Any:
    """What a mask leaves of an answer."""
    tree, rest = _tree(_PARTS.findall(mask))
    assert not rest, mask
    return _kept(said, tree)


def _tree(parts: list[str]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    while parts and parts[0] != ")":
        name, parts = parts[0], parts[1:]
        place = found.setdefault(name, {})
        while parts and parts[0] == "/":
            place, parts = place.setdefault(parts[1], {}), parts[2:]
        if parts and parts[0] == "(":
            inner, parts = _tree(parts[1:])
            place.update(inner)
            parts = parts[1:]
        if parts and parts[0] == ",":
            parts = parts[1:]
    return found, parts


def _kept(said: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return said
    if isinstance(said, list):
        return [_kept(one, tree) for one in said]
    return {name: _kept(said[name], inner) for name, inner in tree.items() if name in said} if isinstance(said, dict) else said
