"""What connections say of themselves: how one stands, what a run did, what a test found. Pure functions over views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from crm_app.components import times
from crm_app.components.elements import PillKind
from crm_app.components.words import audiences, number
from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES, ConnectionState, RunState
from crm_app.domain.connections.schemas import ConnectionView, ProblemView, RunView, SyncHealth
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView

SYNC, TEST = "connections.sync", "connections.test"
UNDER_WAY: Final = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Health:
    """How a connection stands: a pill's words, colour and icon, and a sentence of what is wrong and what follows, empty when nothing is."""

    label: str
    kind: PillKind
    icon: str | None
    sentence: str = ""


def health(view: ConnectionView, job: JobView | None, actor: Actor) -> Health:
    """How it stands; ``job`` is the sync that waits or runs, if one does."""
    if job is not None or view.running:
        return Health(_running(job), "accent", None)
    if view.state is ConnectionState.SIGN_IN_NEEDED:
        return Health(_("Sign-in refused"), "bad", "circle-alert", f"{view.reason} {_('Nothing was lost; it goes on once you sign in again.')}".strip())
    if unfinished(view):
        return Health(_("Not set up yet"), "neutral", "circle-dashed")
    if view.state is ConnectionState.PAUSED:
        return Health(_("Paused"), "neutral", "pause")
    if view.failures:
        again = _("It is tried again %s.") % soon(view.next_run_at, actor)
        return Health(_("Failing"), "warn", "triangle-alert", f"{view.reason} {again}".strip())
    if view.stale:
        since = _("The last good sync was %s.") % moment_words(view.last_ok_at, actor) if view.last_ok_at else _("There was no good sync yet.")
        return Health(_("Out of date"), "warn", "clock", since)
    if view.last_ok_at is None:
        return Health(_("Waiting for its first sync"), "neutral", "clock")
    return Health(_("Synced %s") % moment_words(view.last_ok_at, actor), "ok", "check")


def set_words(view: ConnectionView) -> str:
    """How it is set, in a sentence or two."""
    often = interval_words(view.interval_minutes)
    if view.kind in ADDRESS_BOOKS | DRIVES:
        said = _("Looked at %s.") % often
    else:
        said = _("Looked at %(often)s, from %(back)s on.") % {"often": often, "back": months_words(view.history_months)}
    if view.kind in MAILBOXES:
        return said
    whose = _("New contacts: %s.") if view.kind in ADDRESS_BOOKS else _("New documents: %s.") if view.kind in DRIVES else _("Meetings with contacts: %s.")
    return f"{said} {whose % audiences()[view.meetings_audience.value].lower()}"


def unfinished(view: ConnectionView) -> bool:
    """It was begun, and waits for its owner before it has been synced once."""
    return view.state is ConnectionState.PAUSED and view.last_ok_at is None


def _running(job: JobView | None) -> str:
    if job is None or job.state is JobState.QUEUED:
        return _("Waiting to sync")
    if job.cancel_requested:
        return _("Stopping…")
    if share(job) is not None:
        return _("Syncing, %(done)s of %(known)s") % {"done": number(job.progress_done), "known": number(job.progress_total)}
    return _("Syncing, %s so far") % number(job.progress_done) if job.progress_done else _("Syncing…")


