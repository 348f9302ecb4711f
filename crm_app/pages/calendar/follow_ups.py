"""Who waits for a time in the calendar: one is dropped onto the hours, or pressed, and an event with them begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from crm_app.components import live, times
from crm_app.components.elements import icon, section
from crm_app.components.people import avatar, photo_address
from crm_app.components.text import attributes, block, text
from crm_app.domain.calendar.schemas import FollowUp
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.text import fold

OnPlan = Callable[[FollowUp], Awaitable[Any]]


def draw(found: Sequence[FollowUp], on_plan: OnPlan, leave: Callable[[], Any], *, by_hours: bool) -> None:
    """Put them where we are; ``by_hours``: there are hours beside them onto which they can be dropped. ``leave`` is called before ``on_plan``."""
    if not found:
        return
    with section(_("Follow-ups without a slot")):
        pass
    for row in found:
        _line(row, on_plan, leave, by_hours=by_hours)


def title_for(row: FollowUp) -> str:
    """What the event is called until somebody says otherwise. With their name in it, it is found to concern them although nobody is asked."""
    return row.task if fold(row.name) in fold(row.task) else ", ".join(part for part in (row.task, row.name) if part)


def _line(row: FollowUp, on_plan: OnPlan, leave: Callable[[], Any], *, by_hours: bool) -> None:
    why = row.task or _why(row)
    with block("mc-row mc-gap-8 mc-cal-beside", tag="button") as line:
        avatar(row.name, row.contact_id, 24, photo=photo_address(row.photo_sha))
        with block("mc-grow mc-truncate", tag="span"):
            text(row.name, "mc-truncate mc-block")
            text(why, "mc-cap mc-truncate mc-block")
        if by_hours:
            icon("grip-vertical", 14).classes("mc-ink-3 mc-desk-only")
            attributes(line, data_waits=str(row.contact_id), data_name=row.name)

    async def plan() -> None:
        leave()
        await on_plan(row)

    line.on("click", plan)
    attributes(line, type="button", aria_label=_("Find a time: %s") % f"{row.name}, {why}", title=why)


def _why(row: FollowUp) -> str:
    actor = live.viewer()
    return times.overdue(row.due_on, actor, today=today_of(actor)) or _("due today")
