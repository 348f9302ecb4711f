"""Heads of a folder become mails here, find their threads and contacts, and are weighed: all in the transaction that moves the cursor.

What is the same as before is not written again. A mail that lies in several folders or accounts is one. Of a mail that is not kept nothing
stays but its head: whose it is, when it was sent, and by what its thread knows it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.inserting import insert_rows
from crm_app.domain.mail import entries, identity, weighing
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.automatic import automatic
from crm_app.domain.mail.bodies import keep_words, land_bodies, list_wanted
from crm_app.domain.mail.entry_queries import list_out_of_step
from crm_app.domain.mail.finding import pieces
from crm_app.domain.mail.folders import land_folders
from crm_app.domain.mail.models import Email, EmailPlace, MailFolder, Standing
from crm_app.domain.mail.newcomers import meet_people
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.mail.relevance import Reason
from crm_app.domain.mail.settling import sweep_gone
from crm_app.domain.mail.taken import Landed, TakenBody, TakenFolder, TakenHead
from crm_app.domain.mail.threads import Clue, find_threads
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now

__all__ = [
    "Landed", "TakenBody", "TakenFolder", "TakenHead", "land_bodies", "land_folders", "land_heads", "land_sent", "list_wanted", "meet_people", "sweep_gone",
]  # fmt: skip
SEEN = "\\Seen"
_PARTY = ("email_id", "role", "address", "name", "search_text", "owner_id", "audience")
_PLACE = ("folder_id", "owner_id", "audience", "uid", "email_id", "flags", "unread")


@dataclass
class _Page:
    """What one call has to do with. ``rows`` are all its mails by their fingerprints, ``fresh`` those that are new."""

    folder: MailFolder
    own: frozenset[str]
    moment: datetime
    rows: dict[str, Email]
    fresh: dict[str, TakenHead] = field(default_factory=dict)
    parties: dict[UUID, tuple[identity.Party, ...]] = field(default_factory=dict)
    updated: int = 0


def land_heads(
    session: Session, actor: Actor, folder: MailFolder, heads: Sequence[TakenHead], *, gone: Collection[int] = (), present: Collection[int] | None = None,
    flags: Mapping[int, frozenset[str]] | None = None, token: str = "", moment: datetime | None = None,
) -> Landed:  # fmt: skip
    """Take a page of a folder in, and with it the cursor with which to ask next.

    ``present`` is every number that exists over there, at the end of a whole look: whatever else is kept of the folder is gone. ``flags`` are
    those of known mails that have changed. NotFound for a folder that is not the actor's. What no folder holds any more goes by ``sweep_gone``.
    """
    actor.require(Permission.MAIL_WRITE)
    if folder.owner_id != actor.user_id:
        raise NotFound
    queries.lock_mail(session, actor)
    own = queries.list_own_addresses(session, actor)
    if heads and folder.role == "sent":
        own |= _learn_addresses(session, actor, folder, heads, own)
    page = _Page(folder, own, moment or now(), queries.list_by_ident(session, actor, {identity.ident_of(head.read) for head in heads}))
    _take_in(session, actor, page, heads)
    _place(session, page, heads, flags or {})
    away = set(gone) - {head.uid for head in heads}
    if present is not None:
        away |= queries.list_uids(session, folder) - set(present) - {head.uid for head in heads}
    left = queries.list_threads_at(session, folder, away)
    queries.remove_places(session, folder, away)
    if token and token != folder.token:
        folder.token = token
        session.add(folder)
    session.flush()
    threads = {row.thread_id for row in page.rows.values()} | left
    if out := list_out_of_step(session, actor, threads):  # another account may show less, or more, of a thread
        entries.follow(session, actor, out)
    return _told(session, actor, page, heads)


def land_sent(session: Session, actor: Actor, connection_id: UUID | None, read: ReadMail, moment: datetime) -> UUID | None:
    """Keep a letter that has just left by a mailbox of the actor's, in its thread and on timelines, as a sync would that found it among what was sent.

    When one does find it there it is the same mail. What was kept already is left as it is. Its words are kept whoever it went to, for they may
    stand nowhere else; not those of what its writer wants never, or has had forgotten. Its id, where its words are kept.
    """
    actor.require(Permission.MAIL_WRITE)
    queries.lock_mail(session, actor)
    sent = MailFolder(owner_id=actor.user_id, connection_id=connection_id or actor.user_id, ref="", name="", role="sent")  # stands in no table
    heads, ident = [TakenHead(0, frozenset({SEEN}), 0, read, moment)], identity.ident_of(read)
    own = queries.list_own_addresses(session, actor)
    own |= _learn_addresses(session, actor, sent, heads, own)
    _take_in(session, actor, _Page(sent, own, moment, queries.list_by_ident(session, actor, {ident})), heads)
    session.flush()
    row = queries.list_by_ident(session, actor, {ident})[ident]
    if Reason.NEVER not in row.reasons.split() and not row.has_body and not row.forgotten:
        row.standing = Standing.KEPT.value
        keep_words(session, row, read)
        session.flush()
        entries.follow(session, actor, [row])
    return row.id if row.has_body else None


def _learn_addresses(session: Session, actor: Actor, folder: MailFolder, heads: Sequence[TakenHead], own: Collection[str]) -> frozenset[str]:
    """By which other addresses its owner writes: those of their sent mail."""
    mailbox = queries.find_mailbox(session, actor, folder.connection_id)
    seen = {identity.sender_of(head.read)[0] for head in heads} - {""} - set(own)
    if mailbox is not None and seen:
        mailbox.addresses = "\n".join(sorted({*mailbox.addresses.split(), *seen})[:20])
        session.flush()
    return frozenset(seen)


def _take_in(session: Session, actor: Actor, page: _Page, heads: Sequence[TakenHead]) -> None:
    """Make the mails that are new, with their threads, parties and contacts."""
    for head in heads:
        ident = identity.ident_of(head.read)
        if ident not in page.rows:
            page.fresh.setdefault(ident, head)
    if not page.fresh:
        return
    clues = {ident: _clue(page, head) for ident, head in page.fresh.items()}
    find_threads(session, actor, list(clues.values()))
    for ident, head in page.fresh.items():
        row = page.rows[ident] = _new(actor, page, ident, head, clues[ident])
        page.parties[row.id] = identity.parties_of(head.read)
    rows = [page.rows[ident] for ident in page.fresh]
    known = weighing.look_around(session, actor, rows, page.parties, own=page.own)
    weighing.weigh_all(known)
    session.flush()
    insert_rows(session, "email", tuple(Email.model_fields), [row.model_dump() for row in rows])
    parties: list[dict[str, Any]] = [
        {
            "email_id": row.id, "role": one.role, "address": one.address, "name": one.name, "search_text": pieces(f"{one.name} {one.address}"),
            "owner_id": actor.user_id, "audience": row.audience,
        }  # fmt: skip
        for row in rows
        for one in page.parties[row.id]
    ]
    insert_rows(session, "email_party", _PARTY, parties)
    weighing.write_links(session, known)


def _clue(page: _Page, head: TakenHead) -> Clue:
    direction = identity.direction_of(head.read, page.folder.role, page.own)
    people = identity.others_of(identity.parties_of(head.read), direction, page.own)
    talk, answers = identity.talk_of(head.read, people)
    return Clue(identity.sent_when(head.read, head.received_at, page.moment), identity.references_of(head.read), talk, answers)


def _new(actor: Actor, page: _Page, ident: str, head: TakenHead, clue: Clue) -> Email:
    address, name = identity.sender_of(head.read)
    direction = identity.direction_of(head.read, page.folder.role, page.own)
    kind = automatic(address, head.read.marks) if address not in page.own else None
    return Email(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, thread_id=clue.found, ident=ident, direction=direction.value, sent_at=clue.sent_at,
        message_id=clue.references[0] if head.read.message_id and clue.references else "", from_address=address, from_name=name,
        automatic=kind.value if kind else "", standing=Standing.SET_ASIDE.value,
    )  # fmt: skip


def _place(session: Session, page: _Page, heads: Sequence[TakenHead], flags: Mapping[int, frozenset[str]]) -> None:
    """Where these mails lie now, and how they are flagged."""
    wanted = {head.uid: (page.rows[identity.ident_of(head.read)].id, head.flags) for head in heads}
    standing = queries.list_places(session, page.folder, {*wanted, *flags})
    moved = [uid for uid, (email_id, _) in wanted.items() if uid in standing and standing[uid].email_id != email_id]
    if moved:
        for uid in moved:
            session.expunge(standing.pop(uid))
        queries.remove_places(session, page.folder, moved)
    fresh = {identity.ident_of(head.read) for head in heads if head.uid not in standing} - page.fresh.keys()
    changed = {row.email_id for uid, row in standing.items() if _flag(row, wanted[uid][1] if uid in wanted else flags[uid])}
    page.updated = len(changed | {page.rows[ident].id for ident in fresh})
    usual = {"folder_id": page.folder.id, "owner_id": page.folder.owner_id, "audience": Audience.PRIVATE.value}
    rows = [
        {**usual, "uid": uid, "email_id": email_id, "flags": _words(said), "unread": SEEN not in said}
        for uid, (email_id, said) in wanted.items()
        if uid not in standing
    ]  # fmt: skip
    session.flush()
    insert_rows(session, "email_place", _PLACE, rows)


def _flag(row: EmailPlace, said: frozenset[str]) -> bool:
    """Note how a mail is flagged over there; whether that is news."""
    words = _words(said)
    if words == row.flags:
        return False
    row.flags, row.unread = words, SEEN not in said
    return True


def _words(flags: Collection[str]) -> str:
    return " ".join(sorted(flags))[:500]


def _told(session: Session, actor: Actor, page: _Page, heads: Sequence[TakenHead]) -> Landed:
    rows = {head.uid: page.rows[identity.ident_of(head.read)] for head in heads}
    lacking = {uid for uid, row in rows.items() if row.standing == Standing.KEPT and not row.has_body and not row.forgotten}
    threads = queries.list_threads(session, actor, {rows[uid].thread_id for uid in lacking})
    wanted = sorted(uid for uid in lacking if rows[uid].thread_id in threads and not threads[rows[uid].thread_id].irrelevant)
    skipped = sum(row.standing != Standing.KEPT for row in rows.values())
    return Landed(created=len(page.fresh), updated=page.updated, skipped=skipped, wanted=tuple(wanted))
