"""The dialog in which a letter is written. It is kept while somebody types, so that whatever closes it loses nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import busy, button
from crm_app.components.guard import SIGNED_OUT, sentence_of, telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import attributes, block, text
from crm_app.domain.errors import CrmError, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterView, SenderView, TemplateView
from crm_app.pages.letter_acts import Refresh, offer_back
from crm_app.pages.letter_choices import ask_time, times_to_send
from crm_app.pages.letter_files import LetterFiles
from crm_app.pages.letter_form import LetterForm
from crm_app.pages.letter_keeping import Kept, LetterKeeping, apart

EVERY = 1.2
"""After so many seconds what has been typed is kept."""


async def write_letter(refresh: Refresh, *, answers_id: UUID | None = None, everyone: bool = False, contact_id: UUID | None = None) -> LetterDialog:
    """Begin a letter: an answer, one to a contact, or an empty one. One that was begun there is gone on with."""
    asked = partial(letters.get_new_letter, answers_id=answers_id, everyone=everyone, contact_id=contact_id)
    start, senders, templates = await live.read_together((asked,), (letters.list_senders,), (letters.list_templates,))
    begun = answers_id is not None or contact_id is not None
    return LetterDialog(start.fresh, start.kept if begun else None, (senders, templates), refresh).open()


async def open_letter(letter: LetterView, refresh: Refresh) -> LetterDialog:
    """Go on with a letter that is being written."""
    known = await live.read_together((letters.list_senders,), (letters.list_templates,))
    return LetterDialog(LetterInput(answers_id=letter.answers_id, contact_id=letter.contact_id), letter, known, refresh).open()


class Desk:
    """Where a page's letters are opened, one at a time: the second half of a double press opens no other over it."""

    def __init__(self) -> None:
        self._opening = False
        self._open: LetterDialog | None = None

    async def open(self, begin: Callable[[], Awaitable[LetterDialog]]) -> None:
        """As ``begin`` does it, unless one is open, or is being opened."""
        if self._opening or (self._open is not None and not self._open.is_over):
            return
        self._opening = True
        try:
            self._open = await begin()
        finally:
            self._opening = False


class LetterDialog:
    """One letter. ``fresh`` is with what it begins while nothing of it is kept; ``known`` are the mailboxes that send, and the templates."""

    senders: tuple[SenderView, ...]
    templates: tuple[TemplateView, ...]

    def __init__(self, fresh: LetterInput, kept: LetterView | None, known: tuple[Any, ...], refresh: Refresh) -> None:
        self.senders, self.templates = known
        self.fresh, self._refresh = fresh, refresh
        self.letter = LetterKeeping(fresh, kept, self.senders)
        self._over = self._leaving = self._failed = False

    @property
    def is_over(self) -> bool:
        """Whether nobody can write in it any more."""
        return self._over or self.parts.window.is_deleted

    def open(self) -> LetterDialog:
        """Lay it out and show it."""
        with dialog(_("Reply") if self.fresh.answers_id else _("New mail")) as self.parts:
            self.form = LetterForm(self.letter, self.senders)
            self.files = LetterFiles(self.letter, self._kept, self.form.read)
        self.files.take_dropped(self.parts.body)
        with self.parts.foot:
            self._foot()
        window = self.parts.window
        window.on("keydown", self.send, js_handler=CTRL_ENTER)
        window.on("hide", self._hidden)
        with self.parts.body:
            self._timer = ui.timer(EVERY, self._keep_quietly)
        window.open()
        return self

    def _foot(self) -> None:
        attributes(button(_("Discard"), kind="ghost", icon="trash-2", on_click=self.discard).classes("mc-letter-side"), aria_label=_("Discard"))
        if self.templates:
            with attributes(button(_("Template"), kind="ghost", icon="file-text").classes("mc-letter-side"), aria_label=_("Template")):
                DrawnMenu([Item(one.name, partial(self._fill_in, one)) for one in self.templates])
        self.files.offer()
        block("mc-grow")
        self.saved = attributes(text("", "mc-cap mc-desk-only"), role="status")
        self.later = button(_("Send later"), icon="clock")
        with self.later:
            known = [Item(said, partial(self.send, at)) for said, at in times_to_send(live.viewer())]
            DrawnMenu([*known, Item(_("Choose a day and a time…"), partial(ask_time, self.send), icon="calendar")])
        self.go = button(_("Send"), kind="primary", icon="send", on_click=self.send, key="Ctrl ⏎")

    async def _fill_in(self, template: TemplateView) -> None:
        """Take a template's words over, filled in for whom it goes to."""
        with telling():
            self.form.read()
            asked = {"contact_id": self.fresh.contact_id, "recipients": self.letter.values["recipients"]}
            self.form.fill_in(await live.read(letters.get_filled_template, template.id, **asked))

    async def _keep_quietly(self) -> None:
        if self._over:
            return
        with telling():
            try:
                how = await self.letter.keep()
            except CrmError as refusal:
                if refusal.status == SIGNED_OUT:
                    raise
                self._not_kept(refusal)
            else:
                self._kept(how)

    def _kept(self, how: Kept) -> None:
        """Say what came of keeping it; that it failed before holds no more."""
        if self._over or how is Kept.NOTHING:
            return
        if how is Kept.APART or self._failed:
            self.form.tell(apart() if how is Kept.APART else "")
        self._failed = False
        self.saved.set_text(_("Kept as a draft"))

    def _not_kept(self, refusal: CrmError) -> None:
        if not self._over:
            self._failed = True
            self.form.tell(sentence_of(refusal), _("What you write is not kept yet."))
            self.saved.set_text("")

    async def send(self, at: object = None) -> None:
        """Have it leave, in ten seconds or at a time; what keeps it here is said where it stands."""
        when = at if isinstance(at, datetime) else None
        if self._over or self._leaving:
            return
        if self.files.under_way:
            feedback.toast(_("A file is still on its way. Send it once that is here."), kind="bad")
            return
        with telling(), busy(self.go), self._once():
            self.form.read()
            try:
                sent = await self.letter.send(when)
            except Invalid as error:
                self.form.say(error)
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
        if self.files.under_way:
            feedback.toast(_("A file was still on its way, and was not attached."), kind="bad")
        with telling():
            self.form.read()
            try:
                how = await self.letter.keep()
            except CrmError as refusal:
                if refusal.status == SIGNED_OUT:
                    raise
                feedback.toast(sentence_of(refusal), kind="bad", action=(_("Go on writing"), self._open_again), seconds=60)
                return
            if how is Kept.APART:
                feedback.toast(apart(), kind="bad")
            if self.letter.kept is not None:
                await self._refresh()

    def _open_again(self) -> None:
        with telling():
            self._over = False
            self.open()
