"""What the edge counts. Labels hold kinds, never people, paths with ids, or addresses."""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("crm_http_requests_total", "Answers, by area and class of status.", ["area", "status"])
DURATION = Histogram("crm_http_seconds", "Time to the start of an answer.", ["area"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))
SOCKETS = Gauge("crm_sockets_open", "Live pages' sockets that are open.")
SOCKET_MESSAGES = Counter("crm_socket_messages_total", "Messages from browsers that passed the guard.")
SOCKETS_REFUSED = Counter("crm_sockets_refused_total", "Handshakes refused, by reason.", ["reason"])
MESSAGES_DROPPED = Counter("crm_socket_messages_dropped_total", "Messages dropped, by reason.", ["reason"])
SIGN_INS = Counter("crm_sign_ins_total", "Tries to sign in, by result.", ["result"])
COLLECTIONS = Histogram("crm_gc_full_seconds", "Full garbage collections at quiet times.", buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5))
PAUSES = Histogram("crm_gc_pause_seconds", "Every pause of the garbage collector.", ["generation"], buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1))
LONGEST_PAUSE = Gauge("crm_gc_longest_pause_seconds", "The longest pause of the garbage collector since start-up.")

_AREAS = (
    ("/static/", "static"), ("/_nicegui_ws/", "socket"), ("/_nicegui/", "static"), ("/api/", "api"), ("/mcp", "api"), ("/uploads", "upload"), ("/photos/", "file"),
    ("/downloads/", "file"), ("/feeds/", "file"),
)  # fmt: skip
for _result in ("ok", "wrong", "limited", "busy"):
    SIGN_INS.labels(_result)  # a counter that begins with what it counts hides the first of it
for _area in {area for _, area in _AREAS} | {"page"}:
    REQUESTS.labels(_area, "5xx")


def area_of(path: str) -> str:
    """The few kinds of path that metrics tell apart."""
    return next((area for start, area in _AREAS if path.startswith(start)), "page")


class RequestMetrics:
    """Pure ASGI: counts and times every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        area, started = area_of(scope["path"]), time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                REQUESTS.labels(area, f"{message['status'] // 100}xx").inc()
                DURATION.labels(area).observe(time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, counted)
