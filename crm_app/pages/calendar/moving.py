"""Moving, lengthening and deleting events where they stand, and following what was asked for until the calendar has taken it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import event_words, feedback, live
from crm_app.components.dialog import confirm
from crm_app.components.guard import telling
from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.models import ChangeState, LinkHow
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.calendar.writing_schemas import ChangeView, EventWish
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, ngettext

SHORTEST = timedelta(minutes=15)
UNDO_SECONDS = 10.0
Refresh = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Followed:
    """What is said when a change has arrived, and how it is taken back."""

    said: str
    undo: Callable[[], Awaitable[Any]] | None = None


class Moving:
    """``changed`` draws the page again: what is asked for stands where it would be, and goes back when it is refused."""

    def __init__(self, changed: Refresh) -> None:
        self._changed = changed
        self._followed: dict[UUID, Followed] = {}

    async def move(self, event: EventRow, days: int, minutes: int) -> None:
        """So many days and minutes on, as clocks show it."""
        await self._ask(event, moved(event, days, minutes, live.viewer()))

    async def stretch(self, event: EventRow, minutes: int) -> None:
        """Its end so many minutes later."""
        ends = max(event.ends_at + timedelta(minutes=minutes), event.starts_at + SHORTEST)
        await self._ask(event, EventWish(starts_at=event.starts_at, ends_at=ends))

    async def delete(self, event: EventRow) -> bool:
        """Ask once, then have it deleted in its calendar; whether it was said so."""
        sure = await confirm(
            _("Delete “%s”?") % event_words.title_of(event),
            _consequence(event, _("It is deleted in your calendar %s too.")),
            act=_("Delete"),
        )
        if sure:
            try:
                outcome = await live.change(calendar.delete_event, event.id, event.version)
                self.follow(outcome.value, _("Event deleted"))
            finally:
                await self._changed()
        return sure

    def follow(self, change: ChangeView, said: str, undo: Callable[[], Awaitable[Any]] | None = None) -> None:
        """Say it when this change has arrived, or why it has not."""
        self._followed[change.id] = Followed(said, undo)

    async def look(self, changes: Iterable[ChangeView]) -> None:
        """Tell what became of the followed changes; ``changes`` are those that wait or came to nothing."""
        known = {change.id: change for change in changes}
        for key in list(self._followed):
            change = known.get(key) or await _find(key)
            if change is not None and change.state == ChangeState.WAITING:
                continue
            followed = self._followed.pop(key, None)
            if change is not None and followed is not None:
                _tell(change, followed)

    async def _ask(self, event: EventRow, wish: EventWish, *, back: bool = False) -> None:
        """Have it at other times; the others who come are named first. Whatever happens the page is drawn again."""
        with telling():
            try:
                then = event.model_copy(update={name: getattr(wish, name) for name in wish.model_fields_set})
                if not back and asked_of(event) and not await _agreed(event, then):
                    return
                outcome = await live.change(calendar.change_event, event.id, event.version, wish)
                undo = None if back else partial(self._back, event.id, times_of(event))
                self.follow(outcome.value, _("Moved to %s") % event_words.when(then, live.viewer()), undo)
            finally:
                await self._changed()

    async def _back(self, event_id: UUID, wish: EventWish) -> None:
        with telling():
            await self._ask(await live.read(calendar.get_event, event_id), wish, back=True)


def moved(event: EventRow, days: int, minutes: int, actor: Actor) -> EventWish:
    """Other times of the same length: by the clock of whoever looks at it, so that nine o'clock stays nine o'clock."""
    if event.all_day:
        first, last = event_words.whole_days(event)
        return EventWish(start_date=first + timedelta(days=days), end_date=last + timedelta(days=days + 1))
    begins = (event.starts_at.astimezone(actor.zone) + timedelta(days=days, minutes=minutes)).astimezone(UTC)
    return EventWish(starts_at=begins, ends_at=begins + (event.ends_at - event.starts_at))


def times_of(event: EventRow) -> EventWish:
    """The times that it has."""
    return moved(event, 0, 0, live.viewer()) if event.all_day else EventWish(starts_at=event.starts_at, ends_at=event.ends_at)


def asked_of(event: EventRow) -> str:
    """Who else may hear of a change: ``Ana Silva and 2 others``, or nothing."""
    names = [row.name for row in event.contacts if row.how == LinkHow.ADDRESS]
    if not names:
        return ngettext("%d other person", "%d other people", event.others) % event.others if event.others else ""
    rest = len(names) - 1 + event.others
    return names[0] + (ngettext(" and %d other", " and %d others", rest) % rest if rest else "")


async def _agreed(event: EventRow, then: EventRow) -> bool:
    sentence = f"{event_words.when(then, live.viewer())}. {_consequence(event, _('It moves in your calendar %s too.'))}"
    return await confirm(_("Move “%s”?") % event_words.title_of(event), sentence, act=_("Move"), kind="primary")


def _consequence(event: EventRow, sentence: str) -> str:
    who = asked_of(event)
    parts = [
        sentence % event.calendar_name,
        _("%s may be told by it.") % who if who else "",
        _("Only this one, not the whole series.") if event.recurring else "",
    ]
    return " ".join(part for part in parts if part)


def _tell(change: ChangeView, followed: Followed) -> None:
    if change.state == ChangeState.DONE:
        feedback.toast(followed.said, undo=followed.undo, seconds=UNDO_SECONDS)
    else:
        feedback.toast(change.reason, kind="bad", seconds=UNDO_SECONDS)


async def _find(change_id: UUID) -> ChangeView | None:
    try:
        return await live.read(calendar.get_change, change_id)
    except NotFound:  # it was withdrawn
        return None
