"""Something that would be changed if its person agreed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Owned, Versioned, audience_known, one_of


class Kind(StrEnum):
    """What would be done. Each has a form of its own (``payloads.py``) and one service that does it (``acting.py``)."""

    CREATE_TASK = "create_task"
    UPDATE_TASK = "update_task"
    ADD_NOTE = "add_note"
    CHANGE_STAGE = "change_stage"
    SET_CADENCE = "set_cadence"
    ADD_TAGS = "add_tags"
    WRITE_LETTER = "write_letter"
    CHECK_IN_GOAL = "check_in_goal"


class State(StrEnum):
    """What became of it. ``expired``: nobody decided in time; ``withdrawn``: somebody on it may not be read for AI any more."""

    PENDING = "pending"
    EXECUTED = "executed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Suggestion(Versioned, Owned, table=True):
    """A change that waits for its owner, who alone sees it and decides.

    ``payload`` is the form of its kind; ``sources`` name the rows it was drawn from; ``basis`` is a fingerprint of what stood where it would change
    something; ``fingerprint`` says what makes two of them the same, of which one waits at a time. ``edited``: a person has written in it.
    ``result`` names what came of it, ``change_set_id`` takes it back. One that is withdrawn says nothing any more: triggers empty it, and ``decided_at``
    is null until its owner was told.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        audience_known("suggestion"),
        one_of("kind", Kind, "suggestion"),
        one_of("state", State, "suggestion"),
        Index("suggestion_waiting", "owner_id", "fingerprint", unique=True, postgresql_where=text("state = 'pending'")),
        Index("suggestion_of_owner", "owner_id", "state", text("id desc")),
        Index("suggestion_by_task", "task_id", postgresql_where=text("task_id is not null")),
        Index("suggestion_by_contact", "contact_id", postgresql_where=text("contact_id is not null")),
        Index("suggestion_ends", "expires_at", postgresql_where=text("state = 'pending' and expires_at is not null")),
    )

    kind: str = Field(sa_type=Text)
    state: str = Field(default=State.PENDING.value, sa_type=Text)
    payload: dict[str, Any] = Field(sa_type=JSONB)
    rationale: str = Field(default="", max_length=1_000, sa_type=Text)
    sources: list[dict[str, str]] = Field(default_factory=list, sa_type=JSONB)
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE")
    task_id: UUID | None = Field(default=None, foreign_key="task.id", ondelete="CASCADE")
    call_id: UUID | None = Field(default=None, sa_type=Uuid)
    fingerprint: str = Field(sa_type=Text)
    basis: str = Field(default="", sa_type=Text)
    edited: bool = False
    snoozed_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    decided_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    reason: str = Field(default="", max_length=500, sa_type=Text)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    change_set_id: UUID | None = Field(default=None, sa_type=Uuid)
