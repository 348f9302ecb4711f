"""Finding entries, mails and documents by what was meant, blended with those that hold the words."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.meaning import queries, rules
from crm_app.domain.meaning.queries import Passage
from crm_app.domain.meaning.schemas import Asked, FoundBy, HitKind, MeaningHit, MeaningProgress, MeaningState, ReadingEstimate
from crm_app.domain.meaning.vectors import Vector, nearest, nearness, signs_of, unpack, unpack_common, width_of
from crm_app.domain.permissions import Permission

MOST, LONGEST = 50, 500
Ref = tuple[HitKind, UUID]
_READ = {HitKind.ENTRY: Permission.INTERACTION_READ, HitKind.MAIL: Permission.MAIL_READ, HitKind.DOCUMENT: Permission.DOCUMENT_READ}


class Meant(NamedTuple):
    """The passage of a source that says most like what was asked, its vector, packed, and the middle from which nearness is seen."""

    passage: Passage
    vector: bytes
    centre: Vector


class Findings(NamedTuple):
    """What was found by meaning, the nearest first, and what holds the words."""

    meant: dict[Ref, Meant]
    held: frozenset[Ref]


def get_meaning_state(session: Session, actor: Actor) -> MeaningState:
    """Which model what is asked has to be read by, for it to be compared with what is known; none while search by meaning is off."""
    actor.require(Permission.INTERACTION_READ)
    row = queries.get_state(session)
    return MeaningState(model=row.model, local=row.local, width=width_of(row.common), chosen=queries.find_chosen(session))


def get_meaning_progress(session: Session, actor: Actor) -> MeaningProgress:
    """How far the reading has come, over everybody's texts: numbers alone."""
    actor.require(Permission.AI_USE)
    row, chosen = queries.get_state(session), queries.find_chosen(session)
    texts, waiting, passages = queries.get_progress(session)
    pending = chosen is not None and row.model != chosen.key or chosen is None and bool(row.model) and not row.local
    return MeaningProgress(texts=texts, waiting=waiting, passages=passages, pending=pending, paused=row.paused, paused_until=row.paused_until)


def get_reading_estimate(session: Session, actor: Actor, model_id: UUID | None = None) -> ReadingEstimate:
    """What a model elsewhere would be sent if search by meaning was given to it now, and how fast this one was, where that was measured."""
    actor.require(Permission.AI_MANAGE)
    texts, letters, speed = queries.get_estimate(session, model_id)
    return ReadingEstimate(texts=texts, letters=letters, tokens_a_second=speed)


def find_by_meaning(session: Session, actor: Actor, asked: Asked, limit: int = 8) -> tuple[MeaningHit, ...]:
    """Up to ``limit`` entries, mails and documents that the actor may read and that fit best: those that say something like it, and those that hold its words.

    A vector of another model than the one that is kept counts for nothing, so that only words are looked for.
    ``crm_app.ai.embedding.find`` reads what is asked, and calls this.
    """
    actor.require(Permission.INTERACTION_READ)
    most = max(min(limit, MOST), 0)
    words = asked.text[:LONGEST]
    meant = _meant(session, asked)
    held: list[list[Ref]] = [[(HitKind.ENTRY, key) for key in queries.list_entries_with(session, words)]]
    if actor.can(Permission.MAIL_READ):
        held.append([(HitKind.MAIL, key) for key in queries.list_mails_with(session, words)])
    if actor.can(Permission.DOCUMENT_READ):
        held.append([(HitKind.DOCUMENT, key) for key in queries.list_documents_with(session, words)])
    meant = {ref: one for ref, one in meant.items() if actor.can(_READ[ref[0]])}
    findings = Findings(meant, frozenset(ref for found in held for ref in found))
    ranked, hits = rules.blend(list(meant), *held), list[MeaningHit]()
    while ranked and len(hits) < most:  # few of those that were found cannot be shown, so what is not asked for need not be loaded
        some, ranked = ranked[: most + 2], ranked[most + 2 :]
        hits += _shown(session, some, findings, asked)
    return tuple(hits[:most])


def _meant(session: Session, asked: Asked) -> dict[Ref, Meant]:
    """The best passage of each source that says something like it, the nearest source first."""
    state = queries.get_state(session)
    if not asked.vector or state.model != asked.model:
        return {}
    common = unpack_common(state.common)
    if len(common.centre) != len(asked.vector):  # another model under the same name
        return {}
    near = queries.list_near(session, signs_of(asked.vector, common))
    best = nearest(asked.vector, near.vectors)[: queries.BEST]
    passages, size = queries.get_passages(session, [near.keys[place] for place in best]), 2 * len(asked.vector)
    found: dict[Ref, Meant] = {}
    for place in best:
        passage = passages.get(near.keys[place])
        if passage is None:  # gone since
            continue
        ref = _ref(passage)
        if ref not in found and len(found) < queries.FOUND:
            found[ref] = Meant(passage, near.vectors[place * size : (place + 1) * size], common.centre)
    return found


def _ref(passage: Passage) -> Ref:
    if passage.interaction_id:
        return HitKind.ENTRY, passage.interaction_id
    if passage.document_id:
        return HitKind.DOCUMENT, passage.document_id
    assert passage.email_id is not None
    return HitKind.MAIL, passage.email_id


def _shown(session: Session, refs: list[Ref], findings: Findings, asked: Asked) -> list[MeaningHit]:
    """Of these what can be shown, in their order."""
    load = {HitKind.ENTRY: queries.load_entries, HitKind.MAIL: queries.load_mails, HitKind.DOCUMENT: queries.load_documents}
    loaded = {kind: look_up(session, [key for one, key in refs if one is kind]) for kind, look_up in load.items()}
    hits = []
    for ref in refs:
        row, names = loaded[ref[0]].get(ref[1], (None, ()))
        if row is None:
            continue
        found = findings.meant.get(ref)
        said = rules.shorten(row.text[found.passage.begins : found.passage.ends]) if found else rules.excerpt(row.text, asked.text[:LONGEST])
        found_by = FoundBy.WORDS if not found else FoundBy.BOTH if ref in findings.held else FoundBy.MEANING
        near = nearness(asked.vector, unpack(found.vector), found.centre) if found else None
        hits.append(MeaningHit(**row._asdict(), kind=ref[0], said=said, contacts=names, found_by=found_by, near=near))
    return hits
