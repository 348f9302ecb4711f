"""SECURITY 2.1 on the whole product: every route that it has, each with the headers of its kind (HDR-01, HDR-08), and none that
changes anything for a request that did not start on our own pages (HDR-07). Nothing is listed by hand: the running application
says which routes there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from crm_app.domain.cadence import service as cadence
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.routes import ROUTES as PAGES
from tests.security.calls import photo_sha
from tests.security.house import House
from tests.security.observatory import directives
from tests.security.world import ASKERS, CLOCK_MOVES, fingerprint
from tests.web.edge import HTML

EVERYWHERE = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
NEVER = ("server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials")
# Kind of answer: what its script-src and style-src say, whether it is sandboxed, and how long it may be kept.
KINDS: dict[str, tuple[str | None, str | None, bool, str]] = {
    "page": (r"'nonce-[\w-]{24}' 'strict-dynamic' 'unsafe-eval'", "'self' 'unsafe-inline'", False, "no-store"),
    "plain": (None, "'self'", False, "no-store"),
    "asset": (None, "'self'", False, r"public, (max-age=\d+(, immutable)?|no-cache)|public, max-age=\d+, immutable, stale-while-revalidate=\d+"),
    "file": (None, None, True, "no-store"),
}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
ASSETS = ("/static/", "/_nicegui/", "/favicon.ico")
FILES = ("/photos/", "/downloads/")


@dataclass(frozen=True)
class Knock:
    """One request of the walk."""

    method: str
    path: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _fill(route: str, house: House) -> Iterator[str]:
    """The paths that stand for a route: things that are there, that are somebody else's, that are not there, and nonsense."""
    world = house.world
    subject = next((name for name in ("contact", "interaction", "task", "tag") if f"{{{name}_id}}" in route), "change_set")
    places = world.ids.get(subject, {})
    things = [str(places[place]) for place in ("own:member", "private", "team") if place in places] + [str(uuid4()), "nonsense"]
    values = {
        "{purpose}": ["import", "photo", "nothing"], "{sha256}": [photo_sha(world.ids["photo"]["own:member"]), photo_sha(world.ids["photo"]["private"]), "x"],
        "{kind}": ["csv", "vcard", "json", "exe"], "{job_id}": [str(world.ids["job"]["own:member"]), str(uuid4()), "x"],
        "{key:path}": ["nothing.js"], "{key}/{path:path}": ["nothing/nothing.js"], "{name}": ["nothing"], "{_:path}": [],
    }  # fmt: skip
    for hole, found in values.items():
        if hole in route:
            yield from (route.replace(hole, value) for value in found)
            return
    hole = re.search(r"\{\w+\}", route)
    yield from (route.replace(hole[0], thing) for thing in things) if hole else [route]


def walk(house: House) -> list[Knock]:
    """Every route with every method that it answers to, each page, the files behind the mounts, and what is on no route at all."""
    found = [Knock(method, path, route["path"]) for route in house.routes for method in route["methods"] for path in _fill(route["path"], house)]
    contact = str(house.world.ids["contact"]["own:member"])
    connection = str(house.world.ids["connection"]["own:member"])
    pages = [path.replace("{contact_id}", contact).replace("{connection_id}", connection).replace("{part}", "security") for path in PAGES]
    found += [Knock("GET", path, "/{_:path}") for path in [*pages, "/nowhere", "/contacts/nonsense", f"/contacts/{uuid4()}"]]
    version = next(re.search(r"/_nicegui/[\d.]+/", route["path"])[0] for route in house.routes if "/_nicegui/" in route["path"])
    files = ["/static/plain.css", "/static/mc.css?v=1", "/static/fonts/inter-latin.woff2", "/static/none", "/static/../main.py", f"{version}static/nicegui.js", f"{version}static/none"]
    odd = ["/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket", "/_nicegui_ws/x", "/_nicegui/0", "/_nicegui/client/x/y",
           "/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/contacts", "/%00", "//evil.example/x", "/a/../signin", "/healthz/", "/signin/", "/.well-known/security.txt"]  # fmt: skip
    found += [Knock("GET", path, path) for path in [*files, *odd]]
    found += [Knock(method, path, path) for path in ("/", "/signin", "/nowhere", "/static/mc.css", "/healthz") for method in (*UNSAFE, "OPTIONS", "TRACE")]
    return list(dict.fromkeys(knock for knock in found if knock.path != "/" or knock.method == "GET"))


