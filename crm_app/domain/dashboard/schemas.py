"""What the first page after sign-in shows."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from crm_app.domain.cadence.schemas import BirthdayRow, DuePage
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.dashboard.layout import Layout
from crm_app.domain.goals.schemas import GoalRow
from crm_app.domain.interactions.schemas import EntryView
from crm_app.domain.programmes.schemas import ProgrammeRow
from crm_app.domain.suggestions.schemas import SuggestionView
from crm_app.domain.tasks.schemas import TaskRow


class Figure(BaseModel):
    """A number and the address of the list that holds exactly the rows that were counted. ``capped``: there are more, counting stopped."""

    model_config = ConfigDict(frozen=True)

    value: int
    link: str
    capped: bool = False


class SpendMonth(BaseModel):
    """What models have cost the reader this month, and may, in millionths of a US dollar; ``by_day`` from the first of the month to its last.

    ``limit_micros`` is None where nothing limits them; ``currency`` and ``rate`` are what the team reads amounts in.
    """

    model_config = ConfigDict(frozen=True)

    spent_micros: int
    limit_micros: int | None
    by_day: tuple[int, ...]
    currency: str
    rate: int


class AssistantDay(BaseModel):
    """The latest suggestions, how many wait, and how many were put off; ``spend`` is None where its card is hidden."""

    model_config = ConfigDict(frozen=True)

    suggestions: tuple[SuggestionView, ...]
    waiting: int
    put_off: int
    spend: SpendMonth | None


class DashboardView(BaseModel):
    """Everything on the dashboard, as its reader sees it. A card that its reader has hidden is not asked for: its rows are empty.

    ``growth`` are the people of today who were there at the end of each of the last twelve weeks, this one last; empty when that shows nothing yet.
    ``contacted_by_day`` are the people last spoken to on each day of this week, from its first; they add up to ``contacted``.
    ``birthdays_link`` and ``programmes_link`` lead to the people of those cards, and of more than there is room for.
    ``agenda`` is what takes place today, in calendars that are shown; ``has_calendar`` says whether the reader has connected one.
    ``tasks`` are overdue or due today, the most urgent first; ``goals`` the practice's own; ``programmes`` those that run out.
    ``assistant`` is None while models are switched off, and for whoever uses none.
    """

    model_config = ConfigDict(frozen=True)

    greeting_name: str
    today: date
    layout: Layout
    active_contacts: Figure
    new_contacts: Figure
    growth: tuple[int, ...]
    contacted: Figure
    contacted_by_day: tuple[int, ...]
    reconnect_due: Figure
    reconnect: DuePage
    birthdays: tuple[BirthdayRow, ...]
    birthdays_link: str
    tasks_open: Figure
    tasks_overdue: Figure
    tasks_today: Figure
    tasks: tuple[TaskRow, ...]
    agenda: tuple[EventRow, ...]
    has_calendar: bool
    recent: tuple[EntryView, ...]
    goals: tuple[GoalRow, ...]
    programmes: tuple[ProgrammeRow, ...]
    programmes_link: str
    assistant: AssistantDay | None
    has_contact: bool
    has_note: bool
