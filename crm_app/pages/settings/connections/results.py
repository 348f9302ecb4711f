"""What a test or a dry run came to, on the connection's own page: the address names the job, so that it is there after a reload too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.connection_words import SYNC, TEST, UNDER_WAY, share
from crm_app.components.elements import banner, button, progress
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.i18n import _
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.pages.frame import Frame
from crm_app.pages.settings.connections.setting_up import test_line

Refresh = Callable[[], Awaitable[Any]]


class ResultPanel:
    """Nothing while the address names no job of this connection."""

    view: ConnectionView
    job: JobView | None

    def __init__(self, frame: Frame, refresh: Refresh) -> None:
        self._frame, self._refresh = frame, refresh

    def stand(self, view: ConnectionView, jobs: Iterable[JobView]) -> None:
        """Draw it."""
        self.view, self.job = view, self._asked(view, jobs)
        with attributes(block(), aria_live="polite"):
            self.body()

    def show(self, view: ConnectionView, jobs: Iterable[JobView]) -> None:
        """Draw it anew where it differs."""
        before, self.view, self.job = self.job, view, self._asked(view, jobs)
        if _told(before) != _told(self.job):
            self.body.refresh()

    def _asked(self, view: ConnectionView, jobs: Iterable[JobView]) -> JobView | None:
        wanted = self._frame.query.get("job", "")
        mine = (job for job in jobs if str(job.id) == wanted and job.payload.get("connection_id") == str(view.id))
        return next((job for job in mine if job.kind == TEST or (job.kind == SYNC and job.payload.get("dry"))), None)

    @ui.refreshable_method
    def body(self) -> None:
        """The sentence, or the counts."""
        if self.job is None:
            return
        with block("mc-conn-result"):
            if self.job.kind == TEST:
                test_line(self.view, self.job, self._refresh)
            else:
                self._dry(self.job)

    def _dry(self, job: JobView) -> None:
        if job.state in UNDER_WAY:
            said = _("Seeing what a sync would do. Nothing is changed.")
            text(said, "mc-ink-2", tag="p")
            if (percent := share(job)) is not None:
                progress(percent / 100, said)
            return
        if job.state is not JobState.DONE:
            with banner(_("The dry run did not come to an end."), job.reason, kind="warn"):
                pass
            return
        with banner(_("Dry run: a sync would do this now."), _("Nothing was changed."), kind="info"):
            button(_("Sync now"), height=28, on_click=self._for_real)
        with block("mc-strip"):
            counts = {"seen": _("Seen"), "created": _("New"), "updated": _("Changed"), "deleted": _("Gone"), "skipped": _("Skipped"), "failed": _("Failed")}
            for name, label in counts.items():
                with block("mc-stat"), block("mc-grow"):
                    text(label, "mc-label", tag="p")
                    text(number(int(job.result.get(name) or 0)), "mc-figure")

    async def _for_real(self) -> None:
        with telling():
            await live.change(connections.sync_now, self.view.id)
            self._frame.change({"job": None})
            await self._refresh()


def _told(job: JobView | None) -> tuple[Any, ...]:
    """What is drawn of it; each step of a run is not, since all of this is read aloud."""
    return (job.id, job.state, share(job)) if job else ()
