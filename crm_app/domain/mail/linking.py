"""What a person says of a thread and a contact: this is what a sync never changes, and what can be undone."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.inserting import insert_rows
from crm_app.domain.mail import entries, settling
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.models import Email, LinkHow, MailThread
from crm_app.domain.mail.weighing import LINK


def say_by_hand(session: Session, actor: Actor, thread: MailThread, contact_id: UUID, how: LinkHow) -> bool:
    """Put a contact to every mail of a thread, or take them off each that they stand on. False where there was nothing to take them off.

    Mails that nobody kept are kept from now on, and their words fetched by the next run.
    """
    put = how == LinkHow.HAND
    rows = queries.list_of_threads(session, actor, [thread.id])
    links = queries.list_links(session, [row.id for row in rows])
    standing = {row.id: links.get(row.id, {}).get(contact_id) for row in rows}
    if not put and all(one is None for one in standing.values()):
        return False
    changed = [row for row in rows if _differs(standing[row.id], put)]
    if changed:
        _write(session, changed, contact_id, how)
        settling.weigh_again(session, actor, [row.id for row in rows])
        entries.follow(session, actor, queries.list_emails(session, actor, [row.id for row in changed]), people=[contact_id], said={contact_id: put})
    return True


def _differs(standing: str | None, put: bool) -> bool:
    if put:
        return standing in (None, LinkHow.REMOVED)
    return standing in (LinkHow.ADDRESS, LinkHow.HAND)


def _write(session: Session, rows: list[Email], contact_id: UUID, how: LinkHow) -> None:
    usual = {"contact_id": contact_id, "how": how.value, "audience": "private"}
    values = [
        {**usual, "email_id": row.id, "thread_id": row.thread_id, "owner_id": row.owner_id, "sent_at": row.sent_at}
        for row in rows
    ]  # fmt: skip
    insert_rows(session, "email_contact", LINK, values, conflict="(email_id, contact_id) do update set how = excluded.how")
