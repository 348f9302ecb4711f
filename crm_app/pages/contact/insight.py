"""The insight on a record: what a model makes of it, asked for by a person, of somebody who agrees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.ai.skills import helping
from crm_app.ai.skills.asking import order_analysis
from crm_app.ai.skills.cards import InsightView, Standing, Told
from crm_app.ai.skills.helping import Offered, OnContact
from crm_app.ai.skills.photo_handles import Guess
from crm_app.components import feedback, insight_card, live
from crm_app.components.elements import button, card
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block, link, text
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactUpdate, PointInput
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo
from crm_app.pages.briefing import draw_brief, foreseen, frame_words
from crm_app.pages.contact import handles


class Insight:
    """Asks for itself, so that the record is there before it."""

    view: InsightView
    photo: Offered

    def __init__(self, contact_id: UUID, name: str, found: OnContact) -> None:
        self.contact_id, self.name = contact_id, name
        self.view, self.photo = found.reading, found.photo
        self._briefed = False

    def draw(self) -> None:
        """Draw, and hear of what concerns it. It was asked for with the page: a record that waits here shows its name and hears no key."""
        ours = {self.contact_id}
        self.shown()
        live.on({"analysis": None, "consent": ours, "contact": ours, "interaction_contact": ours, "event": None}, self.refresh, own=True)

    async def refresh(self, _changes: Changes | None = None) -> None:
        """Ask again; a record that is gone says so itself."""
        try:
            found = await live.read(helping.get_on_contact, self.contact_id)
        except NotFound:
            return
        if (found.reading, found.photo) != (self.view, self.photo):
            self._take(found)

    @ui.refreshable_method
    def shown(self) -> None:
        """The card; nothing at all where there is nothing to say and nobody who could have it said."""
        told, mood = self.view.insight, self.view.mood
        if told.standing in (Standing.HIDDEN, Standing.OFF) and mood.mean is None and not told.manages:
            return
        with block("mc-insight"), card(_("Insight"), ai=True):
            self._said(told)
            insight_card.mood_line(mood)
            if told.standing not in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD):
                self._brief(self.view.brief)
                handles.draw(self.photo, self.name, self.look, self.keep)

    def _said(self, told: Told) -> None:
        if told.standing is Standing.OFF:
            if told.manages:
                text(_("Insights are switched off. "), "mc-cap", tag="span")
                link(_("Settings, AI & budgets"), "/settings/ai")
        elif told.standing is Standing.UNREAD:
            text(_("%s has not agreed to the assistant reading about them, or somebody keeps them from it.") % self.name, "mc-cap", tag="p")
        elif told.standing is Standing.NONE:
            text(_("What matters most, what to do next, with sources."), "mc-cap", tag="p")
            with block("mc-told-acts"):
                button(_("Read the record"), kind="ai", icon="sparkles", height=28, on_click=self.ask)
            foreseen("insight", told)
        elif told.said is None:
            frame_words(told, _("Reading the record"), self.ask)
        else:
            self._sentences(told)

    def _sentences(self, told: Told) -> None:
        said, actor = told.said, live.viewer()
        when = {"today": _("today"), "this_week": _("this week"), "this_month": _("this month"), "later": _("later")}
        weight = {"low": _("slight"), "medium": _("notable"), "high": _("serious")}
        insight_card.sentences(said.summary, told.sources, self.contact_id)
        insight_card.points(_("Next"), said.next_steps, told.sources, self.contact_id, lambda step: when[step.timeframe.value])
        insight_card.points(_("To watch"), said.risks, told.sources, self.contact_id, lambda risk: weight[risk.level.value])
        cited = insight_card.cited_in(said.summary, said.next_steps, said.risks)
        insight_card.source_chips(told.sources, cited, self.contact_id, actor)
        if told.refusal:
            insight_card.refused(told.refusal, self.ask)
        if told.analysis:
            insight_card.made_line(told.analysis, Money(told.currency, told.rate), actor, self.ask, making=told.making)

    def _brief(self, told: Told) -> None:
        if told.standing in (Standing.OFF, Standing.UNREAD):
            return
        if told.standing is Standing.NONE or (told.said and not self._briefed):
            with block("mc-told-acts"):
                button(_("Prepare session"), kind="ai", icon="sparkles", height=28, on_click=self.prepare)
                button(_("Draft a follow-up"), kind="ghost", height=28, on_click=self.follow_up)
            if told.standing is Standing.NONE:  # what is prepared already is shown for nothing
                foreseen("brief", told, _("Prep"))
            return
        draw_brief(told, self.contact_id, self.prepare_again)

    async def ask(self) -> None:
        """Have the record read, anew if it was."""
        await self._order("insight", self.view.insight.subject, again=self.view.insight.analysis is not None)

    async def prepare(self) -> None:
        """Show what is prepared, and have it prepared if nothing is, or if something has changed since."""
        self._briefed = True
        await self._order("brief", self.view.brief.subject)

    async def prepare_again(self) -> None:
        """Have it prepared anew."""
        self._briefed = True
        await self._order("brief", self.view.brief.subject, again=True)

    async def look(self) -> None:
        """Have the record read for where a picture of them may be, anew if it was."""
        await self._order("photo_handles", self.photo.told.subject, again=self.photo.told.analysis is not None)

    async def keep(self, guess: Guess) -> None:
        """Put the place among their links."""
        with telling():
            row = await live.read(contacts.get_contact, self.contact_id)
            kept = [PointInput(**point.model_dump(include=set(PointInput.model_fields))) for point in row.points]
            found = PointInput(kind=PointKind.SOCIAL, label=handles.label_of(guess), value=handles.place_of(guess))
            outcome = await live.change(contacts.update_contact, row.id, ContactUpdate(version=row.version, points=[*kept, found]))
            offer_undo(outcome, _("Kept among their links"), self.refresh)

    async def follow_up(self) -> None:
        """Have a letter drafted, which then waits among the suggestions."""
        with telling():
            await live.change(order_analysis, "follow_up", self.view.insight.subject, True)
            feedback.toast(_("A draft is being written. It will wait for you among the suggestions."))

    async def _order(self, skill: str, subject: Subject, *, again: bool = False) -> Any:
        with telling():
            await live.change(order_analysis, skill, subject, again)
        self._take(await live.read(helping.get_on_contact, self.contact_id))

    def _take(self, found: OnContact) -> None:
        self.view, self.photo = found.reading, found.photo
        self.shown.refresh()
