"""One mail of a thread: a line while it is folded, else who wrote to whom, its words, and what came along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, mail_words, times
from crm_app.components.elements import button, icon, pill
from crm_app.components.guard import telling
from crm_app.components.mail_frame import MailFrame
from crm_app.components.mail_text import mail_text
from crm_app.components.people import avatar
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.mail import pictures
from crm_app.domain.mail.lookalike import visible
from crm_app.domain.mail.models import Direction
from crm_app.domain.mail.pictures import Pictured
from crm_app.domain.mail.reading_schemas import Attachment
from crm_app.domain.mail.schemas import MailView, ThreadView
from crm_app.domain.permissions import Permission


class Message:
    """``is_open`` says whether it is unfolded, ``fold`` turns that round. ``pictured`` keeps pages whose pictures somebody asked for."""

    def __init__(
        self, mail: MailView, thread: ThreadView, actor: Actor, is_open: Callable[[MailView], bool], fold: Callable[[MailView], Any], *,
        pictured: dict[UUID, Pictured],
    ) -> None:  # fmt: skip
        self.mail, self._actor, self._is_open, self._fold, self._pictured = mail, actor, is_open, fold, pictured
        self._fetching = False
        self._own, self._people = thread.own, thread.contacts
        self._kept = bool(thread.contacts) and not thread.irrelevant

    @ui.refreshable_method
    def draw(self) -> None:
        """As it is folded now."""
        unfolded = self._is_open(self.mail)
        with attributes(block("mc-mail-one" + ("" if unfolded else " mc-folded"), tag="article"), aria_label=self._name()):
            self._line(unfolded)
            if unfolded:
                with block("mc-mail-body"):
                    self._body()
                    self._attached()

    def _name(self) -> str:
        return f"{mail_words.writer(self.mail)}, {times.exact(self.mail.sent_at, self._actor)}"

    def _line(self, unfolded: bool) -> None:
        mail = self.mail
        writer = self._writer()
        with block("mc-mail-line", tag="button").on("click", self._turn) as line:
            avatar(*self._face(), 28)
            with block("mc-row mc-gap-6 mc-grow", tag="span"):
                text(writer, "mc-strong mc-truncate mc-mail-writer")
                if unfolded:
                    attributes(text(self._further(), "mc-cap mc-truncate"), title=mail_words.everybody(mail))
                else:
                    text(mail.snippet or "", "mc-ink-3 mc-truncate")
            if self._files() and not unfolded:
                icon("paperclip", 14, "mc-ink-3")
            self._time(unfolded)
        self._button = line
        attributes(line, type="button", aria_expanded="true" if unfolded else "false")

    def focus(self) -> None:
        """Put the focus on its line."""
        self._button.run_method("focus")

    def _face(self) -> tuple[str, object]:
        """Name and identity by which whoever wrote has the same colour as everywhere else."""
        mail = self.mail
        if self._own and mail.direction is Direction.OUT:
            return self._actor.name, self._actor.user_id
        known = {one.contact.name: one.contact.id for one in self._people}
        alone = self._people[0].contact.id if len(self._people) == 1 and mail.direction is Direction.IN else None
        return self._writer(), known.get(mail.from_name) or alone or mail.from_address

    def _writer(self) -> str:
        mail = self.mail
        return mail_words.writer(mail) if self._own or mail.direction is Direction.IN else visible(mail.from_name) or mail.from_address

    def _further(self) -> str:
        """To whom, after the address that really wrote: a name can say anything."""
        mail = self.mail
        address = mail.from_address if mail.direction is Direction.IN and mail.from_name else ""
        return " ".join(part for part in (f"<{address}>" if address else "", mail_words.addressees(mail, self._own)) if part)

    def _time(self, unfolded: bool) -> None:
        sent = self.mail.sent_at
        said = mail_words.when_at_length(sent, self._actor) if unfolded else mail_words.when(sent, self._actor)
        attributes(Text(said, tag="time", classes="mc-cap mc-num mc-nowrap"), datetime=times.machine(sent), title=times.exact(sent, self._actor))

    def _turn(self) -> None:
        self._fold(self.mail)
        self.draw.refresh()

    def _body(self) -> None:
        mail = self.mail
        if mail_words.is_doubtful(mail.verified):
            pill(_("The sender could not be confirmed"), "warn", icon_name="triangle-alert")
        for said in mail.odd:
            with block("mc-mail-odd", tag="p"):
                icon("triangle-alert", 14)
                text(said)
        if mail.html:
            self._page(mail.html)
        elif mail.text is not None:
            mail_text(mail.text)
        elif self._own:
            text(_("Its words come with the next sync.") if self._kept else _("Its words are not kept here."), "mc-ink-3", tag="p")
        else:
            text(_("Its words are not shared."), "mc-ink-3", tag="p")

    def _page(self, html: str) -> None:
        found = self._pictured.get(self.mail.id)
        if found is None and pictures.has_pictures(self.mail):
            tells = _("Pictures from elsewhere are not loaded: they would tell their sender that you read this.")
            with block("mc-row mc-gap-8 mc-wrap mc-mail-note"):
                text(tells if self.mail.remote else _("Its pictures lie in the mailbox."), "mc-cap mc-grow")
                button(_("Show pictures"), height=28, icon="image", on_click=self._show_pictures)
        elif found is not None and found.missing:
            text(ngettext("%d picture is not to be had.", "%d pictures are not to be had.", found.missing) % found.missing, "mc-cap", tag="p")
        MailFrame(found.html if found else html, _("What %s wrote") % self._writer())

    async def _show_pictures(self) -> None:
        """Have them fetched by the server, which tells their sender nothing of who reads."""
        if self._fetching:
            return
        self._fetching = True
        try:
            with telling():
                reader = await live.resolve_viewer()  # a page may have stood open for long
                reader.require(Permission.MAIL_READ)
                self._pictured[self.mail.id] = await asyncio.to_thread(pictures.load, reader, self.mail)
                self.draw.refresh()
        finally:
            self._fetching = False

    def _files(self) -> list[Attachment]:
        """What came along, without pictures that its page shows itself."""
        return [one for one in self.mail.attachments if not (one.inline and self.mail.html)]

    def _attached(self) -> None:
        files = self._files()
        if not files:
            return
        with attributes(block("mc-mail-attached", tag="ul"), aria_label=_("Attached")):
            for one in files:
                _attachment(one, f"/downloads/mail/{self.mail.id}/{one.part}")


def _attachment(one: Attachment, way: str) -> None:
    """A file: it lies in the mailbox, and is fetched when it is opened. Should it be gone there, a tab of its own says so."""
    name = visible(one.name) or one.kind
    with block("", tag="li"), block("mc-tag mc-mail-file mc-plain-link", tag="a") as file:
        icon("paperclip", 12)
        text(name, "mc-tag-text")
        text(mail_words.size_words(one.size), "mc-cap mc-num mc-nowrap")
    attributes(file, href=way, target="_blank", rel="noopener", title=_("Save %s") % name)
