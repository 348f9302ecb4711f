"""The steps by which texts become known by their meaning: what is due is handed out, read by a model outside any transaction, and kept."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.ids import new_id
from crm_app.domain.meaning import queries
from crm_app.domain.meaning.models import MeaningChunk, MeaningSource, MeaningVector
from crm_app.domain.meaning.passages import Span, passages_of
from crm_app.domain.meaning.schemas import DueText, ReadText
from crm_app.domain.meaning.vectors import pack, signs_of, unpack_common
from crm_app.domain.permissions import Permission


def begin_reading(session: Session, actor: Actor, most: int) -> tuple[DueText, ...]:
    """Up to ``most`` of the actor's own texts that are due, cut into passages. What may not be read is due no longer: it will be, once something changes."""
    actor.require(Permission.INTERACTION_WRITE)
    rows = queries.list_due_sources(session, actor, most)
    refused = [row.id for row in rows if not row.may]
    if refused:
        session.exec(update(MeaningSource).where(col(MeaningSource.id).in_(refused)).values(due=False))
    return tuple(DueText(row.id, row.title, row.text, _spans(row.title, row.text), frozenset(row.concerns)) for row in rows if row.may)


def keep_meaning(session: Session, actor: Actor, model: str, read: Sequence[ReadText]) -> int:
    """Keep what was read by ``model``; how many texts. A text that is due no longer, has changed meanwhile, or may not be read any more is left as it is."""
    actor.require(Permission.INTERACTION_WRITE)
    state = queries.get_state(session)
    if not read or state.model != model:
        return 0
    common = unpack_common(state.common)
    now = {row.id: row for row in queries.list_due_sources(session, actor, len(read), [one.due.source_id for one in read])}
    same = [one for one in read if (row := now.get(one.due.source_id)) and row.may and (row.title, row.text) == (one.due.title, one.due.text)]
    kept = [one.due.source_id for one in same]
    if not kept:
        return 0
    session.exec(delete(MeaningChunk).where(col(MeaningChunk.source_id).in_(kept)))
    owned = {"owner_id": actor.user_id, "audience": "private"}  # as its source has it: the trigger writes both
    chunks, vectors = [], []
    for one in same:
        for span, vector in zip(one.due.spans, one.vectors, strict=True):
            key = new_id()
            chunks.append({"id": key, "source_id": one.due.source_id, "signs": signs_of(vector, common), **owned})
            vectors.append({"chunk_id": key, "begins": span.begins, "ends": span.ends, "vector": pack(vector), **owned})
    if chunks:
        session.exec(insert(MeaningChunk).values(chunks))
        session.exec(insert(MeaningVector).values(vectors))
    session.exec(update(MeaningSource).where(col(MeaningSource.id).in_(kept)).values(due=False))
    return len(kept)


def _spans(title: str, text: str) -> tuple[Span, ...]:
    """The passages of a text; of one that is all title, the title alone."""
    return passages_of(text) or ((Span(0, 0),) if any(char.isalpha() for char in title) else ())
