"""What the first page after sign-in shows."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from crm_app.domain.interactions.schemas import EntryView
from crm_app.domain.tasks.schemas import TaskRow


class Figure(BaseModel):
    """A number and the address of the list that holds exactly the rows that were counted. ``capped``: there are more, counting stopped."""

    model_config = ConfigDict(frozen=True)

    value: int
    link: str
    capped: bool = False


class DashboardView(BaseModel):
    """Everything on the dashboard, as its reader sees it. ``tasks`` are overdue or due today, the most urgent first."""

    model_config = ConfigDict(frozen=True)

    greeting_name: str
    today: date
    active_contacts: Figure
    new_contacts: Figure
    contacted: Figure
    tasks_open: Figure
    tasks_overdue: Figure
    tasks_today: Figure
    recent: tuple[EntryView, ...]
    tasks: tuple[TaskRow, ...]
    has_contact: bool
    has_note: bool
