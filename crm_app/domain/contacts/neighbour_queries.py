"""Who stands before and after a contact in a list, and where it stands itself: one statement, up to four with words to search for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.filter_queries import conditions, hits
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.page_queries import MOST_FOUND, SORTS, Order, along, keys_along
from crm_app.domain.contacts.schemas import ContactFilter, Neighbours
from crm_app.domain.contacts.scope import visible_to
from crm_app.domain.contacts.search_queries import Found, find
from crm_app.domain.text import fold

MOST_COUNTED = 5_000
"""A record is opened more often than a list, so it counts less far."""


def find_neighbours(session: Session, actor: Actor, contact_id: UUID, wanted: ContactFilter) -> Neighbours | None:
    """The neighbours in the list that ``wanted`` asks for, wherever its pages begin; None when the actor does not see the contact.

    A contact that the filter leaves out, perhaps since a moment ago, still has neighbours: those between which it would stand.
    """
    order = SORTS[wanted.sort]
    narrowing = conditions(actor, wanted)
    found = find(session, wanted.search) if fold(wanted.search) else None
    most = MOST_FOUND if found is not None and found.many is not None else MOST_COUNTED
    row = session.connection().execute(_asked(order, actor, contact_id, narrowing, found, most)).one()
    if not row.seen:
        return None
    counted = row.inside and row.before is not None and row.before < most
    return Neighbours(
        previous_id=row.previous_id, next_id=row.next_id, position=row.before + 1 if counted else None,
        total=min(row.total, most), total_is_capped=row.total > most,
    )  # fmt: skip


def _asked(order: Order, actor: Actor, contact_id: UUID, narrowing: Sequence[Any], found: Found | None, most: int) -> Any:
    place = tuple_(*order.columns, col(Contact.id))
    itself = (col(Contact.id) == contact_id, visible_to(actor), col(Contact.deleted_at).is_(None))
    here = select_columns(*order.columns, col(Contact.id)).where(*itself).correlate(None).scalar_subquery()
    ahead = place > here if order.descending else place < here
    return select_columns(
        _one(order, keys_along(order, narrowing, found, True, here, 1), True).label("previous_id"),
        _one(order, keys_along(order, narrowing, found, False, here, 1), False).label("next_id"),
        # Behind a search with many hits, counting would read the list up to here.
        (literal(None) if found is not None and found.many is not None else _count(hits([*narrowing, ahead], found), most)).label("before"),
        _count(hits(narrowing, found), most + 1).label("total"),
        hits([*narrowing, col(Contact.id) == contact_id], found).exists().label("inside"),
        select(Contact.id).where(*itself).exists().label("seen"),
    )


def _one(order: Order, keys: Any, back: bool) -> Any:
    """The nearer of at most two keys: one of the many hits, one of those known by key."""
    near = keys.subquery()
    return select(Contact.id).join(near, near.c.id == col(Contact.id)).order_by(*along(order, back)).limit(1).scalar_subquery()


def _count(keys: Any, most: int) -> Any:
    return select(func.count()).select_from(keys.limit(most).subquery()).scalar_subquery()
