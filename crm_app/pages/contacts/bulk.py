"""What one can do to everyone that is selected, each with its undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.delete_dialog import confirm_delete
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule
from crm_app.components.text import attributes
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import bulk
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tags.schemas import TagView
from crm_app.pages.acts import offer_undo

Done = Callable[[], Awaitable[Any]]


class BulkActs:
    """The acts of the bulk bar. ``done`` clears the selection and asks for the list again."""

    def __init__(self, selected: Callable[[], list[UUID]], tags: Callable[[], tuple[TagView, ...]], archived: Callable[[], bool], done: Done) -> None:
        self.selected = selected
        self.tags = tags
        self.archived = archived
        self.done = done

    def draw(self, actor: Actor) -> None:
        """The buttons of the bar; what the person may not do is not there."""
        if actor.can(Permission.CONTACT_WRITE):
            with button(_("Stage"), icon="circle-dot"), ui.menu():
                for stage, label in words.stages().items():
                    menu_item(label, lambda stage=stage: self.stage(stage))
            with button(_("Tag"), icon="tag"), ui.menu().classes("mc-tall-menu"):
                self._tag_menu()
            if self.archived():
                button(_("Bring back"), icon="archive-restore", on_click=self.unarchive)
            else:
                button(_("Archive"), icon="archive", on_click=self.archive)
        if actor.can(Permission.CONTACT_DELETE):
            button(_("Delete"), icon="trash-2", on_click=self.delete)

    def _tag_menu(self) -> None:
        name = ui.input(placeholder=_("New tag, then Enter")).classes("mc-field").props("maxlength=60")
        attributes(name, aria_label=_("New tag"))
        name.on("keydown.enter", lambda: self.tag(name.value or ""))
        if self.tags():
            menu_rule()
        for tag in self.tags():
            menu_item(tag.name, lambda name=tag.name: self.tag(name))

    async def stage(self, stage: str) -> None:
        """Move everyone selected to a stage."""
        label = words.stages()[stage]
        await self._change(lambda people: _("%(people)s moved to %(stage)s") % {"people": people, "stage": label}, bulk.set_stage, stage)

    async def tag(self, name: str) -> None:
        """Give everyone selected a tag."""
        if name.strip():
            await self._change(lambda people: _("%(people)s tagged %(tag)s") % {"people": people, "tag": name.strip()}, bulk.add_tags, [name])

    async def archive(self) -> None:
        """Put everyone selected aside."""
        await self._change(lambda people: _("%s archived") % people, bulk.archive_contacts)

    async def unarchive(self) -> None:
        """Bring everyone selected back from the archive."""
        await self._change(lambda people: _("%s brought back") % people, bulk.unarchive_contacts)

    async def delete(self) -> None:
        """Show what would go, ask, and put it in the trash."""
        with telling():
            preview = await live.read(bulk.preview_delete, self.selected())
            if await confirm_delete(preview):
                await self._change(lambda people: _("%s deleted") % people, bulk.delete_contacts)

    async def _change(self, said: Callable[[str], str], service: Callable[..., Any], *args: Any) -> None:
        with telling():
            ids = self.selected()
            outcome = await live.change(service, ids, *args)
            offer_undo(outcome, said(words.people(len(ids))), self.done)
            await self.done()
