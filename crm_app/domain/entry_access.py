"""What entries of the timeline and tasks share: which contacts they may hang on, and whose names they show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import InteractionContact
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import TaskContact

Names = tuple[tuple[UUID, str], ...]


def require_linkable(session: Session, actor: Actor, contact_ids: Iterable[UUID], owner_id: UUID) -> None:
    """Raise NotFound unless the actor sees every contact, and Invalid where a private one would hang on a colleague's entry.

    A private contact makes the entry private to its owner, which would take it from the one who writes and show the
    contact's name to a colleague.
    """
    wanted = set(contact_ids)
    if not wanted:
        return
    visible = (Contact.owner_id == actor.user_id) | (Contact.audience == Audience.TEAM.value)
    rows = session.exec(select(Contact.id, Contact.audience).where(col(Contact.id).in_(wanted), col(Contact.deleted_at).is_(None), visible)).all()
    if len(rows) != len(wanted):
        raise NotFound(_("One of these contacts is not here. It may have been deleted, or it belongs to someone else."))
    if owner_id != actor.user_id and any(audience == Audience.PRIVATE.value for _, audience in rows):
        raise Invalid(fields={"contact_ids": _("A contact that only you can see can't be added to a colleague's entry.")})


def get_contact_names(session: Session, link: type[InteractionContact] | type[TaskContact], entry_ids: Collection[UUID]) -> dict[UUID, Names]:
    """For each entry, ``(id, name)`` of its live contacts that the asker sees, by name. One statement for all entries."""
    if not entry_ids:
        return {}
    entry = col(link.interaction_id) if link is InteractionContact else col(link.task_id)  # type: ignore[union-attr]
    rows = session.exec(
        select(entry, Contact.id, Contact.display_name)
        .join(Contact, col(Contact.id) == col(link.contact_id))
        .where(entry.in_(entry_ids), col(Contact.deleted_at).is_(None))
        .order_by(col(Contact.sort_name), col(Contact.id))
    ).all()
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for entry_id, contact_id, name in rows:
        found.setdefault(entry_id, []).append((contact_id, name))
    return {entry_id: tuple(names) for entry_id, names in found.items()}
