"""Photos and files go only to who may see them, and never as a page."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.web import downloads, errors
from crm_app.web.sessions import current_actor

PHOTO = b"RIFF....WEBP a small picture"
SHA = hashlib.sha256(PHOTO).hexdigest()


def _app(actor, room=None) -> FastAPI:
    app = FastAPI()
    app.include_router(downloads.make_router(room))
    errors.install(app)
    app.dependency_overrides[current_actor] = lambda: actor
    return app


def _client(actor) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(_app(actor)), base_url="http://localhost")


@pytest.fixture
def private_photo(run, alice, database) -> str:
    contact = run(alice, contacts.create_contact, ContactCreate(display_name="Amara Okafor", audience="private"))
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "insert into blob (id, owner_id, audience, contact_id, purpose, name, content_type, size, sha256, data) "
                "values (:id, :owner, 'private', :contact, 'photo', 'a.webp', 'image/webp', :size, :sha, :data)"
            ),
            {"id": uuid4(), "owner": alice.user_id, "contact": contact.id, "size": len(PHOTO), "sha": SHA, "data": PHOTO},
        )
    return f"/photos/{SHA}"


async def test_a_photo_is_served_to_its_owner_and_asked_for_again_by_etag(private_photo, alice):
    async with _client(alice) as client:
        first = await client.get(private_photo)
        assert (first.status_code, first.content, first.headers["content-type"]) == (200, PHOTO, "image/webp")
        assert "no-cache" in first.headers["cache-control"]
        again = await client.get(private_photo, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_private_photo_is_not_found_for_a_colleague_also_by_etag(private_photo, bob, vera):
    for other in (bob, vera):
        async with _client(other) as client:
            assert (await client.get(private_photo)).status_code == 404
            assert (await client.get(private_photo, headers={"if-none-match": f'"{SHA}"'})).status_code == 404


@pytest.mark.parametrize("path", ["/photos/x", "/photos/" + "0" * 64, "/photos/..%2f..", "/downloads/contacts/exe", "/downloads/import-problems/01890000-0000-7000-8000-00000000dead"])
async def test_what_is_not_there_is_not_found(path, alice):
    async with _client(alice) as client:
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(("kind", "begins"), [("csv", "text/csv"), ("vcard", "text/vcard"), ("json", "application/json")])
async def test_upl_02_an_export_is_an_attachment_with_only_what_the_asker_sees(kind, begins, run, alice, bob):
    run(alice, contacts.create_contact, ContactCreate(display_name="Shared Person"))
    run(alice, contacts.create_contact, ContactCreate(display_name="Hidden Canary", audience="private"))
    async with _client(bob) as client:
        answer = await client.get(f"/downloads/contacts/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(begins)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert b"Shared Person" in answer.content
    assert b"Hidden Canary" not in answer.content


async def test_a_viewer_exports_nothing(vera):
    async with _client(vera) as client:
        assert (await client.get("/downloads/contacts/csv")).status_code == 403


async def test_exp_02_the_sixth_export_of_an_hour_is_a_page_that_says_why_not(alice):
    async with _client(alice) as client:
        answers = [await client.get("/downloads/contacts/csv") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["content-type"].startswith("text/html") and "content-disposition" not in answers[-1].headers
    assert "five exports within an hour" in answers[-1].text


@pytest.fixture
def opened(monkeypatch) -> list:
    """Every file that is made for an export, as it is after the request."""
    found, make = [], tempfile.TemporaryFile

    def remembered(**given):
        found.append(make(**given))
        return found[-1]

    monkeypatch.setattr(downloads.tempfile, "TemporaryFile", remembered)
    return found


async def _sent(app: FastAPI, path: str, *, hang_up_after: int | None = None) -> list[bytes]:
    """The pieces that a client gets which hangs up after so many of them."""
    pieces, gone, asked = [], asyncio.Event(), []

    async def receive():
        asked.append(1)
        if len(asked) > 1:
            await gone.wait()  # for ever, where the client stays
        return {"type": "http.disconnect"} if gone.is_set() else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.body" and message.get("body"):
            pieces.append(message["body"])
            if len(pieces) == hang_up_after:
                gone.set()
                await asyncio.sleep(0.05)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("localhost", 80)}
    await asyncio.wait_for(app(scope, receive, send), 30)
    return pieces


@pytest.mark.parametrize("kind", ["csv", "vcard", "json"])
async def test_a_large_export_goes_piece_by_piece_from_a_file_without_a_name(kind, run, alice, tmp_path, monkeypatch, opened):
    for number in range(30):
        run(alice, contacts.create_contact, ContactCreate(display_name=f"Person {number}", notes="x" * 900))
    monkeypatch.setattr(downloads, "PIECE", 4_000)
    app = _app(alice, tmp_path)
    pieces = await _sent(app, f"/downloads/contacts/{kind}")
    assert len(pieces) > 3 and max(map(len, pieces)) == 4_000 and b"Person 29" in b"".join(pieces)
    assert len(await _sent(app, f"/downloads/contacts/{kind}", hang_up_after=2)) < len(pieces)
    assert [file.closed for file in opened] == [True, True] and list(tmp_path.iterdir()) == []


async def test_an_export_that_fails_leaves_no_file_and_says_so(alice, vera, tmp_path, monkeypatch, opened):
    for actor in (vera, alice):
        monkeypatch.setattr(downloads.exports, "export_contacts", _breaks if actor is alice else downloads.exports.export_contacts)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(_app(actor, tmp_path), raise_app_exceptions=False), base_url="http://localhost") as client:
            answer = await client.get("/downloads/contacts/csv")
        assert answer.status_code == (500 if actor is alice else 403) and "content-disposition" not in answer.headers
    assert [file.closed for file in opened] == [True, True] and list(tmp_path.iterdir()) == []


def _breaks(session, actor, kind, file):
    file.write(b"half")
    raise RuntimeError("the disk is full")


@pytest.mark.parametrize("room", ["new/folder", "file/below"])
async def test_an_export_needs_no_folder_that_is_there_or_can_be_written(room, alice, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert (await _sent(_app(alice, tmp_path / room), "/downloads/contacts/csv"))[0].startswith(b"\xef\xbb\xbf")
    assert (tmp_path / room).is_dir() == (room == "new/folder")
