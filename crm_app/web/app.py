"""Puts the web edge together. From outside to inside: gzip · security headers · gatekeeper · shelf · errors · origin · session · sockets · routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from crm_app.web import errors, first_run, health, nicegui_guard, nicegui_pace, one_time_links, signin, uploads
from crm_app.web.config import EdgeConfig
from crm_app.web.csrf import CsrfGuard
from crm_app.web.gatekeeper import Gatekeeper
from crm_app.web.headers import SecurityHeaders
from crm_app.web.loop_watch import LoopWatch
from crm_app.web.metrics import RequestMetrics
from crm_app.web.page_limit import PageLimit
from crm_app.web.plain import set_static_version
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import SessionMiddleware
from crm_app.web.shelf import Shelf
from crm_app.web.socket_door import SocketDoor

STATIC = Path(__file__).parent.parent / "static"
RECONNECT_TIMEOUT = 25.0
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class EdgeApp(FastAPI):
    """FastAPI whose outermost layers also hold for answers of its own error handling."""

    live_pages: nicegui_guard.LivePages

    def __init__(self, config: EdgeConfig, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette keeps user middleware inside its own error layer; headers, gzip and gatekeeper belong outside it."""
        inner = errors.Boundary(super().build_middleware_stack())
        return GZipMiddleware(SecurityHeaders(RequestMetrics(Gatekeeper(Shelf(inner), self.config)), self.config), minimum_size=800, compresslevel=5)


class CachedStatic(StaticFiles):
    """Our own files: cached for a year when asked for by version, revalidated otherwise."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"") or path.startswith("fonts/")
        if response.status_code < 400:
            response.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "public, no-cache"
        return response


def build_app(
    config: EdgeConfig,
    services: EdgeServices,
    routers: Iterable[APIRouter] = (),
    api: ASGIApp | None = None,
    lifespan: Lifespan | None = None,
    mount_pages: Callable[[], None] | None = None,
    title: str = "MindfulCRM",
) -> EdgeApp:
    """The whole HTTP application. ``routers`` come before the pages, because their mount takes every path that is left.
    ``api`` is the REST interface, which answers everything below ``/api``.

    ``mount_pages`` registers the NiceGUI pages. ``app.live_pages`` closes the pages of a session or person.
    """
    def make_door(app: ASGIApp) -> ASGIApp:
        door = SocketDoor(app, config)
        app_.live_pages = nicegui_guard.LivePages(door, services.sessions)
        services.session_closed = app_.live_pages.close_session
        return door

    @asynccontextmanager
    async def edge_lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app) if lifespan is not None else _nothing():
            nicegui_pace.tune_collector()
            watching = [asyncio.create_task(app_.live_pages.watch()), asyncio.create_task(LoopWatch().run())]
            try:
                yield
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)

    app_ = EdgeApp(config, title=title, lifespan=edge_lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    set_static_version(config.static_version)
    # The last one added is the outermost.
    app_.add_middleware(PageLimit, count=nicegui_guard.pages_of)
    app_.add_middleware(make_door)  # type: ignore[arg-type]
    app_.add_middleware(SessionMiddleware, sessions=services.sessions)
    app_.add_middleware(CsrfGuard, config=config)
    errors.install(app_)
    _mount_routes(app_, services, routers, api)
    nicegui_guard.install()
    nicegui_pace.install()
    if mount_pages is not None:
        mount_pages()
    ui.run_with(
        app_, title=title, dark=None, language="en-US", binding_refresh_interval=None, reconnect_timeout=RECONNECT_TIMEOUT,
        gzip_middleware_factory=None, tailwind=False, show_welcome_message=False,  # our sheet has the reset; its compiler would run in every tab
    )
    return app_


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def _mount_routes(app: FastAPI, services: EdgeServices, routers: Iterable[APIRouter], api: ASGIApp | None) -> None:
    app.mount("/static", CachedStatic(directory=STATIC), name="static")
    for edge in (health, signin, first_run, one_time_links, uploads):
        app.include_router(edge.make_router(services))
    for router in routers:
        app.include_router(router)

    @app.get("/robots.txt", include_in_schema=False)
    async def robots() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    @app.api_route("/favicon.ico", methods=["GET", "HEAD"], include_in_schema=False)
    async def icon() -> Response:  # asked for by every browser, whatever a page says
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})

    if api is not None:
        app.mount("/api", api)
        return

    @app.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def no_such_call(rest: str) -> Response:
        return errors.api_error(404, "not_found", "There is no such call.")
