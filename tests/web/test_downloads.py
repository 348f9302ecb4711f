"""Photos and files go only to who may see them, and never as a page."""

from __future__ import annotations

import hashlib
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


def _client(actor) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(downloads.make_router())
    errors.install(app)
    app.dependency_overrides[current_actor] = lambda: actor
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


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
