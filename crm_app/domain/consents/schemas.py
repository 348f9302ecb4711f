"""What goes into the ledger and what comes out of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.editing import Prose

FORM: Any = ConfigDict(extra="forbid")
SHOWN: Any = ConfigDict(frozen=True)
MOST_AT_ONCE = 500


class ConsentCreate(SQLModel):
    """That contacts agreed to something, or took it back: one entry for each contact and purpose.

    ``happened_on`` None means today. ``text_id`` None means the wording that stands now; another one can be named where there is one purpose.
    """

    model_config = FORM

    contact_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE, title="Who")
    purposes: list[Purpose] = Field(min_length=1, max_length=len(Purpose), title="What for")
    action: Action = Field(default=Action.GIVEN, title="Given or withdrawn")
    text_id: UUID | None = Field(default=None, title="Wording")
    channel: Channel = Field(default=Channel.IN_PERSON, title="How they said so")
    happened_on: date | None = Field(default=None, title="When")
    evidence: Prose = Field(default="", max_length=2_000, title="Where it can be seen")


class TextCreate(SQLModel):
    """A new version of the wording of a purpose. What was agreed to before stays agreed to in its own words."""

    model_config = FORM

    purpose: Purpose = Field(title="What for")
    wording: Prose = Field(min_length=1, max_length=5_000, title="Wording")


class TextView(BaseModel):
    """One version of a wording. ``id`` is None where nobody has agreed to it yet: it is the one that MindfulCRM comes with."""

    model_config = SHOWN

    id: UUID | None
    purpose: Purpose
    version: int
    wording: str
    author_name: str
    created_at: datetime | None


class ConsentStanding(StrEnum):
    """What holds of a purpose."""

    NEVER = "never"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class PurposeState(BaseModel):
    """What holds of one purpose, since when, and by which version of its wording (None: taken back, or never said)."""

    model_config = SHOWN

    purpose: Purpose
    standing: ConsentStanding
    since: date | None
    version: int | None


class ConsentEvent(BaseModel):
    """One entry of the ledger."""

    model_config = SHOWN

    id: UUID
    purpose: Purpose
    action: Action
    version: int | None
    wording: str
    channel: Channel
    happened_on: date
    evidence: str
    author_id: UUID | None
    author_name: str
    created_at: datetime


class ContactConsents(BaseModel):
    """All that one contact has said, the latest first, and what holds of each purpose. ``version`` is the contact's."""

    model_config = SHOWN

    contact_id: UUID
    states: tuple[PurposeState, ...]
    events: tuple[ConsentEvent, ...]
    ai_allowed: bool
    version: int
    may_record: bool


class Recorded(BaseModel):
    """What was recorded: ``contacts`` of which it is new, and how many entries that are."""

    model_config = SHOWN

    contacts: int
    entries: int
