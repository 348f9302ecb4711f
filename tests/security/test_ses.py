"""SECURITY 2.3: sessions (SES-01, SES-02, SES-04) and how long they last."""

from __future__ import annotations

import random
import re

import pytest

from tests.web.edge import HTML, Edge, cookie_of


def test_ses_01_signing_in_makes_a_new_id_and_ends_the_old_one(edge: Edge) -> None:
    with edge.client() as visitor:
        planted = "A" * 43
        visitor.headers["cookie"] = f"{edge.cookie_name}={planted}"
        first = cookie_of(edge.sign_in(visitor=visitor))
        assert first != planted and re.fullmatch(r"[\w-]{43}", first)
    with edge.with_cookie(planted) as attacker:
        assert attacker.get("/whoami").status_code == 401
    with edge.with_cookie(first) as again:
        page = again.get("/signin", headers=HTML)
        assert page.status_code == 303, "already signed in"
        with edge.client() as fresh:
            token = re.search(r'name="form_token" value="([^"]+)"', fresh.get("/signin").text)[1]
        second = cookie_of(again.post("/signin", data={"email": "alice@example.org", "password": "correct horse staple", "form_token": token}))
        assert second != first
        assert again.get("/whoami").status_code == 401, "the session that the browser came with has ended"


def test_ses_01_ids_have_256_bits(edge: Edge) -> None:
    seen = set()
    for _ in range(8):
        edge.control("reset")
        seen.add(cookie_of(edge.sign_in()))
    assert len(seen) == 8 and all(len(token) == 43 for token in seen)


def test_ses_02_a_cookie_copied_before_signing_out_is_dead_everywhere(edge: Edge) -> None:
    client = edge.signed_in()
    assert client.get("/whoami").status_code == 200
    assert client.post("/signout").status_code == 303
    for method, path in (("GET", "/whoami"), ("GET", "/"), ("POST", "/change"), ("POST", "/uploads/import"), ("GET", "/file")):
        assert client.request(method, path).status_code == 401, path
    assert client.post("/signout").status_code == 401, "there is nothing left to sign out of"


def test_ses_04_a_changed_cookie_is_a_visitor_never_an_error(edge: Edge) -> None:
    client = edge.signed_in()
    token = client.headers["cookie"].partition("=")[2]
    seed = random.Random(4)
    for _ in range(400):
        bits = bytearray(token.encode())
        place = seed.randrange(len(bits) * 8)
        bits[place // 8] ^= 1 << (place % 8)
        if all(32 < byte < 127 for byte in bits):  # no client can put another byte into a header
            assert client.get("/whoami", headers={"cookie": b"mindfulcrm=" + bytes(bits)}).status_code == 401
    assert client.get("/whoami").status_code == 200


@pytest.mark.parametrize(
    "cookie",
    ["mindfulcrm=", "mindfulcrm", "=", ";;;", "mindfulcrm=" + "A" * 8_000, 'mindfulcrm="\\', "mindfulcrm=a; mindfulcrm=b", "mindfulcrm=é", "a=b", "mindfulcrm=../../x", "mindfulcrm=%00"],
)
def test_ses_04_odd_cookies_are_visitors(edge: Edge, cookie: str) -> None:
    with edge.client() as client:
        assert client.get("/whoami", headers={"cookie": cookie.encode()}).status_code == 401


def test_ses_04_two_cookies_of_one_name_count_as_none(edge: Edge) -> None:
    client = edge.signed_in()
    real = client.headers["cookie"]
    assert client.get("/whoami", headers={"cookie": f"{real}; mindfulcrm={'B' * 43}"}).status_code == 401


@pytest.mark.parametrize(("remember", "alive", "dead"), [(False, 59 * 60, 61 * 60), (True, 13 * 86_400, 15 * 86_400)])
def test_a_session_ends_by_idling(edge: Edge, remember: bool, alive: int, dead: int) -> None:
    client = edge.signed_in(remember=remember)
    edge.control("turn_clock", seconds=alive)
    assert client.get("/whoami").status_code == 200
    edge.control("turn_clock", seconds=dead)
    gone = client.get("/whoami", headers=HTML)
    assert gone.status_code == 303 and "Max-Age=0" in gone.headers["set-cookie"]


def test_a_session_ends_by_age_however_busy_it_is(edge: Edge) -> None:
    client = edge.signed_in()
    for _ in range(13):
        edge.control("turn_clock", seconds=55 * 60)
        client.get("/whoami")
    edge.control("turn_clock", seconds=30 * 60)
    assert client.get("/whoami").status_code == 401


def test_what_a_page_puts_into_the_session_is_kept_in_the_row_not_the_cookie(edge: Edge) -> None:
    client = edge.signed_in()
    assert [client.get("/whoami").json()["visits"] for _ in range(3)] == [1, 2, 3]
    assert "set-cookie" not in client.get("/whoami").headers
    with edge.signed_in("bob") as bob:
        assert bob.get("/whoami").json()["visits"] == 1


def test_a_disabled_person_is_out_at_once_and_cannot_come_back(edge: Edge) -> None:
    client = edge.signed_in("bob")
    edge.control("disable", email="bob@example.org")
    assert client.get("/whoami").status_code == 401
    assert edge.sign_in("bob").status_code == 401
    edge.control("disable", email="bob@example.org", disabled=False)
