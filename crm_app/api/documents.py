"""``/api/v1/documents`` and ``/api/v1/contacts/{id}/documents``: files of contacts, their words and their bytes."""

from __future__ import annotations

import functools
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from crm_app.api import pages
from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.receiving import DESCRIBED, FileRoute
from crm_app.api.replies import reply, wanted_version
from crm_app.api.threads import in_thread
from crm_app.domain.actor import Actor
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.kinds import MOST_BYTES
from crm_app.domain.documents.reading import kind_of
from crm_app.domain.documents.schemas import DocumentText, DocumentUpdate, DocumentView
from crm_app.domain.editing import Line
from crm_app.domain.files.names import disposition
from crm_app.domain.permissions import Permission
from crm_app.domain.unit_of_work import run_service

router = APIRouter(prefix="/v1", tags=["documents"])
files = APIRouter(prefix="/v1", tags=["documents"], route_class=FileRoute)
DocumentPatch = patch_model(DocumentUpdate)
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_SAVED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


class DocumentCreate(BaseModel):
    """A file by its name, whose ending says what it is (.pdf, .docx, .txt, .md), and its bytes in base64.

    As every request in JSON this one has at most 1 MB, so a file of some 700 kB. Larger ones, up to 25 MB, are sent as they are.
    """

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=200)
    content: Base64Bytes

    @field_validator("content", mode="before")
    @classmethod
    def _strictly(cls, value: Any) -> Any:
        """What is no base64 is refused, and not taken for an empty file."""
        if isinstance(value, str) and not _BASE64.fullmatch(value):
            raise ValueError("Send the bytes in base64.")
        return value


class FileName(pages.Query):
    """What a file is called."""

    name: Line = Field(min_length=1, max_length=200)


@router.get("/contacts/{contact_id}/documents", response_model=Page[DocumentView])
async def list_documents(request: Request, contact_id: UUID, query: Annotated[Listed, Query()]) -> Response:
    """A contact's files that you may see, the latest first."""
    return await reply(request, documents.list_documents, contact_id, query.after, query.limit, shape=page_of("documents"))


@router.post("/contacts/{contact_id}/documents", status_code=201, response_model=DocumentView, openapi_extra=DESCRIBED)
async def create_document(request: Request, contact_id: UUID, body: DocumentCreate) -> Response:
    """Add a file to a contact, in JSON or, up to 25 MB, as it is: its bytes as `application/octet-stream`, its name in the address.

    It is kept also where its words cannot be read; `text_state` and `reason` say so. Two files may be on their way at once; a file counts as 100 requests.
    """
    return await reply(request, documents.create_document, contact_id, body.name, body.content, status=201)


@files.post("/contacts/{contact_id}/documents", status_code=201, include_in_schema=False)
async def receive_document(request: Request, contact_id: UUID, query: Annotated[FileName, Query()]) -> Response:
    """The same for a file's bytes. Whoever may not add it, or not with this name, is told so before it is read."""
    actor: Actor = request.state.actor
    actor.require(Permission.DOCUMENT_WRITE)
    kind_of(query.name)
    await in_thread(request.app.state.executor, functools.partial(run_service, actor, documents.list_documents, contact_id, None, 1))
    content = await request.app.state.receiving.receive(request, MOST_BYTES)
    return await reply(request, documents.create_document, contact_id, query.name, content, status=201)


@router.get("/documents/{document_id}", response_model=DocumentView)
async def get_document(request: Request, document_id: UUID) -> Response:
    """One file, without its words and bytes."""
    return await reply(request, documents.get_document, document_id)


@router.get("/documents/{document_id}/text", response_model=DocumentText)
async def get_document_text(request: Request, document_id: UUID) -> Response:
    """The words of a file, as far as they were read."""
    return await reply(request, documents.get_document_text, document_id)


@router.get("/documents/{document_id}/file", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
async def get_document_file(request: Request, document_id: UUID) -> Response:
    """The bytes of a file, to be saved."""
    read = functools.partial(run_service, request.state.actor, documents.get_document_file, document_id)
    found = await in_thread(request.app.state.executor, read)
    return Response(found.data, 200, {"Content-Disposition": disposition(found.name, found.content_type), **_SAVED}, "application/octet-stream")


@router.patch("/documents/{document_id}", response_model=DocumentView)
async def update_document(request: Request, document_id: UUID, body: DocumentPatch) -> Response:  # type: ignore[valid-type]
    """Rename it, or say who may see it and whether the assistant may read it."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, documents.update_document, document_id, with_version(body, DocumentUpdate, version))


@router.delete("/documents/{document_id}", status_code=204)
async def delete_document(request: Request, document_id: UUID) -> Response:
    """Put a file into the trash."""
    return await reply(request, documents.delete_document, document_id, status=204)


@router.post("/documents/{document_id}/restore", response_model=DocumentView)
async def restore_document(request: Request, document_id: UUID) -> Response:
    """Take a file out of the trash."""
    return await reply(request, documents.restore_document, document_id)
