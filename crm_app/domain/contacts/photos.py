"""A contact's photo: put on, replaced, taken off. Earlier ones stay for thirty days, served to nobody, so that a change can be undone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.contacts import record
from crm_app.domain.contacts.access import get_editable_contacts
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.errors import NotFound
from crm_app.domain.files.models import FORMER_PHOTO, PHOTO, Blob
from crm_app.domain.files.queries import find_upload
from crm_app.domain.i18n import _


def set_photo(session: Session, actor: Actor, contact_id: UUID, upload_id: UUID) -> ContactView:
    """Put a picture that the actor uploaded on a contact, in place of an earlier one. NotFound for what they did not upload within a day."""
    row = get_editable_contacts(session, actor, [contact_id])[0]
    upload = find_upload(session, actor, upload_id)
    if upload is None:
        raise NotFound(_("This picture is not here any more. Choose it again."))
    # A new row, since an upload is its maker's, and what hangs on a contact is its owner's.
    fresh = Blob(
        contact_id=row.id, owner_id=row.owner_id, audience=row.audience, purpose=PHOTO, name=upload.name, content_type=upload.content_type,
        size=upload.size, sha256=upload.sha256, data=upload.data,
    )  # fmt: skip
    session.add(fresh)
    session.flush()
    _replace(session, row, fresh.id)
    return record.get_view(session, actor, contact_id)


def remove_photo(session: Session, actor: Actor, contact_id: UUID) -> ContactView:
    """Take a contact's photo off; where there is none, nothing changes."""
    row = get_editable_contacts(session, actor, [contact_id])[0]
    _replace(session, row, None)
    return record.get_view(session, actor, contact_id)


def _replace(session: Session, row: Contact, photo_id: UUID | None) -> None:
    if row.photo_id is not None:
        session.execute(update(Blob).where(col(Blob.id) == row.photo_id).values(purpose=FORMER_PHOTO))
    row.photo_id = photo_id
    session.flush()
