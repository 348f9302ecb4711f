"""After a letter has been sent: into its thread here at once, and among what its mailbox has sent. Neither ever sends anything."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.headerregistry import Address

from crm_app.domain.actor import Actor
from crm_app.domain.connections.source import SourceError
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs import service as jobs
from crm_app.domain.letters import filing
from crm_app.domain.letters.filing import Filing
from crm_app.domain.mail.attachments import FIRST_FILE
from crm_app.domain.mail.limits import head_of
from crm_app.domain.mail.reading import MailRefused as Unreadable
from crm_app.domain.mail.reading import read_mail
from crm_app.domain.mail.reading_schemas import Attachment, ReadMail
from crm_app.domain.outbox.sending import OutgoingMail
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running
from crm_app.jobs.sources import open_mailbox
from crm_app.providers.smtp.message import compose

MOST_TRIES = 3
WAIT = timedelta(minutes=2)


def run_filing(held: Running) -> None:
    """Put one letter where it belongs. A mailbox that does not answer is asked again; after three times its owner is told that the copy is missing there."""
    with in_locale(held.actor.locale):
        found: Filing = run_service(held.actor, filing.begin_filing, held.job)
        try:
            read = _read(found, _as_kept(held, found))
            run_service(held.actor, filing.land_letter, held.job, read)
            reason = _put_away(held.actor, found)
        except SourceError as failure:
            if held.job.attempts < MOST_TRIES:
                run_service(held.actor, jobs.release_job, held.job.id, after=WAIT * held.job.attempts, attempt=held.job.attempts)
                return
            reason = _("Your mail was sent, but no copy of it could be put into the Sent folder: %s") % failure.reason
        run_service(held.actor, filing.end_filing, held.job, reason)


def _read(found: Filing, kept: bytes) -> ReadMail | None:
    """The letter as it is read, without reading what is attached, of which everything is known; ``kept`` is as its account keeps it, by whose id it goes."""
    try:
        read = read_mail(_written(replace(found.mail, files=())))
        known = read_mail(head_of(kept) + b"\r\n\r\n").message_id if kept else ""
    except Unreadable:
        return None
    files = (Attachment(part=str(place), name=one.name, kind=one.kind, size=len(one.content)) for place, one in enumerate(found.mail.files, FIRST_FILE))
    return read.model_copy(update={"attachments": tuple(files), "message_id": known or read.message_id})


def _as_kept(held: Running, found: Filing) -> bytes:
    """A letter as its account keeps it, which may have given it another id; by that a sync finds it to be the same. Nothing where it cannot be had,
    at last, or where the account says nothing of it.
    """
    if not found.kept or found.mailbox is None:
        return b""
    try:
        with closing(open_mailbox(found.mailbox, held.actor)) as mailbox:
            content = dict(mailbox.fetch("", [int(found.kept, 16)])).get(int(found.kept, 16), b"")
    except SourceError:
        if held.job.attempts < MOST_TRIES:
            raise
        return b""
    return content if isinstance(content, bytes) else b""


def _written(mail: OutgoingMail) -> bytes:
    """The letter as it left, byte for byte, but for those whom only its writer sees."""
    if mail.head is None:
        raise RuntimeError("only letters are put away")
    sender = mail.head.sender
    return compose(mail, Address(sender.name, addr_spec=sender.address), mail.head.sent_at, own=True)


def _put_away(owner: Actor, found: Filing) -> str:
    """Put a copy into the mailbox's own folder for what was sent, unless it lies there; why not, or nothing."""
    if found.mailbox is None or found.mail.head is None or found.kept:
        return ""
    if not found.folder:
        return _("Your mail was sent, but your mailbox names no Sent folder, so no copy of it was put there.")
    with closing(open_mailbox(found.mailbox, owner)) as mailbox:
        mailbox.put_sent(found.folder, _written(found.mail), found.mail.message_id, found.mail.head.sent_at)
    return ""
