"""What a model made of a record, and which records it was made of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, audience_known, now, one_of


class SubjectKind(StrEnum):
    """What an analysis is about. A ``day`` is its reader's own: the key is that person's."""

    CONTACT = "contact"
    INTERACTION = "interaction"
    EVENT = "event"
    MAIL = "mail"
    TASK = "task"
    DAY = "day"


class AnalysisState(StrEnum):
    """Whether it waits to be made, is made, or could not be made however often it was tried."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Analysis(Keyed, Owned, table=True):
    """One skill's answer about one subject, its owner's alone: it was read out of what they may see.

    ``wanted_of`` is the fingerprint of what it is to be made of (words and instructions), ``made_of`` that of what ``value`` was made of. Where they
    differ the value is an older one, which stays to be read until the next is there. ``failure`` is a sentence for its owner.
    """

    __tablename__ = "analysis"
    __table_args__ = (
        audience_known("analysis"),
        one_of("subject_kind", SubjectKind, "analysis"),
        one_of("state", AnalysisState, "analysis"),
        CheckConstraint("state <> 'done' or value is not null", name="analysis_done_has_value"),
        Index("analysis_of_subject", "owner_id", "subject_kind", "subject_id", "skill", unique=True),
        Index("analysis_due", "run_after", postgresql_where=text("state = 'pending'")),
    )

    subject_kind: str = Field(sa_type=Text)
    subject_id: UUID
    skill: str = Field(sa_type=Text)
    state: str = Field(default=AnalysisState.PENDING.value, sa_type=Text)
    wanted_of: str = Field(sa_type=Text)
    made_of: str = Field(default="", sa_type=Text)
    value: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    sources: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    model_label: str = Field(default="", sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    cost_micros: int = Field(default=0, sa_type=BigInteger)
    call_id: UUID | None = None
    failure: str = Field(default="", sa_type=Text)
    attempts: int = 0
    run_after: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    made_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class AnalysisPart(Owned, table=True):
    """A record that an analysis knows of: when assistants may no longer read that one, the analysis goes."""

    __tablename__ = "analysis_part"
    __table_args__ = (audience_known("analysis_part"), Index("analysis_part_of_record", "ref_id"))

    analysis_id: UUID = Field(primary_key=True, foreign_key="analysis.id", ondelete="CASCADE")
    ref_id: UUID = Field(primary_key=True)
