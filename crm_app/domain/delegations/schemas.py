"""What somebody sees of a task that the assistant drafts, and what the assistant is given and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crm_app.domain.delegations.models import DelegationState
from crm_app.domain.disclosure.schemas import Source
from crm_app.domain.suggestions.remembering import Rejected


class Step(BaseModel):
    """Something that was done: ``read`` so many records, ``asked`` a model, ``drafted``."""

    model_config = ConfigDict(frozen=True)

    what: Literal["read", "asked", "drafted"]
    count: int = 0


class DelegationView(BaseModel):
    """One delegation as its owner sees it. ``reason`` says why it failed. ``cost_micros`` are millionths of a US dollar."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    task_id: UUID
    state: DelegationState
    steps: tuple[Step, ...]
    reason: str
    model_label: str
    cost_micros: int
    job_id: UUID | None
    suggestion_id: UUID | None
    created_at: datetime


class Draft(BaseModel):
    """What a model made of a task. It is a plan with steps, a mail to the person whom the task is about, or a note about them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["plan", "letter", "note"]
    subject: str = Field(max_length=200)
    text: str = Field(min_length=1, max_length=6_000)
    steps: tuple[str, ...] = Field(max_length=12)
    why: str = Field(max_length=500)


@dataclass(frozen=True, slots=True)
class Material:
    """What may be drafted from: the task, and what AI may read of whom it is about. ``can_write``: there is somebody to write a mail to.

    ``rejected`` are drafts of it that its person has said no to.
    """

    job_id: UUID | None
    title: str
    description: str
    steps: tuple[str, ...]
    sources: tuple[Source, ...]
    contact_ids: frozenset[UUID]
    can_write: bool
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, and what it cost."""

    draft: Draft
    call_id: UUID
    model_label: str
    cost_micros: int
