"""A file of a mail, fetched from its mailbox when somebody opens it. Called by whoever answers a browser, in a thread that may wait."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from uuid import UUID

import structlog

from crm_app.domain.actor import Actor
from crm_app.domain.connections.source import SignInNeeded, SourceError
from crm_app.domain.errors import CrmError, Invalid, NotFound, Unavailable
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.mail import attachments
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.attachments import OpenedFile, Place
from crm_app.domain.mail.reading import MailRefused
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.sources import open_mailbox

log = structlog.get_logger(__name__)


def open_attachment(reader: Actor, email_id: UUID, part: str) -> OpenedFile:
    """The file of a mail that ``reader`` may read, as it lies in its owner's mailbox now.

    NotFound for what they may not read or what is gone over there, Unavailable when the mailbox cannot be asked, Invalid for what cannot be read.
    """
    (file,) = open_attachments(reader, email_id, [part])
    if file is None:
        raise RuntimeError("of one file it is found, or an error was raised")
    return file


def open_attachments(reader: Actor, email_id: UUID, parts: Sequence[str]) -> list[OpenedFile | None]:
    """The same for several files of one mail, which is fetched and read once: None for what is not among them there, if anything is."""
    with in_locale(reader.locale):
        wanted = [run_service(reader, mail.find_attachment, email_id, part) for part in parts]
        with anonymous_work() as session:
            owner = find_owner(session, wanted[0].owner_id)
        trouble: CrmError = NotFound(_("This mail is no longer in its mailbox, and what came with it is gone."))
        if owner is None:
            raise trouble
        if (kept := run_service(owner, attachments.list_kept, wanted)) is not None:
            return list(kept)
        for place in attachments.in_order(run_service(owner, attachments.list_places, wanted[0])):
            try:
                if (content := _fetch(owner, place)) and any(found := attachments.take_out(wanted, content)):
                    return found
            except SignInNeeded:
                trouble = Unavailable(_("The mailbox has to be signed in to again before its files can be opened."))
            except SourceError as failure:
                log.info("a file of a mail was not fetched", failure=type(failure).__name__)
                trouble = Unavailable(_("The mail server does not answer just now. Files stay there, and are fetched when they are opened: try again in a while."))
            except MailRefused as refusal:
                trouble = Invalid(refusal.reason)
        raise trouble


def _fetch(owner: Actor, place: Place) -> bytes:
    """The message that lies here now; nothing when none does. A number may have come to mean another mail: whoever opens it looks."""
    with closing(open_mailbox(place.plan, owner)) as mailbox:
        for _uid, content in mailbox.fetch(place.folder, [place.uid]):
            if isinstance(content, str):
                raise MailRefused(content)
            return content
    return b""
