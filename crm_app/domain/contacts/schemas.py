"""What goes into contacts; what comes out of them is in ``views`` and may be imported from here as well."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import Field, SQLModel

from crm_app.domain.contacts.models import PointKind, Stage
from crm_app.domain.contacts.views import (
    BoardColumn,
    ContactBoard,
    ContactPage,
    ContactRow,
    ContactView,
    DeletePreview,
    DuplicateHint,
    Neighbours,
    PointView,
    SensitiveView,
)
from crm_app.domain.editing import Line, Prose
from crm_app.domain.rows import Audience

__all__ = [
    "BoardColumn", "ContactBoard", "ContactCreate", "ContactFields", "ContactFilter", "ContactPage", "ContactRow", "ContactUpdate", "ContactView",
    "DeletePreview", "DuplicateHint", "Neighbours", "PointInput", "PointView", "SensitiveUpdate", "SensitiveView",
]  # fmt: skip

FORM: Any = ConfigDict(extra="forbid", use_enum_values=True)
Sort = Literal["name", "-name", "last_contact", "-last_contact", "created", "-created", "stage", "due"]
Day = Annotated[date, Field(ge=date(2, 1, 1), le=date(9998, 12, 31))]
"""A day that a list is asked for: no zone may push its begin out of the calendar."""
TagName = Annotated[Line, StringConstraints(min_length=1, max_length=60)]
ExtraName = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
ExtraValue = Annotated[Prose, StringConstraints(max_length=20_000)]


class PointInput(SQLModel):
    """A way to reach someone, as it was typed."""

    model_config = FORM

    kind: PointKind
    label: Line = Field(default="", max_length=60)
    value: Line = Field(min_length=1, max_length=500)
    is_primary: bool = False


class ContactFields(SQLModel):
    """Every field that a person may fill in."""

    model_config = FORM

    display_name: Line = Field(default="", max_length=240, title="Name")
    given_name: Line = Field(default="", max_length=120, title="First name")
    middle_name: Line = Field(default="", max_length=120, title="Middle name")
    family_name: Line = Field(default="", max_length=120, title="Last name")
    name_prefix: Line = Field(default="", max_length=60, title="Title")
    name_suffix: Line = Field(default="", max_length=60, title="Suffix")
    nickname: Line = Field(default="", max_length=120, title="Nickname")
    pronouns: Line = Field(default="", max_length=60, title="Pronouns")
    company: Line = Field(default="", max_length=240, title="Company")
    job_title: Line = Field(default="", max_length=240, title="Job title")
    street: Prose = Field(default="", max_length=400, title="Street")
    city: Line = Field(default="", max_length=120, title="City")
    region: Line = Field(default="", max_length=120, title="Region")
    postal_code: Line = Field(default="", max_length=40, title="Postcode")
    country: Line = Field(default="", max_length=120, title="Country")
    birth_year: int | None = Field(default=None, ge=1850, le=2200, title="Year of birth")
    birth_month: int | None = Field(default=None, ge=1, le=12, title="Month of birth")
    birth_day: int | None = Field(default=None, ge=1, le=31, title="Day of birth")
    language: Line = Field(default="", max_length=60, title="Language")
    preferred_method: PointKind | None = Field(default=None, title="Prefers")
    notes: Prose = Field(default="", max_length=20_000, title="About")
    stage: Stage = Field(default=Stage.DISCOVERY, title="Stage")
    cadence_days: int | None = Field(default=None, ge=0, le=3650, title="Keep in touch every (days)")
    snoozed_until: date | None = Field(default=None, title="Snoozed until")
    referred_by_id: UUID | None = Field(default=None, title="Referred by")
    favourite: bool = Field(default=False, title="Favourite")
    locked: bool = Field(default=False, title="Only I may edit")
    ai_allowed: bool = Field(default=True, title="The assistant may read it")
    audience: Audience = Field(default=Audience.TEAM, title="Who can see it")
    points: list[PointInput] = Field(default_factory=list, max_length=60, title="Phones, e-mails and links")
    tags: list[TagName] = Field(default_factory=list, max_length=60, title="Tags")
    extra: dict[ExtraName, ExtraValue] = Field(default_factory=dict, max_length=200, title="Other fields")


class ContactCreate(ContactFields):
    """A new contact. At least a name, an e-mail, a phone or a company is needed."""


class ContactUpdate(ContactFields):
    """Only the fields that are given change; ``points``, ``tags`` and ``extra`` replace what was there. ``version`` is the one that was read."""

    version: int


class SensitiveUpdate(SQLModel):
    """The part of a contact that stands apart: seen by the contact's owner alone unless they share it."""

    model_config = FORM

    health_goals: Prose = Field(default="", max_length=20_000, title="Health goals")
    emergency_contact: Prose = Field(default="", max_length=1_000, title="Emergency contact")
    private_notes: Prose = Field(default="", max_length=20_000, title="Private notes")
    audience: Audience = Field(default=Audience.PRIVATE, title="Who can see it")


class ContactFilter(BaseModel):
    """Which contacts a list shows, in which order, and from where on.

    ``tags`` must all be there, of ``any_tags`` one. The days are days in the asker's calendar: ``created_from`` and
    ``contacted_from`` mean made, or last in touch, on that day or later; ``contacted_before`` means last in touch before it, or never.
    ``due`` means to be in touch with today or earlier, and not put off; ``birthday_within`` so many days from today on, ``running_out`` with a
    programme that has few sessions or days left. The order ``due`` begins with who is longest due and leaves out who never is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=True)

    search: Annotated[Line, StringConstraints(max_length=200)] = ""
    stages: tuple[Stage, ...] = ()
    not_stages: tuple[Stage, ...] = ()
    tags: tuple[Line, ...] = ()
    any_tags: tuple[Line, ...] = ()
    owners: tuple[UUID, ...] = ()
    favourite: bool | None = None
    archived: bool = False
    mine: bool = False
    created_from: Day | None = None
    contacted_from: Day | None = None
    contacted_before: Day | None = None
    never_contacted: bool = False
    due: bool = False
    birthday_within: int | None = Field(default=None, ge=0, le=366)
    running_out: bool = False
    sort: Sort = "name"
    after: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
