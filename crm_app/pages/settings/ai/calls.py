"""One's own calls, newest first, and what was sent in each: nobody else reads that."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, times
from crm_app.components.dialog import dialog
from crm_app.components.elements import button, pill, section
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.ai.features import feature_name
from crm_app.domain.i18n import _
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.models import CallState
from crm_app.domain.spending.views import CallFilter, CallRow, CallView

A_PAGE = 20


def states() -> dict[CallState, str]:
    """How a call stands."""
    return {
        CallState.RESERVED: _("Running"), CallState.SETTLED: _("Done"), CallState.RELEASED: _("Came to nothing"), CallState.UNKNOWN: _("Lost, counted in full"),
    }  # fmt: skip


def speakers() -> dict[str, str]:
    """Who speaks in what was sent."""
    return {"system": _("What it was told about itself"), "user": _("Asked"), "assistant": _("It had answered"), "tool": _("Looked up here")}


class Calls:
    """The list, a page at a time."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.rows: Element
        self.more: Element

    async def draw(self) -> None:
        """The first page."""
        with section(_("Your calls")):
            pass
        text(_("What was sent in your name can be read by you alone, as long as it is kept."), "mc-cap mc-conn-after", tag="p")
        self.rows, self.more = block("mc-group"), block("mc-settings-foot")
        await self._page(None)

    async def _page(self, after: str | None) -> None:
        page = await live.read(spending.list_calls, CallFilter(after=after, limit=A_PAGE))
        if after is None and not page.calls:
            self.rows.set_visibility(False)
            with self.more.clear():
                empty_line(_("You have asked nothing yet."))
            return
        with self.rows:
            for row in page.calls:
                self._row(row)
        with self.more.clear():
            if page.next_cursor:
                button(_("Show more"), height=28, on_click=lambda: self.next(page.next_cursor))

    async def next(self, after: str | None) -> None:
        """Another page."""
        with telling():
            await self._page(after)

    def _row(self, row: CallRow) -> None:
        actor = live.viewer()
        with block("mc-group-row mc-slim"):
            with block("mc-grow"):
                text(f"{feature_name(row.feature)} · {row.model_label}", "mc-strong mc-truncate", tag="p")
                with block("mc-row mc-wrap mc-gap-4 mc-cap", tag="p"):
                    times.moment(row.started_at, actor)
                    text(f"· {row.why}" if row.why else "")
            with block("mc-row mc-gap-8 mc-group-end"):
                if row.state is not CallState.SETTLED:
                    pill(states()[row.state], "accent" if row.state is CallState.RESERVED else "warn")
                text(_("free") if row.local else self.money.say(row.cost_micros), "mc-num")
                button(_("What was sent"), height=28, on_click=lambda: self.show(row))

    async def show(self, row: CallRow) -> None:
        """Every word of it."""
        with telling():
            view = await live.read(spending.get_call, row.id)
            with ui.context.client, dialog(_("What was sent"), width="wide", foot=False) as parts, block("mc-col mc-gap-16"):
                self._sent(view)
            parts.window.on("hide", parts.window.delete)
            parts.window.open()

    def _sent(self, view: CallView) -> None:
        tokens = _("%(given)s tokens in, %(came)s out") % {"given": number(view.input_tokens), "came": number(view.output_tokens)}
        text(f"{view.model_label} · {tokens} · {_('free') if view.local else self.money.say(view.cost_micros)}", "mc-ink-2", tag="p")
        if not view.kept:
            empty_line(_("Its words are no longer kept; only its figures are."))
            return
        for turn in view.sent:
            self._words(speakers().get(turn.role, turn.role), turn.content)
        if view.came:
            self._words(_("Answered"), view.came)

    def _words(self, who: str, said: str) -> None:
        with block(""):
            text(who, "mc-label", tag="p")
            attributes(text(said, "mc-ai-call", tag="p"), tabindex=0, role="group", aria_label=who)  # long words scroll, for the keyboard too
