"""Importing contacts: upload, map, preview, run, undo.

An upload becomes a job that waits as a draft. A run is one transaction and one change set: it takes the whole file or
nothing, and its undo restores also what it changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping as Values
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.changes.schemas import UndoSummary
from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.contacts.queries import get_country
from crm_app.domain.documents import service as documents
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.imports import queries, running
from crm_app.domain.imports.cards import Problem
from crm_app.domain.imports.cells import guard
from crm_app.domain.imports.mapping import FIELDS, Mapping
from crm_app.domain.imports.models import ImportFile, ImportProblem
from crm_app.domain.imports.reader import Parsed, read_file
from crm_app.domain.imports.sandbox import bind_sandbox, bound_sandbox
from crm_app.domain.imports.schemas import ImportSummary, ImportView, Preview
from crm_app.domain.imports.uploads import keep_photo
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import Job, JobState
from crm_app.domain.jobs.queries import get_own_job
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.letters import service as letters
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.domain.unit_of_work import run_service

__all__ = [
    "UploadDesk", "bind_sandbox", "choose_sheet", "discard_import", "get_import", "get_problems_csv", "import_file", "preview_import", "run_import", "set_mapping",
    "start_import", "undo_import", "upload_import",
]  # fmt: skip

KIND = "contacts.import"
_OPEN = (JobState.DRAFT, JobState.FAILED, JobState.CANCELLED)


class UploadDesk:
    """Where uploads of the web edge end (see ``ports.UploadStore``)."""

    def keep_upload(self, actor: Actor, purpose: str, name: str, content: bytes) -> UUID:
        """The id of the import's job for ``import``, of the blob for what else may come up. Invalid when the bytes are not what they should be."""
        if purpose == "import":
            return run_service(actor, upload_import, name, content).job.id
        if purpose == "photo":
            return run_service(actor, keep_photo, name, content)
        if purpose == "document":
            return run_service(actor, documents.keep_upload, name, content)
        if purpose == "letter":
            return run_service(actor, letters.keep_file, name, content)
        raise Invalid(_("Nothing here takes such a file."))


def upload_import(session: Session, actor: Actor, name: str, data: bytes) -> ImportView:
    """Keep a file and say what it is. Invalid, with a sentence, when it holds no contacts; nothing is kept then."""
    actor.require(Permission.CONTACT_IMPORT)
    region = get_country(session)
    parsed = read_file(bound_sandbox(), name, data, region=region, photos=False)
    payload = {"name": name[:200], "audience": Audience.TEAM.value, "region": region, **_described(parsed)}
    job = jobs.enqueue_job(session, actor, KIND, payload, parsed.total, state=JobState.DRAFT)
    session.connection().execute(insert(ImportFile).values(job_id=job.id, owner_id=actor.user_id, name=name[:200], data=data))
    return _view(job)


def get_import(session: Session, actor: Actor, job_id: UUID) -> ImportView:
    """An import of the actor's own, whatever its state."""
    actor.require(Permission.CONTACT_IMPORT)
    return _view(JobView.model_validate(_job(session, actor, job_id)))


def set_mapping(
    session: Session, actor: Actor, job_id: UUID, columns: Values[int, str], *, audience: Audience = Audience.TEAM, date_order: str | None = None
) -> ImportView:
    """Say which column (by index) holds which field (a key of ``FIELDS``), who may see new contacts, and how dates are written."""
    actor.require(Permission.CONTACT_IMPORT)
    job = _job(session, actor, job_id, waiting=True)
    payload = {**job.payload, "audience": Audience(audience).value}
    if payload["mapping"] is not None:
        mapping = Mapping.model_validate(payload["mapping"])
        for index, field in columns.items():
            if not 0 <= index < len(mapping.columns) or field not in FIELDS:
                raise Invalid(fields={f"columns.{index}": _("Choose one of the fields.")})
            if mapping.columns[index].field != field:
                mapping = mapping.with_column(index, field)
        mapping = Mapping.model_validate({**mapping.model_dump(), **({"date_order": date_order} if date_order in ("dmy", "mdy") else {})})
        payload = {**payload, "mapping": mapping.model_dump(mode="json"), "ready": mapping.ready}
    job.payload = payload
    session.flush()
    return _view(JobView.model_validate(get_own_job(session, actor, job_id)))


def choose_sheet(session: Session, actor: Actor, job_id: UUID, sheet: str) -> ImportView:
    """Read another sheet of the workbook (empty: the fullest), its columns guessed anew. Invalid when there is no such sheet, or no contact in it."""
    actor.require(Permission.CONTACT_IMPORT)
    job = _job(session, actor, job_id, waiting=True)
    if sheet and sheet not in (job.payload["mapping"] or {}).get("sheets", ()):
        raise Invalid(_("This file has no sheet of that name."))
    file = _file(session, actor, job_id)
    parsed = read_file(bound_sandbox(), file.name, file.data, region=job.payload["region"], sheet=sheet, photos=False)
    job.payload = {**job.payload, **_described(parsed)}
    job.progress_total = parsed.total
    session.flush()
    return _view(JobView.model_validate(get_own_job(session, actor, job_id)))


def preview_import(session: Session, actor: Actor, job_id: UUID) -> Preview:
    """What a run would create, update and skip, and why; nothing is written."""
    actor.require(Permission.CONTACT_IMPORT)
    return running.preview(session, actor, _parsed(session, actor, _job(session, actor, job_id, waiting=True), photos=False))


