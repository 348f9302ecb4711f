"""A rule for a sender, typed in: an address or a whole domain, and what becomes of its mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.i18n import _
from crm_app.domain.mail.models import Verdict
from crm_app.domain.mail.schemas import RuleSet
from crm_app.pages.settings.connections.forms import ON_ENTER


def ask_rule(keep: Callable[[str, str], Awaitable[Any]]) -> None:
    """Open it; ``keep`` is called with an address and a verdict, and raises what it is refused with."""
    draft = Draft(RuleSet, verdict=Verdict.NEVER)
    with ui.context.client, dialog(_("A rule for a sender"), width="narrow") as parts, block("mc-col mc-gap-16"):
        text(_("It holds for all your mailboxes, from the next mail on."), "mc-ink-2", tag="p")
        field(draft, "address", label=_("Address, or @ and a domain"), placeholder="@news.example").props("autofocus autocapitalize=none spellcheck=false")
        field(draft, "verdict", label=_("Its mail is"), options={Verdict.NEVER.value: _("never shown"), Verdict.ALWAYS.value: _("always shown")})
    parts.window.on("hide", parts.window.delete)

    async def go() -> None:
        data = draft.validated(address=(draft.address or "").strip(), verdict=draft.verdict)
        if data is None:
            return
        with telling(draft), busy(go_button):
            await keep(data.address, data.verdict.value)
            parts.window.close()

    parts.body.on("keydown.enter", go, js_handler=ON_ENTER)
    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        go_button = button(_("Add rule"), kind="primary", on_click=go)
    parts.window.open()
