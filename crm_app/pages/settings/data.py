"""One's data: bring it in, take it out, and what earlier imports did."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from crm_app.components import live, times
from crm_app.components.elements import button, section
from crm_app.components.file_drop import FileDrop
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import attributes, block
from crm_app.domain.i18n import _
from crm_app.domain.imports import service as imports
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.permissions import Permission
from crm_app.pages.contact_import_words import ACCEPT, hint, summary_words
from crm_app.pages.settings.hand_over import hand_over


async def data_part() -> None:
    """Import, earlier imports, export."""
    actor = live.viewer()
    if actor.can(Permission.CONTACT_IMPORT):
        with section(_("Import")):
            pass
        FileDrop("import", _("Drop a CSV, vCard or Excel file here"), hint(), ACCEPT, _open)
        for job in await live.read(jobs.list_jobs, (imports.KIND,), 5):
            _earlier(job)
    with section(_("Export")):
        pass
    if not actor.can(Permission.CONTACT_EXPORT):
        empty_line(_("You can look at contacts but not export them."))
        return
    with block("mc-group"):
        _export("csv", "file-text", _("Spreadsheet (CSV)"), _("Opens in Excel, Numbers and LibreOffice; comes back in through Import"))
        _export("vcard", "contact", _("Address book (vCard)"), _("For phones and other address books, photos included"))
        _export("json", "database", _("Everything (JSON)"), _("People with their timeline, tasks, goals and programmes; readable without this app"))
    if actor.can(Permission.CONTACT_WRITE):
        with section(_("Hand over")):
            pass
        with block("mc-group"), group_row("hand-heart", _("Give what is yours to a colleague"), _("When you leave, or pass your clients on")):
            button(_("Hand over"), height=28, on_click=lambda: hand_over(actor.user_id))


def _export(kind: str, icon_name: str, title: str, caption: str) -> None:
    with group_row(icon_name, title, caption):
        link_button = button(_("Download"), icon="download", height=28, href=f"/downloads/contacts/{kind}")
        # A tab of its own is closed by the file that arrives in it; a refusal is read there, and this page stays as it is.
        attributes(link_button, aria_label=_("Download %s") % title, target="_blank", rel="noopener")


def _earlier(job: JobView) -> None:
    with block("mc-group mc-earlier"), group_row("file-text", str(job.payload.get("name", "")), summary_words(job)):
        when = times.moment(job.created_at, live.viewer())
        when.classes("mc-desk-only")
        if job.state is JobState.DONE and job.change_set_id and live.viewer().can(Permission.CHANGE_UNDO):
            button(_("Undo import"), kind="ghost", height=28, on_click=lambda: _undo(job.id))
        button(_("Open"), height=28, href=f"/contacts/import?job={job.id}")


async def _undo(job_id: UUID) -> None:
    with telling():
        await live.change(imports.undo_import, job_id)
        ui.navigate.to(f"/contacts/import?job={job_id}")


async def _open(job_id: UUID) -> None:
    ui.navigate.to(f"/contacts/import?job={job_id}")
