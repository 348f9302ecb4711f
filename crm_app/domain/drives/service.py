"""Which files and folders of a drive a contact's documents come from."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import syncing
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.drives import queries, rules
from crm_app.domain.drives.access import get_own_drive, get_own_link
from crm_app.domain.drives.models import DriveLink
from crm_app.domain.drives.schemas import ContactDrives, DriveRow, LinkedRow, LinkRow, Pick
from crm_app.domain.editing import clean_line
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def get_contact_drives(session: Session, actor: Actor, contact_id: UUID) -> ContactDrives:
    """The actor's own connections to a drive, since nobody chooses from another's, and what of them is linked to a contact that they see."""
    actor.require(Permission.CONNECTION_MANAGE)
    links = list_links(session, actor, contact_id)
    rows = queries.list_drives(session, actor)
    return ContactDrives(drives=tuple(DriveRow(id=row.id, name=row.name, ready=row.state == ConnectionState.ACTIVE) for row in rows), links=links)


def list_links(session: Session, actor: Actor, contact_id: UUID) -> tuple[LinkRow, ...]:
    """What the actor has linked to a contact that they see, folders first."""
    actor.require(Permission.CONNECTION_MANAGE)
    get_visible_contact(session, actor, contact_id)
    rows = queries.list_links(session, actor, contact_id)
    out = {key: sum(one.calendar_ref == str(contact_id) for one in queries.list_problems(session, actor, key)) for key in {row.connection_id for row in rows}}
    return tuple(_shown(row, out[row.connection_id]) for row in rows)


def list_linked(session: Session, actor: Actor, connection_id: UUID) -> tuple[LinkedRow, ...]:
    """What of an own drive is linked to contacts that the actor sees, by contact."""
    actor.require(Permission.CONNECTION_MANAGE)
    drive = get_own_drive(session, actor, connection_id)
    return tuple(
        LinkedRow(**row.model_dump(include={"id", "contact_id", "name", "folder", "gone"}), contact_name=name, documents=count)
        for row, name, count in queries.list_linked(session, actor, drive.id)
    )


def link_files(session: Session, actor: Actor, connection_id: UUID, contact_id: UUID, picks: Sequence[Pick]) -> tuple[LinkRow, ...]:
    """Have these files, and all files of these folders, become documents of a contact, and stay in step; the sync begins at once.

    A file that was chosen before and deleted here is fetched again. NotFound for a contact that the actor does not see and for a drive that is
    not their own; Conflict while that is paused.
    """
    actor.require(Permission.DOCUMENT_WRITE)
    actor.require(Permission.CONNECTION_MANAGE)
    drive = get_own_drive(session, actor, connection_id, lock=True)
    contact = get_visible_contact(session, actor, contact_id)
    if drive.state == ConnectionState.PAUSED:
        raise Conflict(_("This connection is paused. Resume it first."))
    wanted = {pick.ref: pick for pick in picks}
    if queries.count_links(session, actor, drive.id) + len(wanted) > rules.MOST_LINKS:
        raise Invalid(_("At most %d files and folders of one drive can be linked. Choose a folder instead of its files.") % rules.MOST_LINKS)
    for pick in wanted.values():
        row = queries.find_link(session, actor, drive.id, contact.id, pick.ref)
        if row is None:
            row = DriveLink(
                owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=drive.id, contact_id=contact.id, external_id=pick.ref, name="",
                folder=pick.folder,
            )  # fmt: skip
            session.add(row)
        row.name, row.listed, row.gone = clean_line(pick.name)[:400] or _("Without a name"), False, False
    session.flush()
    syncing.sync_now(session, actor, drive.id)
    return list_links(session, actor, contact.id)


def unlink_file(session: Session, actor: Actor, link_id: UUID) -> None:
    """Have a file or a folder no longer kept in step. The documents that came from it stay."""
    actor.require(Permission.DOCUMENT_WRITE)
    row = get_own_link(session, actor, link_id, lock=True)
    queries.forget_problems(session, actor, row.connection_id, row.contact_id)
    session.delete(row)
    session.flush()


def _shown(row: DriveLink, left_out: int) -> LinkRow:
    kept = row.model_dump(include={"id", "connection_id", "contact_id", "name", "folder", "gone"})
    return LinkRow(**kept, ref=row.external_id, waits=not row.listed, left_out=left_out if row.folder else 0)
