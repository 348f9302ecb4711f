"""Cards of strangers, read where they can do no harm: by the reader that imports of vCard files have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.pieces import read_each
from crm_app.domain.imports.sandbox import bound_sandbox

GROUP = "is a group and not a person"
"""How the reader says that a card is a list of others: that is nothing that could be read better another time."""


@dataclass(frozen=True, slots=True)
class TakenCard:
    """One card of a book as it came, and what the sandbox read out of it. ``problems`` are details that could not be taken as they stand."""

    ref: str
    etag: str
    card: ContactCard
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoCard:
    """There is no person in it, and why. ``failed``: it may be one, and could not be read."""

    ref: str
    etag: str
    reason: str
    failed: bool


def read_cards(items: Sequence[tuple[str, str, bytes]], region: str) -> list[TakenCard | NoCard]:
    """``(ref, etag, bytes)`` of each in its order; what one of them does to the reader costs that one alone."""
    cards: dict[int, ContactCard] = {}
    lost: dict[int, str] = {}
    details: dict[int, list[str]] = {}
    for batch in read_each(bound_sandbox(), [content for _ref, _etag, content in items], region):
        cards |= {card.line: card for card in batch.cards}
        for problem in batch.problems:
            if problem.lost:
                lost[problem.line] = problem.reason
            else:
                details.setdefault(problem.line, []).append(problem.reason)
    answers: list[TakenCard | NoCard] = []
    for place, (ref, etag, _content) in enumerate(items, 1):
        if place in cards:
            answers.append(TakenCard(ref, etag, cards[place], tuple(details.get(place, ()))))
        else:
            reason = lost.get(place, "The card is empty.")
            answers.append(NoCard(ref, etag, reason, failed=GROUP not in reason))
    return answers
