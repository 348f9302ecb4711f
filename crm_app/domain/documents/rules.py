"""Pure rules of documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from crm_app.domain.access import may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.documents.kinds import DocumentKind, Source
from crm_app.domain.documents.reading import Reading
from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.permissions import Permission
from crm_app.domain.text import fold

CONTENT_TYPES = {
    DocumentKind.PDF: "application/pdf",
    DocumentKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    DocumentKind.TEXT: "text/plain",
    DocumentKind.MARKDOWN: "text/markdown",
}
INVENTED = "demo-"
"""So begin the ids of files that are invented."""
_ENDINGS = {DocumentKind.PDF: (".pdf",), DocumentKind.DOCX: (".docx",), DocumentKind.TEXT: (".txt", ".text"), DocumentKind.MARKDOWN: (".md", ".markdown")}
_OWN = frozenset(DocumentView.model_fields) - {"owner_name", "may_edit", "may_delete", "source_url"}


def search_text(name: str, text: str) -> str:
    """What the full-text index sees of a document."""
    return fold(f"{name} {text}")


def as_read(name: str, read: Reading) -> dict[str, Any]:
    """What a document keeps of what stands in its file."""
    return {"text_state": read.state.value, "reason": read.reason.value, "text": read.text, "search_text": search_text(name, read.text)}


def file_name(name: str, kind: DocumentKind) -> str:
    """The name to save it under: with the ending of its kind, also after it was given another name."""
    return name if name.lower().endswith(_ENDINGS[kind]) else name + _ENDINGS[kind][0]


def source_url(source: str, ref: str) -> str:
    """Where a document is opened that comes from elsewhere; empty for one that does not, and for those of the demo, which lie nowhere."""
    return f"https://drive.google.com/open?{urlencode({'id': ref})}" if source == Source.GOOGLE_DRIVE and not ref.startswith(INVENTED) else ""


def view(actor: Actor, row: Any, owner_name: str) -> DocumentView:
    """The document as ``actor`` sees it."""
    may_write = actor.can(Permission.DOCUMENT_WRITE)
    return DocumentView(
        **{name: getattr(row, name) for name in _OWN},
        source_url=source_url(row.source, row.source_ref), owner_name=owner_name,
        may_edit=may_write and may_edit(actor, row), may_delete=may_write and may_own(actor, row),
    )  # fmt: skip
