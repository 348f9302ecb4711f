"""What can be written in one's own calendars from this page: an event begun, changed, moved, deleted; and what of it is still on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm_app.components import feedback, live
from crm_app.components.guard import telling
from crm_app.components.time_grid import GridActs
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import CalendarRange, EventRow, EventView, FollowUp
from crm_app.domain.calendar.writing_schemas import ChangeView
from crm_app.domain.connections.schemas import CalendarRow
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.rows import now
from crm_app.pages.calendar.editing import EventEditor
from crm_app.pages.calendar.follow_ups import title_for
from crm_app.pages.calendar.form import EventForm, next_hour
from crm_app.pages.calendar.moving import Moving
from crm_app.pages.calendar.pending import Drawn, with_changes, writable


class Writing:
    """``changed`` reads and draws the page again; ``left`` is called when a form closes, so that what stood for it goes."""

    _usual: UUID  # the calendar that is offered for a new event: most of what is looked at stands in it

    def __init__(self, changed: Callable[[], Awaitable[Any]], left: Callable[[], Any]) -> None:
        self._changed, self._left = changed, left
        self.moving = Moving(changed)
        self.acts = GridActs(begin=self._chosen, move=self.moving.move, stretch=self.moving.stretch)
        self.calendars: Sequence[CalendarRow] = ()
        self.changes: tuple[ChangeView, ...] = ()
        self.follow_ups: Mapping[str, FollowUp] = {}

    async def load(self, found: CalendarRange) -> None:
        """Ask what is on its way, where anything can be."""
        self.calendars = writable(found, live.viewer())
        self.follow_ups = {str(row.contact_id): row for row in found.follow_ups}
        if self.calendars:
            used = Counter(event.calendar_id for event in found.events)
            self._usual = max(self.calendars, key=lambda row: (row.shown, used[row.id])).id
        self.changes = await live.read(calendar.list_changes) if self.calendars else ()

    def drawn(self, events: Sequence[EventRow]) -> Drawn:
        """The events, with what is on its way put over them."""
        return with_changes(events, self.changes, self.calendars, live.viewer())

    def is_saving(self, event_id: UUID) -> bool:
        """Whether a change of this event, or the event itself, is on its way."""
        return any(event_id in (change.event_id, change.id) for change in self.changes if change.state == "waiting")

    async def look(self) -> None:
        """Tell what became of what was asked for on this page."""
        await self.moving.look(self.changes)

    async def new(self, day: date, about: FollowUp | None = None) -> None:
        """Begin an event on a day, where no time was chosen."""
        await self.begin(*next_hour(day, today_of(live.viewer()), now(), live.viewer()), about)

    async def begin(self, begins: datetime, ends: datetime, about: FollowUp | None = None) -> None:
        """Begin an event from one moment to another, with whoever was waiting for one."""
        with telling():
            if self.calendars:
                form = EventForm.fresh(self._usual, begins, ends, live.viewer(), title_for(about) if about else "")
                people = [(about.contact_id, about.name)] if about else []
                await EventEditor(form, None, self.calendars, asked=self._added, left=self._left).open(people)

    async def _chosen(self, begins: datetime, ends: datetime, dropped: str) -> None:
        await self.begin(begins, ends, self.follow_ups.get(dropped))

    async def edit(self, event: EventView, *, at_time: bool = False) -> None:
        """Change an event, beginning with its title or with its time."""
        with telling():
            await EventEditor(EventForm.of(event, live.viewer()), event, (), asked=self._edited, left=self._left).open(at_time=at_time)

    async def _added(self, change: ChangeView) -> None:
        self.moving.follow(change, _("Event added"))
        await self._changed()

    async def _edited(self, change: ChangeView) -> None:
        self.moving.follow(change, _("Event saved"))
        await self._changed()


def say_saving() -> None:
    """Why something that is on its way cannot be opened yet."""
    feedback.toast(_("This is just being saved in your calendar."))
