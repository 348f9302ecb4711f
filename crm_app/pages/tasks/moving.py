"""Moving a task into another section of the list: to a day, or to a project, a priority or a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from crm_app.components import live
from crm_app.components.drawn_menu import Item
from crm_app.components.guard import telling
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import GroupBy
from crm_app.domain.tasks.rules import day_for
from crm_app.domain.tasks.schemas import Bucket, TaskChange, TaskRow
from crm_app.pages.acts import offer_undo, postpone_task
from crm_app.pages.postponing import days_ahead, move_to_day
from crm_app.pages.tasks.sections import NONE, Section

Refresh = Callable[[], Awaitable[Any]]
FIELDS = {GroupBy.PROJECT: "project_id", GroupBy.PRIORITY: "priority", GroupBy.ASSIGNEE: "assignee_id"}
ICONS = {GroupBy.PROJECT: "folder", GroupBy.PRIORITY: "flag", GroupBy.ASSIGNEE: "user"}


def others(row: TaskRow, sections: Sequence[Section], by: GroupBy | None) -> list[Section]:
    """Where a task can be moved to: all that take one, apart from the section it is in. Nowhere for one that may not be changed or is done."""
    if not row.may_edit or row.bucket is Bucket.DONE:
        return []
    value = getattr(row, FIELDS[by]) if by else row.bucket
    here = NONE if value is None else str(value)
    return [section for section in sections if section.takes and section.key != here]


def move_items(row: TaskRow, sections: Sequence[Section], by: GroupBy | None, refresh: Refresh) -> list[Item]:
    """The lines of a task's menu that move it: to a day by its name, and to wherever it could be dragged."""
    days, elsewhere = days_ahead(), others(row, sections, by)
    if by is None:
        actor, named = live.viewer(), {day for _name, day in days}
        parts = [(section.title, day_for(Bucket(section.key), today_of(actor), actor.week_start)) for section in elsewhere]
        days = sorted([*days, *((title, day) for title, day in parts if day and day not in named)], key=lambda one: one[1])
    items = [Item(_("Due: %s") % label, partial(move_to_day, row, day, refresh), icon="calendar") for label, day in days]
    items.append(Item(_("A week later"), lambda: postpone_task(row, 7, refresh), icon="calendar-days"))
    if by is not None:
        items += [Item(_("Move to: %s") % section.title, partial(move_into, row, section, by, refresh), icon=ICONS[by]) for section in elsewhere]
    return items


async def move_into(row: TaskRow, section: Section, by: GroupBy | None, refresh: Refresh) -> None:
    """Give a task what those of a section have in common (``by`` None: the part of the calendar), with undo."""
    if by is None:
        await _to_day(row, Bucket(section.key), refresh)
        return
    with telling():
        try:
            change = TaskChange.model_validate({FIELDS[by]: None if section.key == NONE else section.key})
            outcome = await live.change(tasks.change_tasks, [row.id], change)
            offer_undo(outcome, _("Moved to %s") % section.title, refresh)
        finally:
            await refresh()  # also when it was refused: what was dragged goes back to where it belongs


async def _to_day(row: TaskRow, bucket: Bucket, refresh: Refresh) -> None:
    """The day is taken from the calendar as it is now: the list may have stood there since yesterday."""
    actor = live.viewer()
    day = day_for(bucket, today_of(actor), actor.week_start)
    if day is None:
        await refresh()
    else:
        await move_to_day(row, day, refresh)
