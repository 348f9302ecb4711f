"""What is attached to a letter while it is written: chosen or dropped, kept at once, shown with its size, and taken off again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, mail_words
from crm_app.components.elements import icon, icon_button
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.components.uploading import Sending
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import MOST_BYTES, LetterFile
from crm_app.domain.permissions import Permission
from crm_app.pages.letter_choices import choose_file
from crm_app.pages.letter_keeping import Kept, LetterKeeping

MOST_MB = MOST_BYTES // 1_000_000


class LetterFiles:
    """``kept`` is told what came of keeping the letter, which a file is a part of as soon as it is here; ``read`` takes over what stands in the fields."""

    def __init__(self, letter: LetterKeeping, kept: Callable[[Kept], Any], read: Callable[[], Any]) -> None:
        self._letter, self._kept, self._read = letter, kept, read
        self._share: int | None = None
        self._input = attributes(block("mc-hidden", tag="input"), type="file", multiple=True, tabindex=-1, aria_label=_("Files to attach"))
        self._sending = Sending("letter", MOST_MB, self._arrived, self._told, several=True)
        self._sending.from_chooser(self._input)
        self._draw()

    @property
    def under_way(self) -> bool:
        """Whether one is still on its way here."""
        return self._share is not None

    def take_dropped(self, place: Element) -> None:
        """Attach what is dropped there."""
        self._sending.from_drop(place)

    def offer(self) -> None:
        """The buttons for it: from this device, and from a contact's files. In the browser and at once: a file dialog opens only from a press of one's own."""
        offered = icon_button("paperclip", _("Attach files (at most %d MB together)") % MOST_MB)
        offered.on("click", js_handler=f"() => getHtmlElement({self._input.id}).click()")
        if live.viewer().can(Permission.DOCUMENT_READ):
            icon_button("folder", _("Attach a file of a contact"), on_click=self._choose)

    @ui.refreshable_method
    def _draw(self) -> None:
        files = self._letter.files
        if not files and self._share is None:
            return
        with block("mc-letter-files"):
            with attributes(block("mc-row mc-wrap mc-gap-6", tag="ul"), aria_label=_("Attached")):
                for one in files:
                    self._file(one)
            said = _("%(size)s of at most %(most)d MB") % {"size": mail_words.size_words(sum(one.size for one in files)), "most": MOST_MB} if files else ""
            attributes(text(said if self._share is None else _("On its way: %d %%") % self._share, "mc-cap mc-num", tag="p"), role="status")

    def _file(self, one: LetterFile) -> None:
        with block("mc-tag mc-mail-file", tag="li") as line:
            icon("paperclip", 12)
            text(one.name, "mc-tag-text")
            text(mail_words.size_words(one.size), "mc-cap mc-num mc-nowrap")
            with block("mc-tag-remove", tag="button").on("click", partial(self._remove, one.id)) as remove:
                icon("x", 12)
            attributes(remove, type="button", aria_label=_("Remove %s") % one.name)
        attributes(line, title=one.name)

    def _told(self, share: int | None) -> None:
        self._share = share
        self._draw.refresh()

    async def _arrived(self, upload_id: UUID) -> None:
        with telling():
            try:
                self._kept(await self._letter.attach(upload_id))
            finally:
                self._draw.refresh()

    async def _choose(self) -> None:
        """Offer the files of those to whom it goes."""
        with telling():
            self._read()
            addresses = ", ".join(line for name in ("recipients", "copies", "blind") if (line := self._letter.values[name]))
            choose_file(await live.read(letters.list_files_at_hand, contact_id=self._letter.fresh.contact_id, recipients=addresses), self._take)

    async def _take(self, document_id: UUID) -> None:
        with telling():
            try:
                self._kept(await self._letter.attach_document(document_id))
            finally:
                self._draw.refresh()

    async def _remove(self, file_id: UUID) -> None:
        with telling():
            try:
                self._kept(await self._letter.detach(file_id))
            finally:
                self._draw.refresh()
