"""What a contact is to become when its card has changed: pure. What the book changes follows where nobody changed it here; what somebody did here stays.

What the book takes away goes only if the book had brought it, and a name is never taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_app.domain.addressbooks.facts import EXTRA, POINT, TAG, Facts, called, differs, ours
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import PointInput
from crm_app.domain.contacts.views import ContactView
from crm_app.domain.text import fold

_NEVER_TAKEN = frozenset({"display_name", "photo"})


@dataclass
class Follow:
    """``puts`` are the facts to write (None: to take away), ``kept`` what was changed here, by its name for people; ``brought`` what is the book's from now on.

    ``lost`` is what was changed on both sides and gives way to the book's, as it stood here.
    """

    puts: dict[str, Any] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    brought: set[str] = field(default_factory=set)
    lost: dict[str, Any] = field(default_factory=dict)


def follow(said: Facts, says: Facts, here: Facts, brought: Collection[str], held: Facts | None = None) -> Follow:
    """``said`` is what the card said last time, ``says`` what it says now, ``here`` what the contact holds; ``held`` what it held then, in a two-way book."""
    mine = ours(here)
    found = Follow(brought=set(brought))
    for name in dict.fromkeys((*said, *says)):
        before, now, there = said.get(name), says.get(name), here.get(name)
        if before == now or (now is None and (name not in found.brought or name in _NEVER_TAKEN)):
            continue
        if name == "notes":
            before, now = _notes(before or "", now or "", there or "")
        if now == there:
            continue
        if there != before and held is not None and differs(name, held, mine):
            found.lost[name] = there
        elif there != before:
            found.kept.append(called(name))
            continue
        found.puts[name] = now
        if before is None:
            found.brought.add(name)
        elif now is None:
            found.brought.discard(name)
    found.kept = list(dict.fromkeys(found.kept))
    return found


def in_step(held: Facts, here: Facts, said: Facts, says: Facts) -> dict[str, Any]:
    """What a contact held when it was last in step, once it has followed: what the book changed is as it is ``here`` now."""
    mine = ours(here)
    told = {name for name in {*said, *says} if said.get(name) != says.get(name)}
    return {name: (mine if name in told else held)[name] for name in {*held, *mine} if name in (mine if name in told else held)}


def changes_of(view: ContactView, puts: Facts) -> dict[str, Any]:
    """Which fields of a contact that takes, as ``ContactUpdate`` names them. A picture is not among them."""
    given: dict[str, Any] = {name: value or "" for name, value in puts.items() if ":" not in name and name not in ("birthday", "photo")}
    if "birthday" in puts:
        given |= dict(zip(("birth_year", "birth_month", "birth_day"), puts["birthday"] or (None, None, None), strict=True))
    if points := _of(puts, POINT):
        given["points"] = _points(view, points)
    if tags := _of(puts, TAG):
        kept = [tag for tag in view.tags if fold(tag) not in tags]
        given["tags"] = [*kept, *filter(None, tags.values())]
    if extra := _of(puts, EXTRA):
        given["extra"] = {name: value for name, value in ({**view.extra, **extra}).items() if value}
    return given


def _points(view: ContactView, puts: Mapping[str, Any]) -> list[PointInput]:
    """The ways to reach them in their order, those that changed in their places, new ones below."""
    listed = {f"{point.kind}:{point.value_norm}": (point.kind, point.label, point.value, point.is_primary) for point in view.points}
    for key, value in puts.items():
        if value is None:
            listed.pop(key, None)
        else:
            listed[key] = (key.partition(":")[0], value[0], value[1], key in listed and listed[key][3])
    return [PointInput(kind=PointKind(kind), label=label, value=value, is_primary=primary) for kind, label, value, primary in listed.values()]


def _of(puts: Facts, kind: str) -> dict[str, Any]:
    return {name.removeprefix(kind): value for name, value in puts.items() if name.startswith(kind)}


def _notes(before: str, now: str, there: str) -> tuple[str | None, str | None]:
    """A card's notes are a part of the contact's: what stood here, and what is to stand here. Words of people around them stay."""
    if before and before in there:
        return there, there.replace(before, now, 1).strip() or None
    if before:
        return before, now or None
    return there or None, f"{there}\n\n{now}".strip()
