"""Writing to the timeline and reading from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import Session, col

from crm_app.domain.access import require_edit, require_hideable, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Source
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.entry_access import get_contact_names, require_linkable
from crm_app.domain.interactions import queries, rules
from crm_app.domain.interactions.access import get_visible_interaction
from crm_app.domain.interactions.models import Interaction, InteractionContact, Kind
from crm_app.domain.interactions.schemas import EntryView, InteractionCreate, InteractionFilter, InteractionUpdate, TimelinePage
from crm_app.domain.mentions.writing import keep_mentions
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

MAY_BE_EMPTY = frozenset({"duration_minutes", "direction"})


def log_interaction(session: Session, actor: Actor, data: InteractionCreate) -> EntryView:
    """Write an entry on the timelines of its contacts. NotFound when the actor does not see one of them."""
    actor.require(Permission.INTERACTION_WRITE)
    require_linkable(session, actor, data.contact_ids, actor.user_id)
    row = Interaction(
        **data.model_dump(exclude={"contact_ids", "occurred_at", "kind", "audience", "direction"}),
        owner_id=actor.user_id, kind=data.kind.value, direction=data.direction, occurred_at=data.occurred_at or now(),
        audience=data.audience.value, asked_audience=data.audience.value,
        source=Source.API.value if actor.via == "api" else Source.MANUAL.value, search_text=rules.search_text(data.subject, data.body),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _link(session, row, data.contact_ids)
    _mention(session, actor, row, fresh=True)
    return _written(session, actor, row, data.contact_ids)


def update_interaction(session: Session, actor: Actor, interaction_id: UUID, data: InteractionUpdate) -> EntryView:
    """Change what ``data`` gives. Conflict with the current entry when it is no longer at ``data.version``."""
    actor.require(Permission.INTERACTION_WRITE)
    row = get_visible_interaction(session, actor, interaction_id, lock=True)
    require_edit(actor, row, Permission.INTERACTION_WRITE)
    current = queries.get_entry(session, actor, row)
    require_version(row, data.version, current)
    given = given_fields(data, MAY_BE_EMPTY)
    wanted, audience = given.pop("contact_ids", None), given.pop("audience", None)
    if audience is not None and rules.audience_changes(audience, row.audience, row.asked_audience):
        require_own(actor, row, Permission.INTERACTION_WRITE)
        require_hideable(actor, row, audience.value)
        row.asked_audience = audience.value
    row.sqlmodel_update(given)
    if {"subject", "body"} & given.keys():
        row.search_text = rules.search_text(row.subject, row.body)
    session.flush()
    before = {contact_id for contact_id, _ in current.contacts}
    if wanted is not None:
        require_linkable(session, actor, set(wanted) - before, row.owner_id)
        _unlink(session, row, before - set(wanted))
        _link(session, row, [contact_id for contact_id in wanted if contact_id not in before])
    _mention(session, actor, row)
    return _written(session, actor, row, before | set(wanted or ()))


def delete_interaction(session: Session, actor: Actor, interaction_id: UUID) -> None:
    """Put an entry in the trash. Only its author may, or an admin where it is the team's."""
    actor.require(Permission.INTERACTION_WRITE)
    row = get_visible_interaction(session, actor, interaction_id, lock=True)
    require_own(actor, row, Permission.INTERACTION_WRITE)
    row.deleted_at = now()
    session.flush()
    refresh_derived(session, _contact_ids(session, row))


def restore_interaction(session: Session, actor: Actor, interaction_id: UUID) -> EntryView:
    """Take an entry back from the trash."""
    actor.require(Permission.INTERACTION_WRITE)
    row = get_visible_interaction(session, actor, interaction_id, trashed=True, lock=True)
    require_own(actor, row, Permission.INTERACTION_WRITE)
    row.deleted_at = None
    session.flush()
    return _written(session, actor, row, _contact_ids(session, row))


def get_interaction(session: Session, actor: Actor, interaction_id: UUID) -> EntryView:
    """One entry."""
    actor.require(Permission.INTERACTION_READ)
    return queries.get_entry(session, actor, get_visible_interaction(session, actor, interaction_id))


def list_timeline(
    session: Session, actor: Actor, contact_id: UUID, kinds: Sequence[Kind] = (), after: str | None = None, limit: int = 30
) -> TimelinePage:
    """A page of one contact's timeline, newest first; NotFound when the actor does not see the contact."""
    actor.require(Permission.INTERACTION_READ)
    get_visible_contact(session, actor, contact_id)
    return queries.list_contact_entries(session, actor, contact_id, kinds, after, min(limit, 200))


def list_recent(session: Session, actor: Actor, limit: int = 8, mine: bool = False) -> tuple[EntryView, ...]:
    """The latest entries of all contacts that the actor sees, with ``mine`` only those that are theirs."""
    actor.require(Permission.INTERACTION_READ)
    return queries.list_entries(session, actor, InteractionFilter(limit=limit, mine=mine)).entries


def list_interactions(session: Session, actor: Actor, wanted: InteractionFilter) -> TimelinePage:
    """A page of entries by contact, kind and time."""
    actor.require(Permission.INTERACTION_READ)
    if wanted.contact_id:
        get_visible_contact(session, actor, wanted.contact_id)
    return queries.list_entries(session, actor, wanted)


def _link(session: Session, row: Interaction, contact_ids: Iterable[UUID]) -> None:
    """Owner, audience, kind and time of a link are the trigger's: what stands here only satisfies NOT NULL."""
    rows = [
        {"interaction_id": row.id, "contact_id": contact_id, "owner_id": row.owner_id, "audience": row.audience, "kind": row.kind, "occurred_at": row.occurred_at}
        for contact_id in dict.fromkeys(contact_ids)
    ]
    if rows:
        session.exec(insert(InteractionContact).values(rows))


def _unlink(session: Session, row: Interaction, contact_ids: set[UUID]) -> None:
    if contact_ids:
        session.exec(delete(InteractionContact).where(col(InteractionContact.interaction_id) == row.id, col(InteractionContact.contact_id).in_(contact_ids)))


def _mention(session: Session, actor: Actor, row: Interaction, *, fresh: bool = False) -> None:
    keep_mentions(session, actor, "interaction", row.id, row, f"{row.subject}\n{row.body}", fresh=fresh)


def _contact_ids(session: Session, row: Interaction) -> set[UUID]:
    return {contact_id for contact_id, _ in get_contact_names(session, InteractionContact, [row.id]).get(row.id, ())}


def _written(session: Session, actor: Actor, row: Interaction, contact_ids: Iterable[UUID]) -> EntryView:
    session.refresh(row, ["audience", "version", "updated_at"])
    refresh_derived(session, sorted(set(contact_ids)))
    return queries.get_entry(session, actor, row)
