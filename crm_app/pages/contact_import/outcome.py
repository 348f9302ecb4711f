"""The steps that show: the preview, the run, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from crm_app.components import cells, words
from crm_app.components.elements import banner, busy, button, progress
from crm_app.components.table import Column, DataTable
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.imports.schemas import ImportView, PlannedRow, Preview
from crm_app.domain.jobs.models import JobState
from crm_app.pages.contact_import_words import result_words, summary_words

Act = Callable[[], Awaitable[Any]]
FIELD_LIMIT = 4


def draw_preview(preview: Preview, start: Act, back: Act) -> None:
    """What would happen, counted and row by row."""
    _counts(
        (_("New"), preview.created, _("people to add")), (_("Known"), preview.updated, _("to bring up to date")),
        (_("Unchanged"), preview.skipped, _("left as they are")), (_("Unreadable"), preview.failed, _("left out")),
    )  # fmt: skip
    if not preview.complete:
        with banner(_("This is a long file."), _("The counts are those of its first 5,000 records; the run takes all of them."), kind="info"):
            pass
    with block("mc-row mc-import-foot"):
        button(_("Back"), kind="ghost", icon="arrow-left", on_click=back)
        block("mc-grow")
        total = preview.created + preview.updated
        label = ngettext("Import %s person", "Import %s people", total) % words.number(total) if total else _("Nothing to import")
        nobody = _("Everyone in this file is here already.") if preview.skipped else _("There is nobody in this file to bring in.")
        go = button(label, kind="primary", icon="check", disabled_because=None if total else nobody)

    async def begin() -> None:
        with busy(go):
            await start()

    go.on_click(begin)
    columns = [
        Column("name", _("Name"), "text"),
        Column("does", _("Will be"), "text", 120),
        Column("why", _("Why"), "text"),
        Column("line", _("Line"), "text", 72, align="right"),
    ]
    table = DataTable(columns, label=_("What will happen"), on_open=lambda _key: None)
    table.show([_planned(number, row) for number, row in enumerate(preview.rows)])
    table.element.classes("mc-import-preview")
    _problems(preview)


def draw_running(view: ImportView, cancel: Act) -> None:
    """How far it is, and a way to stop it."""
    done, total = view.job.progress_done, max(view.job.progress_total, view.total, 1)
    said = _("%(done)s of %(total)s records") % {"done": words.number(done), "total": words.number(total)}
    with attributes(block("mc-import-run"), aria_live="polite"):
        text(view.name, "mc-section mc-break", tag="h2")
        progress(done / total, said, thick=True)
        text(said if done else summary_words(view.job), "mc-cap mc-num", tag="p")
        text(_("You can leave this page; it goes on. Nothing is saved until all of it is read."), "mc-ink-2", tag="p")
        stopping = view.job.cancel_requested
        reason = _("It stops at its next step.") if stopping else None
        button(_("Stopping…") if stopping else _("Cancel"), icon="x", on_click=None if stopping else cancel, disabled_because=reason)


def draw_result(view: ImportView, undo: Act | None, again: Act) -> None:
    """What the run did, with its problems to download and its undo; or why it did nothing."""
    job = view.job
    if job.state is not JobState.DONE:
        with banner(summary_words(job), _("Everything is as it was before."), kind="warn" if job.state is JobState.CANCELLED else "bad"):
            pass
        with block("mc-row mc-import-foot"):
            button(_("Try this file again"), kind="primary", icon="refresh-cw", on_click=again)
            button(_("Another file"), href="/contacts/import")
        return
    count = {name: int(job.result.get(name, 0) or 0) for name in ("created", "updated", "skipped", "failed", "problems")}
    _counts(
        (_("Added"), count["created"], _("new people")), (_("Updated"), count["updated"], _("brought up to date")),
        (_("Unchanged"), count["skipped"], _("left as they are")), (_("Unreadable"), count["failed"], _("left out")),
    )  # fmt: skip
    if count["problems"]:
        many = count["problems"]
        found = ngettext("%s detail could not be taken as it stands.", "%s details could not be taken as they stand.", many) % words.number(many)
        with banner(found, _("The list says which line, and why."), kind="info"):
            attributes(button(_("Download the list"), icon="download", height=28, href=f"/downloads/import-problems/{job.id}"), download="")
    text(f"{view.name}: {result_words(job.result)}", "mc-ink-2 mc-break", tag="p")
    with block("mc-row mc-wrap mc-import-foot"):
        button(_("See the people"), kind="primary", icon="users", href="/contacts?sort=-created&whose=mine")
        button(_("Another file"), href="/contacts/import")
        if undo is not None:
            button(_("Undo this import"), kind="ghost", icon="undo-2", on_click=undo)


def _counts(*figures: tuple[str, int, str]) -> None:
    with block("mc-strip mc-import-counts"):
        for label, number, caption in figures:
            with block("mc-stat"), block("mc-grow"):
                text(label, "mc-label", tag="p")
                with block("mc-row mc-baseline"):
                    text(words.number(number), "mc-figure")
                    text(caption, "mc-cap mc-truncate")


def _planned(number: int, row: PlannedRow) -> cells.Row:
    does = {"create": _("added"), "update": _("updated"), "skip": _("left as it is")}[row.action]
    why = row.reason
    if row.changes:
        why = f"{why} {_('Changes: %s') % ', '.join(row.changes[:FIELD_LIMIT])}".strip()
    return {
        "id": str(number), "href": "", "title": row.name, **cells.words("name", row.name), **cells.words("does", does), **cells.words("why", why),
        **cells.words("line", str(row.line)),
    }  # fmt: skip


def _problems(preview: Preview) -> None:
    if not preview.problems:
        return
    text(_("What could not be taken as it stands"), "mc-section mc-form-title", tag="h2")
    with block("mc-col mc-gap-4", tag="ul"):
        for problem in preview.problems[:20]:
            line = _("Line %d: ") % problem.line if problem.line else ""
            text(line + problem.reason, "mc-ink-2 mc-break", tag="li")
