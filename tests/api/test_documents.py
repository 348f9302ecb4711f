"""Files over REST: added, listed, read, saved, renamed, deleted and brought back, by whom they are for."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest
from limits import RateLimitItemPerMinute

from crm_app.api import receiving
from crm_app.api.limits import MemoryRateLimit
from crm_app.api.receiving import Receiving
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import contact


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        yield


def test_a_file_is_added_read_saved_renamed_deleted_and_brought_back(client, alice, bob, vera):
    ana = contact(alice, "Ana Silva")
    files, hers, his = f"/contacts/{ana}/documents", client(alice), client(bob)
    made = hers.post(files, json={"name": "Größe.txt", "content": b64encode(b"Zehn Sitzungen").decode()})
    assert (made.status_code, made.json()["text_state"], made.headers["etag"]) == (201, "read", '"1"')
    one = f"/documents/{made.json()['id']}"
    assert [file["name"] for file in his.get(files).json()["items"]] == ["Größe.txt"]
    assert his.get(f"{one}/text").json()["text"] == "Zehn Sitzungen"
    saved = his.get(f"{one}/file")
    assert (saved.content, saved.headers["content-type"], saved.headers["x-content-type-options"]) == (b"Zehn Sitzungen", "application/octet-stream", "nosniff")
    assert saved.headers["content-disposition"].endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt")
    assert his.patch(one, json={"name": "Vertrag.txt"}).status_code == 422, "which version, must be said"
    assert his.patch(one, json={"version": 1, "name": "Vertrag.txt"}).json()["name"] == "Vertrag.txt"
    assert his.delete(one).status_code == 403 and client(vera).patch(one, json={"version": 2, "name": "x"}).status_code == 403
    assert hers.patch(one, json={"version": 2, "audience": "private"}).json()["audience"] == "private"
    assert {his.get(f"{one}{more}").status_code for more in ("", "/text", "/file")} == {404}
    assert hers.delete(one).status_code == 204 and hers.get(one).status_code == 404
    assert hers.post(f"{one}/restore").json()["name"] == "Vertrag.txt"


@pytest.mark.parametrize(("body", "field"), [({"name": "a.exe", "content": "eA=="}, None), ({"name": "a.txt", "content": ""}, None), ({"name": "a.txt", "content": "?!"}, "content"), ({"content": "eA=="}, "name")])
def test_what_is_no_file_is_refused_in_a_sentence(client, alice, body, field):
    answer = client(alice).post(f"/contacts/{contact(alice)}/documents", json=body)
    assert answer.status_code == 422 and (not field or field in answer.json()["error"]["fields"]), answer.text


OCTETS = {"content-type": "application/octet-stream"}


def test_a_large_file_is_sent_as_it_is(client, alice, bob, vera, monkeypatch):
    ana, hidden = contact(alice, "Ana Silva"), contact(bob, audience="private")
    files, hers = f"/contacts/{ana}/documents", client(alice)
    letters = b"Zehn Sitzungen. " * 150_000
    made = hers.post(f"{files}?name=Gr%C3%B6%C3%9Fe.txt", content=letters, headers={**OCTETS, "idempotency-key": "one"})
    assert made.status_code == 201, made.text
    assert (made.status_code, made.json()["name"], made.json()["size"], made.headers["etag"]) == (201, "Größe.txt", len(letters), '"1"'), "beyond what JSON may have"
    again = hers.post(f"{files}?name=Gr%C3%B6%C3%9Fe.txt", content=letters, headers={**OCTETS, "idempotency-key": "one"})
    assert again.json() == made.json() and again.headers["idempotent-replayed"] == "true" and len(hers.get(files).json()["items"]) == 1
    assert hers.post(f"{files}?name=Gr%C3%B6%C3%9Fe.txt", content=b"x", headers={**OCTETS, "idempotency-key": "one"}).status_code == 422, "another file under the same key"
    assert hers.get(f"/documents/{made.json()['id']}/file").content == letters
    monkeypatch.setattr(Receiving, "receive", None)  # whoever is refused is refused before it is read
    for who, place, status in ((vera, files, 403), (bob, f"/contacts/{contact(alice, audience='private')}/documents", 404), (alice, f"/contacts/{hidden}/documents", 404)):
        assert client(who).post(f"{place}?name=a.txt", content=b"x", headers=OCTETS).status_code == status
    assert client(None).post(f"{files}?name=a.txt", content=b"x", headers=OCTETS).status_code == 401
    for query in ("", "?name=a.exe", "?name=", "?name=a.txt&more=1", f"?name={'a' * 200}.txt"):
        assert hers.post(f"{files}{query}", content=b"x", headers=OCTETS).status_code == 422, query


@pytest.mark.parametrize(
    ("sent", "kind", "status", "code"),
    [(b"x" * 26_000_000, "application/octet-stream", 413, "too_large"), (iter([b"x" * 13_000_000] * 2), "application/octet-stream", 413, "too_large"),
     (b"", "application/octet-stream", 422, "invalid"), (b"x", "text/plain", 415, "unsupported_media_type"), (b"x", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
     (b"x" * 1_100_000, "application/json", 413, "too_large"), (b"x" * 1_100_000, "application/octet-streams", 413, "too_large")],
    ids=["too large", "too large without saying so", "nothing", "text", "multipart", "JSON", "another kind"],
)  # fmt: skip
def test_what_is_too_large_or_of_another_kind_is_refused(client, alice, snapshot, sent, kind, status, code):
    files = f"/contacts/{contact(alice)}/documents"
    before = snapshot()
    answer = client(alice).post(f"{files}?name=a.txt", content=sent, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code) and snapshot() == before
    assert client(alice).post("/tags", content=b"x" * 1_100_000, headers=OCTETS).status_code == 413, "other addresses take no more than before"


async def test_what_does_not_come_is_not_waited_for_and_no_more_than_two_come_at_once(api, alice, give_token, monkeypatch):
    """The first two never come to an end; the third is refused at once, and once they have hung up there is room again."""
    never, began, heads = asyncio.Event(), [asyncio.Event(), asyncio.Event()], []
    place, token = f"/api/v1/contacts/{contact(alice)}/documents", give_token(alice)

    async def send(receive) -> tuple[int, bytes]:
        headers = {"host": "localhost", "authorization": f"Bearer {token}", **OCTETS}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": place, "raw_path": place.encode(), "query_string": b"name=a.txt", "root_path": "",
            "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1), "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        sent: list[dict] = []
        await api(scope, receive, lambda message: _kept(sent, message))
        heads.append(dict(sent[0]["headers"]))
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    def slow(one: asyncio.Event):
        async def receive() -> dict:
            if not one.is_set():
                one.set()
                return {"type": "http.request", "body": b"x", "more_body": True}
            await never.wait()
            return {}

        return receive

    monkeypatch.setattr(receiving, "IDLE", 600.0)
    under_way = [asyncio.create_task(send(slow(one))) for one in began]
    for one in began:
        await one.wait()
    status, body = await send(slow(asyncio.Event()))
    assert status == 429 and b"Two of your files" in body and b'"rate_limited"' in body and int(heads[-1][b"retry-after"]) > 0, "as at the gate"
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    monkeypatch.setattr(receiving, "IDLE", 0.01)
    status, body = await send(slow(asyncio.Event()))
    assert status == 408 and b"did not come in time" in body

    async def gone() -> dict:
        return {"type": "http.disconnect"}

    assert (await send(gone))[0] == 422


async def _kept(sent: list[dict], message: dict) -> None:
    sent.append(message)


def test_a_file_counts_as_many_requests(alice):
    limit = MemoryRateLimit(RateLimitItemPerMinute(250))
    assert [limit.count_request(alice, receiving.WEIGHT) is None for _ in range(3)] == [True, True, False]
    assert limit.count_request(alice) is None, "a small question goes on"
