"""What one would rather have oneself: whether one's questions stay at home, which model answers them, and less to spend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.components import feedback, live
from crm_app.components.ai_words import tiers
from crm_app.components.elements import button, section
from crm_app.components.fields import select_field, switch, text_field, typed_time
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.page_parts import group_row
from crm_app.components.text import block
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature, Tier
from crm_app.domain.ai.schemas import AiView, PreferenceUpdate
from crm_app.domain.i18n import _
from crm_app.domain.spending.models import Scope
from crm_app.domain.spending.views import SpendingView
from crm_app.pages.settings.ai.limit_dialog import ask_limit

AS_TEAM = "team"
MINE = (Feature.ASSISTANT, Feature.DRAFTS)
"""What one asks for oneself, where one notices which model answers."""


def preference_part(view: AiView, spending: SpendingView, money: Money, changed: Callable[[], Awaitable[Any]]) -> None:
    """The rows."""

    async def keep(**values: Any) -> None:
        with telling():
            await live.change(ai.set_preference, PreferenceUpdate(**values))
            feedback.toast(_("Saved"))
            await changed()

    def choose(feature: Feature, tier: str) -> Awaitable[None]:
        others = {name: kept for name, kept in view.preference.tiers.items() if name != feature}
        return keep(tiers=others if tier == AS_TEAM else others | {feature: Tier(tier)})

    async def less() -> None:
        hint = _("You can keep yourself to less than an admin lets you spend. Empty: no less.")
        await ask_limit(_("What you want to spend at most"), Scope.OWN, str(live.viewer().user_id), spending.you, money, changed, hint)

    with section(_("For you")):
        pass
    with block("mc-group"):
        with group_row("house", _("Keep mine at home"), _("What you ask for goes to machines of the practice alone.")):
            switch("", view.preference.local_only, spoken=_("Keep mine at home"), on_change=lambda event: keep(local_only=bool(event.value)))
        if any(row.enabled for row in view.features if row.feature is Feature.BRIEFING):
            with group_row("sun", _("Your day, told by itself"), _("On the dashboard each morning, out of your own limit. Else only when you ask.")):
                at = text_field(_("Told at"), view.preference.briefing_at.isoformat(timespec="minutes"), kind="time")
                at.on("change", lambda event: keep(briefing_at=typed_time(event.args) or view.preference.briefing_at))
                switch("", view.preference.briefing, spoken=_("Your day, told by itself"), on_change=lambda event: keep(briefing=bool(event.value)))
        names = {Feature.ASSISTANT: _("Your assistant"), Feature.DRAFTS: _("Your drafts")}
        for feature in MINE:
            with group_row("sparkles", names[feature], _("Which model answers you, where you want another one than the team.")):
                options = {AS_TEAM: _("As the team")} | tiers()
                value = view.preference.tiers.get(feature, AS_TEAM)
                select_field(names[feature], options, str(value), on_change=lambda event, feature=feature: choose(feature, event.value))
        left = spending.you.day.left_micros
        said = _("No limit holds for you.") if left is None else _("%s is left for today.") % money.say(left)
        with group_row("wallet", _("Your limit"), said):
            button(_("Change"), height=28, on_click=less)
