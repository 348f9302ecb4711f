"""How much may come in at which address, before anything looks at it."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from crm_app.web.config import EdgeConfig
from crm_app.web.gatekeeper import Gatekeeper
from tests.web.asgi import ask

KEY = "01890000-0000-7000-8000-0000000000f1"


async def _reads(scope: Scope, receive: Receive, send: Send) -> None:
    size = len((await receive())["body"])
    await Response(str(size))(scope, receive, send)


@pytest.mark.parametrize(
    ("path", "size", "taken"),
    [(f"/api/v1/contacts/{KEY}/documents", 2_000_000, True), ("/uploads/document", 2_000_000, True), (f"/api/v1/contacts/{KEY}/documents", 5_000_001, False),
     (f"/api/v1/contacts/{KEY}/documents/x", 2_000_000, False), (f"/api/v1/contacts/{KEY}", 2_000_000, False), ("/api/v1/contacts/a/b/documents", 2_000_000, False),
     (f"/v1/contacts/{KEY}/documents", 2_000_000, False), ("/", 900_000, True), ("/signin", 20_000, False)],
)  # fmt: skip
async def test_only_where_files_come_in_may_much_come(path: str, size: int, taken: bool) -> None:
    gate = Gatekeeper(_reads, EdgeConfig("http://localhost:8080", "secret", max_upload=5_000_000))
    for headers in ({}, {"content-length": str(size)}):
        answer = await ask(gate, "POST", path, headers=headers, content=b"x" * size)
        assert (answer.status, answer.text == str(size)) == ((200, True) if taken else (413, False)), headers
