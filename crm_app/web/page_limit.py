"""No one person may fill the memory with pages: each costs up to a megabyte, and one that nobody opens lives for a minute."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from crm_app.web.errors import plain_error
from crm_app.web.metrics import area_of

MOST_PAGES = 60  # twenty that are open, and what reloading them leaves behind for a while


class PageLimit:
    """Refuses a page with 429 while its asker has very many. ``count`` says how many the server keeps for a person."""

    def __init__(self, app: ASGIApp, count: Callable[[UUID], int]) -> None:
        self.app = app
        self.count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        record = scope.get("crm_session")
        if scope["type"] == "http" and record is not None and area_of(scope["path"]) == "page" and self.count(record.user_id) >= MOST_PAGES:
            response = plain_error(scope, 429)
            response.headers["retry-after"] = "30"
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
