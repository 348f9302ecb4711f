"""Finding entries and mails by what was meant, blended with those that hold the words."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.meaning import queries, rules
from crm_app.domain.meaning.queries import Passage
from crm_app.domain.meaning.schemas import Asked, FoundBy, HitKind, MeaningHit, MeaningState
from crm_app.domain.meaning.vectors import nearest, nearness, signs_of, unpack
from crm_app.domain.permissions import Permission

MOST, LONGEST = 50, 500
Ref = tuple[HitKind, UUID]


class Near(NamedTuple):
    """A passage, and how near its meaning is."""

    passage: Passage
    near: float


def get_meaning_state(session: Session, actor: Actor) -> MeaningState:
    """Which model what is asked has to be read by, for it to be compared with what is known; none while search by meaning is off."""
    actor.require(Permission.INTERACTION_READ)
    row = queries.get_state(session)
    return MeaningState(model=row.model, local=row.local, centre=unpack(row.centre))


def find_by_meaning(session: Session, actor: Actor, asked: Asked, limit: int = 8) -> tuple[MeaningHit, ...]:
    """Up to ``limit`` entries and mails that the actor may read and that fit best: those that say something like it, and those that hold its words.

    A vector of another model than the one that is kept counts for nothing, so that only words are looked for.
    ``crm_app.ai.embedding.find`` reads what is asked, and calls this.
    """
    actor.require(Permission.INTERACTION_READ)
    words = asked.text[:LONGEST]
    passages = _near(session, asked)
    held: list[list[Ref]] = [[(HitKind.ENTRY, key) for key in queries.list_entries_with(session, words)]]
    if actor.can(Permission.MAIL_READ):
        held.append([(HitKind.MAIL, key) for key in queries.list_mails_with(session, words)])
    else:
        passages = {ref: passage for ref, passage in passages.items() if ref[0] is HitKind.ENTRY}
    ranked = rules.blend(list(passages), *held)
    return _shown(session, ranked, passages, frozenset(ref for found in held for ref in found), words)[: min(limit, MOST)]


def _near(session: Session, asked: Asked) -> dict[Ref, Near]:
    """The best passage of each source that says something like it, the nearest source first."""
    state = queries.get_state(session)
    if not asked.vector or state.model != asked.model:
        return {}
    centre = unpack(state.centre)
    near = queries.list_near(session, signs_of(asked.vector, centre))
    found: dict[Ref, Near] = {}
    for _cosine, (passage, packed) in nearest(asked.vector, [((passage, packed), packed) for passage, packed in near]):
        ref: Ref = (HitKind.ENTRY, passage.interaction_id) if passage.interaction_id else (HitKind.MAIL, passage.email_id)  # type: ignore[assignment]
        if ref not in found and len(found) < queries.FOUND:
            found[ref] = Near(passage, nearness(asked.vector, unpack(packed), centre))
    return found


def _shown(session: Session, ranked: list[Ref], passages: dict[Ref, Near], held: frozenset[Ref], words: str) -> tuple[MeaningHit, ...]:
    entries = queries.load_entries(session, [key for kind, key in ranked if kind is HitKind.ENTRY])
    mails = queries.load_mails(session, [key for kind, key in ranked if kind is HitKind.MAIL])
    hits = []
    for ref in ranked:
        row, names = (entries if ref[0] is HitKind.ENTRY else mails).get(ref[1], (None, ()))
        if row is None:
            continue
        found = passages.get(ref)
        said = rules.shorten(row.text[found.passage.begins : found.passage.ends]) if found else rules.excerpt(row.text, words)
        found_by = FoundBy.WORDS if not found else FoundBy.BOTH if ref in held else FoundBy.MEANING
        hits.append(MeaningHit(**row._asdict(), kind=ref[0], said=said, contacts=names, found_by=found_by, near=found.near if found else None))
    return tuple(hits)
