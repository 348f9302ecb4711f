"""Short names for records. A model is told of ``p1`` and ``e3``, and whatever it names that it was not told of is no record at all."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from crm_app.domain.errors import CrmError

LETTERS = {"contact": "p", "entry": "e", "event": "m", "task": "t", "goal": "g", "programme": "s", "document": "d"}


class NoSuchHandle(CrmError):
    """A model named something that it was not told of; its message is for the model."""


class Handles:
    """The short names of one conversation, which stay the same in it. ``known`` is what was given before."""

    def __init__(self, known: Mapping[str, tuple[str, UUID]]) -> None:
        self._records = dict(known)
        self._names = {record: name for name, record in known.items()}
        self._given: dict[str, tuple[str, UUID]] = {}

    @property
    def given(self) -> dict[str, tuple[str, UUID]]:
        """The names that came new."""
        return dict(self._given)

    def give(self, kind: str, key: UUID) -> str:
        """The short name of a record that the model may be told of."""
        record = (kind, key)
        if record not in self._names:
            letter = LETTERS[kind]
            taken = [int(name[len(letter) :]) for name in self._records if name[: len(letter)] == letter]
            name = f"{letter}{max(taken, default=0) + 1}"
            self._records[name] = self._given[name] = record
            self._names[record] = name
        return self._names[record]

    def find(self, name: str, kind: str) -> UUID:
        """The record behind a name that was given. NoSuchHandle for any other, a key of ours among them, or one of another kind."""
        found = self._records.get(name.strip())
        if found is None or found[0] != kind:
            example = next((known for known, record in self._records.items() if record[0] == kind), f"{LETTERS[kind]}1")
            raise NoSuchHandle(f"There is no {kind} {name[:20]!r} here. Use a short name that a tool gave you, such as {example}; look it up first.")
        return found[1]
