"""Stopping the daily mail by its link, without a sign-in: a person presses the button, a mail program posts by itself (RFC 8058).

Whoever only opens the address, as the scanners of mail servers do, changes nothing. No cookie counts here: the signature in the address
is the whole authority, so that it makes no difference which site a post comes from.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crm_app.domain.accounts.rules import address_group
from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, set_locale
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications import stopping
from crm_app.domain.ports import DigestStore
from crm_app.domain.unit_of_work import run_service
from crm_app.web.plain import render

MISSES, WINDOW = 10, 300
"""So many wrong links from one place in five minutes; the signature itself is far too long to be guessed."""


def make_router(store: DigestStore) -> APIRouter:
    """``/unsubscribe/{token}``. One that was never made, or has ended, is not found."""
    router = APIRouter(include_in_schema=False)

    @router.get("/unsubscribe/{token}")
    async def ask(token: str, request: Request) -> Response:
        reader = await run_in_threadpool(_reader, store, token, _place(request))
        return render(request.scope, "unsubscribe.html", action=request.scope["path"], email=reader.email, stopped=False)

    @router.post("/unsubscribe/{token}")
    async def stop(token: str, request: Request) -> Response:
        reader = await run_in_threadpool(_reader, store, token, _place(request))
        await run_in_threadpool(run_service, reader, notifications.stop_digest)
        return render(request.scope, "unsubscribe.html", action="", email=reader.email, stopped=True)

    return router


def _place(request: Request) -> str:
    return address_group(request.client.host if request.client else "")


def _reader(store: DigestStore, token: str, place: str) -> Actor:
    gone = NotFound(_("This link is over, or was not copied whole. You choose what you get in the settings."))
    if store.rate_peek(f"stop:{place}")[0] >= MISSES:
        raise gone
    user_id = stopping.whose(token)
    found = store.digest_reader(user_id) if user_id else None
    if found is None or not stopping.fits(token, found[0].user_id, found[1]):
        store.rate_hit(f"stop:{place}", WINDOW)
        raise gone
    set_locale(found[0].locale)
    return found[0]
