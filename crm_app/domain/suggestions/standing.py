"""Pure rules of suggestions: whom they speak of, what stands now and would stand then, and which of them are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.payloads import (
    CadenceChange,
    Form,
    GoalCheckIn,
    MoreTags,
    NewLetter,
    NewNote,
    NewTask,
    StageChange,
    TaskChanges,
    kept,
)
from crm_app.domain.suggestions.schemas import Difference
from crm_app.domain.text import fold


class Named(NamedTuple):
    """The ids that a form holds."""

    contacts: tuple[UUID, ...]
    tasks: tuple[UUID, ...]
    goals: tuple[UUID, ...]
    mails: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class SeenContact:
    """A contact as the actor sees it now."""

    id: UUID
    name: str
    stage: str
    cadence_days: int | None
    version: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task as the actor sees it now."""

    id: UUID
    title: str
    description: str
    due_date: date | None
    priority: str
    version: int


@dataclass(frozen=True, slots=True)
class SeenGoal:
    """A goal as the actor sees it now, with its contact if it has one."""

    id: UUID
    title: str
    unit: str
    current_value: float
    contact: tuple[UUID, str] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What some forms name, of what the actor sees."""

    contacts: Mapping[UUID, SeenContact]
    tasks: Mapping[UUID, SeenTask]
    goals: Mapping[UUID, SeenGoal]
    mails: frozenset[UUID]

    def holds(self, form: Form) -> bool:
        """Whether the actor sees everything that a form names."""
        contacts, tasks, goals, mails = ids_in(form)
        return set(contacts) <= self.contacts.keys() and set(tasks) <= self.tasks.keys() and set(goals) <= self.goals.keys() and set(mails) <= self.mails


def ids_in(form: Form) -> Named:
    """Every id that a form holds, by what it names."""
    one = getattr(form, "contact_id", None)
    contacts = (*getattr(form, "contact_ids", ()), *((one,) if one else ()))
    return Named(contacts, *(tuple(filter(None, [getattr(form, name, None)])) for name in ("task_id", "goal_id", "answers_id")))


def about(form: Form, seen: Seen) -> tuple[tuple[UUID, str], ...]:
    """Whom it concerns, as far as the actor sees them."""
    people = [(one, seen.contacts[one].name) for one in ids_in(form).contacts if one in seen.contacts]
    if isinstance(form, GoalCheckIn) and (goal := seen.goals.get(form.goal_id)) and goal.contact:
        people.append(goal.contact)
    return tuple(people)


def subject(form: Form, seen: Seen) -> str:
    """What the task or goal that would change is called now."""
    if isinstance(form, TaskChanges):
        return seen.tasks[form.task_id].title if form.task_id in seen.tasks else ""
    return seen.goals[form.goal_id].title if isinstance(form, GoalCheckIn) and form.goal_id in seen.goals else ""


def differences(form: Form, seen: Seen) -> tuple[Difference, ...]:
    """Field for field what stands now and what would stand. Of something new nothing stands yet."""
    if isinstance(form, StageChange) and (contact := seen.contacts.get(form.contact_id)):
        return (Difference(field="stage", old=contact.stage, new=form.stage.value),)
    if isinstance(form, CadenceChange) and (contact := seen.contacts.get(form.contact_id)):
        return (Difference(field="cadence_days", old=contact.cadence_days, new=form.days),)
    if isinstance(form, MoreTags) and (contact := seen.contacts.get(form.contact_id)):
        has = {fold(tag) for tag in contact.tags}
        return (Difference(field="tags", old=list(contact.tags), new=[*contact.tags, *(tag for tag in form.tags if fold(tag) not in has)]),)
    if isinstance(form, GoalCheckIn) and (goal := seen.goals.get(form.goal_id)):
        return _new(form, {"value": goal.current_value})
    if isinstance(form, TaskChanges) and (task := seen.tasks.get(form.task_id)):
        stands = {"title": task.title, "description": task.description, "due_date": task.due_date and task.due_date.isoformat(), "priority": task.priority}
        return tuple(one for one in _new(form, stands) if one.new is not None and one.old != one.new)
    return _new(form, {})


def basis_of(changes: tuple[Difference, ...]) -> str:
    """A fingerprint of what stands now."""
    return _hash([[one.field, one.old] for one in changes])


def standing_of(form: Form, basis: str, signature: str = "") -> str:
    """A fingerprint of what a person sees: what stands, what would be done, and what is set under a letter. An approval names it, so that nothing
    unseen is done."""
    return _hash([kept(form), basis, *([signature] if signature else [])])


def fingerprint_of(kind: Kind, form: Form, task_id: UUID | None) -> str:
    """What makes two suggestions the same: whom they are about and which field they would set. The later one then says what it would be."""
    return _hash([kind.value, str(task_id), *_key(form)])


def _key(form: Form) -> list[Any]:
    values = kept(form)
    if isinstance(form, NewTask):
        return [fold(form.title), sorted(values["contact_ids"])]
    if isinstance(form, NewNote):
        return [sorted(values["contact_ids"]), fold(form.subject or form.body[:200])]
    if isinstance(form, NewLetter):
        return [values["contact_id"], values["answers_id"]]
    if isinstance(form, MoreTags):
        return [values["contact_id"], sorted(map(fold, form.tags))]
    if isinstance(form, TaskChanges):
        return [values["task_id"], sorted(name for name, value in values.items() if value)]
    return [values[name] for name in form.TARGET]


def _new(form: Form, stands: Mapping[str, Any]) -> tuple[Difference, ...]:
    values = kept(form)
    names = [name for name in values if not name.endswith(("_id", "_ids")) and values[name] not in (None, "", [])]
    return tuple(Difference(field=name, old=stands.get(name), new=values[name]) for name in names)


def _hash(values: Any) -> str:
    return sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:32]
