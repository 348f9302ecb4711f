"""A contact's files in the stream's place: dropped or chosen, saved, renamed, kept to oneself, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, times
from crm_app.components.dialog import dialog
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import busy, button, icon, icon_button, pill, row
from crm_app.components.fields import text_field
from crm_app.components.file_drop import FileDrop
from crm_app.components.guard import telling
from crm_app.components.mail_words import size_words
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.kinds import MOST_BYTES, DocumentKind, Reason, TextState
from crm_app.domain.documents.schemas import DocumentUpdate, DocumentView
from crm_app.domain.drives.schemas import ContactDrives
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact.drive_links import draw_drives

ACCEPTED = ".pdf,.docx,.txt,.text,.md,.markdown"


class Files:
    """``changed`` redraws what shows them. The place to drop a file stands by itself, so that nobody's change ends what is on its way."""

    def __init__(self, contact_id: UUID, changed: Callable[[], Awaitable[Any]]) -> None:
        self.contact_id, self.changed = contact_id, changed
        self.place = block("mc-files-drop")
        self.drives = block("mc-files-drives")
        self.drawn = False

    def show(self, shown: bool) -> None:
        """Offer to add a file, or no longer."""
        self.place.set_visibility(shown)
        if shown and not self.drawn and live.viewer().can(Permission.DOCUMENT_WRITE):
            self.drawn = True
            with self.place:
                hint = _("PDF, Word, text or Markdown, up to 25 MB each. Their words can be searched.")
                FileDrop("document", _("Drop files here"), hint, ACCEPTED, self.add, limit=MOST_BYTES // 1_000_000, several=True)

    def link(self, found: ContactDrives | None) -> None:
        """Offer to choose from a drive, where there is one, and say what is kept in step."""
        self.drives.clear()
        if found is not None and live.viewer().can(Permission.DOCUMENT_WRITE):
            with self.drives:
                draw_drives(self.contact_id, found, self.changed)

    def draw(self, found: Sequence[DocumentView]) -> None:
        """A line for each file, the latest first; a sentence where there are none."""
        for one in found:
            self._line(one)
        if not found:
            empty_line(_("No files yet."))

    async def add(self, upload_id: UUID) -> None:
        """Make what has arrived a file of this contact."""
        with telling():
            outcome = await live.change(documents.add_document, self.contact_id, upload_id)
            offer_undo(outcome, _("%s is added") % outcome.value.name, self.changed)
            await self.changed()

    def _line(self, one: DocumentView) -> None:
        actor = live.viewer()
        with row() as line:
            line.classes("mc-file")
            icon("file-text", 18, "mc-ink-3")
            with block("mc-grow mc-file-said"):
                name = link(one.name, f"/downloads/documents/{one.id}", "mc-plain-link mc-strong mc-truncate")
                attributes(name, target="_blank", rel="noopener", title=_("Save %s") % one.name)
                day = times.short_date(times.day_of(one.created_at, actor), actor)
                facts = [_kinds()[one.kind], size_words(one.size), day, "" if one.owner_id == actor.user_id else one.owner_name]
                text(" · ".join(fact for fact in facts if fact), "mc-cap mc-num", tag="p")
                if one.source:
                    _from_drive(one)
                if said := _unread(one):
                    text(said, "mc-cap mc-file-unread", tag="p")
            if one.audience is Audience.PRIVATE:
                pill(_("Only you"), icon_name="lock")
            if not one.ai_allowed:
                pill(_("Never to AI"), icon_name="eye-off")
            if one.may_edit:
                with icon_button("ellipsis", _("More about %s") % one.name, height=28):
                    DrawnMenu(self._acts(one))

    def _acts(self, one: DocumentView) -> list[Item]:
        found = [Item(_("Rename"), partial(self.rename, one), icon="pencil")]
        if one.owner_id == live.viewer().user_id:
            hide = one.audience is Audience.TEAM
            found.append(Item(_("Keep to myself") if hide else _("Share with the team"), partial(self.let_see, one), icon="lock" if hide else "users"))
        said = _("Never to AI") if one.ai_allowed else _("The assistant may read this")
        found.append(Item(said, partial(self.let_read, one), icon="eye-off" if one.ai_allowed else "sparkles"))
        return [*found, *([Item(_("Delete"), partial(self.delete, one), icon="trash-2", danger=True)] if one.may_delete else [])]

    async def rename(self, one: DocumentView) -> None:
        """Ask for another name."""
        with ui.context.client, dialog(_("Rename the file"), width="narrow") as parts:
            name = text_field(_("Name"), one.name).props("autofocus maxlength=200")
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            with telling(), busy(save_button):
                await self._update(one, _("Renamed"), name=name.value or "")
                parts.window.close()

        name.on("keydown.enter", save)
        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Rename"), kind="primary", on_click=save)
        parts.window.open()

    async def let_see(self, one: DocumentView) -> None:
        """Keep a file to oneself, or share it again."""
        hide = one.audience is Audience.TEAM
        with telling():
            await self._update(one, _("Only you can see it") if hide else _("Shared with the team"), audience=Audience.PRIVATE if hide else Audience.TEAM)

    async def let_read(self, one: DocumentView) -> None:
        """Keep a file from the assistant, or let it read it again."""
        with telling():
            await self._update(one, _("The assistant never reads this") if one.ai_allowed else _("The assistant may read this"), ai_allowed=not one.ai_allowed)

    async def delete(self, one: DocumentView) -> None:
        """Put a file in the trash."""
        with telling():
            outcome = await live.change(documents.delete_document, one.id)
            offer_undo(outcome, _("Deleted"), self.changed)
            await self.changed()

    async def _update(self, one: DocumentView, said: str, **given: Any) -> None:
        outcome = await live.change(documents.update_document, one.id, DocumentUpdate(version=one.version, **given))
        offer_undo(outcome, said, self.changed)
        await self.changed()


def _from_drive(one: DocumentView) -> None:
    with block("mc-row mc-wrap mc-gap-4"):
        if one.source_gone:
            text(_("No longer in Google Drive. It stays here."), "mc-cap")
            return
        text(_("From Google Drive"), "mc-cap")
        if not one.source_url:
            return
        opened = link(_("Open it there"), one.source_url, "mc-cap mc-link")
        attributes(opened, target="_blank", rel="noopener noreferrer", aria_label=_("Open %s in Google Drive") % one.name)


def _kinds() -> dict[DocumentKind, str]:
    return {DocumentKind.PDF: "PDF", DocumentKind.DOCX: "Word", DocumentKind.TEXT: _("Text"), DocumentKind.MARKDOWN: "Markdown"}


def _unread(one: DocumentView) -> str:
    """Why its words are not found, or not all of them; empty where they are."""
    if one.text_state is TextState.NOTHING:
        return _("There are no words in it to be found, as in a scan.")
    if one.text_state is TextState.READ:
        beginning, some = _("Its beginning can be searched; the rest is too long."), _("Some of its pages could not be read and are not searched.")
        return {Reason.CUT: beginning, Reason.DAMAGED: some}.get(one.reason, "")
    return {
        Reason.PASSWORD: _("It is protected by a password, so its words can't be searched."),
        Reason.TOO_LONG: _("Reading it took too long, so its words can't be searched."),
    }.get(one.reason) or _("It could not be read and may be damaged. It is kept as it is.")
