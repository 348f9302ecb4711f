"""What is typed of a new task, kept until it is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from crm_app.components.people_picker import people_of
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.pages.kept_form import KeptForm
from crm_app.pages.task_dialog.state import FIELDS, TaskState
from crm_app.pages.task_dialog.steps import Steps
from crm_app.pages.task_dialog.wording import Wording


def kept_task(state: TaskState, words: Wording, steps: Steps, taken: Callable[[], Any]) -> KeptForm:
    """The keeping of an open dialog; ``taken`` draws what was filled in."""

    def typed() -> dict[str, Any]:
        return {**state.values, "title": words.typed("title"), "description": words.typed("description"), "steps": steps.titles}

    def put(found: dict[str, Any]) -> None:
        state.values.update(read_task(found))
        steps.begin_with(found.get("steps"))
        taken()

    return KeptForm("task-form:new", typed, put, whole=True)


def read_task(found: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new task out of what was kept; its words alone where the rest makes none any more."""
    given = {name: value for name, value in found.items() if name in FIELDS and name not in ("title", "description") and value not in (None, "")}
    said = {name: str(found.get(name) or "") for name in ("title", "description")}
    try:
        whole = TaskCreate.model_validate({**given, "title": "-"})
    except ValidationError:
        return said
    return {**{name: getattr(whole, name) for name in given}, **said, "contacts": tuple(people_of(found.get("contacts")))}
