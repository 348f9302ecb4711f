"""Lists of the timeline: newest first, by keyset, one statement each, and one more where mails or mentions stand behind entries.

The statements are put together once for each shape of what is wanted; a call only fills in its values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, any_, bindparam, exists, func, literal_column, tuple_
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, Source
from crm_app.domain.entry_access import get_contact_names
from crm_app.domain.interactions.models import Interaction, InteractionContact, Kind
from crm_app.domain.interactions.rules import OWN_FIELDS, entry_view
from crm_app.domain.interactions.schemas import EntryView, InteractionFilter, TimelinePage
from crm_app.domain.mail.entry_queries import list_entry_mails
from crm_app.domain.mail.schemas import EntryMail
from crm_app.domain.mentions.queries import get_mentions
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.paging import decode_cursor, encode_cursor

_MOMENT = DateTime(timezone=True)
_WHEN, _LINK = col(Interaction.occurred_at), InteractionContact
_SHOWN: Any = (
    *(getattr(Interaction, name) for name in (*OWN_FIELDS, "owner_id", "author_id", "source")), col(UserAccount.name).label("author_name"),
    literal_column(
        "(select jsonb_agg(jsonb_build_array(c.id, c.display_name) order by c.sort_name, c.id) from interaction_contact l join contact c on c.id = l.contact_id "
        "where l.interaction_id = interaction.id and c.deleted_at is null)"
    ).label("contacts"),
)  # fmt: skip
_CONTACT: Any = bindparam("contact_id", type_=Uuid)
_KINDS: Any = any_(bindparam("kinds", type_=ARRAY(Text)))  # type: ignore[arg-type]
_AFTER = tuple_(bindparam("moment", type_=_MOMENT), bindparam("key", type_=Uuid))
_CONDITIONS: dict[str, Any] = {
    "kinds": col(Interaction.kind) == _KINDS, "since": _WHEN >= bindparam("since", type_=_MOMENT), "until": _WHEN < bindparam("until", type_=_MOMENT),
    "mine": col(Interaction.owner_id) == bindparam("mine", type_=Uuid), "after": tuple_(_WHEN, col(Interaction.id)) < _AFTER,
}  # fmt: skip


def get_entry(session: Session, actor: Actor, row: Interaction) -> EntryView:
    """One entry with its author's and its contacts' names."""
    author = session.exec(select(UserAccount.name).where(UserAccount.id == (row.author_id or row.owner_id))).first()
    mentions, mail = _mentions(session, [row]).get(row.id, ()), _mails(session, [row]).get(row.id)
    return entry_view(actor, row, author or "", get_contact_names(session, InteractionContact, [row.id]).get(row.id, ()), mentions, mail=mail)


def list_contact_entries(session: Session, actor: Actor, contact_id: UUID, kinds: Sequence[str], after: str | None, limit: int) -> TimelinePage:
    """A page of one contact's timeline, along the index of its links."""
    values = {"contact_id": contact_id, "kinds": [str(kind) for kind in kinds]}
    return _page(session, actor, _of_contact(bool(kinds), bool(after)), values, after, limit)


def list_entries(session: Session, actor: Actor, wanted: InteractionFilter) -> TimelinePage:
    """A page of all that the actor sees; an entry whose contacts are all in the trash is left out."""
    if wanted.contact_id and not (wanted.since or wanted.until or wanted.mine):
        return list_contact_entries(session, actor, wanted.contact_id, wanted.kinds, wanted.after, wanted.limit)
    values = wanted.model_dump(include={"contact_id", "since", "until"}) | {"kinds": [kind.value for kind in wanted.kinds], "mine": actor.user_id}
    shape = tuple(name for name in _CONDITIONS if getattr(wanted, name))
    return _page(session, actor, _of_all(wanted.contact_id is not None, shape), values, wanted.after, wanted.limit)


def list_earlier_entries(session: Session, actor: Actor, contact_ids: Collection[UUID], before: datetime, limit: int) -> tuple[EntryView, ...]:
    """The latest entries of these contacts that happened before a moment, the newest first."""
    if not contact_ids:
        return ()
    return _page(session, actor, _earlier(), {"contact_ids": list(contact_ids), "before": before}, None, limit).entries


@cache
def _of_contact(some_kinds: bool, further: bool) -> Any:
    found = _entries().join(_LINK, col(_LINK.interaction_id) == col(Interaction.id)).where(col(_LINK.contact_id) == _CONTACT)
    if some_kinds:
        found = found.where(col(_LINK.kind) == _KINDS)
    if further:
        found = found.where(tuple_(col(_LINK.occurred_at), col(_LINK.interaction_id)) < _AFTER)
    return found.order_by(col(_LINK.occurred_at).desc(), col(_LINK.interaction_id).desc())


@cache
def _of_all(one_contact: bool, shape: tuple[str, ...]) -> Any:
    link = exists().where(col(_LINK.interaction_id) == col(Interaction.id), col(Contact.id) == col(_LINK.contact_id), col(Contact.deleted_at).is_(None))
    if one_contact:
        link = link.where(col(_LINK.contact_id) == _CONTACT)
    return _latest_first(_entries().where(link, *(_CONDITIONS[name] for name in shape)))


@cache
def _earlier() -> Any:
    contacts: Any = any_(bindparam("contact_ids", type_=ARRAY(Uuid)))  # type: ignore[arg-type]
    theirs = select(_LINK.interaction_id).where(col(_LINK.contact_id) == contacts, col(_LINK.occurred_at) < bindparam("before", type_=_MOMENT))
    return _latest_first(_entries().where(col(Interaction.id).in_(theirs)))


def _entries() -> Any:
    author = func.coalesce(Interaction.author_id, Interaction.owner_id)
    found = select(*_SHOWN).select_from(Interaction).join(UserAccount, col(UserAccount.id) == author)
    return found.where(col(Interaction.deleted_at).is_(None)).limit(bindparam("most", type_=Integer))


def _latest_first(found: Any) -> Any:
    return found.order_by(_WHEN.desc(), col(Interaction.id).desc())


def _page(session: Session, actor: Actor, found: Any, values: dict[str, Any], after: str | None, limit: int) -> TimelinePage:
    values["most"] = limit + 1
    if after:
        values["moment"], values["key"] = decode_cursor(after, datetime, UUID)
    rows = session.connection().execute(found, values).all()
    shown = rows[:limit]
    mentions, mails = _mentions(session, shown), _mails(session, shown)
    return TimelinePage(
        entries=tuple(
            entry_view(actor, row, row.author_name, row.contacts or (), mentions.get(row.id, ()), mail=mails.get(row.id)) for row in shown
        ),
        next_cursor=encode_cursor(shown[-1].occurred_at, shown[-1].id) if len(rows) > limit else None,
    )


def _mails(session: Session, rows: Iterable[Any]) -> dict[UUID, EntryMail]:
    """The mails behind entries; asked only where one came from a sync."""
    return list_entry_mails(session, [row.id for row in rows if row.kind == Kind.EMAIL and row.source == Source.SYNC])


def _mentions(session: Session, rows: Iterable[Any]) -> dict[UUID, tuple[MentionView, ...]]:
    """Who is mentioned; asked only where a text holds an at sign."""
    return get_mentions(session, "interaction", [row.id for row in rows if "@" in row.body or "@" in row.subject])
