"""The form of each kind of suggestion. What a model writes is taken as JSON, strictly: nothing is guessed, nothing beside the form is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import to_json

from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import TagName
from crm_app.domain.editing import Line, Prose
from crm_app.domain.errors import Invalid
from crm_app.domain.goals.schemas import Amount
from crm_app.domain.i18n import _
from crm_app.domain.rows import Audience
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.tasks.models import Priority

Title = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
MOST_WORDS = 20_000


class Form(BaseModel):
    """What one kind holds. ``TARGET`` are the fields that say what it is about: whoever edits it leaves them as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    TARGET: ClassVar[tuple[str, ...]] = ()


class NewTask(Form):
    """A task for whoever approves it."""

    title: Title
    description: Prose = Field(default="", max_length=MOST_WORDS)
    due_date: date | None = None
    due_time: time | None = None
    priority: Priority = Priority.MEDIUM
    contact_ids: tuple[UUID, ...] = Field(default=(), max_length=20)
    steps: tuple[Title, ...] = Field(default=(), max_length=30)
    recurrence: str = Field(default="", max_length=200)
    audience: Audience = Audience.TEAM


class TaskChanges(Form):
    """What is different about a task; None leaves it as it is. ``steps`` go after those that it has."""

    TARGET: ClassVar[tuple[str, ...]] = ("task_id",)

    task_id: UUID
    title: Title | None = None
    description: Prose | None = Field(default=None, max_length=MOST_WORDS)
    due_date: date | None = None
    priority: Priority | None = None
    steps: tuple[Title, ...] = Field(default=(), max_length=30)


class NewNote(Form):
    """An entry on the timelines of these contacts."""

    contact_ids: tuple[UUID, ...] = Field(min_length=1, max_length=20)
    subject: Line = Field(default="", max_length=500)
    body: Prose = Field(min_length=1, max_length=MOST_WORDS)
    audience: Audience = Audience.TEAM


class StageChange(Form):
    """Another stage for a contact."""

    TARGET: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: UUID
    stage: Stage


class CadenceChange(Form):
    """How often to be in touch with a contact."""

    TARGET: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: UUID
    days: int = Field(ge=1, le=3650)


class MoreTags(Form):
    """Tags that a contact does not have yet."""

    TARGET: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: UUID
    tags: tuple[TagName, ...] = Field(min_length=1, max_length=10)


class NewLetter(Form):
    """A mail to a contact, or an answer to one of one's own mails. ``recipients`` are the contact's, or those of the mail, unless a person writes others."""

    TARGET: ClassVar[tuple[str, ...]] = ("contact_id", "answers_id")

    contact_id: UUID | None = None
    answers_id: UUID | None = None
    connection_id: UUID | None = None
    recipients: Line = Field(default="", max_length=1_000)
    subject: Line = Field(default="", max_length=500)
    body: Prose = Field(min_length=1, max_length=MOST_WORDS)


class GoalCheckIn(Form):
    """How far a goal is."""

    TARGET: ClassVar[tuple[str, ...]] = ("goal_id",)

    goal_id: UUID
    value: Amount
    day: date | None = None
    note: Prose = Field(default="", max_length=2_000)


FORMS: Mapping[Kind, type[Form]] = MappingProxyType({
    Kind.CREATE_TASK: NewTask, Kind.UPDATE_TASK: TaskChanges, Kind.ADD_NOTE: NewNote, Kind.CHANGE_STAGE: StageChange, Kind.SET_CADENCE: CadenceChange,
    Kind.ADD_TAGS: MoreTags, Kind.WRITE_LETTER: NewLetter, Kind.CHECK_IN_GOAL: GoalCheckIn,
})  # fmt: skip


def read_form(kind: Kind, values: Mapping[str, Any]) -> Form:
    """The form that these values fill. Invalid names each field that is wrong, unknown or missing; nothing is turned into what it is not."""
    try:
        form = FORMS[kind].model_validate_json(to_json(dict(values), inf_nan_mode="constants"), strict=True)
    except ValidationError as error:
        fields = {".".join(map(str, fault["loc"])) or "payload": _sentence(fault["type"]) for fault in error.errors(include_input=False, include_url=False)}
        raise Invalid(_("This suggestion does not have the form that it needs."), fields) from error
    except ValueError as error:  # what cannot stand in JSON at all
        raise Invalid(_("This suggestion does not have the form that it needs.")) from error
    return form


def kept(form: Form) -> dict[str, Any]:
    """A form as its row keeps it."""
    return form.model_dump(mode="json")


def _sentence(fault: str) -> str:
    return {"extra_forbidden": _("There is no such field here."), "missing": _("This is missing.")}.get(fault, _("This can't be taken."))
