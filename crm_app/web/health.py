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

from crm_app.web.errors import plain_error
from crm_app.web.services import EdgeServices

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
        if not may_read_metrics(request.scope, services.config.metrics_token):
            return plain_error(request.scope, 404)
        return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)

    return router


def may_read_metrics(scope: Scope, token: str | None) -> bool:
    """This machine itself (not through a proxy on it), or whoever has the metrics token."""
    headers = Headers(scope=scope)
    given = headers.get("authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    if any(name in headers for name in _FORWARDED):
        return False
    try:
        return ip_address(scope["client"][0]).is_loopback
    except (KeyError, TypeError, ValueError):
        return False
