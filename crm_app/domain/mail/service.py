"""Looking at mail, and saying whom a thread concerns, whether it matters, and who sees how much of it. Mails themselves come from a sync (``landing``)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.editing import require_version
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail import doubting, entries, landing_queries, linking, queries, wording
from crm_app.domain.mail.access import get_own_thread, get_visible_thread
from crm_app.domain.mail.attachments import find_attachment
from crm_app.domain.mail.choices import choose_folder, get_mailbox, list_rules, remove_rule, set_rule, update_mailbox
from crm_app.domain.mail.models import Box, LinkHow, MailThread, Shown
from crm_app.domain.mail.schemas import ThreadPage, ThreadView
from crm_app.domain.mail.sending import set_sending
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.permissions import Permission

__all__ = [
    "choose_folder", "find_attachment", "get_mailbox", "get_thread", "get_threads", "link_contact", "list_rules", "mark_irrelevant", "remove_rule", "set_rule",
    "set_sending", "share_thread", "unlink_contact", "update_mailbox",
]  # fmt: skip
MOST_THREADS, LONGEST_SEARCH = 100, 200
MAILS, MOST_MAILS = 200, 2_000
"""So many mails of a thread are read at once unless more are asked for, and so many at most."""


def get_threads(
    session: Session, actor: Actor, *, box: str = Box.PEOPLE.value, contact_id: UUID | None = None, search: str = "", after: str | None = None, limit: int = 40
) -> ThreadPage:
    """Some threads of a box, the latest first: with people also what the team shows, else only the actor's own.

    Invalid for a box or a cursor that there is not; NotFound for a contact whom the actor does not see. At most three statements, and
    up to three more for words.
    """
    actor.require(Permission.MAIL_READ)
    if box not in set(Box):
        raise Invalid(fields={"box": _("There is no such list of mail.")})
    if contact_id is not None:
        get_visible_contact(session, actor, contact_id)
    before = decode_cursor(after, datetime, UUID) if after else None
    most = max(1, min(limit, MOST_THREADS))
    words = search.replace("\x00", " ")[:LONGEST_SEARCH]
    rows = queries.list_rows(session, actor, box, contact_id=contact_id, search=words, before=before and (before[0], before[1]), most=most + 1)
    return ThreadPage(
        rows=rows[:most], next=encode_cursor(rows[most - 1].last_at, rows[most - 1].id) if len(rows) > most else None,
        unmatched=queries.count_unmatched(session, actor),
    )  # fmt: skip


def get_thread(session: Session, actor: Actor, thread_id: UUID, limit: int = MAILS) -> ThreadView:
    """One thread with what its reader may see of its latest mails, at most ``limit`` of them. NotFound when the actor does not see it. Four statements."""
    actor.require(Permission.MAIL_READ)
    return _view(session, actor, get_visible_thread(session, actor, thread_id), max(1, min(limit, MOST_MAILS)))


def link_contact(session: Session, actor: Actor, thread_id: UUID, contact_id: UUID) -> ThreadView:
    """Say that a thread of the actor's own concerns a contact, whatever its heads say. What comes later in it does too."""
    return _say(session, actor, thread_id, contact_id, LinkHow.HAND)


def unlink_contact(session: Session, actor: Actor, thread_id: UUID, contact_id: UUID) -> ThreadView:
    """Say that a thread of the actor's own does not concern a contact; no sync puts them back. NotFound for somebody whom it did not concern."""
    return _say(session, actor, thread_id, contact_id, LinkHow.REMOVED)


def mark_irrelevant(session: Session, actor: Actor, thread_id: UUID, irrelevant: bool, *, version: int) -> ThreadView:
    """Say that a thread of the actor's own is none of the CRM's business, or is after all. Entries that nobody has touched follow."""
    row = _own(session, actor, thread_id, version)
    if row.irrelevant != irrelevant:
        row.irrelevant = irrelevant
        session.flush()
        _follow(session, actor, row)
    return _view(session, actor, get_visible_thread(session, actor, thread_id))


def share_thread(session: Session, actor: Actor, thread_id: UUID, shown: str | None, *, version: int) -> ThreadView:
    """How much of a thread of the actor's own the team sees, where it sees all its contacts; None leaves it to the mailbox."""
    actor.require(Permission.MAIL_WRITE)
    if shown is not None and shown not in set(Shown):
        raise Invalid(fields={"shown": _("There is no such choice.")})
    row = _own(session, actor, thread_id, version)
    if row.shown != shown:
        row.shown = shown
        session.flush()
        _follow(session, actor, row)
    return _view(session, actor, get_visible_thread(session, actor, thread_id))


def _own(session: Session, actor: Actor, thread_id: UUID, version: int) -> MailThread:
    actor.require(Permission.MAIL_WRITE)
    landing_queries.lock_mail(session, actor)
    row = get_own_thread(session, actor, thread_id)
    require_version(row, version, _view(session, actor, row))
    return row


def _say(session: Session, actor: Actor, thread_id: UUID, contact_id: UUID, how: LinkHow) -> ThreadView:
    actor.require(Permission.MAIL_WRITE)
    landing_queries.lock_mail(session, actor)
    row = get_own_thread(session, actor, thread_id)
    get_visible_contact(session, actor, contact_id)
    if not linking.say_by_hand(session, actor, row, contact_id, how):
        raise NotFound
    return _view(session, actor, get_visible_thread(session, actor, thread_id))


def _follow(session: Session, actor: Actor, row: MailThread) -> None:
    entries.follow(session, actor, landing_queries.list_of_threads(session, actor, [row.id]))


def _view(session: Session, actor: Actor, row: MailThread, most: int = MAILS) -> ThreadView:
    own = row.owner_id == actor.user_id
    mails, reasons, total, subject = queries.list_mails(session, row, most)
    contacts = queries.list_contacts(session, row)
    mails = doubting.with_doubts(session, actor, mails, contacts)
    return ThreadView(
        id=row.id, version=row.version, subject=subject, total=total, shown=Shown(row.level),
        said=Shown(row.shown) if own and row.shown else None, irrelevant=row.irrelevant, own=own, messages=tuple(mails), contacts=contacts,
        reasons=wording.sentences(reasons, [one.contact.name for one in contacts]) if own else (),
    )  # fmt: skip
