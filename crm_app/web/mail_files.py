"""What came along with mails: fetched when it is opened, always saved and never shown as a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from io import BytesIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound, TooMany
from crm_app.domain.files.names import disposition
from crm_app.domain.i18n import _
from crm_app.domain.mail.attachments import OpenedFile
from crm_app.web.downloads import SANDBOX, HandOver
from crm_app.web.sessions import current_actor

AT_ONCE, WAITING = 4, 20
"""Files that are fetched at a time, and how many more wait for their turn: each may take a mail server's time, and 25 MB of memory."""
_PART = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,30}")
Open = Callable[[Actor, UUID, str], OpenedFile]
Asker = Annotated[Actor, Depends(current_actor)]


def make_router(open_file: Open) -> APIRouter:
    """``/downloads/mail/{email_id}/{part}``; ``open_file`` fetches, in a thread."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/downloads/mail/{email_id}/{part}", _Files(open_file).send, methods=["GET"], response_model=None)
    return router


class _Files:
    def __init__(self, open_file: Open) -> None:
        self._open, self._turns, self._asked = open_file, asyncio.Semaphore(AT_ONCE), 0

    async def send(self, email_id: UUID, part: str, actor: Asker) -> Response:
        """Fetch the file and hand it over. Nobody waits behind more than a few others."""
        if not _PART.fullmatch(part):
            raise NotFound
        if self._asked >= AT_ONCE + WAITING:
            raise TooMany(_("Many files are being fetched just now. Try again in a moment."), wait=5)
        self._asked += 1
        try:
            async with self._turns:
                file = await run_in_threadpool(self._open, actor, email_id, part)
        finally:
            self._asked -= 1
        headers = {"content-disposition": disposition(file.name, file.kind), "cache-control": "no-store", **SANDBOX}
        return HandOver(BytesIO(file.content), headers, file.kind)  # piece by piece, since each is packed on the way out, while others wait
