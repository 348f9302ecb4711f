"""Changes that several pages make, each with its toast and its undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live, times
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item
from crm_app.components.people import photo_address
from crm_app.components.people_picker import Found
from crm_app.components.repeat_words import minutes
from crm_app.domain.cadence import service as cadence
from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import Bucket, TaskCreate, TaskRow
from crm_app.domain.unit_of_work import Outcome

Refresh = Callable[[], Awaitable[Any]]


def offer_undo(outcome: Outcome[Any], said: str, refresh: Refresh) -> None:
    """Say what was done; Undo takes back exactly that and draws the page again."""
    change_set_id = outcome.change_set_id
    feedback.toast(said, undo=(lambda: _undo(change_set_id, refresh)) if change_set_id else None)


async def _undo(change_set_id: UUID, refresh: Refresh) -> None:
    with telling():
        await live.change(changes.undo_change_set, change_set_id)
        feedback.toast(_("Undone"))
        await refresh()


async def toggle_task(row: TaskRow, refresh: Refresh) -> None:
    """Complete an open task, or reopen a closed one. Also when that is refused the page is drawn again: the row was struck through at once."""
    with telling():
        try:
            closed = row.bucket is Bucket.DONE
            outcome = await live.change(tasks.reopen_tasks if closed else tasks.complete_tasks, [row.id])
            offer_undo(outcome, _("Task reopened") if closed else _("Task completed"), refresh)
        finally:
            await refresh()


async def delete_task(row: TaskRow, refresh: Refresh) -> None:
    """Put a task in the trash."""
    with telling():
        outcome = await live.change(tasks.delete_tasks, [row.id])
        offer_undo(outcome, _("Task deleted"), refresh)
        await refresh()


async def postpone_task(row: TaskRow, days: int, refresh: Refresh) -> None:
    """Move a task's due day."""
    with telling():
        outcome = await live.change(tasks.postpone_tasks, [row.id], days)
        offer_undo(outcome, _("Moved to tomorrow") if days == 1 else _("Moved by a week"), refresh)
        await refresh()


async def stop_timer(task_id: UUID, refresh: Refresh) -> None:
    """Stop one's timer on a task. It may have been stopped elsewhere meanwhile: that is no fault."""
    with telling():
        try:
            outcome = await live.change(tasks.stop_timer, task_id)
            offer_undo(outcome, _("Timer stopped at %s") % minutes(outcome.value.actual_minutes), refresh)
        finally:
            await refresh()


async def quick_task(title: str, refresh: Refresh, due: date | None = None, contact_ids: list[UUID] | None = None, project_id: UUID | None = None) -> bool:
    """Make a task from its title alone; False when it could not be made, so that the text stays where it was typed."""
    if not title.strip():
        return False
    made = False
    with telling():
        outcome = await live.change(tasks.create_task, TaskCreate(title=title, due_date=due, contact_ids=contact_ids or [], project_id=project_id))
        made = True
        offer_undo(outcome, _("Task added"), refresh)
        await refresh()
    return made


async def snooze(contact_ids: list[UUID], days: int | None, refresh: Refresh) -> None:
    """Put people off for so many days, or (None) let them be due again."""
    with telling():
        until = today_of(live.viewer()) + timedelta(days=days) if days else None
        outcome = await live.change(cadence.snooze_contacts, contact_ids, until)
        said = _("Put off until %s") % times.day_words(until, live.viewer()) if until else _("Due again when the time has come")
        offer_undo(outcome, said, refresh)
        await refresh()


def snooze_words() -> tuple[tuple[int, str], ...]:
    """For how many days somebody can be put off, and what that is called."""
    return (1, _("Put off until tomorrow")), (7, _("Put off for a week")), (30, _("Put off for a month"))


def snooze_items(contact_id: UUID, snoozed: bool, refresh: Refresh) -> None:
    """What a menu offers for being in touch later."""
    for days, label in snooze_words():
        menu_item(label, partial(snooze, [contact_id], days, refresh), icon_name="clock")
    if snoozed:
        menu_item(_("Don't put off any more"), partial(snooze, [contact_id], None, refresh), icon_name="bell")


async def find_people(typed: str) -> list[Found]:
    """Whom a typed name may mean, for choosing people."""
    return await _find(ContactFilter(search=typed[:200], limit=8))


async def find_latest(limit: int) -> list[Found]:
    """Who was spoken to last: before a name is typed, most likely one of them is meant."""
    return await _find(ContactFilter(sort="-last_contact", limit=limit))


async def _find(wanted: ContactFilter) -> list[Found]:
    found: list[Found] = []
    with telling():
        page = await live.read(contacts.list_contacts, wanted)
        found = [Found(row.id, row.display_name, row.company or row.primary_email, photo_address(row.photo_sha)) for row in page.rows]
    return found
