"""Reads of stored bytes. Row-level security decides who gets them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.files.models import PHOTO, UPLOAD, Blob


def find_photo(session: Session, sha256: str) -> Blob | None:
    """A photo that the reader may see, by its content's hash."""
    statement = select(Blob).where(Blob.sha256 == sha256, Blob.purpose == PHOTO, col(Blob.contact_id).is_not(None))
    return session.exec(statement.limit(1)).first()


def find_upload(session: Session, actor: Actor, upload_id: UUID, *, picture: bool = True) -> Blob | None:
    """A picture (drawn anew by us), or another file, that the actor uploaded and that waits to be taken up."""
    kind = col(Blob.content_type).like("image/%")
    found = select(Blob).where(Blob.id == upload_id, Blob.owner_id == actor.user_id, Blob.purpose == UPLOAD, kind if picture else ~kind)
    return session.exec(found.with_for_update()).first()
