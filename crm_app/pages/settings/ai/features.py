"""What models are used for: how much model, what a use costs, what it has cost this month, its limit, and its switch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.components import live
from crm_app.components.ai_words import tiers
from crm_app.components.elements import button, pill, section
from crm_app.components.fields import select_field, switch
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.text import attributes, block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature, Tier, feature_name
from crm_app.domain.ai.schemas import AiView, FeatureUpdate, FeatureView
from crm_app.domain.i18n import _
from crm_app.domain.spending.models import Scope
from crm_app.domain.spending.views import FeatureFigures, FeatureSpending, ReportView, SpendingView
from crm_app.pages.settings.ai.limit_dialog import ask_limit

Changed = Callable[[], Awaitable[Any]]


class FeatureTable:
    """A row for each. Those who do not manage it read it."""

    def __init__(self, view: AiView, report: ReportView, spending: SpendingView, money: Money, changed: Changed) -> None:
        self.view, self.money, self.changed = view, money, changed
        self.figures: dict[Feature, FeatureFigures] = {row.feature: row for row in report.features}
        self.limits: dict[Feature, FeatureSpending] = {row.feature: row for row in spending.features}

    def draw(self) -> None:
        """The table."""
        with section(_("Models")):
            pass
        with block("mc-group"), block("mc-ai-table", tag="table"):
            with block(tag="thead"), block(tag="tr"):
                for title in (_("Feature"), _("Model")):
                    attributes(text(title, tag="th"), scope="col")
                for title in (_("Per use"), _("This month"), _("Limit")):
                    attributes(text(title, "mc-ai-num", tag="th"), scope="col")
                with attributes(block(tag="th"), scope="col"):
                    text(_("In use"), "mc-visually-hidden")
            with block(tag="tbody"):
                for row in self.view.features:
                    self._row(row)

    def _row(self, row: FeatureView) -> None:
        name, figures = feature_name(row.feature), self.figures.get(row.feature)
        with block("" if row.enabled else "mc-ai-resting", tag="tr"):
            attributes(text(name, "mc-strong mc-ink", tag="th"), scope="row")
            with block("mc-ai-tier", tag="td"):
                self._tier(row, name)
            text(self._per_use(figures), "mc-ai-num mc-ink-2 mc-num", tag="td")
            attributes(text(self.money.say(figures.spent_micros if figures else 0), "mc-ai-num mc-num", tag="td"), data_label=_("This month"))
            with block("mc-ai-num mc-ai-limit", tag="td"):
                self._limit(row, name)
            with block("mc-ai-switch", tag="td"):
                if self.view.manages:
                    switch("", row.enabled, spoken=name, on_change=lambda event: self.choose(row, enabled=bool(event.value)))
                else:
                    pill(_("On") if row.enabled else _("Off"), "ok" if row.enabled else "neutral")

    def _tier(self, row: FeatureView, name: str) -> None:
        if row.feature is Feature.SEARCH:  # chosen below, by name
            chosen = next((model.label for one in self.view.providers for model in one.models if model.id == row.model_id), _("On this machine"))
            text(chosen, "mc-ink-2")
            return
        if not self.view.manages:
            text(tiers()[row.tier], "mc-ink-2")
            return
        attributes(
            select_field(_("Model for %s") % name, tiers(), row.tier.value, on_change=lambda event: self.choose(row, tier=Tier(event.value))).classes("mc-bare"),
            data_feature=row.feature.value,
        )

    def _per_use(self, figures: FeatureFigures | None) -> str:
        """What one use has cost this month, on average."""
        if figures is None or not figures.calls:
            return "—"
        return self.money.say(figures.spent_micros // figures.calls) if figures.spent_micros else _("free")

    def _limit(self, row: FeatureView, name: str) -> None:
        meters = self.limits.get(row.feature)
        micros = meters.month.limit_micros if meters else None
        said = "—" if micros is None else self.money.say(micros)
        if self.view.manages:
            attributes(button(said, kind="ghost", height=28, on_click=lambda: self.limit(row.feature)), aria_label=_("Limit for %s") % name)
        else:
            text(said, "mc-ink-2 mc-num")

    async def limit(self, feature: Feature) -> None:
        """How much may be spent on it."""
        meters = self.limits.get(feature)
        await ask_limit(_("Limit for %s") % feature_name(feature), Scope.FEATURE, feature.value, meters, self.money, self.changed)

    async def choose(self, row: FeatureView, **values: Any) -> None:
        """Decide at once."""
        with telling():
            await live.change(ai.choose_feature, row.feature, FeatureUpdate(**values))
            await self.changed()