def kind_of(answer: httpx.Response, path: str) -> str:
    """What the answer is, by what it says it is and where it came from; a refusal is always plain."""
    if answer.headers.get("x-nicegui-content") == "page":
        return "page"
    if answer.status_code < 300 and path.startswith(FILES):
        return "file"
    return "asset" if answer.status_code < 300 and path.startswith(ASSETS) else "plain"


def faults(answer: httpx.Response, path: str) -> list[str]:
    """What of the table this answer does not keep."""
    script, style, sandbox, keep = KINDS[kind_of(answer, path)]
    headers = answer.headers
    policy = directives(headers.get("content-security-policy", ""))
    found = [name for name, value in EVERYWHERE.items() if headers.get_list(name) != [value]] + [name for name in NEVER if name in headers]
    found += [f"policy {name}" for name in ("default-src", "base-uri", "frame-ancestors") if policy.get(name) != ["'none'"]]
    if not _says(policy, "script-src", script) or not _says(policy, "style-src", style) or ("sandbox" in policy) != sandbox or policy.get("sandbox"):
        found.append(f"policy of a {kind_of(answer, path)}: {headers.get('content-security-policy')}")
    if not re.fullmatch(keep, headers.get("cache-control", "")):
        found.append(f"cache-control {headers.get('cache-control')}")
    if kind_of(answer, path) == "file" and not path.startswith("/photos/") and not headers.get("content-disposition", "").startswith("attachment; "):
        found.append("not an attachment")
    return found


def _says(policy: dict[str, list[str]], directive: str, wanted: str | None) -> bool:
    said = " ".join(policy[directive]) if directive in policy else None
    return said is None if wanted is None else said is not None and (re.fullmatch(wanted, said) is not None or said == wanted)


@dataclass(frozen=True)
class Heard:
    """One answer of the walk."""

    who: str
    knock: Knock
    answer: httpx.Response


@pytest.fixture(scope="module")
def heard(production_house: House) -> list[Heard]:
    """The whole walk, made once: first looking, which must change no row (see below), then everything else."""
    house = production_house
    house.bind()
    callers = {"visitor": house.visitor(), "member": house.browser("member"), "viewer": house.browser("viewer"), "program": house.program("member")}
    knocks = walk(house)
    found, before = [], fingerprint(house.database, *CLOCK_MOVES)
    for knock in sorted(knocks, key=lambda knock: knock.method in UNSAFE):
        for who, client in callers.items():
            answer = client.request(knock.method, knock.path, headers=HTML)
            found.append(Heard(who, knock, answer))
            if knock.method not in UNSAFE and answer.is_success and "text/html" not in answer.headers.get("content-type", ""):
                assert fingerprint(house.database, *CLOCK_MOVES) == before, f"{knock} changed something"
            if "clear-site-data" in answer.headers:
                client.headers["cookie"] = house.browser(who).headers["cookie"]
        if knock.method not in UNSAFE and knock == knocks[-1]:
            assert fingerprint(house.database, *CLOCK_MOVES) == before
    return found


def test_hdr_01_every_answer_of_every_route_carries_the_headers_of_its_kind(heard: list[Heard]) -> None:
    broken = [f"{one.who} {one.knock} {one.answer.status_code}: {fault}" for one in heard for fault in faults(one.answer, one.knock.path)]
    assert not broken, broken[:20]
    assert not [f"{one.who} {one.knock}" for one in heard if one.answer.status_code >= 500]
    assert {kind_of(one.answer, one.knock.path) for one in heard} == set(KINDS), "every row of the table was met"
    assert {200, 303, 400, 401, 403, 404, 405, 422} <= {one.answer.status_code for one in heard}
    assert len(heard) >= 500


