"""Reads of stored bytes. Row-level security decides who gets them."""

from __future__ import annotations

from sqlmodel import Session, col, select

from crm_app.domain.files.models import Blob


def find_photo(session: Session, sha256: str) -> Blob | None:
    """A photo that the reader may see, by its content's hash."""
    statement = select(Blob).where(Blob.sha256 == sha256, Blob.purpose == "photo", col(Blob.contact_id).is_not(None))
    return session.exec(statement.limit(1)).first()
