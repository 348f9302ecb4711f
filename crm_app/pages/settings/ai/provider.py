"""One provider: whether it answers, which of its models may be asked, what is said of it, and letting go of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.ai_words import model_caption, provider_caption
from crm_app.components.dialog import confirm
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, pill, section
from crm_app.components.fields import switch
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import block, link, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.kinds import OFFERS
from crm_app.domain.ai.schemas import ModelUpdate, ModelView, ProviderUpdate, ProviderView
from crm_app.domain.i18n import _
from crm_app.pages.settings.ai.adding import ON_ENTER, PLACE, key_fields, policy_fields
from crm_app.pages.settings.ai.model_form import ModelForm
from crm_app.pages.settings.ai.trial import Trial


class ProviderPart:
    """The part; ``changed`` draws it again from what stands now."""

    def __init__(self, view: ProviderView, changed: Callable[[], Awaitable[Any]]) -> None:
        self.view, self.changed, self.offer = view, changed, OFFERS[view.provider]

    async def draw(self) -> None:
        """What may be done with it by whoever looks."""
        link(_("AI & budgets"), PLACE, "mc-crumb mc-crumb-up")
        text(self.view.name, "mc-section mc-form-title mc-break", tag="h2")
        text(provider_caption(self.view), "mc-ink-2 mc-conn-after", tag="p")
        self._models()
        if not self.view.editable:
            return
        await Trial(self.view).draw()
        self._fields()

    def _models(self) -> None:
        with section(_("Its models")):
            if self.view.editable:
                button(_("Add a model"), height=28, icon="plus", on_click=lambda: self.form(None))
        if not self.view.models:
            empty_line(_("None yet: add those that may be asked."))
            return
        with block("mc-group"):
            for row in self.view.models:
                self._model(row)

    def _model(self, row: ModelView) -> None:
        with group_row("search" if row.embedding else "sparkles", row.label, model_caption(row, local=self.view.local)):
            if not row.priced and not self.view.local:
                pill(_("No price"), "warn")
            if not self.view.editable:
                return
            switch("", row.enabled, spoken=_("%s may be asked") % row.label, on_change=lambda event: self.change(row, enabled=bool(event.value)))
            with icon_button("ellipsis", _("More about %s") % row.label, height=28), ui.menu():
                menu_item(_("Edit"), lambda: self.form(row), icon_name="pencil")
                menu_item(_("Remove"), lambda: self.remove_model(row), icon_name="trash-2", danger=True)

    def _fields(self) -> None:
        view = self.view
        with section(_("What is said of it")):
            switch(_("In use"), view.enabled, on_change=lambda event: self.save(ProviderUpdate(version=view.version, enabled=bool(event.value))))
        self.draft = Draft(ProviderUpdate, view, version=view.version)
        with block("mc-col mc-gap-16").on("keydown.enter", self.keep, js_handler=ON_ENTER):
            key_fields(self.draft, view.provider, self.offer, kept=view.has_key)
            self.honest = policy_fields(self.draft, self.offer, trains=view.trains)
            with block("mc-row mc-gap-8"):
                self.go = button(_("Save"), kind="primary", on_click=self.keep)
                button(_("Remove"), kind="danger", on_click=self.remove)

    async def keep(self) -> None:
        """Keep what was typed."""
        values: dict[str, Any] = {"version": self.view.version, "trains": not self.honest.value, "local": bool(self.draft.local), "region": self.draft.region or ""}
        data = self.draft.validated(**values)
        if data is not None:
            with busy(self.go):
                await self.save(data)

    async def save(self, data: ProviderUpdate) -> None:
        """Change the provider."""
        with telling(getattr(self, "draft", None)):
            await live.change(ai.update_provider, self.view.id, data)
            feedback.toast(_("Saved"))
            await self.changed()

    async def remove(self) -> None:
        """Let go of it, once somebody knows what goes along."""
        with telling():
            goes = [_("Its key"), _("Its models, and what was said of them")]
            if await confirm(_("Remove %s?") % self.view.name, _("What was spent there stays in the ledger. At once goes:"), act=_("Remove"), goes=goes):
                await live.change(ai.delete_provider, self.view.id)
                feedback.toast(_("%s is removed") % self.view.name)
                ui.navigate.to(PLACE)

    async def form(self, row: ModelView | None) -> None:
        """Add a model, or change one."""
        with telling():
            await ModelForm(self.view, row, self.changed).open()

    async def change(self, row: ModelView, **values: Any) -> None:
        """Change a model at once."""
        with telling():
            await live.change(ai.update_model, row.id, ModelUpdate(version=row.version, **values))
            await self.changed()

    async def remove_model(self, row: ModelView) -> None:
        """Take a model out."""
        with telling():
            if await confirm(_("Remove %s?") % row.label, _("It is not asked any more. What was spent on it stays in the ledger."), act=_("Remove")):
                await live.change(ai.delete_model, row.id)
                feedback.toast(_("%s is removed") % row.label)
                await self.changed()
