"""The words of kept mails: which are still to be fetched, and what becomes of them once they are here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.mail import entries
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.identity import clean
from crm_app.domain.mail.models import Email, EmailBody, EmailSubject, MailFolder, Standing
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.mail.taken import Landed, TakenBody
from crm_app.domain.permissions import Permission
from crm_app.domain.text import fold

MOST_SEARCHED = 100_000
MOST_WANTED = 200


def list_wanted(session: Session, actor: Actor, folder: MailFolder, limit: int = MOST_WANTED) -> tuple[int, ...]:
    """Numbers in a folder of mails whose words are to be kept and are not here yet, the latest first. NotFound for a folder that is not the actor's."""
    actor.require(Permission.MAIL_WRITE)
    if folder.owner_id != actor.user_id:
        raise NotFound
    return queries.list_wanted_uids(session, folder, limit)


def land_bodies(session: Session, actor: Actor, folder: MailFolder, bodies: Sequence[TakenBody]) -> Landed:
    """Keep the words of these mails and put them on timelines. One that is here already, or not to be kept by now, is left as it is."""
    actor.require(Permission.MAIL_WRITE)
    if folder.owner_id != actor.user_id:
        raise NotFound
    queries.lock_mail(session, actor)
    lying = queries.list_emails_at(session, folder, [body.uid for body in bodies])
    landed: dict[str, Email] = {}
    for body in bodies:
        row = lying.get(body.uid)
        if row is not None and row.standing == Standing.KEPT and not row.has_body and not row.forgotten:
            keep_words(session, row, body.read)
            landed[row.ident] = row
    session.flush()
    entries.follow(session, actor, list(landed.values()))
    return Landed(updated=len(landed), skipped=len(bodies) - len(landed))


def keep_words(session: Session, row: Email, read: ReadMail) -> None:
    """Keep the words of a mail. Owner and audience of the parts are the trigger's."""
    usual: dict[str, Any] = {"email_id": row.id, "owner_id": row.owner_id, "audience": row.audience}
    session.add(EmailSubject(**usual, subject=clean(read.subject)[:500], search_text=fold(clean(read.subject))))
    session.add(
        EmailBody(
            **usual, text=clean(read.text), html=clean(read.html), snippet=clean(read.snippet)[:200], remote=read.remote, verified=clean(read.verified),
            attachments=[one.model_dump() for one in read.attachments], has_attachment=any(not one.inline for one in read.attachments),
            search_text=fold(clean(read.text)[:MOST_SEARCHED]),
        )
    )  # fmt: skip
    row.has_body = True
