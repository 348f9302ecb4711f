"""Saved views: lists of contacts that a person keeps by name, in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.saved_views import queries
from crm_app.domain.saved_views.models import HUES, SavedView
from crm_app.domain.saved_views.schemas import SavedViewCreate, SavedViewRow, SavedViewUpdate
from crm_app.domain.text import fold

MOST = 30


def list_views(session: Session, actor: Actor) -> tuple[SavedViewRow, ...]:
    """The asker's views in their order."""
    return tuple(SavedViewRow.model_validate(row) for row in queries.list_own(session, actor))


def create_view(session: Session, actor: Actor, data: SavedViewCreate) -> SavedViewRow:
    """Keep a list by name, after the others. Conflict when one is called so already."""
    actor.require(Permission.PROFILE_WRITE)
    known = queries.list_own(session, actor, lock=True)
    if len(known) >= MOST:
        raise Invalid(_("At most %d views can be kept. Remove one first.") % MOST)
    _require_free(known, data.name)
    position = known[-1].position + 1 if known else 0
    row = SavedView(user_id=actor.user_id, name=data.name, query=data.query, hue=data.hue or HUES[len(known) % len(HUES)], position=position)
    session.add(row)
    session.flush()
    return SavedViewRow.model_validate(row)


def update_view(session: Session, actor: Actor, view_id: UUID, data: SavedViewUpdate) -> SavedViewRow:
    """Another name, colour or list. Conflict when the name is taken, or the view is no longer at ``data.version``."""
    actor.require(Permission.PROFILE_WRITE)
    row = _own(session, actor, view_id)
    require_version(row, data.version, SavedViewRow.model_validate(row))
    given = given_fields(data)
    if "name" in given:
        _require_free([other for other in queries.list_own(session, actor) if other.id != row.id], given["name"])
    row.sqlmodel_update(given)
    session.flush()
    return SavedViewRow.model_validate(_own(session, actor, view_id))


def order_views(session: Session, actor: Actor, view_ids: Sequence[UUID]) -> tuple[SavedViewRow, ...]:
    """Put the asker's views in this order; those that are not named keep theirs, behind. NotFound for a view of somebody else's."""
    actor.require(Permission.PROFILE_WRITE)
    rows = {row.id: row for row in queries.list_own(session, actor, lock=True)}
    if not set(view_ids) <= set(rows):
        raise NotFound
    for position, view_id in enumerate(dict.fromkeys([*view_ids, *rows])):
        rows[view_id].position = position
    session.flush()
    return list_views(session, actor)


def delete_view(session: Session, actor: Actor, view_id: UUID) -> SavedViewRow:
    """Remove a view; nothing happens to the people in it. What was removed is returned, so that it can be put back."""
    actor.require(Permission.PROFILE_WRITE)
    row = _own(session, actor, view_id)
    gone = SavedViewRow.model_validate(row)
    session.delete(row)
    session.flush()
    return gone


def _own(session: Session, actor: Actor, view_id: UUID) -> SavedView:
    row = queries.get_own(session, actor, view_id)
    if row is None:
        raise NotFound
    return row


def _require_free(others: Sequence[SavedView], name: str) -> None:
    if any(fold(other.name) == fold(name) for other in others):
        raise Conflict(_("You have a view of this name already."))
