"""SSRF-06 and 07: where an answer may send us, and how much of it is taken."""

from __future__ import annotations

import gzip
import random
import socket
import time
import zlib
from collections.abc import Iterator

import httpx2
import pytest

from crm_app.infrastructure import outbound_http
from crm_app.infrastructure.outbound import NoAnswer, OutboundError, Refused
from crm_app.infrastructure.outbound_http import Fetched, GateTransport, TooLarge, checked, fetch, make_client
from crm_app.infrastructure.outbound_streams import _readable
from tests.infrastructure.outbound.conftest import Site, World, bomb, drip
from tests.infrastructure.outbound.spellings import NAMES, PUBLIC

OTHER = "93.184.215.77"


@pytest.fixture
def web(world: World, site: Site, monkeypatch) -> Iterator[tuple[World, Site, Site]]:
    """Two public sites: ``public.example`` and ``other.example``."""
    other = Site()
    monkeypatch.setitem(NAMES, "other.example", [OTHER])
    world.routes |= {(PUBLIC, 80): site.port, (OTHER, 80): other.port}
    yield world, site, other
    other.shutdown()
    other.server_close()


def get(world: World, path: str, **how) -> Fetched:
    return fetch(world.gate(), f"http://public.example{path}", **how)


def test_an_answer_comes_whole(web):
    world, site, _ = web
    site.pages["/note"] = lambda handler: handler.reply(200, b"{}", Content_Type="application/json", ETag='"7"')
    answer = get(world, "/note?x=1", headers={"if-none-match": '"6"'})
    assert (answer.status, answer.body, answer.headers["etag"], answer.url) == (200, b"{}", '"7"', "http://public.example/note?x=1")
    method, path, headers, _body = site.seen[0]
    assert (method, path, headers["Host"], headers["if-none-match"]) == ("GET", "/note?x=1", "public.example", '"6"')


def test_packed_answers_are_unpacked_by_us_alone(web):
    world, site, _ = web
    text = b"words and words " * 5_000
    site.pages["/gzip"] = lambda handler: handler.reply(200, gzip.compress(text), Content_Encoding="gzip")
    answer = get(world, "/gzip")
    assert answer.body == text and "content-encoding" not in answer.headers


@pytest.mark.parametrize(("name", "body"), [("cut", gzip.compress(random.Random(2).randbytes(9_000))[:-20]), ("garbage", b"\x1f\x8b" + random.Random(1).randbytes(300)), ("no gzip", b"plain")])
def test_what_cannot_be_unpacked_is_no_answer(web, name, body):
    world, site, _ = web
    site.pages["/bad"] = lambda handler: handler.reply(200, body, Content_Encoding="gzip")
    with pytest.raises(NoAnswer):
        get(world, "/bad")


@pytest.mark.parametrize("packed", ["br", "zstd", "deflate", "gzip, gzip"])
def test_what_nobody_asked_for_is_refused(web, packed):
    world, site, _ = web
    site.pages["/odd"] = lambda handler: handler.reply(200, zlib.compress(b"x"), Content_Encoding=packed)
    with pytest.raises(OutboundError):
        get(world, "/odd")


# --- SSRF-07


def test_ssrf_07_a_bomb_is_stopped_by_its_ratio(web, monkeypatch):
    world, site, _ = web
    site.pages["/bomb"] = lambda handler: handler.reply(200, bomb(10_000_000), Content_Encoding="gzip")
    with pytest.raises(TooLarge):
        get(world, "/bomb")


def test_ssrf_07_a_bomb_in_a_bomb_stays_packed(web):
    world, site, _ = web
    site.pages["/twice"] = lambda handler: handler.reply(200, gzip.compress(bomb(50_000_000)), Content_Encoding="gzip")
    assert len(get(world, "/twice").body) < 1_000_000


@pytest.mark.parametrize("announced", [True, False])
def test_ssrf_07_more_than_ten_megabytes_is_too_much(web, announced):
    world, site, _ = web

    def endless(handler):
        handler.send_response(200)
        handler.send_header(*(("Content-Length", "50000000") if announced else ("Connection", "close")))
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(500):
                handler.wfile.write(b"x" * 100_000)
        except OSError:
            return

    site.pages["/endless"] = endless
    with pytest.raises(TooLarge):
        get(world, "/endless")


def test_ssrf_07_unpacked_more_than_twenty_megabytes_is_too_much(web):
    world, site, _ = web
    chance = random.Random(7)
    lines = b"".join(bytes(chance.choices(b"abcdefgh", k=40)) * 30 for _ in range(18_000))
    assert len(lines) > 20_000_000 and len(lines) / len(gzip.compress(lines)) < outbound_http.MOST_RATIO
    site.pages["/large"] = lambda handler: handler.reply(200, gzip.compress(lines), Content_Encoding="gzip")
    with pytest.raises(TooLarge):
        get(world, "/large")


def test_ssrf_07_one_byte_at_a_time_runs_out_of_time(web):
    world, site, _ = web
    site.pages["/drip"] = drip
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        get(world, "/drip", seconds=2)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("how", ["never answers", "headers without end"])
def test_ssrf_07_an_answer_that_does_not_begin_runs_out_of_time(web, how):
    world, site, _ = web

    def hang(handler):
        if how == "never answers":
            time.sleep(8)
            return
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for number in range(200_000):
                handler.wfile.write(b"X-%d: x\r\n" % number)
        except OSError:
            return

    site.pages["/hang"] = hang
    began = time.monotonic()
    with pytest.raises(OutboundError):
        get(world, "/hang", seconds=2)
    assert time.monotonic() - began < 7


