"""What a browser fetches outside of the pages: photos, and files made for the one who asks."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.documents import service as documents
from crm_app.domain.errors import NotFound
from crm_app.domain.exports import service as exports
from crm_app.domain.files import service as files
from crm_app.domain.files.names import disposition
from crm_app.domain.imports import service as imports
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import ReportFilter
from crm_app.domain.unit_of_work import run_service
from crm_app.web.sessions import current_actor

KINDS = {"csv": "text/csv; charset=utf-8", "vcard": "text/vcard; charset=utf-8", "json": "application/json"}
ENDINGS = {"csv": "csv", "vcard": "vcf", "json": "json"}
PHOTO_TYPES = frozenset({"image/webp", "image/png", "image/jpeg"})
_SHA = re.compile(r"[0-9a-f]{64}")
Asker = Annotated[Actor, Depends(current_actor)]
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(9998, 1, 1))]

# Should one of these ever be opened as a page, it is a page that can do nothing and belongs to nobody.
SANDBOX = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
}


PIECE = 262_144
"""Bytes that are read and sent at a time."""


def make_router(room: Path | None = None) -> APIRouter:
    """``/photos/{sha256}``, ``/downloads/documents/{document_id}``, ``/downloads/contacts/{kind}``, ``/downloads/import-problems/{job_id}``,
    ``/downloads/ai-spending.csv``.

    ``room`` is a folder for what is too large to be held in memory while it is made; it needs none of the names there.
    """
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/photos/{sha256}", photo, methods=["GET"], response_model=None)
    router.add_api_route("/downloads/documents/{document_id}", document, methods=["GET"], response_model=None)
    router.add_api_route("/downloads/contacts/{kind}", _Contacts(room).send, methods=["GET"], response_model=None)
    router.add_api_route("/downloads/ai-spending.csv", spending_report, methods=["GET"], response_model=None)
    router.add_api_route("/downloads/import-problems/{job_id}", problems, methods=["GET"], response_model=None)
    return router


async def photo(sha256: str, request: Request, actor: Asker) -> Response:
    """A contact's photo, asked for again by its ETag; each request is checked anew."""
    if not _SHA.fullmatch(sha256):
        raise NotFound
    found = await run_in_threadpool(run_service, actor, files.get_photo, sha256)
    if found.content_type not in PHOTO_TYPES:
        raise NotFound
    etag = f'"{found.sha256}"'
    headers = {"etag": etag, "cache-control": "private, no-cache", **SANDBOX}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=found.content_type, headers=headers)


async def document(document_id: UUID, actor: Asker) -> Response:
    """A contact's document, to be saved."""
    found = await run_in_threadpool(run_service, actor, documents.get_document_file, document_id)
    headers = {"content-disposition": disposition(found.name, found.content_type), "cache-control": "no-store", **SANDBOX}
    return HandOver(BytesIO(found.data), headers, found.content_type)


class _Contacts:
    """Every contact that the asker may see, as one file. It is made whole, so that what goes wrong is said, and then sent piece by piece."""

    def __init__(self, room: Path | None) -> None:
        self._room = room

    async def send(self, kind: str, actor: Asker) -> Response:
        """Make the file and hand it over."""
        if kind not in KINDS:
            raise NotFound
        file = await run_in_threadpool(self._make, actor, kind)
        return HandOver(file, _as_attachment(f"contacts-{today_of(actor).isoformat()}.{ENDINGS[kind]}"), KINDS[kind])

    def _make(self, actor: Actor, kind: str) -> BinaryIO:
        with ExitStack() as unless_made:
            file = unless_made.enter_context(self._open())
            run_service(actor, exports.export_contacts, kind, file)
            unless_made.pop_all()
        return file


    def _open(self) -> BinaryIO:
        """A file that has no name from the first moment on and is gone when it is closed. Where the folder cannot be written, the system's own for such."""
        if self._room is not None:
            with suppress(OSError):
                self._room.mkdir(parents=True, exist_ok=True)
                return tempfile.TemporaryFile(dir=self._room)
        return tempfile.TemporaryFile()


class HandOver(StreamingResponse):
    """Sends an open file and closes it, however that ends: sent, refused, or hung up on."""

    def __init__(self, file: BinaryIO, headers: dict[str, str], media_type: str) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        super().__init__(self._pieces(), headers={**headers, "content-length": str(size)}, media_type=media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while piece := await run_in_threadpool(partial(self._file.read, PIECE)):
            yield piece


async def problems(job_id: UUID, actor: Asker) -> Response:
    """The lines that one's own import could not take."""
    content = await run_in_threadpool(run_service, actor, imports.get_problems_csv, job_id)
    return _attachment(content, "import-problems.csv", KINDS["csv"])


async def spending_report(actor: Asker, first: Day = None, last: Day = None, everybody: bool = False) -> Response:
    """What was spent on models in these days, this month's until today unless they are told; the asker's own, or everybody's."""
    until = last or today_of(actor)
    wanted, file = ReportFilter(first=first or until.replace(day=1), last=until, everybody=everybody), BytesIO()
    await run_in_threadpool(run_service, actor, spending.export_spending, wanted, file)
    return _attachment(file.getvalue(), f"ai-spending-{wanted.first.isoformat()}-{wanted.last.isoformat()}.csv", KINDS["csv"])


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    """Never shown as a page: downloaded, typed, sandboxed."""
    return Response(content, media_type=media_type, headers=_as_attachment(name))


def _as_attachment(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store", **SANDBOX}
