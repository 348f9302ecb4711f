"""The tool that finds notes, mail and files by what they mean, blended with those that hold the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.embedding import read_question
from crm_app.ai.tools.reading import EXCERPT, Reading, ToolResult
from crm_app.ai.tools.tool import Arguments, Day, Tool, span
from crm_app.domain.actor import Actor
from crm_app.domain.conversations import queries
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Ref, Source, SourceKind, people_of
from crm_app.domain.i18n import _
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import Asked, HitKind, MeaningHit

NAME = "find_notes"
LOOKED_AT, BEFORE = 50, 200


class Search(Arguments):
    """What is looked for."""

    question: str = Field(min_length=2, max_length=200, description="What it should say, in a few words of any language, such as: trouble sleeping.")
    people: tuple[str, ...] = Field(default=(), max_length=10, description="Short names of people, such as p1; empty: everybody.")
    since: Day | None = Field(default=None, description="First day, such as 2026-10-01.")
    until: Day | None = Field(default=None, description="Last day, included.")
    limit: int = Field(default=8, ge=1, le=20)


def understand(actor: Actor, asked: Search) -> Asked:
    """What a call of this tool means. Blocking, outside any transaction."""
    return read_question(actor, asked.question)


def find_notes(session: Session, reading: Reading, asked: Search) -> ToolResult:
    """What fits best comes first. What was found and AI may not read is left out, as if it was not there."""
    people = frozenset(reading.handles.find(name, "contact") for name in asked.people)
    disclosure.require_readable(session, reading.actor, people)
    since, until = span(reading, asked.since, asked.until)
    hits = meaning.find_by_meaning(session, reading.actor, reading.understood or Asked(asked.question), LOOKED_AT)
    fitting = [hit for hit in hits if _ref(hit) and (not since or hit.occurred_at >= since) and (not until or hit.occurred_at < until)]
    sources = disclosure.get_sources(session, reading.actor, [ref for hit in fitting if (ref := _ref(hit))])
    shown = [(source, hit) for hit in fitting if (ref := _ref(hit)) and (source := sources.get(ref)) and (not people or people & source.contact_ids)][: asked.limit]
    found = [_quoted(session, reading.actor, source, hit.said) for source, hit in shown]
    step = _("Searched notes, mail and files")
    trouble = reading.understood.trouble if reading.understood else ""
    by_words = f"Only the words were looked for, because meanings cannot be compared just now: {trouble}\n" if trouble else ""
    if not found:
        return ToolResult(f"{by_words}Nothing that you may read says anything like it.", step)
    return ToolResult(f"{by_words}What fits best comes first:\n" + reading.tell(found, queries.find_names(session, people_of(found))), step)


def _ref(hit: MeaningHit) -> Ref | None:
    """Which record it is; None for a mail that has no entry."""
    if hit.kind is HitKind.DOCUMENT:
        return Ref(SourceKind.DOCUMENT, hit.id)
    return Ref(SourceKind.ENTRY, hit.entry_id) if hit.entry_id else None


def _quoted(session: Session, actor: Actor, source: Source, said: str) -> Source:
    """The source with the passage in sight."""
    return disclosure.get_document_part(session, actor, source.id, near=said) if source.kind is SourceKind.DOCUMENT else _around(source, said)


def _around(source: Source, said: str) -> Source:
    """The source with the passage in sight, where it stands further on in a long text."""
    line = " ".join(source.text.split())
    at = line.find(said[:60])
    if at + len(said) <= EXCERPT:
        return source
    begins = line.find(" ", at - BEFORE) + 1
    return source.model_copy(update={"text": f"… {line[begins:]}"})


TOOLS: Sequence[Tool[Any]] = (
    Tool(NAME, "Find notes, mail and files that say something like this, in whatever words, or hold these words; what fits best first.", Search, find_notes),
)
