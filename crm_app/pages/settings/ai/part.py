"""The part: off with a plain explanation, or on with what was spent, what models are used for, who is asked, and what they may not do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from nicegui.element import Element
from starlette.datastructures import QueryParams

from crm_app.components import feedback, live
from crm_app.components.ai_words import provider_caption
from crm_app.components.dialog import confirm
from crm_app.components.elements import button, icon, pill, section
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.kinds import ProviderKind
from crm_app.domain.ai.schemas import AiView, ProviderView, SettingsUpdate
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import MeaningProgress
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import ReportFilter, ReportView, SpendingView
from crm_app.pages.frame import Frame, key_of
from crm_app.pages.settings.ai.adding import AddProvider, ways
from crm_app.pages.settings.ai.features import FeatureTable
from crm_app.pages.settings.ai.guardrails import Guardrails
from crm_app.pages.settings.ai.limits import People
from crm_app.pages.settings.ai.meaning import MeaningPart
from crm_app.pages.settings.ai.month import MonthCard
from crm_app.pages.settings.ai.preference import preference_part
from crm_app.pages.settings.ai.provider import ProviderPart
from crm_app.pages.settings.ai.spend import SpendPart

PLACE = "/settings/ai"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything on the page."""

    view: AiView
    spending: SpendingView
    report: ReportView
    meaning: MeaningProgress = field(compare=False)

    @property
    def money(self) -> Money:
        """How amounts are said."""
        return Money(self.view.settings.currency, self.view.settings.rate)


async def load() -> Loaded:
    """Ask for it, as whoever looks: everybody's figures for those who manage it, else one's own."""
    actor = live.viewer()
    today = today_of(actor)
    view = await live.read(ai.get_ai)
    wanted = ReportFilter(first=today.replace(day=1), last=today, everybody=view.manages)
    return Loaded(view, *await live.read_together((spending.get_spending,), (spending.get_report, wanted), (meaning.get_meaning_progress,)))


class AiPart:
    """The part. ``?add=`` names the provider that is being added, ``?provider=`` the one that is looked at."""

    def __init__(self, frame: Frame, loaded: Loaded) -> None:
        self.frame, self.loaded = frame, loaded
        self.looked_at: ProviderView | None = None
        self.space: Element = block("mc-settings-list")
        self._drawing = asyncio.Lock()

    async def draw(self) -> None:
        """What the address asks for. One drawing after the other: both a new address and what changed elsewhere ask for one, and may at once."""
        query = self.frame.query
        async with self._drawing:
            await self._draw(query)

    async def _draw(self, query: QueryParams) -> None:
        with self.space.clear():
            if query.get("provider"):
                await self._provider(key_of(query["provider"]))
            elif query.get("view") == "spend":
                await SpendPart(self.frame, self.loaded.view, self.loaded.money, self.draw).draw()
            elif query.get("add") in set(ProviderKind):
                AddProvider(ProviderKind(query["add"]), self.loaded.view).draw()
            elif self.loaded.view.settings.enabled:
                self._on()
            else:
                self._off()

    async def _provider(self, provider_id: UUID) -> None:
        self.looked_at = await live.read(ai.get_provider, provider_id)
        await ProviderPart(self.looked_at, self.refresh).draw()

    async def refresh(self, *_changes: object) -> None:
        """Ask again and draw again. A form that is open is left as it is."""
        with telling():
            loaded = await load()
            if self.space.is_deleted:
                return
            self.loaded = loaded
            if not self.frame.query.get("add"):
                await self.draw()

    async def heard(self, _changes: Changes) -> None:
        """Something has changed. What this page saved itself is drawn already, and a menu that is open stays open."""
        with telling():
            loaded, looked_at = await load(), None
            if provider := self.frame.query.get("provider"):
                looked_at = await live.read(ai.get_provider, key_of(provider))
            if loaded != self.loaded or (looked_at is not None and looked_at != self.looked_at):
                await self.refresh()

    async def moved(self) -> None:
        """The address asks for something else."""
        with telling():
            self.loaded = await load()
            await self.draw()

    def _off(self) -> None:
        manages = self.loaded.view.manages
        with block("mc-card mc-ai-off"):
            with block("mc-row mc-gap-12"):
                with block("mc-tile mc-accent", tag="span"):
                    icon("sparkles", 18)
                with block("mc-grow"):
                    text(_("AI is switched off"), "mc-strong", tag="p")
                    text(_("Nothing of this practice is sent to any model."), "mc-cap", tag="p")
                if manages:
                    button(_("Switch on"), kind="primary", on_click=self.switch_on)
            text(_("What switching it on means"), "mc-section mc-ai-means", tag="h2")
            with block("mc-guide", tag="ol"):
                for said in _meaning():
                    text(said, tag="li")
            if not manages:
                text(_("The owner of this team or an admin can switch it on."), "mc-ink-2", tag="p")
        self._providers()

    def _on(self) -> None:
        loaded, view = self.loaded, self.loaded.view
        MonthCard(loaded.report, loaded.spending, loaded.money, manages=view.manages, changed=self.refresh).draw()
        FeatureTable(view, loaded.report, loaded.spending, loaded.money, self.refresh).draw()
        MeaningPart(view, loaded.meaning, loaded.money, self.refresh).draw()
        self._providers()
        Guardrails(view, self.refresh).draw()
        if view.manages:
            People(loaded.money, self.refresh).draw()
        preference_part(view, loaded.spending, loaded.money, self.refresh)

    def _providers(self) -> None:
        view = self.loaded.view
        with section(_("Who is asked")):
            pass
        if view.providers:
            with block("mc-group"):
                for one in view.providers:
                    _provider_row(one)
        else:
            empty_line(_("No provider yet: without one, nothing can be asked."))
        if view.manages or view.settings.own_keys:
            ways(view)

    async def switch_on(self) -> None:
        """From here on models may be asked."""
        with telling():
            said = _("From then on, what people ask for is sent to the providers that are set up. Of contacts nothing is, unless they agreed to it.")
            if await confirm(_("Switch AI on?"), said, act=_("Switch on"), kind="primary"):
                await live.change(ai.change_settings, SettingsUpdate(version=self.loaded.view.settings.version, enabled=True))
                feedback.toast(_("AI is on"))
                await self.refresh()


def _provider_row(view: ProviderView) -> None:
    with group_row("sparkles" if not view.local else "server", view.name, provider_caption(view)):
        if not view.enabled:
            pill(_("Off"))
        elif not view.models:
            pill(_("No model yet"), "warn")
        button(_("Open"), height=28, href=f"{PLACE}?provider={view.id}")


def _meaning() -> tuple[str, ...]:
    return (
        _("What somebody asks for is sent to a provider that you choose below, with the records that are needed for it, and with nothing else."),
        _("Of a contact nothing is sent unless they have agreed to it; that stands on their record, and so does what is never sent."),
        _("Nothing is changed and nothing leaves by itself: whatever a model proposes waits until somebody approves it."),
        _("It costs money. What one question can cost is set aside before it is asked, and no limit can be overrun."),
        _("Everybody can read what was sent in their name, and it can be switched off again here at any time."),
    )


async def ai_part(frame: Frame) -> None:
    """Load, lay out, wire."""
    part = AiPart(frame, await load())
    await part.draw()
    live.on(("ai",), part.heard)
    frame.on_query(part.moved)


