"""What an import shows of itself: the draft, the preview, the result."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.imports.cards import Problem
from crm_app.domain.imports.mapping import Mapping
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.rows import Audience

Action = Literal["create", "update", "skip"]


class ImportView(BaseModel):
    """An uploaded file that waits to be started, runs, or has ended (see ``job.state`` and ``job.result``).

    ``mapping`` is None for vCard and our own JSON, which need none. ``total`` is estimated for tables. ``problems`` are those of
    the file as a whole; those of its rows come with the preview.
    """

    model_config = ConfigDict(frozen=True)

    job: JobView
    name: str
    kind: str
    source: str
    mapping: Mapping | None
    ready: bool
    total: int
    audience: Audience
    problems: tuple[Problem, ...]


class PlannedRow(BaseModel):
    """What would become of one record. ``reason`` is a sentence; ``changes`` names the fields that an update changes."""

    model_config = ConfigDict(frozen=True)

    line: int
    name: str
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    contact_id: UUID | None = None


class Preview(BaseModel):
    """What a run would do. ``complete`` is False when only the first 5,000 records were looked at."""

    model_config = ConfigDict(frozen=True)

    created: int
    updated: int
    skipped: int
    failed: int
    rows: tuple[PlannedRow, ...]
    problems: tuple[Problem, ...]
    complete: bool


class ImportSummary(BaseModel):
    """What a run did. ``failed`` counts records that were left out; each has a problem, most of the others are details."""

    model_config = ConfigDict(frozen=True)

    created: int
    updated: int
    skipped: int
    failed: int
    problems: tuple[Problem, ...]
