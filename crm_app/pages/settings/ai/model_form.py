"""One model: chosen from those that are known, or named by hand, with its prices and what it can do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from crm_app.ai.catalogue import KnownModel, known_models
from crm_app.components import feedback, live
from crm_app.components.ai_words import model_tiers
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button
from crm_app.components.fields import checkbox, select_field, text_field
from crm_app.components.guard import telling
from crm_app.components.money import DOLLARS
from crm_app.components.text import block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import ModelTier, PriceSource
from crm_app.domain.ai.kinds import OFFERS, ProviderKind
from crm_app.domain.ai.schemas import UNKNOWN_CONTEXT, UNKNOWN_OUTPUT, ModelCreate, ModelUpdate, ModelView, ProviderView
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

ABILITIES = ("tools", "structured", "vision", "embedding")


class ModelForm:
    """A dialog; ``row`` is the model that is changed, None for a new one."""

    def __init__(self, provider: ProviderView, row: ModelView | None, changed: Callable[[], Awaitable[Any]]) -> None:
        self.provider, self.row, self.changed = provider, row, changed
        self.known: dict[str, KnownModel] = {}

    async def open(self) -> None:
        """Read what is known of the provider's models, and ask."""
        if self.row is None and self.provider.provider is not ProviderKind.COMPATIBLE:
            found = await asyncio.to_thread(known_models, OFFERS[self.provider.provider].speaks)
            here = {model.name for model in self.provider.models}
            self.known = {one.name: one for one in found if one.name not in here}
        with ui.context.client, dialog(self.row.label if self.row else _("Add a model")) as self.parts, block("mc-col mc-gap-16"):
            self._fields()
        self.parts.window.on("hide", self.parts.window.delete)
        with self.parts.foot:
            button(_("Cancel"), kind="ghost", on_click=self.parts.window.close)
            self.go = button(_("Save") if self.row else _("Add"), kind="primary", on_click=self.save)
        self.parts.window.open()

    def _fields(self) -> None:
        row = self.row
        if row is None and self.known:
            hint = _("Known ones bring their price and abilities along; any other is named as the provider does.")
            names = {name: name for name in self.known}
            self.name: ValidationElement[Any] = select_field(_("Model"), list(names), None, hint=hint, search=True, may_add=True, on_change=self.chosen)
        elif row is None:
            self.name = text_field(_("Model"), placeholder="qwen3:8b", hint=_("As the server calls it."))
        with block("mc-form-grid"):
            self.label = text_field(_("What you call it here"), row.label if row else "")
            self.tier = select_field(_("What it is among the others"), model_tiers(), (row.tier if row else ModelTier.BALANCED).value)
            if not self.provider.local:
                hint = _("US dollars for a million tokens. Without it the model is not used.")
                self.price_in = text_field(_("Price of what is sent"), DOLLARS.typed(row.input_price) if row else "", hint=hint)
                self.price_out = text_field(_("Price of what comes"), DOLLARS.typed(row.output_price) if row else "", hint=hint)
            self.context = text_field(_("Tokens that it reads at most"), str(row.context_tokens) if row else str(UNKNOWN_CONTEXT), kind="number")
            self.most = text_field(_("Tokens that it answers at most"), str(row.max_output) if row else str(UNKNOWN_OUTPUT), kind="number")
        words = {
            "tools": _("Can look things up here"), "structured": _("Can answer in a fixed form"), "vision": _("Can look at pictures"),
            "embedding": _("Reads meaning only, answers nothing"),
        }  # fmt: skip
        with block("mc-col mc-gap-8"):
            self.able = {name: checkbox(words[name], bool(getattr(row, name, False))) for name in ABILITIES}
        self.found = text("", "mc-cap", tag="p")

    def chosen(self, event: Any) -> None:
        """Fill in what is known of it."""
        known = self.known.get(str(event.value or ""))
        if known is None:
            return
        self.label.value, self.context.value, self.most.value = known.name.rpartition("/")[2][:80], str(known.context_tokens), str(known.max_output)
        for name in ABILITIES:
            self.able[name].value = getattr(known, name)
        if not self.provider.local:
            self.price_in.value, self.price_out.value = DOLLARS.typed(known.input_price), DOLLARS.typed(known.output_price)
        told = _("The price is the one that came with this version; compare it with your provider's.")
        self.found.set_text(_("Its price is not known here.") if known.input_price is None else told)

    async def save(self) -> None:
        """Add it, or change it."""
        values = self._read()
        if values is None:
            return
        with telling(), busy(self.go):
            try:
                await self._keep(values)
            except Invalid as error:
                self.most.error = " ".join(error.fields.values()) or error.message
                return
            self.parts.window.close()
            feedback.toast(_("Saved"))
            await self.changed()

    async def _keep(self, values: dict[str, Any]) -> None:
        if self.row is not None:
            await live.change(ai.update_model, self.row.id, ModelUpdate(version=self.row.version, **values))
            return
        name = str(self.name.value or "").strip()
        known = self.known.get(name)
        same = known is not None and all(values.get(price) == getattr(known, price) for price in ("input_price", "output_price"))
        source = PriceSource.MAP if same else PriceSource.ENTERED
        await live.change(ai.create_models, self.provider.id, [ModelCreate(name=name, price_source=source, **values)])

    def _read(self) -> dict[str, Any] | None:
        """What was typed; None once sentences stand beside the fields."""
        wrong: dict[ValidationElement[Any], str] = {}
        if self.row is None and not str(self.name.value or "").strip():
            wrong[self.name] = _("Which model?")
        values: dict[str, Any] = {"tier": ModelTier(self.tier.value)} | {name: bool(box.value) for name, box in self.able.items()}
        if label := (self.label.value or "").strip()[:80]:
            values["label"] = label
        counts: tuple[tuple[str, ui.input], ...] = (("context_tokens", self.context), ("max_output", self.most))
        for name, element in counts:
            typed = str(element.value or "").strip()
            if typed.isascii() and typed.isdigit() and len(typed) < 8:
                values[name] = int(typed)
            else:
                wrong[element] = _("A whole number, such as %d") % UNKNOWN_CONTEXT
        for name, price in (("input_price", self.price_in), ("output_price", self.price_out)) if not self.provider.local else ():
            try:
                values[name] = DOLLARS.read(price.value)
            except ValueError:
                wrong[price] = _("An amount in US dollars, such as 2.50")
        for each in self._all():
            each.error = wrong.get(each)
        return None if wrong else values

    def _all(self) -> list[ValidationElement[Any]]:
        named = [self.name] if self.row is None else []
        return [*named, self.context, self.most, *([] if self.provider.local else [self.price_in, self.price_out])]
