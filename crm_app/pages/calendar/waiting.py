"""Changes that a calendar has not taken yet, or has refused: quiet lines beside the calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import live
from crm_app.components.elements import button, icon
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.models import ChangeState
from crm_app.domain.calendar.schemas import CalendarRange
from crm_app.domain.calendar.writing_schemas import ChangeView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.rows import now

SOON = timedelta(seconds=10)
SHOWN = 3
Line = tuple[UUID | None, str]


def lines_of(changes: Sequence[ChangeView], found: CalendarRange) -> tuple[Line, ...]:
    """What is said: how many wait, for which calendar, once that takes longer than a moment; and each that came to nothing, with its id."""
    names = {row.id: row.name for row in found.calendars}
    late = Counter(change.calendar_id for change in changes if change.state == ChangeState.WAITING and now() - change.created_at > SOON)
    waits = [(None, _waits(count, names.get(key, _("a calendar")))) for key, count in late.items()]
    failed = [change for change in changes if change.state in (ChangeState.REFUSED, ChangeState.CONFLICT)][:SHOWN]
    return (
        *waits,
        *((change.id, _("“%s” could not be saved: %s") % (change.title or _("Without a title"), change.reason)) for change in failed),
    )


def _waits(count: int, calendar_name: str) -> str:
    return ngettext("%d change waits for %s", "%d changes wait for %s", count) % (count, calendar_name)


def draw(lines: Sequence[Line], changed: Callable[[], Awaitable[Any]]) -> None:
    """Put them where we are."""
    with attributes(block("mc-cal-waiting"), role="status"):
        for key, said in lines:
            with block("mc-row mc-gap-6 mc-cal-waits"):
                icon("circle-alert" if key else "clock", 14)
                with block("mc-grow"):
                    text(said, "mc-cap", tag="p")
                    if key:
                        button(_("Dismiss"), kind="ghost", height=24, on_click=partial(_dismiss, key, changed))


async def _dismiss(key: UUID, changed: Callable[[], Awaitable[Any]]) -> None:
    with telling():
        await live.change(calendar.withdraw_change, key)
        await changed()
