"""Which cards stand on a person's dashboard, and where: three columns from left to right, kept as one short line of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Card(StrEnum):
    """What the dashboard can show below its figures."""

    AGENDA = "agenda"
    ASSISTANT = "assistant"
    RECENT = "recent"
    TASKS = "tasks"
    RECONNECT = "reconnect"
    BIRTHDAYS = "birthdays"
    GOALS = "goals"
    PROGRAMMES = "programmes"
    SPENDING = "spending"


COLUMNS = 3
USUAL = (
    (Card.AGENDA, Card.RECENT),
    (Card.ASSISTANT, Card.TASKS, Card.PROGRAMMES),
    (Card.RECONNECT, Card.GOALS, Card.BIRTHDAYS, Card.SPENDING),
)
OF_MODELS = frozenset({Card.ASSISTANT, Card.SPENDING})
"""Those that are there only where models are used, and by this person."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """Every card stands in exactly one column, hidden or not: one that is shown again comes back to its place."""

    columns: tuple[tuple[Card, ...], ...] = USUAL
    hidden: frozenset[Card] = frozenset()

    @classmethod
    def parse(cls, spelled: str) -> Layout:
        """Read what ``spell`` wrote: cards by comma, columns by bar, a minus for hidden.

        Never fails: what nobody knows and what comes twice is left out, and a card that is not named (newer than the line) stands at the end of its usual column.
        """
        if not spelled:
            return cls()
        known = {card.value: card for card in Card}
        columns: list[list[Card]] = [[] for _number in range(COLUMNS)]
        hidden: set[Card] = set()
        seen: set[Card] = set()
        for number, words in enumerate(spelled[:LONGEST].split("|")[:COLUMNS]):
            for word in words.split(","):
                card = known.get(word.removeprefix("-"))
                if card and card not in seen:
                    seen.add(card)
                    columns[number].append(card)
                    hidden.update({card} if word.startswith("-") else ())
        for number, usual in enumerate(USUAL):
            columns[number].extend(card for card in usual if card not in seen)
        return cls(_frozen(columns), frozenset(hidden))

    def spell(self) -> str:
        """The line to keep; empty for the usual order."""
        if self == Layout():
            return ""
        return "|".join(",".join(("-" if card in self.hidden else "") + card.value for card in column) for column in self.columns)

    @property
    def shown(self) -> tuple[tuple[Card, ...], ...]:
        """The columns without what is hidden."""
        return self.without(self.hidden)

    def without(self, cards: frozenset[Card]) -> tuple[tuple[Card, ...], ...]:
        """The columns without these cards."""
        return tuple(tuple(card for card in column if card not in cards) for column in self.columns)

    def has(self, card: Card) -> bool:
        """Whether the card is shown."""
        return card not in self.hidden

    def toggled(self, card: Card) -> Layout:
        """With the card hidden, or shown again."""
        return Layout(self.columns, self.hidden ^ {card})

    def placed(self, card: Card, column: int, place: int) -> Layout:
        """With the card standing at ``place`` of ``column``; numbers beyond the edge mean the edge."""
        columns = [[other for other in found if other is not card] for found in self.columns]
        target = columns[min(max(column, 0), COLUMNS - 1)]
        target.insert(min(max(place, 0), len(target)), card)
        return Layout(_frozen(columns), self.hidden)

    def moved(self, card: Card, step: int) -> Layout:
        """One place up (-1) or down (1), from the end of a column on to the beginning of the next and back."""
        column, place = self.place_of(card)
        if 0 <= place + step < len(self.columns[column]):
            return self.placed(card, column, place + step)
        if not 0 <= column + step < COLUMNS:
            return self
        return self.placed(card, column + step, 0 if step > 0 else len(self.columns[column + step]))

    def place_of(self, card: Card) -> tuple[int, int]:
        """Its column and its place there."""
        return next((number, found.index(card)) for number, found in enumerate(self.columns) if card in found)


def _frozen(columns: Iterable[Iterable[Card]]) -> tuple[tuple[Card, ...], ...]:
    return tuple(tuple(column) for column in columns)
