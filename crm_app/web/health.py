"""Alive, ready, and measured: three answers for machines, none of which builds a page."""

from __future__ import annotations

import asyncio
import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from crm_app.domain.accounts.guessing import Attempt
from crm_app.web.errors import plain_error
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import client_address

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def make_router(services: EdgeServices) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def alive() -> Response:
        return PlainTextResponse("alive\n")

    @router.get("/readyz")
    async def ready() -> Response:
        problems = await asyncio.to_thread(services.readiness)
        return JSONResponse({"ready": not problems, "problems": problems}, status_code=503 if problems else 200)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        if not await asyncio.to_thread(_admit, services, request.scope):
            return plain_error(request.scope, 404)
        await asyncio.to_thread(services.measure)
        return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)

    return router


def _admit(services: EdgeServices, scope: Scope) -> bool:
    """Whoever may read the metrics. Guesses at the token are counted; one that is held up is not even looked at."""
    given, token = Headers(scope=scope).get("authorization"), services.config.metrics_token
    if given is None or token is None:
        return is_this_machine(scope)
    limits, attempt = services.sign_in_limits, Attempt.of("metrics", client_address(scope))
    if limits.held(attempt):
        return False
    if is_token(given, token):
        limits.succeeded(attempt)
        return True
    limits.failed(attempt)
    return is_this_machine(scope)


def is_token(given: str, token: str) -> bool:
    """Whether an ``Authorization`` shows the token, in a time that tells nothing of it."""
    return hmac.compare_digest(given.removeprefix("Bearer ").encode(), token.encode())


def is_this_machine(scope: Scope) -> bool:
    """This machine itself, and nobody through a proxy on it."""
    headers = Headers(scope=scope)
    if any(name in headers for name in _FORWARDED):
        return False
    try:
        return ip_address(scope["client"][0]).is_loopback
    except (KeyError, TypeError, ValueError):
        return False
