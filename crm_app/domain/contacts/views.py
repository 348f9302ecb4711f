"""What comes out of contacts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.tasks.schemas import TaskRow

SHOWN = ConfigDict(frozen=True)


class ContactRow(BaseModel):
    """One line of the list."""

    model_config = SHOWN

    id: UUID
    version: int
    display_name: str
    company: str
    stage: str
    tags: tuple[str, ...]
    last_contact_at: datetime | None
    last_contact_kind: str | None
    due_at: datetime | None
    snoozed_until: date | None
    next_step: str | None
    next_step_on: date | None
    primary_email: str
    primary_phone: str
    owner_id: UUID
    owner_name: str
    audience: str
    favourite: bool
    archived: bool
    photo_sha: str | None


class ContactPage(BaseModel):
    """Some contacts, the cursors of the pages around them, and how many there are (counted up to 10,000)."""

    model_config = SHOWN

    rows: tuple[ContactRow, ...]
    next_cursor: str | None
    previous_cursor: str | None
    total: int
    total_is_capped: bool


class BoardColumn(BaseModel):
    """The beginning of one stage's column, the cursor with which the list of that stage goes on, and how many stand in it (counted up to 1,000)."""

    model_config = SHOWN

    stage: str
    rows: tuple[ContactRow, ...]
    total: int
    total_is_capped: bool
    next_cursor: str | None


class ContactBoard(BaseModel):
    """Contacts in columns by stage, in the stages' own order."""

    model_config = SHOWN

    columns: tuple[BoardColumn, ...]


class Neighbours(BaseModel):
    """Who stands before and after a contact in a list, its own place from 1 on (None: not in the list, or too far to count), and how many there are."""

    model_config = SHOWN

    previous_id: UUID | None
    next_id: UUID | None
    position: int | None
    total: int
    total_is_capped: bool


class PointView(BaseModel):
    """A way to reach someone. ``value_norm`` is the form that matching compares (phones in E.164)."""

    model_config = SHOWN

    id: UUID
    kind: str
    label: str
    value: str
    value_norm: str
    is_primary: bool


class SensitiveView(BaseModel):
    """The sensitive part, for those who may see it."""

    model_config = SHOWN

    health_goals: str
    emergency_contact: str
    private_notes: str
    audience: str


class ContactView(BaseModel):
    """Everything that the record page shows. Who is named by id and name may be opened by the reader."""

    model_config = SHOWN

    id: UUID
    version: int
    display_name: str
    given_name: str
    middle_name: str
    family_name: str
    name_prefix: str
    name_suffix: str
    nickname: str
    pronouns: str
    company: str
    job_title: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None
    language: str
    preferred_method: str | None
    notes: str
    stage: str
    cadence_days: int | None
    cadence_effective: int | None
    due_at: datetime | None
    snoozed_until: date | None
    favourite: bool
    locked: bool
    ai_allowed: bool
    source: str
    extra: dict[str, str]
    archived: bool
    deleted: bool
    owner_id: UUID
    owner_name: str
    audience: str
    points: tuple[PointView, ...]
    primary_email: str
    primary_phone: str
    tags: tuple[str, ...]
    referred_by: tuple[UUID, str] | None
    people: tuple[tuple[UUID, str], ...]
    photo_sha: str | None
    photo_id: UUID | None
    sensitive: SensitiveView | None
    last_contact_at: datetime | None
    last_contact_kind: str | None
    next_step: str | None
    next_step_on: date | None
    next_meeting: EventRow | None
    open_tasks: tuple[TaskRow, ...]
    may_edit: bool
    may_delete: bool
    created_at: datetime
    updated_at: datetime


class DeletePreview(BaseModel):
    """What goes to the trash along with the contacts; entries and tasks that others share stay with those."""

    model_config = SHOWN

    contacts: int
    interactions: int
    tasks: int
    files: int
    names: tuple[str, ...]


class DuplicateHint(BaseModel):
    """A contact that may be the same one. ``reason`` is the kind of way to reach that both have, or ``name``."""

    model_config = SHOWN

    contact_id: UUID
    display_name: str
    company: str
    reason: str
    value: str
