"""The import's page: which step it is follows from the state of the job that the address names."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import feedback, live
from crm_app.components.file_drop import FileDrop
from crm_app.components.guard import telling
from crm_app.components.shell import top_bar
from crm_app.components.text import block, text
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.schemas import ImportView, Preview
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.permissions import REFUSALS, Permission
from crm_app.domain.rows import Audience
from crm_app.pages.contact_import.mapping import MappingStep
from crm_app.pages.contact_import.outcome import draw_preview, draw_result, draw_running
from crm_app.pages.contact_import_words import ACCEPT, hint
from crm_app.pages.frame import Frame

POLL_SECONDS = 0.7
UNDER_WAY = (JobState.QUEUED, JobState.RUNNING)


class ImportPage:
    """The import that the address names, and the step that it is at."""

    scroller: Element

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.view: ImportView | None = None
        self.preview: Preview | None = None
        self.undone = False

    async def load(self) -> None:
        """Ask for the import that the address names."""
        job = self.frame.query.get("job")
        self.preview = None
        self.view = await live.read(imports.get_import, _uuid(job)) if job else None

    async def moved(self) -> None:
        """The address names another import, or none."""
        with telling():
            self.undone = False
            await self.load()
            self.draw()

    def draw(self) -> None:
        """Draw the step that it is at, from its beginning."""
        self.body.refresh()
        self.scroller.run_method("scrollTo", 0, 0)

    @ui.refreshable_method
    def body(self) -> None:
        """The step."""
        with block("mc-import"):
            if self.view is None:
                text(_("Bring in the people you already know. The same file twice adds nobody twice, and an import can be undone."), "mc-read mc-ink-2", tag="p")
                FileDrop("import", _("Drop a CSV, vCard or Excel file here"), hint(), ACCEPT, self.arrived)
            elif self.view.job.state in UNDER_WAY:
                draw_running(self.view, self.cancel)
            elif self.view.job.state is not JobState.DRAFT:
                may_undo = self.view.job.change_set_id is not None and not self.undone and live.viewer().can(Permission.CHANGE_UNDO)
                draw_result(self.view, self.undo if may_undo else None, self.start)
            elif self.preview is not None:
                draw_preview(self.preview, self.start, self.back)
            else:
                MappingStep(self.view, self.show_preview, self.turn, self.discard).draw()

    async def arrived(self, job_id: UUID) -> None:
        """A file was uploaded."""
        with telling():
            self.frame.replace({"job": str(job_id)})
            await self.load()
            self.draw()

    async def turn(self, sheet: str) -> None:
        """Another sheet of the workbook."""
        with telling():
            try:
                self.view = await live.read(imports.choose_sheet, self._id(), sheet)
            finally:
                self.draw()

    async def show_preview(self, columns: Mapping[int, str], audience: str, date_order: str) -> None:
        """Keep the mapping and show what a run would do."""
        with telling():
            self.view = await live.read(imports.set_mapping, self._id(), dict(columns), audience=Audience(audience), date_order=date_order or None)
            self.preview = await live.read(imports.preview_import, self._id())
            self.draw()

    async def back(self) -> None:
        """Back to the mapping."""
        with telling():
            await self.load()
            self.draw()

    async def start(self) -> None:
        """Have it run."""
        with telling():
            await live.change(imports.start_import, self._id())
            await self.load()
            self.draw()

    async def cancel(self) -> None:
        """Ask the run to stop."""
        with telling():
            await live.change(jobs.request_cancel, self._id())
            await self.load()
            self.draw()

    async def discard(self) -> None:
        """Forget the file."""
        with telling():
            await live.change(imports.discard_import, self._id())
            ui.navigate.to("/contacts/import")

    async def undo(self) -> None:
        """Take back everything that the run did."""
        with telling():
            await live.change(imports.undo_import, self._id())
            self.undone = True
            feedback.toast(_("The import is undone; everything is as it was before"))
            self.body.refresh()

    async def poll(self) -> None:
        """While it runs, ask how far it is."""
        if self.view is None or self.view.job.state not in UNDER_WAY:
            return
        with telling():
            before = self.view.job
            await self.load()
            if self.view is not None and self.view.job != before:
                self.body.refresh()

    def _id(self) -> UUID:
        if self.view is None:
            raise NotFound
        return self.view.job.id


async def import_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    if not (await live.resolve_viewer()).can(Permission.CONTACT_IMPORT):
        raise Forbidden(REFUSALS[Permission.CONTACT_IMPORT])
    page = ImportPage(frame)
    await page.load()
    with block("mc-page"):
        with top_bar(_("Import"), crumbs=[(_("Contacts"), "/contacts")]):
            pass
        with block("mc-scroll") as page.scroller:
            page.body()
    ui.timer(POLL_SECONDS, page.poll)
    frame.on_query(page.moved)


def _uuid(text_: str) -> UUID:
    try:
        return UUID(text_)
    except ValueError:
        raise NotFound from None
