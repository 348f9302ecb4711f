"""Opening the dialog of a task: the task list, the board, the record and the calendar do it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from crm_app.components import live
from crm_app.domain.projects import service as projects
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskRow
from crm_app.pages.task_dialog.dialog import Refresh, TaskDialog
from crm_app.pages.task_dialog.state import TaskState


async def new_task(refresh: Refresh, due: date | None = None, people: tuple[tuple[UUID, str], ...] = (), **begin: Any) -> None:
    """Write a new task; whoever writes it does it, unless they give it to somebody else. ``begin`` are fields that are known already."""
    team, known = await live.read_together((tasks.list_assignees,), (projects.list_projects,))
    state = TaskState(None, due_date=due, contacts=people, **{"assignee_id": live.viewer().user_id, **begin})
    window = TaskDialog(state, refresh, (team, known, ()))
    await window.kept.look()
    window.open()


async def edit_task(row: TaskRow, refresh: Refresh) -> None:
    """Change a task, as far as its reader may."""
    team, known, steps = await live.read_together((tasks.list_assignees,), (projects.list_projects,), (tasks.list_steps, row.id))
    TaskDialog(TaskState(row), refresh, (team, known, steps)).open()
