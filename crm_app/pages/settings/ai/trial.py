"""Trying a provider: one short question that speaks of nobody, asked by a job."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live
from crm_app.components.elements import banner, button, section
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ProviderView
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView


class Trial:
    """The button, and what came of the last try."""

    def __init__(self, view: ProviderView) -> None:
        self.view = view
        self.job: JobView | None = None

    async def draw(self) -> None:
        """The button; without a model there is nobody to ask."""
        with section(_("Try it")):
            none = None if any(model.enabled for model in self.view.models) else _("Add a model first")
            button(_("Try it"), height=28, icon="play", on_click=self.ask, disabled_because=none)
        self.space: Element = block("")
        with self.space:
            text(_("Asks its cheapest model for one word. It costs a fraction of a cent, and speaks of nobody."), "mc-cap", tag="p")

    async def ask(self) -> None:
        """Have it asked, and look until it is over."""
        with telling():
            self.job = (await live.change(ai.try_provider, self.view.id)).value
            self._show(self.job)
            timer = ui.timer(1.0, lambda: self._look(timer))

    async def _look(self, timer: ui.timer) -> None:
        with telling():
            if self.job is None:
                return
            self.job = await live.read(jobs.get_job, self.job.id)
            if self.job.finished:
                timer.cancel()
                self._show(self.job)

    def _show(self, job: JobView) -> None:
        if self.space.is_deleted:
            return
        with self.space.clear():
            if not job.finished:
                text(_("It is being asked…"), "mc-ink-2", tag="p")
            elif job.state is JobState.DONE and job.result.get("answer") == "works":
                with banner(_("It works."), str(job.result.get("sentence", "")), kind="ok"):
                    pass
            else:
                with banner(_("It does not work."), str(job.result.get("sentence", "")) or job.reason, kind="bad"):
                    pass
