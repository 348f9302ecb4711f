"""In which currency amounts are shown, at a rate that somebody types."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.money import MILLION, read_amount
from crm_app.components.text import block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsUpdate, SettingsView
from crm_app.domain.i18n import _


async def ask_currency(settings: SettingsView, changed: Callable[[], Awaitable[Any]]) -> None:
    """Ask for both in a dialog."""
    with ui.context.client, dialog(_("Currency"), width="narrow") as parts, block("mc-col mc-gap-16"):
        text(_("Nobody is asked for rates: what a US dollar is worth is what you type here."), "mc-ink-2", tag="p")
        with block("mc-form-grid"):
            code = text_field(_("Currency"), settings.currency, placeholder="EUR")
            rate = text_field(_("A US dollar is"), f"{Decimal(settings.rate) / MILLION:f}", placeholder="0.92")
    parts.window.on("hide", parts.window.delete)

    async def save() -> None:
        wanted, worth = (code.value or "").strip().upper(), _rate(rate.value)
        code.error = None if re.fullmatch("[A-Z]{3}", wanted) else _("Three letters, such as EUR")
        rate.error = None if worth else _("A number above nought, such as 0.92")
        if code.error or not worth:
            return
        with telling(), busy(go):
            await live.change(ai.change_settings, SettingsUpdate(version=settings.version, currency=wanted, rate=worth))
            parts.window.close()
            feedback.toast(_("Saved"))
            await changed()

    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        go = button(_("Save"), kind="primary", on_click=save)
    parts.window.open()


def _rate(typed: str | None) -> int:
    try:
        return int((read_amount(typed) or Decimal(0)) * MILLION)
    except ValueError:
        return 0
