"""The dialog in which a letter is written. It is kept while somebody types, so that whatever closes it loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.address_field import AddressField
from crm_app.components.dialog import dialog
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import banner, busy, button, icon_button
from crm_app.components.fields import select_field, text_area, text_field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import attributes, block, text
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterView, SenderView, TemplateView
from crm_app.pages.letter_acts import Refresh, offer_back
from crm_app.pages.letter_choices import ask_time, find_addressees, times_to_send
from crm_app.pages.letter_keeping import LetterKeeping

EVERY = 1.2
"""After so many seconds what has been typed is kept."""


async def write_letter(refresh: Refresh, *, answers_id: UUID | None = None, everyone: bool = False, contact_id: UUID | None = None) -> None:
    """Begin a letter: an answer, one to a contact, or an empty one. One that was begun there is gone on with."""
    asked = partial(letters.get_new_letter, answers_id=answers_id, everyone=everyone, contact_id=contact_id)
    start, senders, templates = await live.read_together((asked,), (letters.list_senders,), (letters.list_templates,))
    begun = answers_id is not None or contact_id is not None
    LetterDialog(start.fresh, start.kept if begun else None, (senders, templates), refresh).open()


async def open_letter(letter: LetterView, refresh: Refresh) -> None:
    """Go on with a letter that is being written."""
    known = await live.read_together((letters.list_senders,), (letters.list_templates,))
    LetterDialog(LetterInput(answers_id=letter.answers_id, contact_id=letter.contact_id), letter, known, refresh).open()


class LetterDialog:
    """One letter. ``fresh`` is with what it begins while nothing of it is kept; ``known`` are the mailboxes that send, and the templates."""

    senders: tuple[SenderView, ...]
    templates: tuple[TemplateView, ...]

    def __init__(self, fresh: LetterInput, kept: LetterView | None, known: tuple[Any, ...], refresh: Refresh) -> None:
        self.senders, self.templates = known
        self.fresh, self._refresh = fresh, refresh
        self.letter = LetterKeeping(fresh, kept, self.senders)
        self.values = self.letter.values
        self._over = self._leaving = False

    def open(self) -> None:
        """Lay it out and show it."""
        with dialog(_("Reply") if self.fresh.answers_id else _("New mail")) as self.parts:
            self._body()
        with self.parts.foot:
            self._foot()
        window = self.parts.window
        window.on("keydown", self.send, js_handler=CTRL_ENTER)
        window.on("hide", self._hidden)
        with self.parts.body:
            self._timer = ui.timer(EVERY, self._keep_quietly)
        window.open()

    def _body(self) -> None:
        with block("mc-letter-form"):
            self._from()
            self.to = AddressField(_("To"), self.values["recipients"], find_addressees, self._read)
            with block() as self.copies_place:
                self.cc = AddressField(_("Cc"), self.values["copies"], find_addressees, self._read)
            if not self.values["copies"]:
                self.copies_place.set_visibility(False)
                self.show_cc = button(_("Cc"), kind="ghost", height=24, on_click=self._show_copies).classes("mc-letter-cc")
            self.subject = text_field(_("Subject"), self.values["subject"], on_change=self._read)
            self.words = text_area(_("Text"), self.values["body"], on_change=self._read).props("input-class=mc-letter-words autofocus")
            self._quote()

    def _from(self) -> None:
        known = {str(one.connection_id): f"{one.name} <{one.address}>" if one.name else one.address for one in self.senders}
        self.sender = None
        if len(known) > 1:
            self.sender = select_field(_("From"), known, str(self.values["connection_id"]), on_change=self._read)
        self.resting()

    @ui.refreshable_method
    def resting(self) -> None:
        """Why the chosen mailbox sends nothing just now."""
        chosen = next((one for one in self.senders if one.connection_id == self.values["connection_id"]), None)
        if said := chosen.resting if chosen else _("No mailbox of yours sends."):
            with banner(said, _("What you write is kept."), kind="warn"):
                pass

    @ui.refreshable_method
    def _quote(self) -> None:
        """What it answers, folded beneath."""
        if not self.values["quoted"]:
            return
        with block("mc-row mc-row-top mc-gap-8"):
            with block("mc-mail-quoted mc-grow", tag="details"):
                text(_("Quoted text"), "mc-cap", tag="summary")
                text(self.values["quoted"], "mc-read mc-mail-text mc-letter-quote")
            icon_button("x", _("Leave out the quoted text"), on_click=self._drop_quote, height=28)

    def _drop_quote(self) -> None:
        self.values["quoted"] = ""
        self._quote.refresh()

    def _show_copies(self) -> None:
        self.copies_place.set_visibility(True)
        self.show_cc.set_visibility(False)
        self.cc.input.run_method("focus")

    def _foot(self) -> None:
        button(_("Discard"), kind="ghost", icon="trash-2", on_click=self.discard)
        if self.templates:
            with button(_("Template"), kind="ghost", icon="file-text"):
                DrawnMenu([Item(one.name, partial(self._fill_in, one)) for one in self.templates])
        block("mc-grow")
        self.saved = attributes(text("", "mc-cap mc-desk-only"), role="status")
        self.later = button(_("Send later"), icon="clock")
        with self.later:
            known = [Item(said, partial(self.send, at)) for said, at in times_to_send(live.viewer())]
            DrawnMenu([*known, Item(_("Choose a day and a time…"), partial(ask_time, self.send), icon="calendar")])
        self.go = button(_("Send"), kind="primary", icon="send", on_click=self.send, key="Ctrl ⏎")

    async def _fill_in(self, template: TemplateView) -> None:
        """Take a template's words over, filled in for whom it goes to; what is missing is said, and keeps it from being sent."""
        with telling():
            self._read()
            asked = {"contact_id": self.fresh.contact_id, "recipients": self.values["recipients"]}
            found = await live.read(letters.get_filled_template, template.id, **asked)
            written = (self.words.value or "").strip()
            self.words.set_value(f"{written}\n\n{found.body}" if written else found.body)
            if not (self.subject.value or "").strip():
                self.subject.set_value(found.subject)
            if found.missing:
                self.words.error = _("Fill this in first, or take it out: %s") % ", ".join(found.missing)

    def _read(self, *_event: object) -> None:
        """Take over what stands in the fields."""
        if not hasattr(self, "words"):
            return
        for element in (self.subject, self.words):
            element.error = None
        self.letter.type(recipients=self.to.line, copies=self.cc.line, subject=self.subject.value or "", body=self.words.value or "")
        if self.sender is not None and self.sender.value and self.values["connection_id"] != UUID(self.sender.value):
            self.values["connection_id"] = UUID(self.sender.value)
            self.resting.refresh()

    async def _keep_quietly(self) -> None:
        if not self._over:
            with telling():
                try:
                    if await self.letter.keep() and not self.saved.is_deleted:
                        self.saved.set_text(_("Kept as a draft"))
                except (Conflict, Invalid) as refusal:
                    self._timer.deactivate()
                    self.saved.set_text(_("Changed in another window") if isinstance(refusal, Conflict) else _("Not kept"))

    async def send(self, at: object = None) -> None:
        """Have it leave, in ten seconds or at a time; what keeps it here is said where it stands."""
        when = at if isinstance(at, datetime) else None
        if self._over or self._leaving:
            return
        with telling(), busy(self.go), self._once():
            self._read()
            try:
                sent = await self.letter.send(when)
            except Invalid as error:
                self._say(error)
                return
            self._end()
            offer_back(sent, partial(open_letter, refresh=self._refresh), self._refresh, later=when)
            await self._refresh()

    @contextmanager
    def _once(self) -> Iterator[None]:
        """A second press while it leaves means nothing new."""
        self._leaving = True
        try:
            yield
        finally:
            self._leaving = False

    def _say(self, error: Invalid) -> None:
        fields = dict(error.fields)
        self.to.say(fields.pop("recipients", None))
        if copies := fields.pop("copies", None):
            self.copies_place.set_visibility(True)
            self.cc.say(copies)
        self.subject.error, self.words.error = fields.pop("subject", None), fields.pop("body", None)
        if fields or not error.fields:
            feedback.toast(" ".join(fields.values()) or error.message, kind="bad")

    async def discard(self) -> None:
        """Throw it away; that can be undone."""
        with telling():
            self._end()
            if again := await self.letter.discard():
                feedback.toast(_("Discarded"), undo=partial(self._bring_back, again))
                await self._refresh()

    async def _bring_back(self, again: LetterInput) -> None:
        with telling():
            made = (await live.change(letters.create_letter, again)).value
            await self._refresh()
            await open_letter(made, self._refresh)

    def _end(self) -> None:
        self._over = True
        self._timer.cancel()
        self.parts.window.close()

    async def _hidden(self) -> None:
        with ui.context.client.layout:
            ui.timer(0.25, self.parts.window.delete, once=True)  # not before it is gone from view
        if self._over:
            return
        self._over = True
        self._timer.cancel()
        with telling():
            self._read()
            await self.letter.keep()
            if self.letter.kept is not None:
                await self._refresh()

