"""What a person works toward and what they have bought: goals and programmes on the record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import goal_words, live, times
from crm_app.components.elements import button, fact, icon_button, progress, section
from crm_app.components.goal_parts import goal_bars
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.domain.errors import NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalFilter, GoalRow
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.permissions import Permission
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeFilter, ProgrammeRow, Standing
from crm_app.pages.contact.agreed import Agreed
from crm_app.pages.goal_editing import check_in_quickly, new_goal
from crm_app.pages.goal_window import look_at_goal
from crm_app.pages.programme_editing import edit_programme, new_programme

MOST = 100


class Plans:
    """The person's goals and programmes, and what they ``agreed`` to; ``refresh`` redraws the record."""

    goals: Sequence[GoalRow] = ()
    programmes: Sequence[ProgrammeRow] = ()

    def __init__(self, contact_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.contact_id, self.refresh = contact_id, refresh
        self.agreed, self.unfolded = Agreed(contact_id, refresh), False

    @staticmethod
    def questions_of(contact_id: UUID) -> tuple[tuple[Any, ...], ...]:
        """What is asked about a person, as the live bridge takes it."""
        return (
            (goals.list_goals, GoalFilter(contact_id=contact_id, limit=MOST)), (programmes.list_programmes, ProgrammeFilter(contact_id=contact_id, limit=MOST)),
            Agreed.question_of(contact_id),
        )  # fmt: skip

    def take(self, answers: Sequence[Any]) -> None:
        """Take the answers to ``questions_of``."""
        self.goals = tuple(reversed(answers[0].goals))
        self.programmes = sorted(answers[1].programmes, key=lambda row: (row.starts_on, row.created_at))
        self.agreed.view = answers[2]

    def facts(self) -> None:
        """A line among the relationship's facts for each package at hand: "8 of 12 sessions"."""
        for row in self.programmes:
            if row.standing in (Standing.OPEN, Standing.RUNNING_OUT):
                with fact(_("Package")).classes("mc-package"):
                    attributes(text(goal_words.sessions(row), "mc-num mc-nowrap"), title=row.name)
                    if row.standing is Standing.RUNNING_OUT:
                        text(_("running out"), "mc-strong mc-warn-ink mc-nowrap")

    def draw(self) -> None:
        """Both sections, in the column of what is to be done."""
        actor = live.viewer()
        may = actor.can(Permission.GOAL_WRITE)
        if self.goals or may:
            with section(_("Goals")):
                if may:
                    icon_button("plus", _("Set a goal"), height=24, on_click=lambda: new_goal(self.refresh, self.contact_id))
            goal_bars(self.goals, actor, on_check_in=partial(check_in_quickly, refresh=self.refresh), on_open=lambda goal: look_at_goal(goal.id, self.refresh))
            if not self.goals:
                empty_line(_("Nothing is set yet."))
        self._programmes()

    async def open_programme(self, key: UUID) -> None:
        """Look at one of the person's packages. NotFound where it is nobody's, or somebody else's."""
        row = await live.read(programmes.get_programme, key)
        if row.contact_id != self.contact_id:
            raise NotFound
        await edit_programme(row, self.refresh)

    def _programmes(self) -> None:
        may = live.viewer().can(Permission.PROGRAMME_WRITE)
        if not (self.programmes or may):
            return
        with section(_("Programmes")):
            if may:
                icon_button("plus", _("Add a programme"), height=24, on_click=lambda: new_programme(self.contact_id, self.refresh))
        finished = [row for row in self.programmes if row.standing is Standing.FINISHED]
        for row in self.programmes:
            if row.standing is not Standing.FINISHED:
                self._programme(row)
        if not self.programmes:
            empty_line(_("No package of sessions yet."))
        if not finished:
            return
        said = ngettext("%d finished", "%d finished", len(finished)) % len(finished)
        with block("mc-folded" if not self.unfolded else "") as rest:
            for row in finished:
                self._programme(row)
        rest.set_visibility(self.unfolded)
        opener = button(said, kind="ghost", icon="chevron-down", height=28)

        def fold() -> None:
            self.unfolded = not self.unfolded
            rest.set_visibility(self.unfolded)
            attributes(opener, aria_expanded="true" if self.unfolded else "false")

        attributes(opener.on_click(fold), aria_expanded="true" if self.unfolded else "false")

    def _programme(self, row: ProgrammeRow) -> None:
        actor = live.viewer()
        with block("mc-goal"):
            with block("mc-row mc-gap-8"):
                title = text(row.name, "mc-goal-title mc-truncate mc-grow", tag="button").on("click", lambda: edit_programme(row, self.refresh))
                attributes(title, type="button", title=row.name)
                text(f"{row.used} / {row.sessions_total}", "mc-cap mc-num mc-nowrap mc-ink-2")
            progress(row.used / row.sessions_total, f"{row.name}: {goal_words.sessions(row)}", thick=True)
            said = [
                _("starts %s") % times.short_date(row.starts_on, actor) if row.standing is Standing.UPCOMING else "",
                _("next %s") % times.day_words(times.day_of(row.next_at, actor), actor) if row.next_at and row.standing is not Standing.FINISHED else "",
                _("until %s") % times.short_date(row.ends_on, actor) if row.ends_on else "", goal_words.price(row),
            ]  # fmt: skip
            if any(said):
                text(" · ".join(part for part in said if part), "mc-cap mc-truncate", tag="p")
