"""``/api/v1/tasks``: what people mean to do."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.actor import Actor
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority, Status
from crm_app.domain.tasks.overview_schemas import TaskFigures, TaskPlace
from crm_app.domain.tasks.schemas import StepCreate, StepRow, StepUpdate, TaskCreate, TaskFilter, TaskRow, TaskUpdate

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
steps_router = APIRouter(prefix="/v1/steps", tags=["tasks"])
TaskPatch = patch_model(TaskUpdate)


class TaskQuery(Listed):
    """Which tasks, newest first. ``due_until`` is inclusive; ``mine`` are those assigned to you; ``search`` looks in the titles."""

    status: list[Status] = []
    contact_id: UUID | None = None
    project_id: UUID | None = None
    assignee_id: UUID | None = None
    tag: Annotated[str | None, Field(max_length=60)] = None
    priority: Priority | None = None
    search: Annotated[str, Field(max_length=200)] = ""
    mine: bool = False
    due_from: date | None = None
    due_until: date | None = None


@router.get("", response_model=Page[TaskRow])
async def list_tasks(request: Request, query: Annotated[TaskQuery, Query()]) -> Response:
    """Tasks that you may see."""
    chosen = TaskFilter(**query.model_dump(exclude={"status"}), statuses=tuple(query.status))
    return await reply(request, tasks.list_tasks, chosen, shape=page_of("tasks"))


@router.post("", status_code=201, response_model=TaskRow)
async def create_task(request: Request, body: TaskCreate) -> Response:
    """Make a task."""
    return await reply(request, tasks.create_task, body, status=201)


@router.get("/figures", response_model=TaskFigures)
async def get_task_figures(request: Request, mine: bool = False) -> Response:
    """How many tasks are open, late and due today, and how many of those due in the last thirty days were completed: yours to do, or all that you see."""
    return await reply(request, tasks.get_task_figures, mine)


@router.get("/{task_id}", response_model=TaskRow)
async def get_task(request: Request, task_id: UUID) -> Response:
    """One task."""
    return await reply(request, tasks.get_task, task_id)


@router.patch("/{task_id}", response_model=TaskRow)
async def update_task(request: Request, task_id: UUID, body: TaskPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, tasks.update_task, task_id, with_version(body, TaskUpdate, version))


@router.post("/{task_id}/complete", response_model=TaskRow)
async def complete_task(request: Request, task_id: UUID) -> Response:
    """Mark a task as done."""
    return await reply(request, complete_tasks, task_id)


@router.post("/{task_id}/reopen", response_model=TaskRow)
async def reopen_task(request: Request, task_id: UUID) -> Response:
    """Take a task back among the open ones."""
    return await reply(request, reopen_tasks, task_id)


@router.post("/{task_id}/place", response_model=TaskRow)
async def place_task(request: Request, task_id: UUID, body: TaskPlace) -> Response:
    """Put a task right before or after another one that is due on the same day. It stays there until its day or time changes."""
    return await reply(request, tasks.place_task, task_id, body)


@router.post("/{task_id}/timer/start", response_model=TaskRow)
async def start_timer(request: Request, task_id: UUID) -> Response:
    """Count your time on a task from now on. What ran for you on another one stops."""
    return await reply(request, tasks.start_timer, task_id)


@router.post("/{task_id}/timer/stop", response_model=TaskRow)
async def stop_timer(request: Request, task_id: UUID) -> Response:
    """Stop your timer on a task and count its minutes, a begun one as a whole."""
    return await reply(request, tasks.stop_timer, task_id)


@router.delete("/{task_id}", status_code=204)
async def delete_task(request: Request, task_id: UUID) -> Response:
    """Put a task into the trash."""
    return await reply(request, tasks.delete_tasks, [task_id], status=204)


@router.post("/{task_id}/restore", response_model=TaskRow)
async def restore_task(request: Request, task_id: UUID) -> Response:
    """Take a task out of the trash."""
    return await reply(request, restore_tasks, task_id)


class StepList(BaseModel):
    """All steps of a task, in their order."""

    items: list[StepRow]


def _steps(found: tuple[StepRow, ...]) -> dict[str, tuple[StepRow, ...]]:
    return {"items": found}


@router.get("/{task_id}/steps", response_model=StepList)
async def list_steps(request: Request, task_id: UUID) -> Response:
    """The steps of a task."""
    return await reply(request, tasks.list_steps, task_id, shape=_steps)


@router.post("/{task_id}/steps", status_code=201, response_model=StepList)
async def add_step(request: Request, task_id: UUID, body: StepCreate) -> Response:
    """Put a step after the others."""
    return await reply(request, tasks.add_step, task_id, body, shape=_steps, status=201)


@steps_router.patch("/{step_id}", response_model=StepList)
async def update_step(request: Request, step_id: UUID, body: StepUpdate) -> Response:
    """Rename a step, tick it, or move it; the last one to write wins."""
    return await reply(request, tasks.update_step, step_id, body, shape=_steps)


@steps_router.delete("/{step_id}", response_model=StepList)
async def delete_step(request: Request, step_id: UUID) -> Response:
    """Remove a step."""
    return await reply(request, tasks.delete_step, step_id, shape=_steps)


# Named like the services they call: history knows an act by one name, whichever door it came through.


def complete_tasks(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """Complete one task and return it."""
    return tasks.complete_tasks(session, actor, [task_id])[0]


def reopen_tasks(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """Reopen one task and return it."""
    return tasks.reopen_tasks(session, actor, [task_id])[0]


def restore_tasks(session: Session, actor: Actor, task_id: UUID) -> TaskRow:
    """Restore one task and return it."""
    return tasks.restore_tasks(session, actor, [task_id])[0]
