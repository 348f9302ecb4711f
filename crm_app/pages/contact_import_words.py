"""What the import says of itself, on its own page and in the settings."""

from __future__ import annotations

from crm_app.components import words
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView

ACCEPT = ".csv,.tsv,.txt,.vcf,.vcard,.xlsx,.xls,.ods,.json"
SOURCES = {
    "google": "Google Contacts", "google-2015": "Google Contacts", "outlook": "Outlook", "linkedin": "LinkedIn", "mindfulcrm": "MindfulCRM", "vcard": "vCard",
}  # fmt: skip


def hint() -> str:
    """What may be dropped, and that nothing happens at once."""
    return _("From Google, Outlook, LinkedIn, a phone or any table. You see what will happen before anything is saved.")


def source_words(source: str) -> str:
    """Where a file comes from, as far as one can tell."""
    return SOURCES.get(source) or _("a table")


def summary_words(job: JobView) -> str:
    """How far an import is, or what it did, in one line."""
    if job.state is JobState.DONE:
        return result_words(job.result)
    said = {
        JobState.DRAFT: _("Waits for you: nothing is saved yet"), JobState.QUEUED: _("Waits for its turn"), JobState.RUNNING: _("Under way"),
        JobState.CANCELLED: _("Cancelled: nothing was saved"), JobState.FAILED: job.reason or _("It did not work, and nothing was saved"),
    }  # fmt: skip
    return said[job.state]


def result_words(result: dict[str, object]) -> str:
    """``231 people added · 4 updated · 2 left as they are``."""
    count = {name: int(str(result.get(name, 0) or 0)) for name in ("created", "updated", "skipped", "failed")}
    parts = [_("%s added") % words.people(count["created"])]
    if count["updated"]:
        parts.append(_("%s updated") % words.number(count["updated"]))
    if count["skipped"]:
        parts.append(_("%s left as they are") % words.number(count["skipped"]))
    if count["failed"]:
        parts.append(ngettext("%s could not be read", "%s could not be read", count["failed"]) % words.number(count["failed"]))
    return " · ".join(parts)
