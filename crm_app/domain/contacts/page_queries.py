"""Pages of the contact list: one statement, up to four with words to search for. A deep page costs what the first one costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, cast, func, literal, literal_column, tuple_, union
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.filter_queries import conditions, hits
from crm_app.domain.contacts.models import Contact, ContactTag
from crm_app.domain.contacts.schemas import ContactFilter, ContactPage, ContactRow
from crm_app.domain.contacts.scope import among
from crm_app.domain.contacts.search_queries import Found, find
from crm_app.domain.errors import Invalid
from crm_app.domain.files.models import Blob
from crm_app.domain.i18n import _
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.tags.models import Tag
from crm_app.domain.text import fold

MOST_COUNTED = 10_000
MOST_FOUND = 1_000
"""A search that finds more is to be narrowed, not counted."""
_LAST, _FIRST = "infinity", "-infinity"
_ROW = (
    "id", "version", "display_name", "company", "stage", "last_contact_at", "last_contact_kind", "next_step", "next_step_on",
    "primary_email", "primary_phone", "owner_id", "audience", "favourite", "archived_at", "sort_name", "created_at", "due_at", "snoozed_until",
)  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What a list is sorted by before its key. Each has an index of just this shape."""

    columns: tuple[Any, ...]
    descending: bool = False
    nothing: str = ""
    """What stands for a missing time, so that it comes last."""

    def key(self, row: Any) -> tuple[str, ...]:
        """The row's own sort values as text."""
        found = [getattr(row, name) for name in self.names]
        return tuple(self.nothing if value is None else value.isoformat() if isinstance(value, datetime) else value for value in found)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that hold the sort values."""
        return ("last_contact_at",) if self.nothing else tuple(column.key for column in self.columns)

    def bound(self, values: tuple[str, ...], key: UUID) -> Any:
        """A cursor's values as the right side of a row comparison."""
        timed = self.names[0] in ("last_contact_at", "created_at", "due_at")
        if timed and values[0] not in (_LAST, _FIRST):
            try:
                datetime.fromisoformat(values[0])
            except ValueError:
                raise Invalid(_("This page of the list can't be found. Start again from its first page."), {"after": _("Not a cursor of this list.")}) from None
        return tuple_(*(cast(literal(value), DateTime(timezone=True)) if timed else literal(value) for value in values), cast(key, Uuid))


SORTS = {
    "name": Order((col(Contact.sort_name),)),
    "-name": Order((col(Contact.sort_name),), descending=True),
    "last_contact": Order((literal_column("least(contact.last_contact_at, 'infinity'::timestamptz)"),), nothing=_LAST),
    "-last_contact": Order((literal_column("greatest(contact.last_contact_at, '-infinity'::timestamptz)"),), descending=True, nothing=_FIRST),
    "created": Order((col(Contact.created_at),)),
    "-created": Order((col(Contact.created_at),), descending=True),
    "stage": Order((col(Contact.stage), col(Contact.sort_name))),
    "due": Order((col(Contact.due_at),)),
}


def list_page(session: Session, actor: Actor, wanted: ContactFilter) -> ContactPage:
    """The page after or before the cursor, with the cursors on both sides and the capped count."""
    order = SORTS[wanted.sort]
    back, bound = _position(order, wanted)
    narrowing = conditions(actor, wanted)
    found = find(session, wanted.search) if fold(wanted.search) else None
    most = MOST_FOUND if found is not None and found.many is not None else MOST_COUNTED
    counted = hits(narrowing, found).limit(most + 1).subquery()
    count = select(func.count()).select_from(counted).scalar_subquery()
    inside = keys_along(order, narrowing, found, back, bound, wanted.limit + 1)
    rows = list(session.connection().execute(shown(order, inside, back, wanted.limit + 1, count)).all())
    total = rows[0].total if rows else session.connection().execute(select(count)).scalar_one() if wanted.after else 0
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    if back:
        rows.reverse()
    return ContactPage(
        rows=tuple(view_of(row) for row in rows),
        next_cursor=cursor_of(order, wanted, rows, "next") if rows and (more or back) else None,
        previous_cursor=cursor_of(order, wanted, rows, "previous") if rows and (more if back else bool(wanted.after)) else None,
        total=min(total, most),
        total_is_capped=total > most,
    )


