"""What models may not do: what always holds, and what the team decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.components import feedback, live
from crm_app.components.ai_words import regions
from crm_app.components.dialog import confirm
from crm_app.components.elements import button, pill, section
from crm_app.components.fields import select_field, switch
from crm_app.components.guard import telling
from crm_app.components.page_parts import group_row
from crm_app.components.text import block
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import AiView, SettingsUpdate
from crm_app.domain.i18n import _, ngettext
from crm_app.pages.settings.ai.currency import ask_currency

DAYS = (7, 30, 90, 365)


class Guardrails:
    """One row for each. Those who do not manage it read it."""

    def __init__(self, view: AiView, changed: Callable[[], Awaitable[Any]]) -> None:
        self.view, self.settings, self.manages, self.changed = view, view.settings, view.manages, changed

    def draw(self) -> None:
        """First what nobody can switch off."""
        with section(_("Guardrails")):
            pass
        with block("mc-group"):
            with group_row("shield-check", _("Ask before acting"), _("Changes, emails and anything leaving this server wait for you.")):
                pill(_("Always ask"))
            with group_row("lock", _("Respect consent"), _("People without AI consent are invisible to every model.")):
                pill(_("Always"))
            with group_row("gauge", _("When a limit is reached"), _("You are told at 50, 80 and 100 %. Then paid models pause, and free ones go on.")):
                pill(_("Pause"))
            self._decided()
            self._kept()
            if self.manages:
                with group_row("zap", _("AI is on"), _("Switched off, nothing is sent to any model any more.")):
                    button(_("Switch off"), height=28, on_click=self.switch_off)

    def _decided(self) -> None:
        self._switch("server", "local_only", _("Only on our own machines"), _("Nothing leaves the practice, whatever anybody chooses."))
        self._switch("book-open", "may_train", _("Providers may learn from it"), _("Off: who may learn from what it is sent is never asked."))
        self._switch("eye-off", "pseudonymise", _("Hide names"), _("Names, addresses and phone numbers are replaced before sending, and put back after."))
        self._switch("key-round", "own_keys", _("Keys of one's own"), _("Members may add providers that they pay for themselves."))
        with group_row("globe", _("Region"), _("Where a provider must work. Machines of your own are always allowed.")):
            self._select("region", _("Region"), regions(other=False), self.settings.region)

    def _kept(self) -> None:
        days = {str(number): ngettext("%d day", "%d days", number) % number for number in sorted({*DAYS, self.settings.keep_days})}
        with group_row("archive", _("What was sent is kept"), _("Whoever asked can read it so long; then only its figures stay.")):
            self._select("keep_days", _("Days"), days, str(self.settings.keep_days))
        with group_row("wallet", _("Currency"), _("Amounts are shown in it. Providers are paid in US dollars.")):
            if self.manages:
                button(self.settings.currency, height=28, on_click=lambda: ask_currency(self.settings, self.changed))
            else:
                pill(self.settings.currency)

    def _switch(self, glyph: str, name: str, title: str, caption: str) -> None:
        value = bool(getattr(self.settings, name))
        with group_row(glyph, title, caption):
            if self.manages:
                switch("", value, spoken=title, on_change=lambda event: self.decide(**{name: bool(event.value)}))
            else:
                pill(_("On") if value else _("Off"), "ok" if value else "neutral")

    def _select(self, name: str, label: str, options: dict[str, str], value: str) -> None:
        if not self.manages:
            pill(options[value])
            return
        cast: Callable[[str], Any] = int if name == "keep_days" else str
        select_field(label, options, value, on_change=lambda event: self.decide(**{name: cast(event.value)}))

    async def decide(self, **values: Any) -> None:
        """Decide at once."""
        with telling():
            await live.change(ai.change_settings, SettingsUpdate(version=self.settings.version, **values))
            feedback.toast(_("Saved"))
            await self.changed()

    async def switch_off(self) -> None:
        """No model is asked any more."""
        with telling():
            if await confirm(_("Switch AI off?"), _("What is being asked just now comes to its end. Everything that was decided here stays."), act=_("Switch off")):
                await live.change(ai.change_settings, SettingsUpdate(version=self.settings.version, enabled=False))
                feedback.toast(_("AI is off"))
                await self.changed()
