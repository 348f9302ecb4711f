"""What is asked of the analyses and what they say."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.analyses.models import AnalysisState, SubjectKind


class Subject(BaseModel):
    """What an analysis is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: SubjectKind
    id: UUID


class SourceRef(BaseModel):
    """One of the records that an analysis was made of, as a reader is told of it. Its place in the row, from 1 on, is the number that cites it.

    ``contact_id`` is one whom it is about, on whose page it opens.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    id: UUID
    title: str
    when: datetime | None = None
    contact_id: UUID | None = None


class Wanted(BaseModel):
    """An analysis that somebody wants. ``fingerprint`` is of everything that a model is told; ``known`` are all records of which it will know,
    sources and contacts. ``again`` has it made anew although nothing has changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Subject
    skill: str
    fingerprint: str
    known: frozenset[UUID] = frozenset()
    again: bool = False


class Made(BaseModel):
    """What came of it. ``fingerprint`` is that of what was sent; ``cost_micros`` is in millionths of a US dollar."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fingerprint: str
    sources: tuple[SourceRef, ...] = ()
    known: frozenset[UUID] = frozenset()
    value: dict[str, Any]
    model_label: str
    why: str
    cost_micros: int
    call_id: UUID


class AnalysisView(BaseModel):
    """An analysis as its owner reads it.

    ``value`` is there unless it was never made; ``stale`` says that it was made of something that has changed since, or that making it anew is
    under way or has failed; ``made_of`` is the fingerprint of that. ``failure`` is a sentence, empty unless the last try failed or is put off.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    subject: Subject
    skill: str
    state: AnalysisState
    stale: bool
    made_of: str
    value: dict[str, Any] | None
    sources: tuple[SourceRef, ...]
    model_label: str
    why: str
    cost_micros: int
    call_id: UUID | None
    failure: str
    attempts: int
    run_after: datetime
    made_at: datetime | None


class Due(BaseModel):
    """An analysis whose turn has come: what it is about, and by which skill."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    subject: Subject
    skill: str
