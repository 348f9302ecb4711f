"""SECURITY 2.1: headers, cookies, transport (HDR-01 to HDR-09)."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from crm_app.domain.accounts.rules import own_path
from crm_app.web.config import EdgeConfig
from crm_app.web.headers import SecurityHeaders
from tests import cookies
from tests.security.counts import counted
from tests.security.observatory import directives, grade
from tests.web.asgi import ask
from tests.web.edge import HTML, Edge, cookie_of

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
# Every kind of answer: pages, plain pages, redirects, files, errors of every layer, polling, uploads.
REQUESTS = [
    ("GET", "/", 200), ("GET", "/signin", 303), ("GET", "/whoami", 200), ("GET", "/nowhere", 404), ("GET", "/boom", 500), ("GET", "/slow-defect", 500),
    ("GET", "/static/plain.css", 200), ("GET", "/static/none.css", 404), ("GET", "/static/fonts/inter-latin.woff2", 200), ("GET", "/healthz", 200),
    ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("GET", "/robots.txt", 200), ("GET", "/favicon.ico", 200), ("GET", "/setup", 404),
    ("GET", "/api/v1/nothing", 404), ("GET", "/_nicegui/3.18.0/static/nicegui.js", 200), ("GET", "/_nicegui/3.18.0/static/none.js", 404),
    ("GET", "/_nicegui_ws/socket.io/?EIO=4&transport=polling", 400), ("POST", "/_nicegui/client/x/upload/1", 404), ("POST", "/uploads/import", 422),
    ("DELETE", "/signin", 404),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS, ids=[f"{m} {p}" for m, p, _ in REQUESTS])
def test_hdr_01_every_answer_carries_every_header(https_edge: Edge, method: str, path: str, status: int) -> None:
    with https_edge.signed_in() as client:
        answer = client.request(method, path, headers=HTML)
    assert answer.status_code == status
    policy = directives(answer.headers["content-security-policy"])
    assert policy["default-src"] == ["'none'"] and policy["frame-ancestors"] == ["'none'"] and policy["base-uri"] == ["'none'"]
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "server" not in answer.headers and "x-powered-by" not in answer.headers


def test_hdr_01_an_unknown_host_and_a_visitor_get_them_too(https_edge: Edge) -> None:
    for host, status in (("evil.example", 400), (https_edge.host, 303)):
        answer = httpx.get(f"{https_edge.base}/contacts", headers={"host": host, **HTML})
        assert answer.status_code == status and "content-security-policy" in answer.headers and "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"content-security-policy": None}, -25), ({"x-content-type-options": None}, -5), ({"strict-transport-security": "max-age=60"}, -10),
        ({"strict-transport-security": None}, -20), ({"referrer-policy": "unsafe-url"}, -5), ({"access-control-allow-origin": "*"}, -50),
    ],
)  # fmt: skip
def test_hdr_02_the_grader_knows_each_penalty(change: dict[str, str | None], difference: int) -> None:
    good = {
        "content-security-policy": "default-src 'self'; frame-ancestors 'none'", "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=63072000", "referrer-policy": "same-origin",
    }  # fmt: skip
    parts = grade({name: value for name, value in {**good, **change}.items() if value is not None}, []).parts
    assert difference in parts.values()
    assert grade({}, ["a=b"]).score == 0, "what NiceGUI sends out of the box"


def test_hdr_02_pages_score_above_135_and_the_sign_in_above_155(https_edge: Edge) -> None:
    answer = https_edge.sign_in("alice")
    assert grade(answer.headers, [answer.headers["set-cookie"]]).score >= 155
    with https_edge.client() as visitor:
        assert grade(visitor.get("/signin").headers, []).score >= 150
    with https_edge.with_cookie(cookie_of(answer)) as client:
        page = client.get("/", headers=HTML)
    assert grade(page.headers, [answer.headers["set-cookie"]]).score >= 135


@counted(1_000, 1_000, "pages")
def test_hdr_03_a_nonce_is_used_once_and_sits_on_every_script_of_ours(count: int, https_edge: Edge) -> None:
    nonces = set()
    with https_edge.signed_in() as client:
        for number in range(count):
            if number % 50 == 0:
                https_edge.control("reset")
            page = client.get("/", headers={**HTML, "accept-encoding": "identity"})
            nonce = re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"])[1]
            nonces.add(nonce)
            scripts = re.findall(r"<script\b[^>]*>", page.text)
            assert scripts and all(f'nonce="{nonce}"' in script for script in scripts)
            assert page.headers["cache-control"] == "no-store"
    assert len(nonces) == count and all(len(nonce) >= 24 for nonce in nonces)
    assert page.text.count("alert(1)") >= 1 and "<script>alert" not in page.text and f'nonce="{nonce}">alert' not in page.text


HOSTS = ["evil.example", "crm.example.org.evil.example", "crm.example.org@evil.example", "a/?x=", "", "crm.example.org:80:80", "CRM.EXAMPLE.ORG", "crm.example.org.",
         "crm.example.org:99999999", "[::1", "crm.example.org\tx", "crm.example.org, evil.example", "localhost/healthz", "127.0.0.1#", "crm.example.org%00", "crm.example.org\\@evil.example", "[::ffff:127.0.0.1]", "xn--crm-example.org", "..", "-"]  # fmt: skip
TARGETS = ["whoami", "@evil/whoami", "http://evil.example/whoami", "//evil.example/whoami", "/\\evil", "/static/../whoami", "/static/..%2fwhoami", "/signin/../whoami",
           "/static/%2e%2e/whoami", "/healthz/../whoami", "/%77hoami", "/whoami%00", "/signin%2f..%2fwhoami", "/static//../../whoami", "/_nicegui/3.18.0/../../whoami",
           "/static/%5c..%5cwhoami", "/api/../whoami", "/api/%2e%2e/whoami", ";/whoami", "/whoami;/static/", "/SIGNIN/../whoami", "/.//whoami", "*", "/whoami/..;/static/x", "/static/..;/whoami", "/_nicegui/9/../../whoami", "/feeds/../whoami", "/?/../whoami#/static/"]  # fmt: skip


def _raw(edge: Edge, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    return answer


def test_hdr_05_the_table_is_long_enough() -> None:
    assert len({*HOSTS, *TARGETS}) >= 40


@pytest.mark.parametrize("host", HOSTS)
def test_hdr_05_only_our_own_name_is_answered(https_edge: Edge, host: str) -> None:
    answer = _raw(https_edge, f"GET /signin HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert (b" 200 " in answer.split(b"\r\n")[0]) == (host == "CRM.EXAMPLE.ORG"), answer[:100]


@pytest.mark.parametrize("target", TARGETS)
def test_hdr_05_no_way_of_writing_a_path_gets_past_the_guard(https_edge: Edge, target: str) -> None:
    answer = _raw(https_edge, f"GET {target} HTTP/1.1\r\nHost: {https_edge.host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode())
    assert int(answer.split(b" ")[1]) in (303, 400, 401, 404), answer[:200]
    assert b'"user"' not in answer


def test_hdr_05_two_hosts_or_a_forwarded_address_change_nothing(https_edge: Edge) -> None:
    twice = _raw(https_edge, f"GET /signin HTTP/1.1\r\nHost: {https_edge.host}\r\nHost: {https_edge.host}\r\nConnection: close\r\n\r\n".encode())
    assert b" 400 " in twice.split(b"\r\n")[0]
    with https_edge.signed_in() as client:
        assert client.get("/whoami", headers={"x-forwarded-for": "6.6.6.6", "x-forwarded-host": "evil.example"}).json()["peer"] == "127.0.0.1"
        moved = client.get("/signin?next=/contacts", headers={"x-forwarded-prefix": "https://evil.example"})
    assert moved.headers["location"] == "/contacts"


def test_hdr_06_the_cookie_is_bound_to_https_this_host_and_http(https_edge: Edge, local_edge: Edge) -> None:
    answer = https_edge.sign_in("alice")
    assert len(answer.headers.get_list("set-cookie")) == 1
    assert re.fullmatch(r"__Host-mindfulcrm=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", answer.headers["set-cookie"])
    remembered = https_edge.sign_in("alice", remember=True).headers["set-cookie"]
    assert "Max-Age=2592000" in remembered and "Domain" not in remembered
    local_edge.control("reset")
    assert re.fullmatch(r"mindfulcrm=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", local_edge.sign_in("alice").headers["set-cookie"])


async def test_hdr_06_every_cookie_of_the_whole_run_is_looked_at() -> None:
    """``tests/cookies.py`` stands in every answer; here it is seen to bite."""
    good = "mindfulcrm=x; HttpOnly; Path=/; SameSite=lax"
    for secure, cookie, said in (
        (False, good, ""), (True, f"__Host-{good}; Secure", ""), (True, f"__Host-{good}; Max-Age=9; Secure", ""), (True, f"__Host-{good}", "lacks secure"),
        (True, f"{good}; Secure", "not the session's"), (False, f"{good}; Domain=example.org", "has a domain"), (False, "mindfulcrm=x; Path=/; SameSite=lax", "lacks httponly"),
        (False, "mindfulcrm=x; HttpOnly; Path=/contacts; SameSite=none", "lacks path, samesite"), (False, "theme=dark; HttpOnly; Path=/; SameSite=lax", "not the session's: theme"),
    ):  # fmt: skip
        assert said in cookies.fault_of(cookie, secure) and bool(said) == bool(cookies.fault_of(cookie, secure)), cookie

    async def careless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Set-Cookie", b"tracker=1")]})
        await send({"type": "http.response.body", "body": b""})

    with pytest.raises(cookies.WrongCookie):
        await ask(SecurityHeaders(careless, EdgeConfig("https://crm.example.org", "k" * 40)), "GET", "/")
    assert cookies.faults == ["/: a cookie that is not the session's: tracker"]
    cookies.faults.clear()


FOREIGN = [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"}, {},
    {"origin": "http://crm.example.org"}, {"origin": "https://crm.example.org.evil.example"}, {"origin": "https://crm.example.org", "sec-fetch-site": "cross-site"},
]  # fmt: skip


@pytest.mark.parametrize("evidence", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/change", "/signin", "/signout", "/setup", "/uploads/import"])
def test_hdr_07_nothing_changes_at_another_sites_request(https_edge: Edge, evidence: dict[str, str], path: str) -> None:
    with https_edge.signed_in() as client:
        before = https_edge.state()
        del client.headers["origin"]
        answer = client.post(path, headers=evidence, data={"email": "alice@example.org"})
        assert answer.status_code == 403
        after = https_edge.state()
        assert (before["clicks"], before["rows"], before["uploads"]) == (after["clicks"], after["rows"], after["uploads"])
        assert client.get("/whoami").status_code == 200, "still signed in"


def test_hdr_07_our_own_pages_may_and_forms_need_their_token(https_edge: Edge) -> None:
    with https_edge.signed_in() as client:
        assert client.post("/change", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    for token in ("", "x", "a.b.c"):
        assert https_edge.sign_in("alice", form_token=token).status_code == 403


def test_hdr_08_what_was_made_for_a_person_is_never_kept(https_edge: Edge) -> None:
    with https_edge.signed_in() as client:
        for path in ("/", "/whoami", "/file", "/nowhere", "/boom"):
            assert client.get(path, headers=HTML).headers["cache-control"] == "no-store", path
        assert client.get("/file").headers["content-security-policy"].startswith("sandbox"), "a stricter policy of a route stays"
        out = client.post("/signout")
    assert out.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert out.status_code == 303 and "Max-Age=0" in out.headers["set-cookie"]


ELSEWHERE = [
    "//evil", "///evil", "\\\\evil", "/\\evil", "/\\/evil", "/%09/evil", "/\t/evil", "/\n/evil", "/%0a/evil", "/%2f/evil", "/%5cevil", "/%00/evil", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", " javascript:alert(1)", "https://evil", "http:evil", "https:/evil", "//evil@crm", "evil", "./evil", "../evil", "/./\\evil", "data:text/html,x",
    "vbscript:x", "/:evil", "/x://evil", "/a//b", "/a/b//c", "?x", "#x", "", " ", "/ /evil", "\x00/evil", "/\x7fevil", "/%E2%80%8B//x", "//", "/\\", "\\", "%2f%2fevil",
    "/%252f/evil"[:5] + "/evil", "//evil%2e", "/signin", "/signin?next=/x", "/signout", "/setup", "/_nicegui/x", "ftp://x", "blob:x", "file:///x", "/x\r\nset-cookie: a=b", "／／evil", "／evil",
    "/\u2028/x\\", "https:evil.example", "//google.com/%2f..", "/http:evil", "/?\\", "/a\\b", "/%0d%0aset-cookie:a=b", "/\t/\tevil",
]  # fmt: skip


def test_hdr_09_the_way_back_is_never_elsewhere(https_edge: Edge) -> None:
    assert len(set(ELSEWHERE)) >= 60
    with https_edge.signed_in() as client:
        for target in ELSEWHERE:
            assert own_path(target) == "/", target
            assert client.get(f"/signin?next={quote(target)}").headers["location"] == "/", target


@pytest.mark.parametrize("target", ["/", "/contacts", "/contacts?q=a%20b&tag=x//y", "/contacts/0189-00#notes", "/tasks?due=2026-11-23"])
def test_hdr_09_own_pages_are(target: str) -> None:
    assert own_path(target) == target


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("/\\.:@%?#&=09afevil\t\n\r \x00j;"), max_size=14))
def test_hdr_09_whatever_comes_back_stays_here(target: str) -> None:
    chosen = own_path(target)
    assert chosen.startswith("/") and not re.match(r"/[/\\]|/%(09|0a|0d|2f|5c)", chosen, re.I) and "\\" not in chosen and not re.search(r"[\x00-\x20]", chosen)


def test_hdr_09_a_visitor_comes_back_to_where_they_were_going(edge: Edge) -> None:
    with edge.client() as visitor:
        sent = visitor.get("/contacts?q=žofia&tag=a", headers=HTML)
        assert sent.status_code == 303 and sent.headers["location"].startswith("/signin?next=")
        assert visitor.get("/contacts", headers={"accept": "*/*"}).status_code == 401, "a program is told, not sent"
    back = edge.sign_in("alice", next="/contacts?q=x")
    assert back.headers["location"] == "/contacts?q=x"
    edge.control("reset")
    assert edge.sign_in("alice", next="//evil.example").headers["location"] == "/"
