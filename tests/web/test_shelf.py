"""Versioned files are compressed once and kept; everything else passes through as it was."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from crm_app.web.app import STATIC
from crm_app.web.shelf import MOST, Shelf
from tests.web.edge import Edge

FOREVER = "public, max-age=31536000, immutable"
BODY = b"body { color: teal; } " * 200


class Files:
    """Answers with one body and counts how often it was asked."""

    def __init__(self, body: bytes = BODY, status: int = 200, **headers: str) -> None:
        self.body, self.status, self.asked = body, status, 0
        self.headers = {"content-type": "text/css", "cache-control": FOREVER, "etag": '"1"', **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        headers = [(name.encode(), value.encode()) for name, value in {**self.headers, "content-length": str(len(self.body))}.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        middle = len(self.body) // 2
        await send({"type": "http.response.body", "body": self.body[:middle], "more_body": True})
        await send({"type": "http.response.body", "body": self.body[middle:]})


async def ask(shelf: Shelf, path: str = "/static/mc.css?v=1", method: str = "GET", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=shelf)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm.example.org") as client:
        return await client.request(method, path, headers={"accept-encoding": "gzip, br", **headers})


async def test_the_second_one_is_not_read_again_and_both_are_the_same() -> None:
    files = Files()
    shelf = Shelf(files)
    answers = [await ask(shelf), await ask(shelf), await ask(shelf, "/static/mc.css?v=2")]
    assert files.asked == 1
    for answer in answers:
        assert answer.content == BODY and answer.headers["content-encoding"] == "gzip" and answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == FOREVER and answer.headers["etag"] == '"1"'
        assert int(answer.headers["content-length"]) == len(gzip.compress(BODY, 9, mtime=0))


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/static/mc.css", "GET", {}), ("/static/mc.css?v=1", "HEAD", {}), ("/static/mc.css?v=1", "GET", {"accept-encoding": "identity"}),
        ("/static/mc.css?v=1", "GET", {"range": "bytes=0-9"}), ("/static/mc.css?v=1", "GET", {"if-none-match": '"1"'}), ("/contacts?v=1", "GET", {}),
        ("/_nicegui/client/1/upload", "GET", {}), ("/api/v1/contacts?v=1", "GET", {}),
    ],
    ids=["no version", "head", "no gzip", "a part", "known already", "page", "upload", "api"],
)  # fmt: skip
async def test_anything_else_is_asked_for_each_time(path: str, method: str, headers: dict[str, str]) -> None:
    files = Files()
    shelf = Shelf(files)
    for _ in range(2):
        assert "content-encoding" not in (await ask(shelf, path, method, **headers)).headers
    assert files.asked == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404}, {"cache_control": "public, no-cache"}, {"content_type": "font/woff2"}, {"content_type": "image/png"}, {"body": b"short"},
        {"content_encoding": "identity"},
    ],
    ids=["missing", "changes", "font", "picture", "short", "compressed already"],
)  # fmt: skip
async def test_what_is_not_worth_it_or_may_change_is_not_kept(answer: dict[str, Any]) -> None:
    files = Files(**answer)
    shelf = Shelf(files)
    first, second = await ask(shelf, **{"accept-encoding": "gzip"}), await ask(shelf)
    assert files.asked == 2 and first.status_code == second.status_code == files.status
    assert first.headers.get("content-encoding") == files.headers.get("content-encoding")


async def test_there_is_an_end_to_what_is_kept() -> None:
    files = Files(body=b"a" * (MOST + 1))
    shelf = Shelf(files)
    await ask(shelf)
    await ask(shelf)
    assert files.asked == 2


def test_the_product_sends_its_files_so_and_still_asks_who_is_asking(edge: Edge) -> None:
    with edge.client() as visitor:
        for _ in range(2):
            sheet = visitor.get("/static/mc.css?v=1")
            assert sheet.text == (STATIC / "mc.css").read_text(encoding="utf-8")
            assert sheet.headers["content-encoding"] == "gzip" and "immutable" in sheet.headers["cache-control"]
            assert sheet.headers["x-content-type-options"] == "nosniff" and "content-security-policy" in sheet.headers
        assert visitor.get("/static/mc.css?v=1", headers={"host": "evil.example"}).status_code == 400, "kept files are behind the gatekeeper too"
        assert "immutable" not in visitor.get("/static/mc.css").headers["cache-control"]
