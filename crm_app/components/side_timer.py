"""The timer that runs, beside every page: which task it counts for, for how long, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from crm_app.components.elements import icon, icon_button, tooltip
from crm_app.components.running_clock import RunningClock
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

Running = tuple[UUID, str, datetime]
"""The task's id and title, and since when."""


class SideTimer:
    """In the sidebar and above a phone's bar: ``place()`` makes each of the two. Without a timer both are empty."""

    on_stop: Callable[[UUID], Any]

    def __init__(self) -> None:
        self._places = [block("mc-side-timer")]
        self._shown: Running | None = None

    def phone_place(self) -> None:
        """The same above the bar of a phone."""
        self._places.append(block("mc-side-timer mc-phone-timer"))

    def show(self, running: Running | None) -> None:
        """Show this timer, or that none runs."""
        if running == self._shown:
            return
        self._shown = running
        for place in self._places:
            place.clear()
            if running is not None:
                with place:
                    self._draw(*running)

    def _draw(self, task_id: UUID, title: str, since: datetime) -> None:
        with block("mc-nav mc-timing-mine", tag="a") as link:
            icon("timer")
            text(title, "mc-side-text mc-truncate mc-grow")
            RunningClock(since, _("Your timer"))
            tooltip(title).classes("mc-side-tip")
        attributes(link, href=f"/tasks?open={task_id}", aria_label=_("Your timer is running: %s") % title)
        icon_button("square", _("Stop the timer"), height=28, on_click=lambda: self.on_stop(task_id)).classes("mc-timer-stop")
