"""One event, opened: when and where, who comes, what is good to know before it, and a place to write of it after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.ai.skills import cards, helping
from crm_app.ai.skills.asking import order_analysis
from crm_app.ai.skills.cards import Standing, Told
from crm_app.components import event_words, live
from crm_app.components.elements import button, icon_button
from crm_app.components.event_panel import EventPanel
from crm_app.components.guard import telling
from crm_app.components.people_picker import PeoplePicker
from crm_app.components.text import block, text
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import EventContactView, EventView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages import acts
from crm_app.pages.briefing import draw_brief, foreseen
from crm_app.pages.calendar import facts, strangers
from crm_app.pages.calendar.note import SessionNote
from crm_app.pages.calendar.writing import Writing


class Panel:
    """``open`` shows an event in ``place``; ``changed`` is called after something was done here, ``closing`` when it is to be closed."""

    place: Element
    event: EventView
    told: Told | None = None
    strangers: helping.StrangersView | None = None
    _asked: Element | None = None

    def __init__(self, changed: Callable[[], Awaitable[Any]], closing: Callable[[], None], writing: Writing) -> None:
        self._changed, self._closing, self._writer = changed, closing, writing
        self.event_id: UUID | None = None
        self._gone = self._everybody = False
        self._note: SessionNote | None = None
        self._picker: PeoplePicker | None = None

    async def open(self, event_id: UUID, *, note: bool = False) -> None:
        """Show an event; with ``note`` the cursor is in its note. NotFound closes what was open before."""
        if event_id != self.event_id:
            self.close()
            await self._ask(event_id)
            self.event_id, self._gone, self._everybody = event_id, False, False
            with self.place.clear():
                self._draw()
        if note:
            await self.write()

    def close(self) -> None:
        """Put it away; what was typed is kept, also when it was typed just now."""
        note, typed = self._note, self._note.composer.typed if self._note else ""
        self.event_id = self._note = self._picker = None
        if self.place.is_deleted:
            return
        with self.place.clear():
            if note and typed:
                ui.timer(0, partial(note.keep, typed), once=True)

    async def refresh(self) -> None:
        """Ask again for the event that is open. One that is gone says so, and what is being written of it stays."""
        if self.event_id is None:
            return
        try:
            await self._ask(self.event_id)
        except NotFound:
            self._gone = True
        if self.event_id is not None:
            await self.top.refresh()
            await self.below.refresh()

    async def _ask(self, event_id: UUID) -> None:
        asked = ((calendar.get_event, event_id), (cards.get_brief, event_id), (helping.get_strangers, event_id))
        self.event, self.told, self.strangers = await live.read_together(*asked)

    def _draw(self) -> None:
        with EventPanel(str(self.event.id), event_words.title_of(self.event), self._closing):
            self.top()
            self._picking = block("mc-event-part")
            self._writing = block()
            self.below()

    @ui.refreshable_method
    def top(self) -> None:
        """What it is and who is there."""
        with block("mc-row mc-gap-4"):
            facts.calendar_chip(self.event)
            if self._may_change:
                icon_button("pencil", _("Edit"), on_click=self._edit, height=28)
                icon_button("trash-2", _("Delete"), on_click=self._delete, height=28)
            icon_button("x", _("Close"), on_click=self._closing, height=28)
        facts.head(self.event, live.viewer(), gone=self._gone, saving=self._writer.is_saving(self.event.id))
        for contact in self.event.contacts:
            facts.person(contact, partial(self._unlink, contact) if self._may_link else None)

    @ui.refreshable_method
    def below(self) -> None:
        """What can be done, who else comes, and the brief."""
        actor, event = live.viewer(), self.event
        with block("mc-event-acts"):
            if event.contacts and actor.can(Permission.INTERACTION_WRITE) and self._note is None:
                button(_("Log note"), kind="soft", icon="notebook-pen", on_click=self.write)
            offered = self.told is not None and self.told.standing is Standing.NONE and bool(event.contacts) and not self._gone
            if offered:
                button(_("Prep"), kind="ai", icon="sparkles", on_click=self._prepare)
            if len(event.contacts) == 1:
                button(_("Open record"), href=f"/contacts/{event.contacts[0].id}", icon="arrow-up-right")
            if self._may_change:
                button(_("Reschedule"), on_click=partial(self._edit, at_time=True))
            if self._may_link and self._picker is None:
                button(_("Link a person"), kind="ghost", icon="user-plus", on_click=self._pick)
        if self.told and offered:
            foreseen("brief", self.told, _("Prep"))
        if self.told and self.told.standing in (Standing.WAITING, Standing.DONE, Standing.FAILED):
            with block("mc-event-part"):
                draw_brief(self.told, event.contacts[0].id if len(event.contacts) == 1 else None, partial(self._prepare, again=True))
        facts.brief(event, actor)
        self._asked = facts.attendees(event, None if self._everybody else self._show_everybody)
        if self.strangers and self._may_link:
            strangers.draw(self.strangers, self._look, lambda guess: self._link((guess.contact_id, guess.contact_name)))
        facts.description(event)

    @property
    def _may_link(self) -> bool:
        return self.event.mine and not self._gone and live.viewer().can(Permission.CALENDAR_WRITE)

    @property
    def _may_change(self) -> bool:
        allowed = self.event.movable and live.viewer().can(Permission.CALENDAR_WRITE)
        return allowed and not self._gone and not self._writer.is_saving(self.event.id)

    async def _prepare(self, *, again: bool = False) -> None:
        with telling():
            await live.change(order_analysis, "brief", cards.of_event(self.event.id), again)
        await self.refresh()

    async def _look(self) -> None:
        """Have the names looked at, anew if they were."""
        with telling():
            again = self.strangers is not None and self.strangers.told.analysis is not None
            await live.change(order_analysis, "attendance", cards.of_event(self.event.id), again)
        await self.refresh()

    def _show_everybody(self) -> None:
        self._everybody = True
        self.below.refresh()
        if self._asked is not None:
            self._asked.run_method("focus")

    async def _edit(self, *, at_time: bool = False) -> None:
        await self._writer.edit(self.event, at_time=at_time)

    async def _delete(self) -> None:
        with telling():  # what was pressed is drawn anew, and gone, before this ends
            if await self._writer.moving.delete(self.event):
                self._closing()

    async def write(self) -> None:
        """Open the box for a note."""
        with telling():
            if self._note is None and self.event.contacts and live.viewer().can(Permission.INTERACTION_WRITE):
                note = SessionNote(lambda: self.event, self._wrote)
                with self._writing:
                    await note.draw()
                self._note = note
                self.below.refresh()
            if self._note is not None:
                self._note.composer.focus()

    async def _wrote(self) -> None:
        if self._note is not None and not self._note.composer.typed:
            self._note = None
            self._writing.clear()
        await self._changed()

    def _pick(self) -> None:
        with self._picking:
            text(_("Whom does it concern?"), "mc-label", tag="p")
            self._picker = PeoplePicker(_("Link a person"), (), acts.find_people, single=True, on_change=self._picked)
        self.below.refresh()

    def _picked(self) -> None:
        if self._picker is not None and self._picker.ids:
            with self.place:
                ui.timer(0, partial(self._link, *self._picker.chosen.items()), once=True)

    async def _link(self, person: tuple[UUID, str]) -> None:
        with telling():
            self._picking.clear()
            self._picker = None
            outcome = await live.change(calendar.link_contact, self.event.id, person[0])
            acts.offer_undo(outcome, _("Linked to %s") % person[1], self._changed)
            await self._changed()

    async def _unlink(self, contact: EventContactView) -> None:
        with telling():
            outcome = await live.change(calendar.unlink_contact, self.event.id, contact.id)
            acts.offer_undo(outcome, _("No longer linked to %s") % contact.name, self._changed)
            await self._changed()
