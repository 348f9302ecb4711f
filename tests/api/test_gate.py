"""What the REST interface asks of a request before a route sees it, and the one shape in which it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from limits import RateLimitItemPerMinute
from starlette.testclient import TestClient

from crm_app.api.app import build_api
from crm_app.api.limits import MemoryRateLimit
from crm_app.domain.actor import Actor

Client = Callable[..., TestClient]


def refused(answer: object, status: int, code: str) -> dict:
    """The error of a refusal; it has exactly the one shape."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "fields", "reference"}
    assert body["error"]["code"] == code
    assert body["error"]["message"].endswith((".", "?"))
    return body["error"]


def test_an_unknown_path_is_404_json_with_and_without_a_token(client: Client, alice: Actor) -> None:
    for who in (None, alice):
        refused(client(who).get("/nowhere"), 404, "not_found")
        refused(client(who).post("/contacts/x/y/z", json={}), 404, "not_found")
    refused(client(None).put("/tags", json={}), 405, "method_not_allowed")


def test_nobody_gets_in_without_a_live_token(client: Client, alice: Actor, charlie: Actor) -> None:
    for anyone in (client(None), client(charlie), client(alice, revoked=True), client(alice, expires="now() - interval '1 second'")):
        answer = anyone.get("/contacts")
        refused(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
    api = client(None)
    for header in ("Bearer", "Bearer ", "Basic YTpi", "Bearer " + "x" * 500, "Bearer ümlaut", "mcrm_abc"):
        refused(api.get("/contacts", headers={"Authorization": header.encode()}), 401, "unauthorized")
    assert client(alice).get("/contacts", headers={"Authorization": ""}).status_code == 401


def test_a_token_in_the_address_is_not_a_token(client: Client, alice: Actor, give_token: Callable[..., str]) -> None:
    refused(client(None).get(f"/contacts?token={give_token(alice)}&access_token={give_token(alice)}"), 401, "unauthorized")


def test_a_stranger_learns_nothing_about_bodies(client: Client) -> None:
    refused(client(None).post("/contacts", content=b"{", headers={"content-type": "text/plain"}), 401, "unauthorized")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""])
def test_only_json_is_taken(client: Client, alice: Actor, kind: str) -> None:
    refused(client(alice).post("/tags", content=b'{"name": "yoga"}', headers={"content-type": kind}), 415, "unsupported_media_type")


@pytest.mark.parametrize("body", [b"{", b"nope", b'{"name": NaN}', b'{"name": Infinity}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_refused(client: Client, alice: Actor, body: bytes) -> None:
    refused(client(alice).post("/tags", content=body, headers={"content-type": "application/json"}), 400, "bad_json")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a\x00b"}, {"name": "\ud800"}, {"name": ["x"]}, {"name": {"x": 1}}, {"name": 7}, {"name": None}, {"name": True}, {}, [], "x", 7, None,
        {"name": ""}, {"name": "x" * 61}, {"name": "x", "id": "y"}, {"name": "x", "\x00": 1}, {"name": 10**400}, {"x": json.loads("[" * 30 + "]" * 30)},
    ],
)  # fmt: skip
def test_az_05_a_body_of_another_shape_is_422_and_changes_nothing(client: Client, alice: Actor, body: object, snapshot: Callable[[], str]) -> None:
    before = snapshot()
    refused(client(alice).post("/tags", content=json.dumps(body), headers={"content-type": "application/json"}), 422, "invalid")
    assert snapshot() == before


def test_addresses_that_hold_nul_or_unknown_parameters_are_refused(client: Client, alice: Actor) -> None:
    me = client(alice)
    refused(me.get("/contacts?search=%00"), 422, "invalid")
    assert refused(me.get("/contacts?serach=x"), 422, "invalid")["fields"].keys() == {"serach"}
    assert refused(me.get("/contacts?limit=1000"), 422, "invalid")["fields"].keys() == {"limit"}
    assert refused(me.get("/contacts?sort=owner_id;drop"), 422, "invalid")["fields"].keys() == {"sort"}
    refused(me.get("/contacts?after=nonsense"), 422, "invalid")
    refused(me.get("/contacts/not-an-id"), 422, "invalid")


def test_large_bodies_are_refused(client: Client, alice: Actor) -> None:
    refused(client(alice).post("/tags", json={"name": "x" * 1_100_000}), 413, "too_large")
    refused(client(alice).post("/tags", content=iter([b"x" * 600_000] * 2), headers={"content-type": "application/json"}), 413, "too_large")


def test_a_defect_shows_a_reference_and_nothing_else(alice: Actor, caplog: pytest.LogCaptureFixture) -> None:
    def broken(token: str) -> Actor | None:
        raise KeyError("the secret insides")

    answer = TestClient(build_api(broken, threads=1), raise_server_exceptions=False).get("/v1/tags", headers={"Authorization": "Bearer x"})
    reference = refused(answer, 500, "internal")["reference"]
    assert reference in caplog.text
    assert "insides" not in answer.text


def test_too_many_requests_and_too_many_wrong_tokens_wait(alice: Actor) -> None:
    limits = MemoryRateLimit(requests=RateLimitItemPerMinute(3), failures=RateLimitItemPerMinute(2))
    api = build_api(lambda token: alice if token == "good" else None, threads=1, rate_limit=limits)
    caller = TestClient(api, raise_server_exceptions=False)
    statuses = [caller.get("/v1/contacts?limit=0", headers={"Authorization": "Bearer good"}).status_code for _ in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    answers = [caller.get("/v1/contacts", headers={"Authorization": "Bearer wrong"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    refused(answers[-1], 429, "rate_limited")
