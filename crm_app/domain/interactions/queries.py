"""Lists of the timeline: newest first, by keyset, two statements each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, tuple_
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, Source
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.interactions.access import WITHOUT_INDEX
from crm_app.domain.interactions.models import Interaction, InteractionContact, Kind
from crm_app.domain.interactions.rules import entry_view
from crm_app.domain.interactions.schemas import EntryView, InteractionFilter, TimelinePage
from crm_app.domain.mail.entry_queries import list_entry_mails
from crm_app.domain.mail.schemas import EntryMail
from crm_app.domain.mentions.queries import get_mentions
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.paging import decode_cursor, encode_cursor


def get_entry(session: Session, actor: Actor, row: Interaction) -> EntryView:
    """One entry with its author's and its contacts' names."""
    author = session.exec(select(UserAccount.name).where(UserAccount.id == (row.author_id or row.owner_id))).first()
    mentions, mail = _mentions(session, [row]).get(row.id, ()), _mails(session, [row]).get(row.id)
    return entry_view(actor, row, author or "", get_contact_names(session, InteractionContact, [row.id]).get(row.id, ()), mentions, mail=mail)


def list_contact_entries(session: Session, actor: Actor, contact_id: UUID, kinds: Sequence[str], after: str | None, limit: int) -> TimelinePage:
    """A page of one contact's timeline, along the index of its links."""
    link = InteractionContact
    found = (
        _entries()
        .join(link, col(link.interaction_id) == col(Interaction.id))
        .where(link.contact_id == contact_id, col(Interaction.deleted_at).is_(None))
        .order_by(col(link.occurred_at).desc(), col(link.interaction_id).desc())
    )
    if kinds:
        found = found.where(col(link.kind).in_([str(kind) for kind in kinds]))
    if after:
        found = found.where(tuple_(col(link.occurred_at), col(link.interaction_id)) < tuple_(*decode_cursor(after, datetime, UUID)))
    return _page(session, actor, found, limit)


def list_entries(session: Session, actor: Actor, wanted: InteractionFilter) -> TimelinePage:
    """A page of all that the actor sees; an entry whose contacts are all in the trash is left out."""
    if wanted.contact_id and not (wanted.since or wanted.until or wanted.mine):
        return list_contact_entries(session, actor, wanted.contact_id, wanted.kinds, wanted.after, wanted.limit)
    when, key = col(Interaction.occurred_at), col(Interaction.id)
    link = exists().where(col(InteractionContact.interaction_id) == key, col(Contact.id) == col(InteractionContact.contact_id), col(Contact.deleted_at).is_(None))
    if wanted.contact_id:
        link = link.where(col(InteractionContact.contact_id) == wanted.contact_id)
    found = _entries().where(col(Interaction.deleted_at).is_(None), link).order_by(when.desc(), key.desc())
    if wanted.kinds:
        found = found.where(col(Interaction.kind).in_([kind.value for kind in wanted.kinds]))
    if wanted.since:
        found = found.where(when >= wanted.since)
    if wanted.until:
        found = found.where(when < wanted.until)
    if wanted.mine:
        found = found.where(Interaction.owner_id == actor.user_id)
    if wanted.after:
        found = found.where(tuple_(when, key) < tuple_(*decode_cursor(wanted.after, datetime, UUID)))
    return _page(session, actor, found, wanted.limit)


def list_earlier_entries(session: Session, actor: Actor, contact_ids: Collection[UUID], before: datetime, limit: int) -> tuple[EntryView, ...]:
    """The latest entries of these contacts that happened before a moment, the newest first."""
    if not contact_ids:
        return ()
    link = InteractionContact
    theirs = select(link.interaction_id).where(col(link.contact_id).in_(contact_ids), col(link.occurred_at) < before)
    found = _entries().where(col(Interaction.id).in_(theirs), col(Interaction.deleted_at).is_(None))
    return _page(session, actor, found.order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc()), limit).entries


def _entries() -> Any:
    author = func.coalesce(Interaction.author_id, Interaction.owner_id)
    return select(Interaction, UserAccount.name).options(*WITHOUT_INDEX).join(UserAccount, col(UserAccount.id) == author)


def _page(session: Session, actor: Actor, found: Any, limit: int) -> TimelinePage:
    rows = session.exec(found.limit(limit + 1)).all()
    shown = rows[:limit]
    names = get_contact_names(session, InteractionContact, [row.id for row, _ in shown])
    mentions, mails = _mentions(session, [row for row, _ in shown]), _mails(session, [row for row, _ in shown])
    return TimelinePage(
        entries=tuple(entry_view(actor, row, author, names.get(row.id, ()), mentions.get(row.id, ()), mail=mails.get(row.id)) for row, author in shown),
        next_cursor=encode_cursor(shown[-1][0].occurred_at, shown[-1][0].id) if len(rows) > limit else None,
    )


def _mails(session: Session, rows: Iterable[Interaction]) -> dict[UUID, EntryMail]:
    """The mails behind entries; asked only where one came from a sync."""
    return list_entry_mails(session, [row.id for row in rows if row.kind == Kind.EMAIL and row.source == Source.SYNC])


def _mentions(session: Session, rows: Iterable[Interaction]) -> dict[UUID, tuple[MentionView, ...]]:
    """Who is mentioned; asked only where a text holds an at sign."""
    return get_mentions(session, "interaction", [row.id for row in rows if "@" in row.body or "@" in row.subject])