# --- SSRF-06


def test_ssrf_06_it_follows_three_times_and_no_more(web):
    world, site, _ = web
    for number in range(5):
        site.pages[f"/{number}"] = lambda handler, number=number: handler.reply(302, Location=f"/{number - 1}")
    site.pages["/0"] = lambda handler: handler.reply(200, b"there")
    assert get(world, "/3").body == b"there"
    with pytest.raises(Refused):
        get(world, "/4")
    assert len(site.seen) == 8


@pytest.mark.parametrize("place", ["http://127.0.0.1/", "http://inner.example/", "//nas.example/x", "http://[::1]/", "http://0x7f.1/", "http://metadata.example/latest", "http://other.example:6379/", "ftp://public.example/", "file:///etc/passwd", "gopher://public.example/", "http://user:pass@other.example/", "javascript:alert(1)", "data:text/plain,x"])
def test_ssrf_06_every_hop_is_judged(web, place):
    world, site, _ = web
    site.pages["/go"] = lambda handler: handler.reply(302, Location=place)
    with pytest.raises(Refused):
        get(world, "/go")
    assert world.asked == [(PUBLIC, 80)]


def test_ssrf_06_credentials_stay_with_the_first_origin(web):
    world, site, other = web
    secret = {"authorization": "Bearer secret", "cookie": "a=b", "proxy-authorization": "x", "x-plain": "kept"}
    site.pages["/go"] = lambda handler: handler.reply(302, Location="http://other.example/there")
    other.pages["/there"] = lambda handler: handler.reply(302, Location="http://public.example/back")
    site.pages["/back"] = lambda handler: handler.reply(200, b"back")
    assert get(world, "/go", headers=secret).body == b"back"
    given = [{name.lower() for name in headers} & set(secret) for _method, _path, headers, _body in (*site.seen, *other.seen)]
    assert given == [set(secret), {"x-plain"}, {"x-plain"}], "not even when it leads back"
    same = dict(secret)
    site.pages["/go"] = lambda handler: handler.reply(302, Location="/back")
    site.seen.clear()
    get(world, "/go", headers=same)
    assert "authorization" in {name.lower() for name in site.seen[1][2]}


@pytest.mark.parametrize(("status", "method", "body"), [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"x=1"), (308, "POST", b"x=1")])
def test_ssrf_06_what_was_posted_is_posted_again_only_when_the_status_says_so(web, status, method, body):
    world, site, _ = web
    site.pages["/go"] = lambda handler: handler.reply(status, Location="/there")
    site.pages["/there"] = lambda handler: handler.reply(200)
    get(world, "/go", method="POST", body=b"x=1")
    assert (site.seen[1][0], site.seen[1][3]) == (method, body)


def test_ssrf_06_what_was_posted_goes_to_no_other_origin(web):
    world, site, other = web
    site.pages["/go"] = lambda handler: handler.reply(307, Location="http://other.example/")
    with pytest.raises(Refused):
        get(world, "/go", method="POST", body=b"secret")
    assert other.seen == []


def test_ssrf_06_nothing_goes_from_https_to_http(world, authority):
    site = Site(authority.context("public.example"))
    world.routes[PUBLIC, 443] = site.port
    site.pages["/"] = lambda handler: handler.reply(302, Location="http://public.example/")
    try:
        with pytest.raises(Refused):
            fetch(world.gate(authorities=authority.file), "https://public.example/")
        assert world.asked == [(PUBLIC, 443)]
    finally:
        site.shutdown()
        site.server_close()


# --- clients for libraries


def test_a_librarys_client_follows_nothing_and_asks_no_proxy(web, monkeypatch):
    world, site, _ = web
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.pages["/go"] = lambda handler: handler.reply(302, Location="http://127.0.0.1/")
    with make_client(world.gate()) as client:
        assert client.get("http://public.example/go").status_code == 302
        assert client.get("http://public.example/").text == "hello"
        with pytest.raises(Refused):
            client.get("http://127.0.0.1/")
    assert set(world.asked) == {(PUBLIC, 80)}


def test_a_transport_by_itself_speaks_nothing_but_http(world):
    with pytest.raises(Refused):
        GateTransport(world.gate()).handle_request(httpx2.Request("GET", "ftp://public.example/"))
    assert world.asked == []


def test_a_closed_socket_counts_as_closed_by_the_other_side():
    near, far = socket.socketpair()
    assert not _readable(near)
    far.close()
    assert _readable(near)
    near.close()
    assert _readable(near)


def test_a_connection_is_kept_and_a_dead_one_is_made_anew(web):
    world, site, _ = web
    site.pages["/bye"] = lambda handler: (handler.reply(200, b"bye", Connection="close"), setattr(handler, "close_connection", True))[0]
    with make_client(world.gate()) as client:
        assert [client.get("http://public.example/").text for _ in range(3)] == ["hello"] * 3
        assert len(world.asked) == 1
        client.get("http://public.example/bye")
        assert client.get("http://public.example/").text == "hello"
    assert len(world.asked) == 2


@pytest.mark.parametrize("url", ["", "public.example", "//public.example/", "http://", "http:///x", "ftp://public.example/", "http://a:b@public.example/", "http://public.example:99999/", "http://public.example:x/", "\nhttp://public.example/", "http://pub lic.example/"])
def test_only_plain_addresses_are_asked(world, url):
    with pytest.raises(OutboundError):
        fetch(world.gate(), url)
    assert world.asked == []


def test_a_good_address_is_left_as_it_is():
    assert str(checked("https://public.example:8443/a%20b?c=d")) == "https://public.example:8443/a%20b?c=d"