def start_import(session: Session, actor: Actor, job_id: UUID) -> JobView:
    """Have it run in the background. Conflict when it has been started already."""
    actor.require(Permission.CONTACT_IMPORT)
    job = _job(session, actor, job_id)
    if not job.payload["ready"]:
        raise Invalid(_("Choose at least one column with a name, e-mail, phone or company first."))
    _file(session, actor, job_id)
    return jobs.start_job(session, actor, job_id)


def run_import(session: Session, actor: Actor, job_id: UUID, *, attempt: int, progress: running.Progress) -> ImportSummary:
    """The work of the job. Its result, the end of the job and all contacts are committed together."""
    actor.require(Permission.CONTACT_IMPORT)
    job = _job(session, actor, job_id)
    payload = dict(job.payload)
    summary = running.run(session, actor, _parsed(session, actor, job, photos=True), payload["audience"], progress)
    session.connection().execute(delete(ImportProblem).where(col(ImportProblem.job_id) == job_id))
    rows = [{"id": new_id(), "job_id": job_id, "owner_id": actor.user_id, "line": problem.line, "reason": problem.reason} for problem in summary.problems]
    if rows:
        session.connection().execute(insert(ImportProblem), rows)
    session.connection().execute(delete(ImportFile).where(col(ImportFile.job_id) == job_id))
    change_set = session.info["change_set_id"] if summary.created or summary.updated else None
    result = summary.model_dump(exclude={"problems"}) | {"problems": len(rows)}
    said = _("Import done: %(created)s added, %(updated)s updated") % {"created": f"{summary.created:,}", "updated": f"{summary.updated:,}"}
    notify_self(session, actor, Kind.IMPORT_DONE, about=("job", job_id), detail=said)
    jobs.finish_job(session, actor, job_id, result, change_set_id=change_set, attempt=attempt)
    return summary


def import_file(
    session: Session, actor: Actor, name: str, data: bytes, *, sheet: str = "", dry_run: bool = False, audience: Audience = Audience.TEAM
) -> ImportSummary:
    """Import a file at once, as the command line does. ``dry_run`` decides everything and writes nothing."""
    actor.require(Permission.CONTACT_IMPORT)
    parsed = read_file(bound_sandbox(), name, data, region=get_country(session), sheet=sheet, photos=not dry_run)
    if dry_run:
        return running.rehearse(session, actor, parsed)
    return running.run(session, actor, parsed, audience.value, lambda done, total: None)


def undo_import(session: Session, actor: Actor, job_id: UUID) -> UndoSummary:
    """Take back all that an import made and changed. Conflict when it changed nothing, or what it made has been changed since."""
    actor.require(Permission.CONTACT_IMPORT)
    job = _job(session, actor, job_id)
    if job.change_set_id is None:
        raise Conflict(_("This import changed nothing that could be undone."))
    return undo_change_set(session, actor, job.change_set_id)


def discard_import(session: Session, actor: Actor, job_id: UUID) -> None:
    """Forget a draft and its file; an import that runs is asked to stop."""
    actor.require(Permission.CONTACT_IMPORT)
    _job(session, actor, job_id)
    jobs.request_cancel(session, actor, job_id)
    session.connection().execute(delete(ImportFile).where(col(ImportFile.job_id) == job_id))


def get_problems_csv(session: Session, actor: Actor, job_id: UUID) -> bytes:
    """What could not be taken, as a table that is safe in a spreadsheet: line and reason."""
    actor.require(Permission.CONTACT_IMPORT)
    _job(session, actor, job_id)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["Line", "Reason"])
    writer.writerows([problem.line or "", guard(problem.reason)] for problem in queries.list_problems(session, actor, job_id))
    return ("\ufeff" + out.getvalue()).encode()


def _job(session: Session, actor: Actor, job_id: UUID, *, waiting: bool = False) -> Job:
    job = get_own_job(session, actor, job_id, lock=waiting)
    if job.kind != KIND:
        raise NotFound
    if waiting and job.state not in _OPEN:
        raise Conflict(_("This import has already been started."), {"state": job.state})
    return job


def _file(session: Session, actor: Actor, job_id: UUID) -> ImportFile:
    file = queries.get_file(session, actor, job_id)
    if file is None:
        raise Conflict(_("The file of this import is no longer kept. Upload it again."))
    return file


def _parsed(session: Session, actor: Actor, job: Job, *, photos: bool) -> Parsed:
    file = _file(session, actor, job.id)
    mapping = Mapping.model_validate(job.payload["mapping"]) if job.payload["mapping"] else None
    return read_file(bound_sandbox(), file.name, file.data, region=job.payload["region"], mapping=mapping, photos=photos)


def _described(parsed: Parsed) -> dict[str, Any]:
    return {
        "kind": parsed.kind, "source": parsed.source, "mapping": parsed.mapping and parsed.mapping.model_dump(mode="json"),
        "ready": parsed.mapping is None or parsed.mapping.ready, "total": parsed.total,
        "problems": [problem.model_dump() for problem in parsed.problems[:20]],
    }  # fmt: skip


def _view(job: JobView) -> ImportView:
    about = job.payload
    return ImportView(
        job=job, name=about["name"], kind=about["kind"], source=about["source"], mapping=about["mapping"] and Mapping.model_validate(about["mapping"]),
        ready=about["ready"], total=about["total"], audience=about["audience"], problems=tuple(Problem.model_validate(one) for one in about["problems"]),
    )  # fmt: skip
