"""The only loaders of contacts by id. Each asks who asks; what they may not see is not found."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import may_edit, may_own, require_edit, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import queries
from crm_app.domain.contacts.models import Contact, ContactSensitive
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

__all__ = [
    "get_editable_contacts", "get_owned_contacts", "get_sensitive_part", "get_visible_contact", "get_visible_contacts", "may_edit", "may_own",
    "require_hideable",
]  # fmt: skip


def get_visible_contact(session: Session, actor: Actor, contact_id: UUID, *, lock: bool = False, trashed: bool | None = False) -> Contact:
    """The contact if the actor may see it, else NotFound. ``lock`` holds the row until the transaction ends."""
    return get_visible_contacts(session, actor, [contact_id], lock=lock, trashed=trashed)[0]


def get_visible_contacts(
    session: Session, actor: Actor, contact_ids: Sequence[UUID], *, lock: bool = False, trashed: bool | None = False
) -> list[Contact]:
    """All of them in the order asked for, or NotFound when one is missing. ``trashed=None`` looks in the trash as well.

    What is only read together asks once for each: seven parts of a contact's page begin with the same question.
    """
    wanted = list(dict.fromkeys(contact_ids))
    reads = session.info.get("read_only") is True and not lock and trashed is False
    found: dict[UUID, Contact] = session.info.setdefault((get_visible_contacts, actor), {}) if reads else {}
    new = [contact_id for contact_id in wanted if contact_id not in found]
    if new:
        found.update((row.id, row) for row in queries.list_contacts_by_id(session, actor, new, lock=lock, trashed=trashed))
    if not found.keys() >= set(wanted):
        raise NotFound
    return [found[contact_id] for contact_id in wanted]


def get_editable_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> list[Contact]:
    """Locked rows that the actor may change: Forbidden for a viewer or where an owner has locked one."""
    actor.require(Permission.CONTACT_WRITE)
    rows = get_visible_contacts(session, actor, contact_ids, lock=True)
    for row in rows:
        require_edit(actor, row, Permission.CONTACT_WRITE)
    return rows


def get_owned_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID], *, trashed: bool = False) -> list[Contact]:
    """Locked rows that the actor may delete or hide: their owner, or an admin where they are the team's."""
    actor.require(Permission.CONTACT_DELETE)
    rows = get_visible_contacts(session, actor, contact_ids, lock=True, trashed=trashed)
    for row in rows:
        require_own(actor, row, Permission.CONTACT_DELETE)
    return rows


def get_sensitive_part(session: Session, contact: Contact) -> ContactSensitive | None:
    """What stands apart of a contact that was loaded here, if there is any that row security shows."""
    return session.get(ContactSensitive, contact.id)


def require_hideable(actor: Actor, rows: Sequence[Contact], audience: str) -> None:
    """Raise Forbidden where someone would hide another's contact: an admin could neither see nor undo it afterwards."""
    if audience == Audience.PRIVATE and any(row.owner_id != actor.user_id for row in rows):
        raise Forbidden(_("Only the person who owns a contact can make it private."))
