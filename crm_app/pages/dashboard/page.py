"""The first page of the day: whom to be in touch with, what is due, what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from nicegui import ui

from crm_app.ai.skills.cards import get_day
from crm_app.components import live, times
from crm_app.components.elements import button, icon_button
from crm_app.components.guard import telling
from crm_app.components.notices import bell_link
from crm_app.components.page_parts import step_card
from crm_app.components.subscriptions import Changes
from crm_app.components.text import attributes, block, text
from crm_app.components.whose import MINE, TEAM, whose_switch
from crm_app.domain.actor import Actor
from crm_app.domain.dashboard import service as dashboard
from crm_app.domain.dashboard.layout import OF_MODELS, Card, Layout
from crm_app.domain.dashboard.schemas import DashboardView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.pages import suggesting
from crm_app.pages.dashboard import cards
from crm_app.pages.dashboard.arrange import arrange_dialog
from crm_app.pages.dashboard.assistant import assistant_card, waiting_words
from crm_app.pages.dashboard.briefing import Briefing
from crm_app.pages.dashboard.figures import figures
from crm_app.pages.frame import Frame

TOPICS = (
    "event", "contact", "interaction", "interaction_contact", "task", "task_contact", "task_time", "goal", "goal_check_in", "programme", "programme_correction",
    "suggestion", "analysis", "ai_call", "ai",
)  # fmt: skip


class DashboardPage:
    """The page and what redraws it. Whose things it shows stands in the address, or is what the person chose last."""

    view: DashboardView

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.shown: set[UUID] = set()
        self.briefing = Briefing(self.refresh)
        self.picks = suggesting.picks(self.refresh)

    @property
    def whose(self) -> str:
        """Mine or the team's."""
        return self.frame.whose(TEAM)

    async def load(self) -> None:
        """Ask for the day."""
        self.view, self.briefing.told = await live.read_together((dashboard.load_dashboard, self.whose == MINE), (get_day,))
        view = self.view
        self.shown.clear()
        self.shown.update({row.id for row in view.tasks}, {row.id for row in view.recent})
        self.shown.update({row.contact_id for row in view.reconnect.rows}, {row.contact_id for row in view.birthdays})
        self.shown.update({row.id for row in view.agenda})
        self.shown.update({row.id for row in view.goals}, {row.id for row in view.programmes})

    async def choose(self, whose: str) -> None:
        """Mine or the team's, from now on."""
        with telling():
            await self.frame.choose_whose(whose)
            self.frame.replace({"whose": whose})
            await self.refresh()

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """Everything below the shell."""
        actor, view = live.viewer(), self.view
        with block("mc-dashboard"):
            self._head(actor)
            figures(view, actor)
            if actor.can(Permission.CONTACT_WRITE) and not (view.has_contact and view.has_note):
                _first_steps(view)
            shown = view.layout.without(view.layout.hidden | self._absent)
            columns = [column for column in shown if column]
            drawn: dict[Card, cards.Draw] = {**cards.DRAWN, Card.ASSISTANT: partial(assistant_card, briefing=self.briefing, picks=self.picks)}
            with block(f"mc-dashboard-grid mc-of-{len(columns)}" + (" mc-narrow-last" if shown[-1] else "")):
                for column in columns:
                    with block("mc-col mc-gap-32"):
                        for card in column:
                            with block("mc-first-on-phone" if card is Card.AGENDA else "", tag="section"):
                                drawn[card](view, actor, self.refresh)

    def _head(self, actor: Actor) -> None:
        with block("mc-row-top mc-between mc-gap-16 mc-dashboard-head"):
            with block("mc-grow"):
                attributes(text(_greeting(actor, self.view.greeting_name), "mc-display mc-clamp-2", tag="h1"), title=actor.name)
                with block("mc-ink-2", tag="p"):
                    text(f"{times.long_date(self.view.today, actor)} · {_what_waits(self.view)}", tag="span")
                    waiting_words(self.view.assistant)
            if not self.frame.alone:
                whose_switch(self.whose, self.choose)
            with block("mc-row mc-desk-only"):
                icon_button("sliders-horizontal", _("Arrange the dashboard"), on_click=self.arrange)
                if actor.can(Permission.TASK_WRITE):
                    button(_("New task"), icon="square-check-big", href="/tasks?new=1", key="T")
                if actor.can(Permission.CONTACT_WRITE):
                    button(_("New contact"), kind="primary", icon="plus", href="/contacts?new=1", key="C")
            bell_link()

    @property
    def _absent(self) -> frozenset[Card]:
        """What there is nothing to show of, so that no place is kept for it."""
        day = self.view.assistant
        if day is None:
            return OF_MODELS
        return frozenset() if day.suggestions or self.briefing.is_there(self.view) else frozenset({Card.ASSISTANT})

    def arrange(self) -> None:
        """Choose which cards stand where."""
        with ui.context.client.layout:  # outside what every arrangement draws anew
            arrange_dialog(self.view.layout, self.keep, without=OF_MODELS if self.view.assistant is None else frozenset())

    async def keep(self, layout: Layout) -> None:
        """Keep an arrangement and show it."""
        with telling():
            await live.change(dashboard.arrange_dashboard, layout)
            await self.refresh()


async def dashboard_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = DashboardPage(frame)
    await page.load()
    ui.page_title(_("Dashboard") + " · MindfulCRM")
    with block("mc-scroll"):
        page.body()
        _arrange_below(page.arrange)
    live.on(TOPICS, page.refresh, shown=page.shown)
    frame.on_query(page.refresh)


def _arrange_below(arrange: Callable[[], None]) -> None:
    # A phone's head has no room for it, and few arrange a dashboard every day.
    with block("mc-phone-only mc-center mc-pad"):
        button(_("Arrange the dashboard"), kind="ghost", icon="sliders-horizontal", on_click=arrange)


def _what_waits(view: DashboardView) -> str:
    due = view.tasks_overdue.value + view.tasks_today.value
    left = sum(event.ends_at > now() and not event.all_day for event in view.agenda)
    people = view.reconnect_due.value if view.reconnect.away is None else 0
    said = [
        ngettext("%d event left", "%d events left", left) % left if left else "",
        ngettext("%d task due", "%d tasks due", due) % due if due else "",
        ngettext("%d person to reconnect with", "%d people to reconnect with", people) % people if people else "",
    ]
    return " · ".join(part for part in said if part) or _("nothing due")


def _first_steps(view: DashboardView) -> None:
    with block("mc-first-steps"):
        step_card(_("Bring in your people"), _("CSV, vCard or Excel"), "file-up", "/contacts/import", done=view.has_contact)
        step_card(_("Add someone by hand"), _("Just a name is enough"), "user-plus", "/contacts?new=1", done=view.has_contact)
        step_card(_("Write your first note"), _("Open a person and say what happened"), "notebook-pen", "/contacts", done=view.has_note)


def _greeting(actor: Actor, name: str) -> str:
    hour = datetime.now(actor.zone).hour
    sentence = _("Good morning, %s") if hour < 12 else _("Good afternoon, %s") if hour < 18 else _("Good evening, %s")
    return sentence % name
