"""What may come in at all: known hosts, honest paths, bodies and ranges of a sane size."""

from __future__ import annotations

import re

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_app.domain.i18n import _
from crm_app.web.config import LOOPBACK_NAMES, EdgeConfig, bare_host
from crm_app.web.errors import plain_error

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:\d{1,5})?\Z")
_UNENCODED = re.compile(r"[\x00-\x1f\x7f\\]")
_FILES = re.compile(r"/api/v1/contacts/[^/]+/documents\Z")  # what is no file there is held to 1 MB by the gate of the REST interface
_MAX_RANGES = 4
_MAX_HEADERS, _MAX_HEADER_BYTES = 100, 32_000
_MAX_PATH, _MAX_QUERY = 2_000, 16_000
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class Gatekeeper:
    """Refuses with 400, 413, 414, 416 or 431 before anything looks at the request.

    Later guards read ``scope["path"]`` alone: with a strange ``Host``, ``request.url`` can say something else.
    """

    def __init__(self, app: ASGIApp, config: EdgeConfig) -> None:
        self.app = app
        self.hosts = config.hosts
        self.limited = {size: RequestBodyLimitMiddleware(app, size) for size in (config.max_form, config.max_body, config.max_upload)}
        self.config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            # NiceGUI would write this header's text, which anyone can send, into its pages and redirects.
            scope["headers"] = [header for header in scope["headers"] if header[0] != b"x-forwarded-prefix"]
            await self.limited[self._limit(scope["path"])](scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await plain_error(scope, refusal[0], sentence=refusal[1])(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        path: str = scope["path"]
        if len(scope["headers"]) > _MAX_HEADERS or sum(len(name) + len(value) for name, value in scope["headers"]) > _MAX_HEADER_BYTES:
            return 431, _("Your browser sent far more than a request needs. Clear its cookies for this site, then try again.")
        if len(path) > _MAX_PATH or len(scope.get("query_string", b"")) > _MAX_QUERY:
            return 414, _("This address is too long.")
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not _HOST.match(hosts[0]) or not self._knows(bare_host(hosts[0]), scope):
            return 400, _("This server does not answer to that name.")
        if not path.startswith("/") or path.startswith("//") or _UNENCODED.search(path) or "/../" in f"{path}/":
            return 400, _("This is not an address on this server.")
        declared = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not value.isdigit() or int(value[:20]) > self._limit(path) for value in declared):
            return 413, _("Nothing was saved. At most %(limit)d MB can come at once.") % {"limit": max(1, self._limit(path) // 1_000_000)}
        ranges = [value for name, value in scope["headers"] if name == b"range"]
        if len(ranges) > 1 or any(value.count(b",") >= _MAX_RANGES for value in ranges):
            return 416, _("Ask for at most a few parts of a file.")
        return None

    def _knows(self, host: str, scope: Scope) -> bool:
        if host in self.hosts:
            return True
        # A container's health check asks for localhost, whatever the public name is.
        return host in LOOPBACK_NAMES and scope["path"] in HEALTH_PATHS

    def _limit(self, path: str) -> int:
        if path.startswith("/uploads") or _FILES.match(path):
            return self.config.max_upload
        if path in ("/signin", "/signout", "/setup") or path.startswith(("/join/", "/reset/", "/unsubscribe/")):
            return self.config.max_form
        return self.config.max_body
