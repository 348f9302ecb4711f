"""What a browser fetches outside of the pages: photos, and files made for the one who asks."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.errors import NotFound
from crm_app.domain.exports import service as exports
from crm_app.domain.files import service as files
from crm_app.domain.imports import service as imports
from crm_app.domain.unit_of_work import run_service
from crm_app.web.sessions import current_actor

KINDS = {"csv": "text/csv; charset=utf-8", "vcard": "text/vcard; charset=utf-8", "json": "application/json"}
ENDINGS = {"csv": "csv", "vcard": "vcf", "json": "json"}
PHOTO_TYPES = frozenset({"image/webp", "image/png", "image/jpeg"})
_SHA = re.compile(r"[0-9a-f]{64}")
Asker = Annotated[Actor, Depends(current_actor)]

# Should one of these ever be opened as a page, it is a page that can do nothing and belongs to nobody.
SANDBOX = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
}


def make_router() -> APIRouter:
    """``/photos/{sha256}``, ``/downloads/contacts.{kind}``, ``/downloads/import-problems/{job_id}``."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/photos/{sha256}", photo, methods=["GET"], response_model=None)
    router.add_api_route("/downloads/contacts/{kind}", contacts, methods=["GET"], response_model=None)
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


async def contacts(kind: str, actor: Asker) -> Response:
    """Every contact that the asker may see, as one file."""
    if kind not in KINDS:
        raise NotFound
    content = await run_in_threadpool(run_service, actor, exports.export_contacts, kind)
    return _attachment(content, f"contacts-{today_of(actor).isoformat()}.{ENDINGS[kind]}", KINDS[kind])


async def problems(job_id: UUID, actor: Asker) -> Response:
    """The lines that one's own import could not take."""
    content = await run_in_threadpool(run_service, actor, imports.get_problems_csv, job_id)
    return _attachment(content, "import-problems.csv", KINDS["csv"])


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    """Never shown as a page: downloaded, typed, sandboxed."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store", **SANDBOX}
    return Response(content, media_type=media_type, headers=headers)