def test_hdr_01_what_the_gatekeeper_refuses_carries_them_too(house: House) -> None:
    with house.browser("member") as member:
        for headers, content, status in (({"host": "evil.example"}, b"", 400), ({"range": "bytes=" + "0-1," * 20 + "0-1"}, b"", 416), ({}, b"x" * 20_000, 413)):
            answer = member.request("POST" if content else "GET", "/signin", headers=headers, content=content)
            assert answer.status_code == status and not faults(answer, "/signin"), (headers, faults(answer, "/signin"))


def test_hdr_08_what_is_made_for_a_person_is_kept_by_nobody(heard: list[Heard]) -> None:
    private = [one for one in heard if one.who != "visitor" and not one.knock.path.startswith(ASSETS)]
    assert len(private) >= 300
    assert [str(one.knock) for one in private if one.answer.headers["cache-control"] != "no-store"] == []


def test_hdr_08_signing_out_clears_the_browser(house: House) -> None:
    out = house.browser("member").post("/signout")
    assert out.status_code == 303 and out.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert re.fullmatch(r'__Host-mindfulcrm="?"?; expires=[^;]+; HttpOnly; Max-Age=0; Path=/; SameSite=lax; Secure', out.headers["set-cookie"]), out.headers["set-cookie"]


def unsafe(house: House) -> list[Knock]:
    """Every way to change something, on a thing that the caller may change."""
    found = []
    for route in house.routes:
        for method in route["methods"]:
            if method in UNSAFE:
                found.append(Knock(method, next(_fill(route["path"], house)), route["path"]))
    return found


FOREIGN = {
    "cross-site": {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, "same-site": {"sec-fetch-site": "same-site"},
    "fetch metadata alone": {"sec-fetch-site": "cross-site"}, "wrong origin": {"origin": "https://evil.example"}, "no origin": {"origin": "null"},
    "plain http": {"origin": "http://crm.example.org"}, "nothing": {},
}  # fmt: skip
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
BODY = b'{"display_name": "New", "title": "New", "name": "new", "kind": "note", "version": 1}'


@pytest.mark.parametrize("evidence", FOREIGN.values(), ids=FOREIGN)
def test_hdr_07_no_other_site_changes_anything(house: House, evidence: dict[str, str]) -> None:
    member = house.browser("member")
    del member.headers["origin"]
    before = fingerprint(house.database, *CLOCK_MOVES)
    for knock in unsafe(house):
        for kind in ("text/plain", "application/json"):
            answer = member.request(knock.method, knock.path, headers={**evidence, "content-type": kind}, content=BODY)
            # Below /api a cookie is worth nothing, nor for the link that stops a mail: there is nobody whom another site could act for.
            expected = 401 if knock.path.startswith("/api/") else 404 if knock.path.startswith("/unsubscribe/") else 403
            assert answer.status_code == expected, (str(knock), kind, answer.status_code)
    assert fingerprint(house.database, *CLOCK_MOVES) == before
    assert member.get("/contacts", headers=HTML).status_code == 200, "still signed in"


def test_hdr_07_a_form_without_its_token_and_a_body_that_a_form_could_send_are_refused(house: House) -> None:
    member, program = house.browser("member"), house.program("member")
    before = fingerprint(house.database, *CLOCK_MOVES)
    for knock in unsafe(house):
        for kind in SIMPLE:
            if knock.path == "/signout":
                continue  # a form of ours without fields; Origin and Fetch Metadata protect it (above)
            if knock.path.startswith("/unsubscribe/"):
                continue  # what mail programs post is not read: the signature in the address is the whole authority
            caller = program if knock.path.startswith("/api/") else member
            answer = caller.request(knock.method, knock.path, headers={"content-type": kind}, content=BODY)
            form = knock.path.startswith(("/signin", "/setup", "/join/", "/reset/")) and kind == "application/x-www-form-urlencoded"
            assert answer.status_code in ((403, 404) if form else (415, 404) if knock.path == "/setup" else (415,)), (str(knock), kind, answer.status_code)
        assert fingerprint(house.database, *CLOCK_MOVES) == before, str(knock)


def test_a_calendar_program_reads_its_address_without_a_session(house: House) -> None:
    secret = run_service(ASKERS["member"], cadence.create_feed)
    answer = house.visitor().get(f"/feeds/{secret}.ics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/calendar")
    assert "no-store" in answer.headers["cache-control"] and answer.headers["x-content-type-options"] == "nosniff"
