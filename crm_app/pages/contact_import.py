"""Bringing people in: choose a file, say what its columns are, see what would happen, run it, take it back."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live, words
from crm_app.components.elements import banner, button, pill, progress, section
from crm_app.components.fields import select_field
from crm_app.components.file_drop import FileDrop
from crm_app.components.guard import telling
from crm_app.components.plain_table import plain_table
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.cards import Problem
from crm_app.domain.imports.mapping import FIELDS, Column
from crm_app.domain.imports.schemas import ImportView, Preview
from crm_app.domain.jobs.models import JobState
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.pages.frame import Frame

ACCEPT = ".vcf,.vcard,.csv,.tsv,.txt,.xlsx,.xls,.ods,.json"
SHOWN_PROBLEMS = 20
WAITING = (JobState.DRAFT, JobState.FAILED, JobState.CANCELLED)


class ImportPage:
    """One import, named by ``?job=`` in the address, in whatever state it is."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.view: ImportView | None = None
        self.preview: Preview | None = None
        self.watched: set[UUID] = set()

    async def load(self) -> None:
        """What the address names; an address that names nothing of ours begins anew."""
        self.view = self.preview = None
        wanted = self.frame.query.get("job")
        try:
            self.view = await live.read(imports.get_import, UUID(wanted)) if wanted else None
        except (ValueError, NotFound):
            self.frame.replace({})
        if self.view:
            self.watched.add(self.view.job.id)

    async def arrived(self, job_id: UUID) -> None:
        """A file was uploaded: show what it is."""
        with telling():
            self.frame.replace({"job": str(job_id)})
            await self.load()
            self.body.refresh()

    async def refresh(self, changes: Changes | None = None) -> None:
        """The job moved on."""
        with telling():
            before = self.view.job.state if self.view else None
            if self.view:
                self.view = await live.read(imports.get_import, self.view.job.id)
            if changes is None or before != JobState.DRAFT:
                self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """The step that the import is at."""
        with block("mc-import-step"):
            if self.view is None:
                self._choose()
            elif self.preview is not None:
                self._previewed(self.view, self.preview)
            elif self.view.job.state in WAITING:
                self._waiting(self.view)
            elif self.view.job.state == JobState.DONE:
                self._done(self.view)
            else:
                self._running(self.view)

    def _choose(self) -> None:
        with section(_("Choose a file")):
            pass
        FileDrop("import", _("Drop a contacts file here"), _("vCard, CSV or Excel: from your phone, Google, Outlook, LinkedIn or any table"), ACCEPT, self.arrived)
        text(_("You see what would happen before anything is changed, and you can undo it afterwards."), "mc-cap", tag="p")

    def _waiting(self, view: ImportView) -> None:
        if view.job.state == JobState.FAILED:
            with banner(_("The import stopped and changed nothing."), view.job.reason, kind="bad"):
                pass
        elif view.job.state == JobState.CANCELLED:
            with banner(_("The import was cancelled."), _("Nothing was changed."), kind="info"):
                pass
        with section(view.name, count=_("about %s rows") % f"{view.total:,}" if view.mapping else words.people(view.total)):
            pass
        _problems(view.problems)
        audience = select_field(_("Who sees the new contacts"), words.audiences(), view.audience.value)
        chosen = _columns(view.mapping.columns) if view.mapping else {}

        async def go_on() -> None:
            with telling():
                columns = {index: str(field.value) for index, field in chosen.items()}
                self.view = await live.read(imports.set_mapping, view.job.id, columns, audience=Audience(str(audience.value)))
                self.preview = await live.read(imports.preview_import, view.job.id)
                self.body.refresh()

        with block("mc-row mc-gap-8"):
            button(_("Preview"), kind="primary", on_click=go_on)
            button(_("Choose another file"), kind="ghost", on_click=self.start_over)

    def _previewed(self, view: ImportView, preview: Preview) -> None:
        with section(_("What will happen"), count=view.name):
            pass
        _counts(preview.created, preview.updated, preview.skipped, preview.failed)
        if not preview.complete:
            text(_("The first 5,000 rows were looked at."), "mc-cap", tag="p")
        _problems(preview.problems)
        plain_table(
            [("line", _("Line"), "72px"), ("name", _("Name"), None), ("action", _("What"), "120px"), ("reason", _("Why"), None)],
            [{"line": row.line, "name": row.name, "action": _actions()[row.action], "reason": row.reason} for row in preview.rows],
            label=_("What the import would do with each row"),
        )
        with block("mc-row mc-gap-8"):
            if preview.created or preview.updated:
                button(_("Import"), kind="primary", icon="upload", on_click=self.start)
            button(_("Back"), kind="ghost", on_click=self.back)

    def _running(self, view: ImportView) -> None:
        with section(_("Importing %s") % view.name):
            pass
        done, total = view.job.progress_done, max(view.job.progress_total, 1)
        said = _("%(done)s of %(total)s") % {"done": f"{done:,}", "total": f"{total:,}"}
        progress(done / total, said, thick=True)
        attributes(text(said, "mc-cap mc-num", tag="p"), role="status")
        text(_("You can leave this page; the import goes on."), "mc-cap", tag="p")
        with block("mc-row"):
            button(_("Cancel import"), on_click=self.cancel)

    def _done(self, view: ImportView) -> None:
        result = view.job.result
        with section(_("%s is imported") % view.name):
            pass
        _counts(int(result.get("created", 0)), int(result.get("updated", 0)), int(result.get("skipped", 0)), int(result.get("failed", 0)))
        if count := int(result.get("problems", 0)):
            said = ngettext("%d line needs a look", "%d lines need a look", count) % count
            link(said + " " + _("(download)"), f"/downloads/import-problems/{view.job.id}")
        with block("mc-row mc-gap-8"):
            button(_("See your contacts"), kind="primary", icon="users", href="/contacts?sort=-created")
            button(_("Import another file"), on_click=self.start_over)
            if view.job.change_set_id is not None:
                button(_("Undo this import"), icon="undo-2", on_click=self.undo)

    async def start(self) -> None:
        """Have it run in the background."""
        with telling():
            if self.view:
                await live.change(imports.start_import, self.view.job.id)
                self.preview = None
                await self.refresh()

    async def cancel(self) -> None:
        """Ask it to stop; what it did is rolled back."""
        with telling():
            if self.view:
                await live.change(imports.discard_import, self.view.job.id)
                await self.refresh()

    async def undo(self) -> None:
        """Take back everything that it made and changed."""
        with telling():
            if self.view:
                await live.change(imports.undo_import, self.view.job.id)
                feedback.toast(_("The import was undone"))
                await self.start_over()

    async def back(self) -> None:
        """From the preview to the columns."""
        self.preview = None
        self.body.refresh()

    async def start_over(self) -> None:
        """Another file."""
        self.frame.replace({})
        await self.load()
        self.body.refresh()


