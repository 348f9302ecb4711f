"""Asking an application directly, without a network, a server or a client library: what a test does ten thousand times must be cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


async def ask(
    app: Any, method: str, path: str, *, address: str = "127.0.0.1", headers: Mapping[str, str | bytes] | None = None, form: Mapping[str, str] | None = None,
    content: bytes = b"", host: str = "localhost",
) -> Answer:
    """One request from ``address``, with a form or with bytes of any kind."""
    body = urlencode(form).encode() if form is not None else content
    given = {"host": host, **({"content-type": "application/x-www-form-urlencoded"} if form is not None else {}), **(headers or {})}
    plain, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": plain, "raw_path": plain.encode(), "query_string": query.encode(),
        "root_path": "", "scheme": "http", "server": (host, 80), "client": (address, 1),
        "headers": [(name.lower().encode(), value if isinstance(value, bytes) else value.encode()) for name, value in given.items()],
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
