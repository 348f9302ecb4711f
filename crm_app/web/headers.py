"""Security headers on every response, whoever made it, and a fresh nonce on every script that is ours."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.web.config import EdgeConfig

# NiceGUI compiles Vue templates in the browser, which needs 'unsafe-eval'; Quasar writes style attributes.
UI_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PLAIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The two plain pages that ask the browser for its time zone (first run, joining) load one file of ours for it, and nothing else.
PLAIN_POLICY_WITH_OWN_SCRIPT = PLAIN_POLICY.replace("default-src 'none'; ", "default-src 'none'; script-src 'self'; ")
FIXED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # "no-referrer" would turn the Origin of our own forms into "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
HSTS = "max-age=63072000; includeSubDomains"

_SCRIPT = re.compile(rb"<script(?=[\s>])|<link(?=\s+rel=\"modulepreload\")")


class SecurityHeaders:
    """Pure ASGI, outermost but for gzip, so that nothing below can answer without it.

    Pages are told from the rest by NiceGUI's own mark ``X-NiceGUI-Content: page``. Their HTML is held back until it is
    whole, because the nonce goes into it; user text cannot gain one, since NiceGUI escapes ``<`` in everything it embeds.
    Plain pages have no script at all, but for one file where a form asks for the time zone. A route may set a stricter policy of its own if it says ``sandbox``.
    """

    def __init__(self, app: ASGIApp, config: EdgeConfig) -> None:
        self.app = app
        self.secure = config.secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        page = _Page(send, nonce)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                is_page = headers.get("x-nicegui-content") == "page"
                plain = PLAIN_POLICY_WITH_OWN_SCRIPT if scope.get("own_script") else PLAIN_POLICY
                self._set(headers, scope, (UI_POLICY if is_page else plain).format(nonce=nonce), failed=message["status"] >= 400)
                if is_page:
                    page.start = message
                    return
            await page.send(message)

        await self.app(scope, receive, send_with_headers)

    def _set(self, headers: MutableHeaders, scope: Scope, policy: str, failed: bool) -> None:
        for name, value in FIXED.items():
            headers[name] = value
        if self.secure:
            headers["strict-transport-security"] = HSTS
        if "sandbox" not in headers.get("content-security-policy", ""):
            headers["content-security-policy"] = policy
        # Whatever was made for a person is for that person's eyes, and a failure is for this moment; a route cannot forget it.
        if scope.get("private") or failed or "cache-control" not in headers:
            headers["cache-control"] = "no-store"


class _Page:
    """Holds a NiceGUI page back until its HTML is whole, then writes the nonce into it."""

    def __init__(self, send: Send, nonce: str) -> None:
        self.start: Message | None = None
        self._send = send
        self._body = bytearray()
        self._mark = rb'\g<0> nonce="' + nonce.encode() + b'"'

    async def send(self, message: Message) -> None:
        if self.start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        start, self.start = self.start, None
        body = _SCRIPT.sub(self._mark, bytes(self._body))
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
