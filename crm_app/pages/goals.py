"""All goals: the practice's own and those of clients, as they stand today. Whose, and which of them, stand in the address."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.choices import Choice, Choices, segments
from crm_app.components.elements import button, icon_button, section
from crm_app.components.feedback import empty_state
from crm_app.components.goal_parts import goal_rings
from crm_app.components.guard import telling
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block
from crm_app.components.whose import MINE, TEAM, whose_switch
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalFilter, GoalPage, GoalRow, State
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.frame import Frame, key_of
from crm_app.pages.goal_editing import check_in_quickly, new_goal
from crm_app.pages.goal_window import look_at_goal

TOPICS = ("goal", "goal_check_in", "contact")
A_FEW, MOST = 50, 200
STATES: dict[str, tuple[State, ...]] = {
    "open": (State.ON_TRACK, State.AT_RISK, State.OFF_TRACK, State.UNDER_WAY), "behind": (State.AT_RISK, State.OFF_TRACK), "reached": (State.REACHED,),
    "archived": (),
}  # fmt: skip


class GoalsPage:
    """The list and what redraws it."""

    practice: GoalPage
    clients: GoalPage
    views: Choices
    whose: Choices

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.seen: set[UUID] = set()
        self.most = A_FEW
        self.read_address()

    def read_address(self) -> None:
        """Take the state from the address."""
        asked = self.frame.query.get("show", "")
        self.view = asked if asked in STATES else "open"
        self.mine = self.frame.whose(TEAM) == MINE

    async def load(self) -> None:
        """Ask for both lists."""
        common = GoalFilter(mine=self.mine, states=STATES[self.view], archived=self.view == "archived", limit=self.most)
        asked = [(goals.list_goals, common.model_copy(update={"practice": practice})) for practice in (True, False)]
        self.practice, self.clients = await live.read_together(*asked)
        self.seen.clear()
        for page in (self.practice, self.clients):
            self.seen.update(goal.id for goal in page.goals)
            self.seen.update(goal.contact_id for goal in page.goals if goal.contact_id)

    async def refresh(self, _changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.body.refresh()

    async def choose(self, view: str) -> None:
        """Another of the views."""
        self.view, self.most = view, A_FEW
        self.frame.change({"show": None if view == "open" else view})
        await self.refresh()

    async def choose_whose(self, whose: str) -> None:
        """Mine or the team's, from now on."""
        with telling():
            await self.frame.choose_whose(whose)
            self.mine = whose == MINE
            self.frame.change({"whose": whose})
            await self.refresh()

    async def moved(self) -> None:
        """The address names something else."""
        self.read_address()
        self.views.value, self.whose.value = self.view, MINE if self.mine else TEAM
        await self.refresh()
        await self.begin()

    async def begin(self) -> None:
        """``?new=1`` sets a goal, ``?open=<id>`` opens one."""
        query = self.frame.query
        begin, opened = query.get("new") == "1", query.get("open")
        if not (begin or opened):
            return
        self.frame.change({"new": None, "open": None})
        with telling():
            if opened:
                await look_at_goal(key_of(opened), self.refresh)
            else:
                self.add()

    def add(self) -> None:
        """Set a goal for the practice."""
        if live.viewer().can(Permission.GOAL_WRITE):
            new_goal(self.refresh)

    @ui.refreshable_method
    def body(self) -> None:
        """The practice's goals, then the clients'; or the empty state."""
        with block("mc-goals"):
            if not (self.practice.goals or self.clients.goals):
                self._nothing()
            self._part(_("The practice"), self.practice.goals)
            self._part(_("Clients"), self.clients.goals)
            if (self.practice.next_cursor or self.clients.next_cursor) and self.most < MOST:
                button(_("Show more"), on_click=self.grow)

    def _part(self, title: str, rows: Sequence[GoalRow]) -> None:
        if not rows:
            return
        with section(title, count=str(len(rows)) if len(rows) < self.most else ""):
            pass
        write = partial(check_in_quickly, refresh=self.refresh)
        goal_rings(rows, live.viewer(), on_check_in=write, on_open=lambda goal: look_at_goal(goal.id, self.refresh), person=True)

    def _nothing(self) -> None:
        said = {
            "open": (_("No goals yet"), _("Set one for the practice here, or one for a client on their page.")),
            "behind": (_("Nothing is behind"), _("Every goal with a deadline is on track.")),
            "reached": (_("Nothing reached yet"), _("What reaches its target stands here.")),
            "archived": (_("The archive is empty"), _("Goals that you put away without deleting them stand here.")),
        }  # fmt: skip
        with empty_state(*said[self.view]):
            if self.view == "open" and live.viewer().can(Permission.GOAL_WRITE):
                button(_("New goal"), icon="plus", on_click=self.add)
            elif self.view != "open":
                button(_("See open goals"), on_click=lambda: self.choose_view("open"))

    async def choose_view(self, view: str) -> None:
        """Another view, with its mark moved."""
        self.views.value = view
        await self.choose(view)

    async def grow(self) -> None:
        """Show more of both."""
        self.most = MOST
        await self.refresh()


async def goals_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = GoalsPage(frame)
    await page.load()
    with block("mc-page"):
        with top_bar(_("Goals")):
            page.whose = whose_switch(MINE if page.mine else TEAM, page.choose_whose)
            page.whose.element.set_visibility(not frame.alone)
            if live.viewer().can(Permission.GOAL_WRITE):
                button(_("New goal"), kind="primary", icon="plus", on_click=page.add).classes("mc-desk-only")
                icon_button("plus", _("Add a goal"), on_click=page.add).classes("mc-phone-only")
        with block("mc-scroll"):
            with block("mc-goals-views"):
                options = [Choice("open", _("Open")), Choice("behind", _("Behind")), Choice("reached", _("Reached")), Choice("archived", _("Archived"))]
                page.views = segments(options, page.view, page.choose, label=_("Which goals"))
            page.body()
    live.on(TOPICS, page.refresh, shown=page.seen)
    frame.on_query(page.moved)
    await page.begin()
