"""Mail as pages show it. Everything of a list is one statement, however many threads it holds.

Row security decides part by part: where a subject or the words are not the reader's to see, the join finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.mail import search_queries
from crm_app.domain.mail.models import Email, EmailPlace, Mailbox, MailFolder, MailRule, MailThread, Verdict
from crm_app.domain.mail.schemas import ContactRef, LinkedContact, MailView, PartyView, ThreadRow

MOST_UNMATCHED, MOST_NAMES = 1_000, 4
_LIVE = "l.how <> 'removed' and c.deleted_at is null"
_CONTACTS = (
    "(select coalesce(jsonb_agg(distinct jsonb_build_object('id', c.id, 'name', c.display_name, 'photo_id', c.photo_id)), '[]') "  # noqa: S608  names of ours
    f"from email_contact l join contact c on c.id = l.contact_id where l.thread_id = t.id and {_LIVE})"
)
_NAMES = (
    "(select coalesce(array_agg(n.said), '{}') from (select coalesce(nullif(max(p.name), ''), p.address) as said "  # noqa: S608  names of ours
    "from email e join email_party p on p.email_id = e.id and p.role in (case e.direction when 'in' then 'from' else 'to' end) where e.thread_id = t.id "
    f"group by p.address order by max(e.sent_at) desc, p.address limit {MOST_NAMES}) n)"
)
_UNREAD = (
    "(select count(*) from email e where e.thread_id = t.id and e.direction = 'in' and exists (select from email_place p where p.email_id = e.id and p.unread) "
    "and not exists (select from email_place p where p.email_id = e.id and not p.unread))"
)
_ROW = (
    "select t.id, t.last_at, t.level as shown, t.owner_id = :who as own, m.count, coalesce(m.direction, 'in') as direction, "  # noqa: S608
    f"{_NAMES} as names, {_CONTACTS} as contacts, {_UNREAD} as unread, "
    "(select s.subject from email e join email_subject s on s.email_id = e.id where e.thread_id = t.id order by e.sent_at, e.id limit 1) as subject, "
    "(select b.snippet from email e join email_body b on b.email_id = e.id where e.thread_id = t.id order by e.sent_at desc, e.id desc limit 1) as snippet, "
    "exists (select from email e join email_body b on b.email_id = e.id where e.thread_id = t.id and b.has_attachment) as has_attachment from mail_thread t "
    "cross join lateral (select count(*) as count, (array_agg(e.direction order by e.sent_at desc, e.id desc))[1] as direction from email e "
    "where e.thread_id = t.id) m "
)
# A colleague's thread that holds a mail of one's own is the same conversation; one's own stands for it.
_NOT_DOUBLE = "not exists (select from email e join email o on o.ident = e.ident and o.owner_id = :who where e.thread_id = t.id)"
_OWN = "t.owner_id = :who and t.box = :box"
_TEAMS = "t.audience = 'team' and t.owner_id <> :who and :box = 'people'"
_OF_CONTACT = "t.id in (select l.thread_id from email_contact l where l.contact_id = :contact and l.how <> 'removed')"
_BEFORE = "(t.last_at, t.id) < (cast(:at as timestamptz), cast(:key as uuid))"
_LAST = "order by t.last_at desc, t.id desc limit :most"
# A statement for each way of asking: of a contact or of all, by words among the latest or among all or by none, from the beginning or from somewhere
# on. One's own and the team's are found apart, each along its index.
_FURTHER = {
    (of_contact, goes_on): "".join(f" and {condition}" for holds, condition in ((of_contact, _OF_CONTACT), (goes_on, _BEFORE)) if holds)
    for of_contact, goes_on in product((False, True), repeat=2)
}


def _list(own: str, teams: str) -> str:
    return f"{_ROW} where t.id in (({own} {_LAST}) union all ({teams} and {_NOT_DOUBLE} {_LAST})) {_LAST}"


def _all(branch: str, further: str) -> str:
    return f"select t.id from mail_thread t where {branch}{further}"  # noqa: S608  names of ours


def _latest(branch: str, further: str) -> str:
    """Of the latest threads of a branch, those that hold the words."""
    walked = f"{_all(branch, further)} order by t.last_at desc, t.id desc limit {search_queries.WALKED}".replace("t.id", "t.id, t.last_at", 1)
    return f"select t.id from ({walked}) t where {search_queries.OF_ONE}"  # noqa: S608  names of ours


_LISTS = {way: text(_list(_all(_OWN, further), _all(_TEAMS, further))) for way, further in _FURTHER.items()}
_LATEST = {way: text(_list(_latest(_OWN, further), _latest(_TEAMS, further))) for way, further in _FURTHER.items()}
_GATHERED = {
    way: text(search_queries.GATHERED + _list(*(_all(branch, f"{further} and {search_queries.IN_GATHERED}") for branch in (_OWN, _TEAMS))))
    for way, further in _FURTHER.items()
}
_UNMATCHED = text(
    "select count(*) from (select from mail_thread t where t.owner_id = :who and t.box = 'unmatched' limit :most) t"
)
_MAILS = text(
    "select e.id, e.direction, e.from_name, e.from_address, e.sent_at, e.automatic, e.reasons, e.interaction_id, s.subject, b.snippet, b.text, b.html, "
    "count(*) over () as total, first_value(s.subject) over (order by s.subject is null, e.sent_at, e.id) as first_subject, "
    "coalesce(b.remote, false) as remote, coalesce(b.attachments, '[]') as attachments, coalesce(b.verified, '') as verified, "
    "(select coalesce(jsonb_agg(jsonb_build_object('role', p.role, 'address', p.address, 'name', p.name) order by p.name = '', p.name, p.address), '[]') "
    "from email_party p where p.email_id = e.id and (p.role in ('to', 'cc', 'reply_to') or (p.role = 'bcc' and e.owner_id = (select app_user())))) as parties "
    "from email e left join email_subject s on s.email_id = e.id left join email_body b on b.email_id = e.id where e.thread_id = :thread "
    "order by e.sent_at desc, e.id desc limit :most"
)
_ASIDE = frozenset({"parties", "reasons", "total", "first_subject"})
_LINKED = text(
    "select c.id, c.display_name as name, c.photo_id, case when bool_or(l.how = 'hand') then 'hand' else 'address' end as how from email_contact l "  # noqa: S608
    f"join contact c on c.id = l.contact_id where l.thread_id = :thread and {_LIVE} group by c.id order by c.sort_name, c.id"
)
_COUNTS = text(
    "select count(distinct e.id) as mails, count(distinct e.id) filter (where e.has_body) as kept from email e join email_place p on p.email_id = e.id "
    "join mail_folder f on f.id = p.folder_id where f.connection_id = :connection and f.owner_id = :who"
)


def list_rows(
    session: Session, actor: Actor, box: str, *, contact_id: UUID | None, search: str, before: tuple[datetime, UUID] | None, most: int
) -> tuple[ThreadRow, ...]:
    """Threads of one box, one's own and, among those with people, what the team shows, the latest first. One statement, and up to three more for words."""
    values: dict[str, Any] = {"who": actor.user_id, "box": box, "most": most, "contact": contact_id}
    if before is not None:
        values |= {"at": before[0], "key": before[1]}
    way = (contact_id is not None, before is not None)
    if not search.strip():
        return _rows(session, _LISTS[way], values)
    found = search_queries.find(session, search)
    if found is None:
        return ()
    latest = _rows(session, _LATEST[way], values | found)
    return latest if len(latest) == most else _rows(session, _GATHERED[way], values | found)


