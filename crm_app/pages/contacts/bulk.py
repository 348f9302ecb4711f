"""What one can do to everyone that is selected, each with its undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, theme, words
from crm_app.components.delete_dialog import confirm_delete
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule
from crm_app.components.pop_menu import PopMenu
from crm_app.components.table import BulkBar, bulk_bar
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import bulk
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tags import service as tags
from crm_app.pages.acts import offer_undo
from crm_app.pages.consent_dialogs import record_consent

Done = Callable[[], Awaitable[Any]]


class BulkActs:
    """The bar of the selected. ``done`` clears the selection and asks for the list again, ``clear`` only clears it."""

    def __init__(self, selected: Callable[[], list[UUID]], archived: Callable[[], bool], done: Done, clear: Callable[[], Any]) -> None:
        self._bar: BulkBar | None = None
        self._place = ui.context.slot.parent
        self.selected = selected
        self.archived = archived
        self.done = done
        self.clear = clear

    def _draw(self, actor: Actor) -> BulkBar:
        """The bar and its buttons; what the person may not do is not there."""
        with self._place, bulk_bar(self.clear) as bar:
            self._menu = PopMenu()
            if actor.can(Permission.CONTACT_WRITE):
                self._opener(_("Stage"), "circle-dot", self._stages)
                self._opener(_("Tag"), "tag", self._tags)
                button(_("Consent"), icon="clipboard-check", on_click=self.consent)
                self._back = button(_("Bring back"), icon="archive-restore", on_click=self.unarchive)
                self._away = button(_("Archive"), icon="archive", on_click=self.archive)
            if actor.can(Permission.CONTACT_DELETE):
                button(_("Delete"), icon="trash-2", on_click=self.delete)
        return bar

    def count(self, selected: int) -> None:
        """So many are selected."""
        # Made at the first selection: it would be thirty elements of every list on which nobody selects.
        if self._bar is None and selected:
            self._bar = self._draw(live.viewer())
            self.show()
        if self._bar is not None:
            self._bar.show(selected)

    def show(self) -> None:
        """Offer what fits the list that is shown."""
        if self._bar is not None and hasattr(self, "_back"):
            self._back.set_visibility(self.archived())
            self._away.set_visibility(not self.archived())

    def _opener(self, label: str, icon_name: str, fill: Callable[[], Any]) -> None:
        opener = button(label, icon=icon_name)
        opener.on("click", lambda: self._menu.open(opener, fill))
        attributes(opener, aria_haspopup="menu")

    def _stages(self) -> None:
        for stage, label in words.stages().items():
            with menu_item("", partial(self.stage, stage)):
                block(f"mc-dot mc-hue-{theme.STAGE_HUES[stage]}", tag="span")
                text(label)

    async def _tags(self) -> None:
        name = ui.input(placeholder=_("New tag, then Enter")).classes("mc-field").props("maxlength=60")
        attributes(name, aria_label=_("New tag"))
        name.on("keydown.enter", lambda: self.tag(name.value or ""))
        known = await live.read(tags.list_tags)
        if known:
            menu_rule()
        for tag in known:
            menu_item(tag.name, partial(self.tag, tag.name))

    async def stage(self, stage: str) -> None:
        """Move everyone selected to a stage."""
        label = words.stages()[stage]
        await self._change(lambda people: _("%(people)s moved to %(stage)s") % {"people": people, "stage": label}, bulk.set_stage, stage)

    async def tag(self, name: str) -> None:
        """Give everyone selected a tag."""
        if name.strip():
            self._menu.close()
            await self._change(lambda people: _("%(people)s tagged %(tag)s") % {"people": people, "tag": name.strip()}, bulk.add_tags, [name])

    async def consent(self) -> None:
        """Record what everyone selected has said: a class brings its forms."""
        await record_consent(self.selected(), self.done)

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