def count_page(session: Session, actor: Actor, wanted: ContactFilter) -> int:
    """How many contacts the list holds, up to ``MOST_FOUND`` + 1; its place and order do not matter."""
    found = find(session, wanted.search) if fold(wanted.search) else None
    counted = hits(conditions(actor, wanted), found).limit(MOST_FOUND + 1).subquery()
    return int(session.connection().execute(select(func.count()).select_from(counted)).scalar_one())


def _position(order: Order, wanted: ContactFilter) -> tuple[bool, Any | None]:
    if not wanted.after:
        return False, None
    way, sort, *values, key = decode_cursor(wanted.after, str, str, *(str for _ in order.names), UUID)
    if sort != wanted.sort or way not in ("next", "previous") or None in values or key is None:
        raise Invalid(_("This page belongs to another order of the list. Start again from its first page."), {"after": _("Not a cursor of this list.")})
    return way == "previous", order.bound(tuple(values), key)


def keys_along(order: Order, narrowing: Sequence[Any], found: Found | None, back: bool, bound: Any | None, limit: int) -> Any:
    """Up to ``limit`` keys from ``bound`` on. Many hits and those known by key are each read along their best index, then merged."""

    def part(*more: Any) -> Any:
        place = tuple_(*order.columns, col(Contact.id))
        falling = order.descending is not back
        keys = select(Contact.id).where(*narrowing, *more)
        if bound is not None:
            keys = keys.where(place < bound if falling else place > bound)
        return keys.order_by(*along(order, back)).limit(limit)

    if found is None:
        return part()
    by_key = among(col(Contact.id), found.ids)
    if found.many is None:
        return part(by_key)
    if not found.ids:
        return part(found.many)
    return union(select(part(found.many).subquery().c.id), select(part(by_key).subquery().c.id))


def along(order: Order, back: bool = False) -> list[Any]:
    """The sort columns and the key, in the list's direction or against it."""
    falling = order.descending is not back
    columns = [*order.columns, col(Contact.id)]
    return [column.desc() if falling else column.asc() for column in columns]


def shown(order: Order, inside: Any, back: bool, limit: int, count: Any) -> Any:
    """Everything that a list shows of the contacts whose keys ``inside`` selects."""
    page = inside.subquery()
    tags = (
        select(func.array_agg(aggregate_order_by(col(Tag.name), col(Tag.folded))))
        .join(ContactTag, col(ContactTag.tag_id) == col(Tag.id))
        .where(col(ContactTag.contact_id) == col(Contact.id))
        .scalar_subquery()
    )
    columns = [getattr(Contact, name) for name in _ROW]
    return (
        select_columns(*columns, col(UserAccount.name).label("owner_name"), col(Blob.sha256).label("photo_sha"), tags.label("tags"), count.label("total"))
        .join(page, page.c.id == col(Contact.id))
        .join(UserAccount, col(UserAccount.id) == col(Contact.owner_id))
        .outerjoin(Blob, col(Blob.id) == col(Contact.photo_id))
        .order_by(*along(order, back))
        .limit(limit)
    )


_READ = tuple(name for name in ContactRow.model_fields if name not in ("tags", "archived"))
_read = attrgetter(*_READ)


def view_of(row: Any) -> ContactRow:
    """One line of a list."""
    # Name by name: what a row gives as a dictionary costs more than the whole rest of a line.
    values: dict[str, Any] = dict(zip(_READ, _read(row), strict=True))
    return ContactRow(**values, tags=tuple(row.tags or ()), archived=row.archived_at is not None)


def cursor_of(order: Order, wanted: ContactFilter, rows: Sequence[Any], way: str) -> str:
    """Where these rows end, or on the way back begin."""
    edge = rows[-1] if way == "next" else rows[0]
    return encode_cursor(way, wanted.sort, *order.key(edge), edge.id)
