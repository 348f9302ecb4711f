"""Uploads: the raw bytes of one file in the body of one request, with limits that the server keeps.

No multipart: there is nothing to parse, and nothing of a form's many ways to be hostile. The name is data, never a path.
"""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from crm_app.domain.errors import Forbidden, Invalid, Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.letters.schemas import MOST_BYTES
from crm_app.domain.permissions import Permission
from crm_app.domain.ports import UploadStore
from crm_app.web.config import EdgeConfig
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import current_session

PURPOSES = {
    "import": Permission.CONTACT_IMPORT, "photo": Permission.CONTACT_WRITE, "document": Permission.DOCUMENT_WRITE, "letter": Permission.MAIL_WRITE,
}  # fmt: skip
LIMITS = {"import": 100_000_000, "photo": 10_000_000, "document": 25_000_000, "letter": MOST_BYTES}
WAITING_PER_USER = 2
# The only kinds that a form on another site can send; our own page says octet-stream, which no form can.
FORM_KINDS = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})


class Uploads:
    """Counts what each person has under way, so that a few large files cannot fill the memory."""

    def __init__(self, store: UploadStore, config: EdgeConfig) -> None:
        self._store = store
        self._config = config
        self._under_way: dict[object, int] = {}

    async def receive(self, request: Request, purpose: str) -> Response:
        """Store the body for the signed-in person; ``{"upload_id", "name", "size"}``."""
        record = current_session(request)
        actor = record.actor()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORM_KINDS:
            raise HTTPException(415)
        if purpose not in PURPOSES:
            raise Invalid(_("Nothing here takes such a file."))
        actor.require(PURPOSES[purpose])
        if self._under_way.get(actor.user_id, 0) >= WAITING_PER_USER:
            raise Unavailable(_("Two of your files are on their way already. Wait for them."))
        self._under_way[actor.user_id] = self._under_way.get(actor.user_id, 0) + 1
        try:
            content = await self._read(request, min(LIMITS[purpose], self._config.max_upload), purpose)
            name = clean_name(request.headers.get("x-file-name", ""))
            upload_id = await asyncio.to_thread(self._store.keep_upload, actor, purpose, name, content)
        finally:
            self._under_way[actor.user_id] -= 1
        return JSONResponse({"upload_id": str(upload_id), "name": name, "size": len(content)}, status_code=201)

    async def _read(self, request: Request, limit: int, purpose: str) -> bytes:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise TooLarge(limit, purpose)
        if not body:
            raise Invalid(_("This file is empty."))
        return bytes(body)


class TooLarge(Forbidden):
    """More bytes than this kind of file may have."""

    status = 413
    code = "too_large"

    def __init__(self, limit: int, purpose: str) -> None:
        way = _("Split it, and bring the parts one after the other.") if purpose == "import" else _("Choose a smaller one.")
        super().__init__(_("This file is larger than %d MB.") % (limit // 1_000_000) + " " + way)


def clean_name(raw: str) -> str:
    """A file's name to show: percent-decoded, without a path or control characters, at most 200 characters."""
    name = unquote(raw, errors="replace").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in name if char.isprintable())[:200].strip() or "file"


def make_router(services: EdgeServices) -> APIRouter:
    """``POST /uploads/{purpose}``."""
    router = APIRouter(include_in_schema=False)
    if services.uploads is not None:
        uploads = Uploads(services.uploads, services.config)
        router.add_api_route("/uploads/{purpose}", uploads.receive, methods=["POST"], response_model=None)
    return router
