"""SECURITY 2.3: sessions (SES-01 to SES-04) and how long they last."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from websockets.exceptions import InvalidStatus

from crm_app.domain.accounts import rules
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.errors import NotFound
from crm_app.domain.unit_of_work import run_service
from crm_app.web.config import EdgeConfig
from crm_app.web.sessions import SessionMiddleware, Sessions
from tests.security.calls import photo_sha
from tests.security.counts import counted
from tests.security.house import House
from tests.security.world import ASKERS
from tests.web.asgi import ask
from tests.web.edge import HTML, Edge, Tab, cookie_of
from tests.web.fake_store import FakeSessionStore


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


async def test_ses_02_in_the_whole_product_too(house: House) -> None:
    house.forgive()  # an export counts, and others may have made theirs
    member = house.browser("member")
    tab = await Tab.load(house, member, "/contacts")
    photo = f"/photos/{photo_sha(house.world.ids['photo']['own:member'])}"
    places = [("GET", "/contacts"), ("GET", photo), ("GET", "/downloads/contacts/csv"), ("POST", "/uploads/import"), ("POST", "/uploads/photo"), ("POST", "/signout")]
    assert [member.get(path).status_code for method, path in places[:3]] == [200, 200, 200]
    assert member.post("/signout").status_code == 303
    assert [member.request(method, path, headers={"accept": "*/*"}).status_code for method, path in places] == [401] * len(places)
    assert member.get("/api/v1/contacts").status_code == 401
    with pytest.raises(InvalidStatus):
        await tab.open()


def test_ses_03_ones_browsers_are_listed_and_each_or_all_others_can_be_stopped(house: House) -> None:
    cookies = {name: house.cookie("admin") for name in ("here", "phone", "laptop", "library")}
    sessions = SqlSessionStore()
    here = sessions.session(rules.hash_token(cookies["here"]))
    assert here is not None
    listed = {view.id: view for view in run_service(here.actor(), accounts.list_sessions)}
    assert listed[here.session_id].current and listed[here.session_id].device == "Firefox on Linux" and listed[here.session_id].address == "127.0.0.1"
    phone = sessions.session(rules.hash_token(cookies["phone"]))
    assert phone is not None and not listed[phone.session_id].current
    run_service(here.actor(), accounts.revoke_session, phone.session_id)
    assert _alive(house, cookies) == {"here", "laptop", "library"}
    with pytest.raises(NotFound):
        run_service(replace(ASKERS["owner"]), accounts.revoke_session, here.session_id)
    run_service(here.actor(), accounts.revoke_other_sessions)
    assert _alive(house, cookies) == {"here"}


def _alive(house: House, cookies: dict[str, str]) -> set[str]:
    return {name for name, cookie in cookies.items() if house.with_cookie(cookie).get("/downloads/contacts/none").status_code == 404}


@counted(10_000, 10_000, "changed cookies")
async def test_ses_04_a_changed_cookie_is_a_visitor_never_an_error(count: int) -> None:
    store = FakeSessionStore()
    person = store.add_person("alice@example.org", "correct horse staple")
    sessions = Sessions(store, EdgeConfig("http://localhost", "k" * 40))
    token = sessions.open(person.user_id, {"type": "http", "headers": [], "client": ("127.0.0.1", 1)}, remembered=False).token.encode()

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("in")(scope, receive, send)

    app, seed = SessionMiddleware(inside, sessions), random.Random(4)
    assert (await ask(app, "GET", "/x", headers={"cookie": b"mindfulcrm=" + token})).status == 200
    for number in range(count):
        changed = _flipped(token, number) if number < len(token) * 8 else _edited(token, seed)
        answer = await ask(app, "GET", "/x", headers={"cookie": b"mindfulcrm=" + changed})
        assert answer.status == 401 or changed.strip() == token, changed
    assert (await ask(app, "GET", "/x", headers={"cookie": b"mindfulcrm=" + token})).status == 200


def _flipped(token: bytes, place: int) -> bytes:
    bits = bytearray(token)
    bits[place // 8] ^= 1 << (place % 8)
    return bytes(bits)


def _edited(token: bytes, seed: random.Random) -> bytes:
    """One to three bytes more, fewer or other ones, anywhere."""
    text = bytearray(token)
    for _ in range(seed.randint(1, 3)):
        place, what = seed.randrange(len(text)), seed.random()
        if what < 0.5:
            text[place] = (text[place] + seed.randrange(1, 256)) % 256
        elif what < 0.75:
            text.insert(place, seed.randrange(256))
        else:
            del text[place]
    return bytes(text) if bytes(text) != token else token[:-1]


def test_ses_04_a_changed_cookie_over_the_network(edge: Edge) -> None:
    client = edge.signed_in()
    token, seed = client.headers["cookie"].partition("=")[2].encode(), random.Random(4)
    for _ in range(150):
        bits = _flipped(token, seed.randrange(len(token) * 8))
        if all(32 < byte < 127 for byte in bits):  # no client can put another byte into a header
            assert client.get("/whoami", headers={"cookie": b"mindfulcrm=" + bits}).status_code == 401
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
