"""One contact with everything that its page shows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.queries import find_next_meeting
from crm_app.domain.contacts import queries
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.schemas import ContactView, PointView, SensitiveView
from crm_app.domain.errors import NotFound
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.tasks.queries import get_rows

_OWN_FIELDS = frozenset(ContactView.model_fields) & frozenset(Contact.model_fields)


def get_view(session: Session, actor: Actor, contact_id: UUID, *, trashed: bool = False) -> ContactView:
    """The contact as ``actor`` sees it, else NotFound. ``trashed`` also looks in the trash. Five statements at most."""
    row = queries.get_record(session, actor, contact_id)
    if row is None or (row["deleted_at"] is not None and not trashed):
        raise NotFound
    kept = Contact.model_construct(owner_id=row["owner_id"], audience=row["audience"], locked=row["locked"])
    return ContactView(
        **{name: row[name] for name in _OWN_FIELDS},
        owner_name=row["owner_name"],
        archived=row["archived_at"] is not None,
        deleted=row["deleted_at"] is not None,
        points=tuple(PointView(**{name: point[name] for name in PointView.model_fields}) for point in row["points"]),
        tags=tuple(row["tags"]),
        sensitive=_sensitive(row["sensitive"]),
        referred_by=tuple(row["referred_by"]) if row["referred_by"] else None,
        people=tuple(tuple(person) for person in row["people"]),
        photo_sha=row["photo_sha"],
        open_tasks=get_rows(session, actor, queries.list_open_tasks(session, actor, contact_id)),
        next_meeting=find_next_meeting(session, actor, contact_id, now()) if actor.can(Permission.CALENDAR_READ) else None,
        may_edit=actor.can(Permission.CONTACT_WRITE) and may_edit(actor, kept),
        may_delete=actor.can(Permission.CONTACT_DELETE) and may_own(actor, kept),
    )


def _sensitive(row: dict[str, Any] | None) -> SensitiveView | None:
    return SensitiveView(**{name: row[name] for name in SensitiveView.model_fields}) if row else None
