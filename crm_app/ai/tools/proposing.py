"""Tools that propose a change. None of them changes anything: each makes a suggestion that the asker approves, edits or rejects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.tools.reading import Reading, ToolResult
from crm_app.ai.tools.tool import Arguments, Day, NotThatWay, Tool
from crm_app.domain.contacts.models import Stage
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.schemas import ProposalCreate, SourceRef
from crm_app.domain.tasks.models import Priority

MOST = 5
"""So many suggestions at most come of one question."""
PERSON = Field(max_length=40, description="Short name of the person, such as p1.")


class Proposal(Arguments):
    """What every proposal says."""

    why: str = Field(min_length=1, max_length=600, description="Why, in one or two sentences, for the person who decides.")
    because: tuple[int, ...] = Field(default=(), max_length=10, description="Numbers of the records that it rests on.")


class NewTask(Proposal):
    """A task."""

    title: str = Field(min_length=1, max_length=300)
    description: str = Field(default="", max_length=4_000)
    due_date: Day | None = None
    priority: Priority = Priority.MEDIUM
    people: tuple[str, ...] = Field(default=(), max_length=10, description="Short names of the people whom it is about.")
    steps: tuple[str, ...] = Field(default=(), max_length=20)


class TaskChange(Proposal):
    """Something else about a task."""

    task: str = Field(max_length=40, description="Short name of the task, such as t1.")
    title: str | None = Field(default=None, min_length=1, max_length=300)
    due_date: Day | None = None
    priority: Priority | None = None
    steps: tuple[str, ...] = Field(default=(), max_length=20, description="Steps to add.")


class NewNote(Proposal):
    """A note on somebody's timeline."""

    people: tuple[str, ...] = Field(min_length=1, max_length=10)
    body: str = Field(min_length=1, max_length=8_000)


class StageChange(Proposal):
    """Another stage."""

    person: str = PERSON
    stage: Stage


class CadenceChange(Proposal):
    """How often to be in touch."""

    person: str = PERSON
    days: int = Field(ge=1, le=3_650)


class MoreTags(Proposal):
    """Tags to add."""

    person: str = PERSON
    tags: tuple[str, ...] = Field(min_length=1, max_length=10)


class Letter(Proposal):
    """A mail to somebody."""

    person: str = PERSON
    subject: str = Field(min_length=1, max_length=300)
    body: str = Field(min_length=1, max_length=8_000)


class CheckIn(Proposal):
    """How far a goal is."""

    goal: str = Field(max_length=40, description="Short name of the goal, such as g1.")
    value: float
    note: str = Field(default="", max_length=1_000)


A = TypeVar("A", bound=Proposal)
Payload = Callable[[Session, Reading, A], dict[str, Any]]


def _propose(kind: Kind, payload: Payload[A]) -> Callable[[Session, Reading, A], ToolResult]:
    def run(session: Session, reading: Reading, asked: A) -> ToolResult:
        if len(reading.suggestions) >= MOST:
            raise NotThatWay(f"There are {MOST} suggestions for this question already. Say what else could be done in words.")
        data = ProposalCreate(kind=kind, payload=payload(session, reading, asked), rationale=asked.why, sources=_sources(reading, asked.because))
        try:
            with session.begin_nested():
                made = suggestions.propose(session, reading.actor, data)
        except Invalid as error:
            raise NotThatWay("; ".join(f"{name}: {said}" for name, said in error.fields.items()) or error.message) from error
        if made.id not in reading.suggestions:
            reading.suggestions.append(made.id)
        return ToolResult("It is shown to the person, who approves, edits or rejects it. Nothing has been done.", _("Suggested a change"))

    return run


def _sources(reading: Reading, numbers: Sequence[int]) -> tuple[SourceRef, ...]:
    known = {cited.number: cited for cited in reading.cited.values()}
    found = [known[number] for number in dict.fromkeys(numbers) if number in known]
    return tuple(SourceRef.model_validate({"kind": cited.kind, "id": cited.ref_id}) for cited in found)


def _person(session: Session, reading: Reading, *names: str) -> list[str]:
    """The keys of these people, each of whom AI may still read."""
    keys: list[UUID] = [reading.handles.find(name, "contact") for name in names]
    disclosure.require_readable(session, reading.actor, keys)
    reading.contact_ids.update(keys)
    return [str(key) for key in keys]


def _task(session: Session, reading: Reading, asked: NewTask) -> dict[str, Any]:
    said = asked.model_dump(mode="json", include={"title", "description", "due_date", "priority", "steps"})
    return {**said, "contact_ids": _person(session, reading, *asked.people)}


def _task_change(session: Session, reading: Reading, asked: TaskChange) -> dict[str, Any]:
    return {**asked.model_dump(mode="json", include={"title", "due_date", "priority", "steps"}), "task_id": str(reading.handles.find(asked.task, "task"))}


def _tool(name: str, description: str, arguments: type[A], kind: Kind, payload: Payload[A]) -> Tool[A]:
    return Tool(name, description, arguments, _propose(kind, payload))


TOOLS: Sequence[Tool[Any]] = (
    _tool("propose_task", "Propose a new task.", NewTask, Kind.CREATE_TASK, _task),
    _tool("propose_task_change", "Propose to change a task.", TaskChange, Kind.UPDATE_TASK, _task_change),
    _tool("propose_note", "Propose a note on the timeline of people.", NewNote, Kind.ADD_NOTE,
          lambda session, reading, asked: {"contact_ids": _person(session, reading, *asked.people), "body": asked.body}),
    _tool("propose_stage", "Propose another lifecycle stage for somebody.", StageChange, Kind.CHANGE_STAGE,
          lambda session, reading, asked: {"contact_id": _person(session, reading, asked.person)[0], "stage": asked.stage.value}),
    _tool("propose_cadence", "Propose how often to be in touch with somebody, in days.", CadenceChange, Kind.SET_CADENCE,
          lambda session, reading, asked: {"contact_id": _person(session, reading, asked.person)[0], "days": asked.days}),
    _tool("propose_tags", "Propose tags to add to somebody.", MoreTags, Kind.ADD_TAGS,
          lambda session, reading, asked: {"contact_id": _person(session, reading, asked.person)[0], "tags": list(asked.tags)}),
    _tool("propose_letter", "Propose a mail to somebody, in the words of the person who asks. It is never sent before they approve it.", Letter, Kind.WRITE_LETTER,
          lambda session, reading, asked: {"contact_id": _person(session, reading, asked.person)[0], "subject": asked.subject, "body": asked.body}),
    _tool("propose_check_in", "Propose a check-in on a goal.", CheckIn, Kind.CHECK_IN_GOAL,
          lambda session, reading, asked: {"goal_id": str(reading.handles.find(asked.goal, "goal")), "value": asked.value, "note": asked.note}),
)  # fmt: skip
