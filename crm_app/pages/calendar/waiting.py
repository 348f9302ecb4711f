"""Changes that a calendar has not taken yet, or has refused: quiet lines beside the calendar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple
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


class Line(NamedTuple):
    """What is said of a change, or of several; ``act`` lets go of the one, ``failed`` came to nothing."""

    said: str
    key: UUID | None = None
    act: str = ""
    failed: bool = False


def lines_of(changes: Sequence[ChangeView], found: CalendarRange) -> tuple[Line, ...]:
    """Which changes wait for longer than a moment, and which came to nothing: a few of each, and how many more are waiting."""
    names = {row.id: row.name for row in found.calendars}
    late = [change for change in changes if change.state == ChangeState.WAITING and now() - change.created_at > SOON]
    failed = [change for change in changes if change.state in (ChangeState.REFUSED, ChangeState.CONFLICT)]
    waits = [
        Line(_("“%(title)s” waits for %(calendar)s") % {"title": _title(one), "calendar": names.get(one.calendar_id, _("a calendar"))}, one.id, _("Withdraw"))
        for one in late[:SHOWN]
    ]
    more = len(late) - len(waits)
    if more:
        waits.append(Line(ngettext("%d more change waits", "%d more changes wait", more) % more))
    return (*waits, *(Line(_("“%s” could not be saved: %s") % (_title(one), one.reason), one.id, _("Dismiss"), failed=True) for one in failed[:SHOWN]))


def _title(change: ChangeView) -> str:
    return change.title or _("Without a title")


def draw(lines: Sequence[Line], changed: Callable[[], Awaitable[Any]]) -> None:
    """Put them where we are."""
    with attributes(block("mc-cal-waiting"), role="status"):
        for line in lines:
            with block("mc-row mc-gap-6 mc-cal-waits"):
                icon("circle-alert" if line.failed else "clock", 14)
                with block("mc-grow"):
                    text(line.said, "mc-cap", tag="p")
                    if line.key:
                        button(line.act, kind="ghost", height=24, on_click=partial(_let_go, line.key, changed))


async def _let_go(key: UUID, changed: Callable[[], Awaitable[Any]]) -> None:
    with telling():
        await live.change(calendar.withdraw_change, key)
        await changed()
