"""Putting tasks in order by hand: within a day, by dragging, by key, or from a menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live
from crm_app.components.guard import telling
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import TaskPlace
from crm_app.domain.tasks.schemas import Bucket, TaskRow
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]


def place_of(rows: Sequence[TaskRow], row: TaskRow, beside: TaskRow, after: bool) -> TaskPlace | None:
    """Where among ``rows`` a task belongs that was let go there: beside that one, or where that is due on another day at the end of its own
    day that is nearer. None where it stands there already, or nothing else is due on its day.
    """
    others = [one for one in rows if one.id != row.id]
    there = others.index(beside) + after if beside in others else rows.index(row)
    days = [place for place, one in enumerate(others) if one.due_date == row.due_date and one.bucket is not Bucket.DONE]
    above, below = [place for place in days if place < there], [place for place in days if place >= there]
    if len(above) == sum(place < rows.index(row) for place in days) or not days:
        return None
    return TaskPlace(beside=others[above[-1]].id, after=True) if above else TaskPlace(beside=others[below[0]].id, after=False)


async def place(rows: Sequence[TaskRow], key: str, beside: str, after: bool, refresh: Refresh) -> None:
    """Put a task beside another one that stands with it, with undo. Where the browser names one that does not, nothing happens."""
    known = {str(row.id): row for row in rows}
    row, other = known.get(key), known.get(beside)
    if row is None or other is None or not row.may_edit or row.bucket is Bucket.DONE:
        return
    wanted = place_of(rows, row, other, after)
    if wanted is not None:
        await _put(row.id, wanted, refresh)
        return
    if other.due_date != row.due_date:
        feedback.toast(_("Tasks are put in order within a day. Change the day to move it on."))
    await refresh()  # what was dragged goes back to where it belongs


async def _put(task_id: UUID, wanted: TaskPlace, refresh: Refresh) -> None:
    with telling():
        try:
            outcome = await live.change(tasks.place_task, task_id, wanted)
            offer_undo(outcome, _("Moved"), refresh)
        finally:
            await refresh()


def steps_of(rows: Sequence[TaskRow], here: int, refresh: Refresh) -> list[tuple[str, str, Callable[[], Awaitable[Any]]]]:
    """The lines of a menu that move the task at ``rows[here]`` up or down by one, as far as its day goes: label, icon, and what to do."""
    row, found = rows[here], list[tuple[str, str, Callable[[], Awaitable[Any]]]]()
    if not row.may_edit or row.bucket is Bucket.DONE:
        return []
    for by, label, icon in ((-1, _("Move up"), "arrow-up"), (1, _("Move down"), "arrow-down")):
        beside = rows[here + by] if 0 <= here + by < len(rows) else None
        if beside is not None and beside.due_date == row.due_date and beside.bucket is not Bucket.DONE:
            wanted = TaskPlace(beside=beside.id, after=by > 0)
            found.append((label, icon, partial(_put, row.id, wanted, refresh)))
    return found
