"""Documents that come by themselves from where they lie elsewhere, and follow what happens to them there. Who may do so is asked by whoever calls this."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.documents import queries, rules
from crm_app.domain.documents.kinds import DocumentKind
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.reading import Reading
from crm_app.domain.files.models import DOCUMENT, UPLOAD, Blob
from crm_app.domain.rows import Audience


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has come, read already: ``source`` says where from and ``ref`` what it is called there for good."""

    name: str
    kind: DocumentKind
    content: bytes = field(repr=False)
    reading: Reading = field(repr=False)
    source: str
    ref: str


def keep_arrival(session: Session, actor: Actor, contact_id: UUID, came: Arrival, audience: str) -> Document:
    """Make it a document of the actor's, for whoever may see the contact or for them alone."""
    row = Document(
        owner_id=actor.user_id, contact_id=contact_id, name=came.name, asked_audience=audience, source=came.source, source_ref=came.ref, **_said(came, came.name),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _put(session, actor, row, came)
    return row


def renew_arrival(session: Session, actor: Actor, row: Document, came: Arrival) -> bool:
    """Have a document of the actor's hold what came now; whether that is something else than before. Its name is left to ``rename_arrival``."""
    before = queries.find_bytes(session, row.id)
    if before is not None and before.sha256 == sha256(came.content).hexdigest():
        return False
    if before is not None:  # as a file that waits, which goes within a day
        before.sqlmodel_update({"purpose": UPLOAD, "document_id": None, "contact_id": None, "audience": Audience.PRIVATE.value})
        session.flush()
    row.sqlmodel_update(_said(came, row.name))
    session.flush()
    _put(session, actor, row, came)
    return True


def rename_arrival(session: Session, row: Document, name: str) -> None:
    """It is called otherwise over there."""
    row.name, row.search_text = name, rules.search_text(name, queries.get_text(session, row.id))
    session.flush()


def _said(came: Arrival, name: str) -> dict[str, Any]:
    return {"kind": came.kind.value, "size": len(came.content), **rules.as_read(name, came.reading)}


def _put(session: Session, actor: Actor, row: Document, came: Arrival) -> None:
    session.add(Blob(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, purpose=DOCUMENT, document_id=row.id, content_type=rules.CONTENT_TYPES[came.kind],
        size=len(came.content), sha256=sha256(came.content).hexdigest(), data=came.content,
    ))  # fmt: skip
    session.flush()
