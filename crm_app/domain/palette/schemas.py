"""What the palette finds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SHOWN = ConfigDict(frozen=True)


class PersonHit(BaseModel):
    """A contact, with what its acts need: ways to reach it, and whether the asker may write about it."""

    model_config = SHOWN

    id: UUID
    display_name: str
    company: str
    stage: str
    photo_sha: str | None
    last_contact_at: datetime | None
    primary_email: str
    primary_phone: str


class EntryHit(BaseModel):
    """A timeline entry that holds the words, on the record of its first contact that the asker sees."""

    model_config = SHOWN

    id: UUID
    kind: str
    said: str
    occurred_at: datetime
    contact_id: UUID
    contact_name: str


class DocumentHit(BaseModel):
    """A file that holds the words, in its name or inside, on the record of its contact."""

    model_config = SHOWN

    id: UUID
    name: str
    created_at: datetime
    contact_id: UUID
    contact_name: str


class TaskHit(BaseModel):
    """An open task whose title holds the words; ``due_date`` is the day where its reader is."""

    model_config = SHOWN

    id: UUID
    title: str
    due_date: date | None


class GoalHit(BaseModel):
    """A goal whose title holds the words; ``contact_name`` is whose it is, empty for the practice's own."""

    model_config = SHOWN

    id: UUID
    title: str
    contact_name: str
    progress: float


class ProgrammeHit(BaseModel):
    """A package of sessions whose name holds the words, with whose it is and how many of its sessions are used."""

    model_config = SHOWN

    id: UUID
    name: str
    contact_id: UUID
    contact_name: str
    used: int
    sessions_total: int


class Findings(BaseModel):
    """Everything that was found, each kind with its best first."""

    model_config = SHOWN

    people: tuple[PersonHit, ...] = ()
    entries: tuple[EntryHit, ...] = ()
    documents: tuple[DocumentHit, ...] = ()
    tasks: tuple[TaskHit, ...] = ()
    goals: tuple[GoalHit, ...] = ()
    programmes: tuple[ProgrammeHit, ...] = ()