async def import_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    actor = await live.resolve_viewer()
    actor.require(Permission.CONTACT_IMPORT)
    page = ImportPage(frame)
    await page.load()
    with top_bar(_("Import"), crumbs=[(_("Contacts"), "/contacts")]):
        pass
    with block("mc-scroll"), block("mc-import"):
        page.body()
    live.on({"job": page.watched}, page.refresh, own=True)


def _columns(columns: tuple[Column, ...]) -> dict[int, ui.select]:
    """A row for each column: its header, samples, and the field it goes to. Returns the choices by column."""
    chosen: dict[int, ui.select] = {}
    options = {key: _(label) for key, label in FIELDS.items()}
    with block("mc-mapping"):
        for column in columns:
            with block("mc-mapping-row"):
                with block("mc-col mc-grow"):
                    text(column.header or _("Column %d") % (column.index + 1), "mc-strong mc-truncate")
                    text(" · ".join(column.samples) or _("empty"), "mc-cap mc-truncate")
                if column.field in FIELDS:
                    chosen[column.index] = select_field(_("Goes to"), options, column.field)
                else:
                    text(_("Goes along with its neighbour"), "mc-cap")
    return chosen


def _counts(created: int, updated: int, skipped: int, failed: int) -> None:
    with block("mc-row mc-gap-8 mc-wrap"):
        pill(_("%s new") % f"{created:,}", "ok")
        pill(_("%s updated") % f"{updated:,}", "info")
        pill(_("%s unchanged") % f"{skipped:,}")
        if failed:
            pill(_("%s left out") % f"{failed:,}", "bad")


def _problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems[:SHOWN_PROBLEMS]:
        place = _("Line %d: ") % problem.line if problem.line else ""
        text(place + problem.reason, "mc-cap mc-warn-ink", tag="p")
    if len(problems) > SHOWN_PROBLEMS:
        text(_("and %d more") % (len(problems) - SHOWN_PROBLEMS), "mc-cap", tag="p")


def _actions() -> dict[str, str]:
    return {"create": _("Create"), "update": _("Update"), "skip": _("Skip")}