def share(job: JobView | None) -> int | None:
    """How far a job is, in percent; None while nobody knows how much there is."""
    if job is None or job.progress_total < max(1, job.progress_done):
        return None
    return max(0, job.progress_done * 100 // job.progress_total)


def soon(when: datetime, actor: Actor) -> str:
    """``in 3 min``; what should have happened by now happens in a moment."""
    return moment_words(when, actor) if (when - datetime.now(UTC)).total_seconds() >= 60 else _("in a moment")


def moment_words(when: datetime, actor: Actor) -> str:
    """A moment in words that stand within a sentence: ``yesterday``, but ``Tuesday``."""
    said = times.relative(when, actor)
    return {_("Just now"): _("just now"), _("Today"): _("today"), _("Yesterday"): _("yesterday"), _("Tomorrow"): _("tomorrow")}.get(said, said)


def next_words(view: ConnectionView, actor: Actor) -> str:
    """When it is looked at next, or why it is not."""
    if view.state is not ConnectionState.ACTIVE:
        return "—"
    return _("now") if view.running else soon(view.next_run_at, actor)


def job_of(jobs: Iterable[JobView], connection_id: UUID, *, kind: str = SYNC) -> JobView | None:
    """The job of this kind that waits or runs for a connection."""
    mine = (job for job in jobs if job.kind == kind and job.payload.get("connection_id") == str(connection_id))
    return next((job for job in mine if job.state in UNDER_WAY), None)


def figures(run: RunView) -> list[tuple[str, int]]:
    """What a run counted, each with its name."""
    return [
        (_("Seen"), run.seen), (_("New"), run.created), (_("Changed"), run.updated), (_("Gone"), run.deleted), (_("Skipped"), run.skipped),
        (_("Failed"), run.failed),
    ]  # fmt: skip


def run_words(run: RunView) -> str:
    """``214 new, 3 changed``; a dry run says what would be."""
    if run.state is RunState.FAILED:
        return run.reason or _("It failed.")
    if run.state is RunState.CANCELLED:
        return _("Stopped. What had come in until then is here.")
    counted = _counted(run)
    if run.state is RunState.RUNNING:
        return ", ".join(counted) or _("Under way")
    if run.dry:
        return _("Would bring: %s") % ", ".join(counted) if counted else _("Would change nothing")
    return ", ".join(counted) or _("Nothing new")


def _counted(run: RunView) -> list[str]:
    parts = [
        (run.created, _("%s new")), (run.updated, _("%s changed")), (run.deleted, _("%s gone")), (run.skipped, _("%s skipped")), (run.failed, _("%s failed")),
    ]  # fmt: skip
    return [words % number(count) for count, words in parts if count]


def run_kind(run: RunView) -> str:
    """What kind of run it was."""
    return _("Dry run") if run.dry else _("Whole check") if run.full else _("Sync")


def problem_state(problem: ProblemView) -> tuple[str, PillKind]:
    """Whether a thing is left out for good, tried again, or given up."""
    if problem.kind == "skipped":
        return _("Skipped"), "neutral"
    if problem.given_up:
        return _("Given up"), "bad"
    return _("Failed, tried %d times") % problem.tries if problem.tries > 1 else _("Failed, tried once"), "warn"


def problems_words(count: int) -> str:
    """How many things are not here."""
    return ngettext("%s thing is not here", "%s things are not here", count) % number(count)


def interval_words(minutes: int) -> str:
    """``every 10 min``, ``every 2 h``, ``once a day``."""
    if minutes == 1440:
        return _("once a day")
    if minutes == 60:
        return _("every hour")
    return _("every %d hours") % (minutes // 60) if minutes % 60 == 0 else _("every %d min") % minutes


def months_words(months: int) -> str:
    """``12 months back``."""
    return ngettext("%d month back", "%d months back", months) % months


def answer_words(answer: str, sentence: str, *, secret: bool = True, google: bool = False) -> tuple[str, str]:
    """What a test found, and what to do about it. ``secret``: one signs in with a password there; at Google one signs in at its own page."""
    if google and answer != "works":
        return sentence or _("It did not work."), "" if answer == "sign_in_refused" else _("Test it again in a moment.")
    known = {
        "works": (_("It works."), ""),
        "sign_in_refused": (
            _("The server does not accept the sign-in."),
            _("Type the user name and the app password again. The password of your account itself is often refused for programs.")
            if secret
            else _("Get the address anew where you found it: it may have been replaced or switched off."),
        ),
        "not_trusted": (
            _("The server could not prove that it is the one you named."),
            _("Nothing was sent to it. Check the address; if it is right, whoever runs that server has to renew its certificate."),
        ),
        "no_answer": (_("Nobody answers at this address."), _("Check the address for a typing mistake. If it is right, the server may be down: try again later.")),
        "not_a_calendar": (_("Something answers there, but it is not a calendar."), _("Check the address, the part after the server's name too.")),
        "not_an_address_book": (_("Something answers there, but it is not an address book."), _("Check the address, the part after the server's name too.")),
        "not_a_mailbox": (
            _("Something answers there, but it is no mailbox."), _("Check the server's name: for reading mail it is often another one than for sending."),
        ),
    }
    cause, act = known.get(answer, (sentence or _("It did not work."), _("Try again in a moment.")))
    return cause, act


def sync_words(state: SyncHealth) -> tuple[str, str, str]:
    """What the sidebar says: the words, the icon, and the kind of its mark ("", "accent" or "bad")."""
    if state.troubled:
        return ngettext("%d connection needs you", "%d connections need you", state.troubled) % state.troubled, "triangle-alert", "bad"
    if state.running:
        return _("Syncing…"), "refresh-cw", "accent"
    if state.failing:
        return ngettext("%d connection is tried again", "%d connections are tried again", state.failing) % state.failing, "refresh-cw", ""
    if state.last_ok_at is None:  # nothing is in step that never came in
        return _("Nothing synced yet"), "circle-dashed", ""
    return _("Everything in step"), "circle-check", ""


def announcement(view: ConnectionView, was: JobView | None, job: JobView | None) -> str:
    """What is said aloud of a change between two looks: the start, each quarter, the end. Empty for everything else."""
    if any(one is not None and one.payload.get("dry") for one in (was, job)):
        return ""  # what a dry run comes to is told where it is shown
    if job is not None and was is None:
        return _("%s: syncing") % view.name
    if job is None and was is not None:
        return f"{view.name}: {run_words(view.last_run)}" if view.last_run and view.last_run.state is not RunState.RUNNING else _("%s: done") % view.name
    before, now = share(was), share(job)
    if now is not None and now // 25 > (before or 0) // 25:
        return _("%(name)s: %(percent)d%%") % {"name": view.name, "percent": now // 25 * 25}
    return ""
