"""Bytes of records, for those who may see the record."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.files import queries
from crm_app.domain.permissions import Permission


class FileView(BaseModel):
    """A stored file; ``sha256`` (hex) is its ETag."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    content_type: str
    sha256: str
    data: bytes


def get_photo(session: Session, actor: Actor, sha256: str) -> FileView:
    """A contact's photo. NotFound also when it is there but not for this person."""
    actor.require(Permission.CONTACT_READ)
    blob = queries.find_photo(session, sha256)
    if blob is None:
        raise NotFound
    return FileView.model_validate(blob)