def count_unmatched(session: Session, actor: Actor) -> int:
    """How many of the asker's own threads are from people who are no contacts, up to a thousand."""
    return int(session.connection().execute(_UNMATCHED, {"who": actor.user_id, "most": MOST_UNMATCHED}).scalar_one())


class Mails(NamedTuple):
    """The latest mails of a thread, the earliest of them first; why they are here, how many there are in all, and the first subject of all of them."""

    views: list[MailView]
    reasons: list[str]
    total: int
    subject: str | None


def list_mails(session: Session, thread: MailThread, most: int) -> Mails:
    """At most so many mails of a thread, as far as their reader sees them. One statement."""
    found = session.connection().execute(_MAILS, {"thread": thread.id, "most": most}).mappings().all()
    views, reasons = [], []
    for row in reversed(found):
        people = [(one["role"], PartyView(address=one["address"], name=one["name"])) for one in row["parties"]]
        parties = {role: tuple(party for where, party in people if where == role) for role in ("to", "cc", "bcc", "reply_to")}
        views.append(MailView.model_validate({**{name: row[name] for name in row if name not in _ASIDE}, **parties}))
    for row in found:
        reasons += row["reasons"].split()
    return Mails(views, reasons, found[0]["total"] if found else 0, found[0]["first_subject"] if found else None)


def list_contacts(session: Session, thread: MailThread) -> tuple[LinkedContact, ...]:
    """Whom a thread concerns, as far as the asker sees them."""
    found = session.connection().execute(_LINKED, {"thread": thread.id}).mappings()
    return tuple(LinkedContact(contact=ContactRef(id=row["id"], name=row["name"], photo_id=row["photo_id"]), how=row["how"]) for row in found)


def list_rules(session: Session, actor: Actor) -> Sequence[MailRule]:
    """What the actor says of senders, by address."""
    found = select(MailRule).where(MailRule.owner_id == actor.user_id, MailRule.verdict != Verdict.MET.value)
    return session.exec(found.order_by(MailRule.address, col(MailRule.id))).all()


def find_rule(session: Session, actor: Actor, address: str) -> MailRule | None:
    """What the actor says of this sender."""
    return session.exec(select(MailRule).where(MailRule.owner_id == actor.user_id, MailRule.address == address).with_for_update()).first()


def list_folders(session: Session, mailbox: Mailbox) -> Sequence[MailFolder]:
    """The folders of a mailbox: the inbox first, then what is synced, by name."""
    order = (col(MailFolder.role) != "inbox", ~col(MailFolder.synced), col(MailFolder.name), col(MailFolder.id))
    return session.exec(select(MailFolder).where(MailFolder.connection_id == mailbox.connection_id).order_by(*order)).all()


def count_mails(session: Session, actor: Actor, connection_id: UUID) -> tuple[int, int]:
    """How many mails of a mailbox are known, and how many with their words."""
    row = session.connection().execute(_COUNTS, {"connection": connection_id, "who": actor.user_id}).one()
    return row.mails, row.kept


def list_on_timelines(session: Session, actor: Actor, connection_id: UUID) -> Sequence[UUID]:
    """The mails of a mailbox that stand on timelines."""
    here = select(EmailPlace.email_id).join(MailFolder, col(MailFolder.id) == col(EmailPlace.folder_id)).where(MailFolder.connection_id == connection_id)
    found = select(Email.id).where(Email.owner_id == actor.user_id, col(Email.interaction_id).is_not(None), col(Email.id).in_(here))
    return session.exec(found.order_by(col(Email.id))).all()


def _rows(session: Session, statement: TextClause, values: dict[str, Any]) -> tuple[ThreadRow, ...]:
    rows = session.connection().execute(statement, values).mappings()
    return tuple(
        ThreadRow(**{**row, "names": tuple(row["names"]), "contacts": tuple(ContactRef(**one) for one in sorted(row["contacts"], key=lambda one: one["name"]))})
        for row in rows
    )
