"""The team's tags: add, rename, delete, each with its undo."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button, icon_button, tag
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, quick_add
from crm_app.components.text import attributes, block, link
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tags import service as tags
from crm_app.domain.tags.schemas import TagView
from crm_app.pages.acts import offer_undo
from crm_app.pages.frame import address


class TagsPart:
    """The list, and what redraws it."""

    def __init__(self, known: tuple[TagView, ...]) -> None:
        self.known = known

    async def refresh(self, *_changes: object) -> None:
        """Ask again and draw again."""
        with telling():
            self.known = await live.read(tags.list_tags)
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """One row for each tag."""
        may_write = live.viewer().can(Permission.TAG_WRITE)
        if not self.known:
            empty_line(_("No tags yet. They appear here as soon as one is given to somebody."))
            return
        with block("mc-group"):
            for view in self.known:
                self._row(view, may_write)

    def _row(self, view: TagView, may_write: bool) -> None:
        with block("mc-group-row mc-tag-row"):
            tag(view.name)
            block("mc-grow")
            link(words.people(view.count), address("/contacts", {"tag": view.name, "whose": "team"}), "mc-cap mc-crumb mc-num")
            if may_write:
                icon_button("pencil", _("Rename %s") % view.name, on_click=lambda: self.rename(view), height=28)
                icon_button("trash-2", _("Delete %s") % view.name, on_click=lambda: self.delete(view), height=28)

    async def add(self, name: str) -> bool:
        """A new tag; False keeps what was typed."""
        added = False
        with telling():
            outcome = await live.change(tags.create_tag, name)
            added = True
            offer_undo(outcome, _("Tag added"), self.refresh)
            await self.refresh()
        return added

    async def delete(self, view: TagView) -> None:
        """Take a tag from everybody; undo gives it back."""
        with telling():
            outcome = await live.change(tags.delete_tag, view.id)
            offer_undo(outcome, _("“%(tag)s” is taken from %(people)s") % {"tag": view.name, "people": words.people(view.count)}, self.refresh)
            await self.refresh()

    async def rename(self, view: TagView) -> None:
        """Ask for another name."""
        with ui.context.client, dialog(_("Rename tag"), width="narrow") as parts:
            name = text_field(_("Name"), view.name).props("autofocus maxlength=60")
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            with telling(), busy(save_button):
                outcome = await live.change(tags.rename_tag, view.id, name.value or "")
                parts.window.close()
                offer_undo(outcome, _("Renamed"), self.refresh)
                await self.refresh()

        name.on("keydown.enter", save)
        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Rename"), kind="primary", on_click=save)
        parts.window.open()


async def tags_part() -> None:
    """Load, lay out, wire."""
    part = TagsPart(await live.read(tags.list_tags))
    if live.viewer().can(Permission.TAG_WRITE):
        quick_add(_("Add a tag and press Enter"), part.add, icon_name="tag", max_length=60)
    with attributes(block("mc-settings-list"), aria_live="polite"):
        part.body()
    live.on(("tag", "contact_tag"), part.refresh)
