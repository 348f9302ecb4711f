"""Where a letter goes once it has been sent: into its thread here, and among what its mailbox has sent. The job calls these, each in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.running import plan_of
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobCancelled, JobView
from crm_app.domain.letters import queries
from crm_app.domain.letters.file_queries import hang_on_mail
from crm_app.domain.mail import landing
from crm_app.domain.mail.models import GMAIL_SENDS
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.outbox import queries as outbox
from crm_app.domain.outbox.delivering import as_it_leaves
from crm_app.domain.outbox.models import Outbox
from crm_app.domain.outbox.sending import OutgoingMail
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

SELF_FILING = frozenset({GMAIL_SENDS, "smtp.gmail.com", "smtp.googlemail.com", "smtp.office365.com", "smtp-mail.outlook.com"})
"""Servers that put what they send among what was sent by themselves."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A letter that was sent. ``mailbox`` is its account, None when that is gone, or puts it away by itself; ``folder`` where, empty where nobody knows.

    ``kept``: its account has put it away, and knows it by this.
    """

    mail: OutgoingMail
    mailbox: Plan | None
    folder: str
    kept: str = ""


def begin_filing(session: Session, actor: Actor, job: JobView) -> Filing:
    """What is to be put away, and where. JobCancelled when that has been done."""
    row = _sent(session, actor, job)
    if row is None:
        raise JobCancelled
    files = outbox.list_files(session, actor, row)
    mail = as_it_leaves(row, "", row.sent_at or now(), files)
    sender = queries.find_sender(session, actor, row.connection_id)
    if sender is None or len(files) != len((row.letter or {}).get("files", ())):  # nothing is put away that is not whole
        return Filing(mail, None, "")
    connection, mailbox = sender
    if kept := str((row.letter or {}).get("kept", "")):
        return Filing(mail, _account(session, actor, connection, job), "", kept)
    if mailbox.smtp_host in SELF_FILING:
        return Filing(mail, None, "")
    return Filing(mail, _account(session, actor, connection, job), queries.find_sent_folder(session, actor, connection.id))


def land_letter(session: Session, actor: Actor, job: JobView, read: ReadMail | None) -> None:
    """Put it into its thread, and let go of the draft that it was. ``read`` is the letter as whoever gets it reads it; None when it cannot be."""
    actor.require(Permission.MAIL_WRITE)
    jobs.renew_lease(session, actor, job.id, attempt=job.attempts)
    row = _sent(session, actor, job)
    if row is None:
        raise JobCancelled
    if read is not None:
        mail_id = landing.land_sent(session, actor, row.connection_id, read, row.sent_at or now())
        if mail_id is not None:
            hang_on_mail(session, actor, [UUID(one) for one in (row.letter or {}).get("files", ())], mail_id)
    queries.remove_draft(session, actor, row)


def end_filing(session: Session, actor: Actor, job: JobView, reason: str) -> None:
    """It lies where it belongs, or, for a ``reason``, not among what was sent. Its words are forgotten here: they stand in its thread."""
    row = _sent(session, actor, job)
    if row is not None:
        row.sqlmodel_update({"subject": "", "text": "", "letter": None})
        session.flush()
    if reason:
        jobs.fail_job(session, actor, job.id, reason, attempt=job.attempts)
    else:
        jobs.finish_job(session, actor, job.id, {}, attempt=job.attempts)


def _sent(session: Session, actor: Actor, job: JobView) -> Outbox | None:
    return queries.find_sent(session, actor, UUID(job.payload["mail_id"]))


def _account(session: Session, actor: Actor, connection: Connection, job: JobView) -> Plan:
    return plan_of(session, actor, connection, job, job.id, moment=now(), whole=False)
