"""What comes out of looking at many tasks beyond lists and boards."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from crm_app.domain.tasks.schemas import TaskRow


class CalendarDay(BaseModel):
    """A day with the first of the tasks that are due on it: those that are open, by time and urgency, then the closed ones.

    ``open`` and ``closed`` count all of them, also beyond those that are shown.
    """

    model_config = ConfigDict(frozen=True)

    day: date
    rows: tuple[TaskRow, ...] = ()
    open: int = 0
    closed: int = 0


class TaskCalendar(BaseModel):
    """Days in their order, each with what is due on it where its reader is."""

    model_config = ConfigDict(frozen=True)

    today: date
    days: tuple[CalendarDay, ...]
