"""Cards of strangers, read where they can do no harm: by the reader that imports of vCard files have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_app.domain.addressbooks.facts import Facts, differs, facts_of_card, ours
from crm_app.domain.i18n import _, current_locale
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.pieces import read_each
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import SandboxRefused, SandboxTimeout

_REWRITE = "crm_app.domain.addressbooks.work:rewritten"
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


class CardRefused(Exception):
    """Nothing can be written into this card, for a ``reason`` in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A card as it is to stand there; ``left`` is what of the edits could not be put into it."""

    content: bytes
    left: tuple[str, ...]


def rewrite_card(content: bytes, edits: Mapping[str, Any], said: Facts, region: str) -> Rewritten:
    """A card with these facts changed, of which only those are that still stand there as they were ``said``.

    What comes out is read again: it says what was meant, and all else as before, or it is not written. Raises ``CardRefused``.
    """
    before = _facts(content, region)
    wanted = {name: value for name, value in edits.items() if not differs(name, said, before)}
    for _attempt in range(2):
        if not wanted:
            break
        made = _rewritten(content, wanted, region)
        wrong = _wrong(before, wanted, _facts(made, region))
        if not wrong:
            return Rewritten(made, tuple(sorted(edits.keys() - wanted.keys())))
        wanted = {name: value for name, value in wanted.items() if name not in wrong} if wrong & wanted.keys() else {}
    return Rewritten(content, tuple(sorted(edits)))


def new_card(uid: str, holds: Mapping[str, Any], region: str) -> bytes:
    """A card that is new, and says this. What of it cannot be said is not in it. Raises ``CardRefused`` where there would be no name."""
    bare = f"BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//MindfulCRM//EN\r\nUID:{uid}\r\nN:;;;;\r\nFN:-\r\nEND:VCARD\r\n".encode()
    made = rewrite_card(bare, holds, {"display_name": "-"}, region)
    if "display_name" in made.left:
        raise CardRefused(_("It has no name that an address book could show."))
    return made.content


def _wrong(before: Facts, wanted: Mapping[str, Any], after: Facts) -> set[str]:
    meant = {name: value for name, value in ({**before, **wanted}).items() if value}
    other = {name for name in {*meant, *after} - {*ours(meant), *ours(after)} if meant.get(name) != after.get(name)}
    return other | {name for name in {*ours(meant), *ours(after)} if differs(name, meant, after)}


def _facts(content: bytes, region: str) -> dict[str, Any]:
    (read,) = read_cards([("", "", content)], region)
    if isinstance(read, NoCard):
        raise CardRefused(read.reason)
    return facts_of_card(read.card)


def _rewritten(content: bytes, edits: Mapping[str, Any], region: str) -> bytes:
    try:
        return bound_sandbox().run(_REWRITE, content, {"edits": dict(edits), "region": region, "locale": current_locale()})
    except SandboxTimeout:
        raise CardRefused(_("It takes too long to change this card.")) from None
    except SandboxRefused as refusal:
        raise CardRefused(refusal.reason) from refusal
