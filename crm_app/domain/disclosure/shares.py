"""Pure rules of a dossier: how much room each kind of source has, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm_app.domain.disclosure.schemas import DossierWish, Source, SourceKind

ENTRIES = 0.7
"""Of the room, what was written of a contact has the first claim to this much; what stands for them has the rest, and entries what is left of that."""
BEGINNING, LEAST_BEGINNING = 0.05, 200
"""Of the room, the beginning of one file has this much, and so many letters where that is less."""
COMING, BEEN = 3, 5
"""So many events that are still to come, the nearest ones, and so many that are over and have no entry."""


def some_events(events: Sequence[Source], moment: datetime) -> list[Source]:
    """The next few and the last few of these, which are the newest first."""
    coming = [event for event in events if event.when and event.when >= moment]
    return [*coming[-COMING:], *[event for event in events if event.when and event.when < moment][:BEEN]]


def beginnings(sources: Sequence[Source], wanted: DossierWish) -> list[Source]:
    """The same, of files only how they begin: the rest is read where somebody asks for it."""
    most = max(int(wanted.most_characters * BEGINNING), LEAST_BEGINNING)
    long = [one.kind is SourceKind.DOCUMENT and len(one.text) > most for one in sources]
    return [one.model_copy(update={"text": one.text[:most], "cut": True}) if cut else one for one, cut in zip(sources, long, strict=True)]


def shared(entries: Sequence[Source], standing: Sequence[Source], wanted: DossierWish) -> list[Source]:
    """As much as fits of both, each in the order given."""
    first = _fitting(entries, int(wanted.most * ENTRIES) or 1, int(wanted.most_characters * ENTRIES))
    beside = _fitting(standing, wanted.most - len(first), wanted.most_characters - _length(first))
    more = _fitting(entries[len(first) :], wanted.most - len(first) - len(beside), wanted.most_characters - _length([*first, *beside]))
    return [*first, *more, *beside]


def in_order(sources: Sequence[Source], moment: datetime) -> list[Source]:
    """What was written first, then what stands, each the newest first, and at the end what is still to come, the nearest first."""

    def place(source: Source) -> tuple[int, float]:
        when = (source.when or moment).timestamp()
        if source.kind is SourceKind.ENTRY:
            return 0, -when
        comes = source.kind is SourceKind.EVENT and when >= moment.timestamp()
        return (2, when) if comes else (1, -when)

    return sorted(sources, key=place)


def _fitting(found: Sequence[Source], most: int, room: int) -> list[Source]:
    kept: list[Source] = []
    for source in found[: max(most, 0)]:
        room -= _length([source])
        if room < 0:
            break
        kept.append(source)
    return kept


def _length(sources: Sequence[Source]) -> int:
    return sum(len(source.title) + len(source.text) for source in sources)
