"""Days to move a task to: today, tomorrow, next week, or one from a calendar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live, times
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule
from crm_app.components.text import attributes, block
from crm_app.domain.days import today_of, week_begins
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskChange, TaskRow
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]


def days_ahead() -> list[tuple[str, date]]:
    """The days that are offered by name."""
    actor = live.viewer()
    today = today_of(actor)
    return [(_("Today"), today), (_("Tomorrow"), today + timedelta(days=1)), (_("Next week"), week_begins(today, actor.week_start) + timedelta(days=7))]


def postpone_items(take: Callable[[date], Awaitable[Any]], close: Callable[[], Any]) -> None:
    """The lines of a menu, and a calendar below them."""
    for label, day in days_ahead():
        menu_item(label, partial(take, day), icon_name="calendar")
    menu_rule()
    with block("mc-menu-line"):
        box = ui.input().classes("mc-field").props("type=date")
    attributes(box, aria_label=_("Another day"))

    taken = False

    async def chosen() -> None:
        nonlocal taken
        if taken:  # the box also loses the focus as the menu closes
            return
        try:
            day = date.fromisoformat(box.value or "")
        except ValueError:
            feedback.toast(_("A whole date, with day, month and year"), kind="bad")
            return
        taken = True
        close()
        await take(day)

    box.on("keydown.enter", chosen)
    box.on("blur", lambda: chosen() if box.value else None)


async def move_to_day(row: TaskRow, day: date, refresh: Refresh) -> None:
    """Have a task due on a day of its reader's calendar, with undo."""
    with telling():
        try:
            outcome = await live.change(tasks.change_tasks, [row.id], TaskChange(due_date=day))
            offer_undo(outcome, _("Moved to %s") % times.day_words(day, live.viewer(), today=today_of(live.viewer())), refresh)
        finally:
            await refresh()  # also when it was refused: what was dragged goes back to where it belongs
