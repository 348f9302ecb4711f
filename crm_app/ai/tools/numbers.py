"""The tool about figures: how many people there are and in which stage, how many were spoken to, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from crm_app.ai.tools.reading import Reading, ToolResult
from crm_app.ai.tools.tool import Arguments, Tool
from crm_app.domain.contacts.models import Stage
from crm_app.domain.dashboard import service as dashboard
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.i18n import _


class Numbers(Arguments):
    """Nothing: the figures are those of today."""


def count_things(session: Session, reading: Reading, asked: Numbers) -> ToolResult:
    """The same figures as the dashboard shows, and how many of those whom AI may read stand in each stage.

    The other figures count everybody whom the asker sees: each is one number of the whole practice, which tells of nobody.
    """
    board = dashboard.load_dashboard(session, reading.actor)
    stages = disclosure.count_by_stage(session, reading.actor)
    figures = {
        "Contacts that are active": board.active_contacts, "New contacts this month": board.new_contacts, "People last spoken to this week": board.contacted,
        "People to reconnect with": board.reconnect_due, "Open tasks": board.tasks_open, "Overdue tasks": board.tasks_overdue, "Tasks due today": board.tasks_today,
    }  # fmt: skip
    lines = [f"{name}: {'more than ' if figure.capped else ''}{figure.value}" for name, figure in figures.items()]
    lines += [f"In stage {stage.value}, of those who agree to AI: {stages.get(stage.value, 0)}" for stage in Stage]
    return ToolResult("\n".join(lines), _("Counted"))


TOOLS: Sequence[Tool[Any]] = (
    Tool("count_things", "Figures of today: contacts by stage, new ones this month, spoken to this week, overdue, tasks.", Numbers, count_things),
)
