"""Servers as they are out there, told by what they answer: Nextcloud, iCloud, Fastmail, one that knows no sync-tokens; and hostile ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceDown, SourceError
from crm_app.infrastructure.outbound import Gate
from crm_app.providers.caldav import CalDavSource, account
from crm_app.providers.caldav.davxml import Malformed, path_of, read_multistatus
from tests.infrastructure.outbound.conftest import Authority, Handler, Site, World
from tests.providers.keeping import Kept, calendar, event

PUBLIC = "93.184.215.14"
CLOUD, NEIGHBOUR, STRANGER = "cloud.family.example", "p42-cloud.family.example", "cloud.stranger.example"
NAMES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/" xmlns:s="http://calendarserver.org/ns/"'
CALENDAR = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
EVENTS = '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
TASKS = '<c:supported-calendar-component-set><c:comp name="VTODO"/></c:supported-calendar-component-set>'


def entry(href: str, props: str = "", status: str = "200 OK") -> str:
    if status != "200 OK":
        return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status}</d:status></d:response>"
    return f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"


def answer(*entries: str, token: str = "") -> bytes:
    said = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    return f'<?xml version="1.0"?><d:multistatus {NAMES}>{"".join(entries)}{said}</d:multistatus>'.encode()


def principal(href: str) -> str:
    return f"<d:current-user-principal><d:href>{href}</d:href></d:current-user-principal>"


def home(href: str) -> str:
    return f"<c:calendar-home-set><d:href>{href}</d:href></c:calendar-home-set>"


def multi(*entries: str, token: str = "") -> Callable[[Handler], None]:
    return lambda handler: handler.reply(207, answer(*entries, token=token), Content_Type="application/xml")


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(code, body, **headers)


@dataclass
class Clouds:
    """Three servers under TLS by name; a script says what each answers to a path."""

    gate: Gate
    sites: dict[str, Site] = field(default_factory=dict)

    def source(self, url: str) -> CalDavSource:
        return CalDavSource(url, "ana@example.org", SecretStr("gehe1m"), self.gate)

    def answers(self, host: str = CLOUD, **pages: Callable[[Handler], None]) -> None:
        self.sites[host].pages = {path.replace("_", "/"): page for path, page in pages.items()}

    def pages(self, pages: dict[str, Callable[[Handler], None]], host: str = CLOUD) -> None:
        self.sites[host].pages = pages

    def seen(self, host: str = CLOUD) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _headers, _body in self.sites[host].seen]


@pytest.fixture
def clouds(world: World, authority: Authority, sandbox: object) -> Iterator[Clouds]:
    ports = {CLOUD: 443, NEIGHBOUR: 8443, STRANGER: 8080}
    made = Clouds(Gate(resolve=lambda *_: [PUBLIC], connect=world.connect, authorities=authority.file))
    for host, port in ports.items():
        site = made.sites[host] = Site(authority.context(host))
        site.pages = {}
        world.routes[PUBLIC, port] = site.port
    yield made
    for site in made.sites.values():
        site.shutdown()
        site.server_close()


def by_method(**pages: Callable[[Handler], None]) -> Callable[[Handler], None]:
    return lambda handler: pages.get(handler.command.lower(), status(405))(handler)


def test_nextcloud_is_found_by_its_host(clouds: Clouds):
    dav, people, lies = "/remote.php/dav/", "/remote.php/dav/principals/users/ana/", "/remote.php/dav/calendars/ana/"
    clouds.pages({
        "/": status(405, b"<html>Nextcloud</html>"), "/.well-known/caldav": status(301, Location=f"https://{CLOUD}{dav}"),
        dav: multi(entry(dav, principal(people))), people: multi(entry(people, home(lies))),
        lies: multi(
            entry(lies, "<d:resourcetype><d:collection/></d:resourcetype>"),
            entry(f"{lies}personal/", CALENDAR + EVENTS + "<d:displayname>Personal</d:displayname><a:calendar-color>#0082C9</a:calendar-color>"
                  "<c:calendar-timezone>BEGIN:VCALENDAR&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:Europe/Berlin&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR</c:calendar-timezone>"
                  "<d:current-user-privilege-set><d:privilege><d:write/></d:privilege></d:current-user-privilege-set>"),
            entry(f"{lies}tasks/", CALENDAR + TASKS + "<d:displayname>Tasks</d:displayname>"),
            entry(f"{lies}holidays/", "<d:resourcetype><d:collection/><s:subscribed/></d:resourcetype><d:displayname>Holidays</d:displayname>"),
            entry(f"{lies}inbox/", "<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>"),
            entry(f"{lies}gone/", status="404 Not Found"),
        ),
    })  # fmt: skip
    (found,) = clouds.source(f"https://{CLOUD}").list_calendars()
    assert (found.ref, found.name, found.colour, found.time_zone, found.writable) == (f"{lies}personal/", "Personal", "#0082c9", "Europe/Berlin", True)


def test_icloud_keeps_the_calendars_with_a_neighbour(clouds: Clouds):
    elsewhere = f"https://{NEIGHBOUR}:8443/123/calendars/"
    clouds.pages({"/": multi(entry("/", principal("/123/principal/"))), "/123/principal/": multi(entry("/123/principal/", home(elsewhere)))})
    listing = multi(entry("/123/calendars/", ""), entry("/123/calendars/home/", CALENDAR + EVENTS + "<d:displayname>Home</d:displayname>"))
    inside = multi(entry("/123/calendars/home/", "<d:sync-token>t1</d:sync-token>"))
    clouds.pages({"/123/calendars/": listing, "/123/calendars/home/": inside}, NEIGHBOUR)
    source = clouds.source(f"https://{CLOUD}/")
    (found,) = source.list_calendars()
    assert found.ref == f"{elsewhere}home/" and found.name == "Home"
    assert Kept().look(source, found.ref).token == '{"sync": "t1"}' and clouds.seen(NEIGHBOUR)[-1][1] == "/123/calendars/home/"


def test_fastmail_writes_its_names_both_ways(clouds: Clouds):
    people, lies = "/dav/principals/user/ana%40example.org/", "/dav/calendars/user/ana@example.org/"
    clouds.pages({
        "/dav/": multi(entry("/dav/", principal(people))), people: multi(entry("/dav/principals/user/ana@example.org/", home(lies))),
        lies: multi(entry("/dav/calendars/user/ana%40example.org/a%20b/", CALENDAR + EVENTS)),
        "/dav/calendars/user/ana@example.org/a%20b/": multi(entry("/dav/calendars/user/ana%40example.org/a%20b/", "")),
    })  # fmt: skip
    source = clouds.source(f"https://{CLOUD}/dav/")
    (found,) = source.list_calendars()
    assert (found.ref, found.name) == ("/dav/calendars/user/ana@example.org/a b/", "a b")
    assert Kept().look(source, found.ref).items == {}


@pytest.mark.parametrize("place", [f"https://{STRANGER}:8080/", "http://cloud.family.example/", "https://127.0.0.1/", "//cloud.stranger.example:8080/x", "ftp://x/"])
def test_a_server_cannot_send_the_password_to_another(clouds: Clouds, place: str):
    clouds.pages({"/": multi(entry("/", principal(place)))})
    with pytest.raises(SourceError):
        clouds.source(f"https://{CLOUD}/").list_calendars()
    clouds.pages({"/": status(302, Location=place), "/.well-known/caldav": status(302, Location=place)})
    with pytest.raises(SourceError):
        clouds.source(f"https://{CLOUD}/").list_calendars()
    assert not clouds.sites[STRANGER].seen


@pytest.mark.parametrize(("one", "other", "kin"), [
    ("caldav.icloud.com", "p42-caldav.icloud.com", True), ("a.example", "b.example", False), ("cal.ana.co.uk", "cal.eve.co.uk", False), ("cal.ana.co.uk", "dav.ana.co.uk", True),
    ("cal.ana.de", "dav.ana.de", True), ("com", "com", False), ("10.0.0.1", "10.9.0.1", False), ("a.com.au", "b.com.au", False),
])  # fmt: skip
def test_who_is_a_neighbour(one, other, kin):
    from crm_app.providers.caldav.speaking import _kin

    assert _kin(one, other) is kin


def test_a_password_never_goes_in_the_clear(clouds: Clouds):
    with pytest.raises(SignInNeeded, match="https"):
        clouds.source(f"http://{CLOUD}:8080/").list_calendars()
    assert not clouds.sites[STRANGER].seen


@pytest.mark.parametrize(("code", "problem"), [(401, SignInNeeded), (403, SignInNeeded), (404, NotACalendar), (405, NotACalendar), (200, NotACalendar), (429, SourceDown), (503, SourceDown), (500, SourceDown)])
def test_where_there_is_no_account(clouds: Clouds, code, problem):
    clouds.pages({path: status(code, b"<html>hello</html>") for path in ("/", "/x", "/.well-known/caldav")})
    with pytest.raises(problem) as raised:
        clouds.source(f"https://{CLOUD}/x").list_calendars()
    assert "hello" not in raised.value.reason


# --- a server without sync-tokens, whose multiget does not work either


@dataclass
class Simple:
    """Knows ctags, etags and GET. ``items`` by file name."""

    items: dict[str, bytes]
    multiget: bool = False
    ctag: str = "1"

    def __call__(self, handler: Handler) -> None:
        told = f"<s:getctag>{self.ctag}</s:getctag><d:getetag>x</d:getetag>{CALENDAR}"
        listed = [entry(f"/cal/{name}", f'<d:getetag>"{hash(content)}"</d:getetag>') for name, content in self.items.items()] if handler.headers["depth"] == "1" else []
        by_method(propfind=multi(entry("/cal/", told), *listed), report=status(501))(handler)


def serve(clouds: Clouds, simple: Simple) -> None:
    pages: dict[str, Callable[[Handler], None]] = {"/cal/": simple}
    for name, content in simple.items.items():
        pages[f"/cal/{name}"] = lambda handler, content=content: handler.reply(200, content, ETag=f'"{hash(content)}"')
    clouds.pages(pages)


def test_without_sync_tokens_the_ctag_says_whether_to_look(clouds: Clouds):
    simple = Simple({name: calendar(event(name, name)) for name in ("a.ics", "b.ics", "c.ics")})
    serve(clouds, simple)
    source = clouds.source(f"https://{CLOUD}/cal/")
    kept = Kept().look(source, "/cal/")
    assert kept.titles == ["a.ics", "b.ics", "c.ics"] and kept.token == '{"ctag": "1"}'
    before = len(clouds.seen())
    assert kept.look(source, "/cal/").sent == 0 and len(clouds.seen()) == before + 1, "one question, since nothing has changed"
    simple.items = {"a.ics": simple.items["a.ics"], "b.ics": calendar(event("b.ics", "changed"))}
    simple.ctag = "2"
    serve(clouds, simple)
    kept.look(source, "/cal/")
    assert (kept.sent, kept.gone, kept.titles) == (1, 1, ["a.ics", "changed"])


def test_what_vanishes_while_it_is_fetched_is_gone_and_what_is_too_large_is_named(clouds: Clouds):
    simple = Simple({name: calendar(event(name, name)) for name in ("a.ics", "b.ics", "c.ics")})
    serve(clouds, simple)
    clouds.sites[CLOUD].pages["/cal/b.ics"] = status(404)
    clouds.sites[CLOUD].pages["/cal/c.ics"] = status(200, b"x" * 11_000_000)
    kept = Kept({"/cal/b.ics": ("old", b"SUMMARY:old"), "/cal/c.ics": ("old", b"SUMMARY:kept")}).look(clouds.source(f"https://{CLOUD}/cal/"), "/cal/")
    assert kept.titles == ["a.ics", "kept"] and kept.unread[0][0] == "/cal/c.ics" and "larger" in kept.unread[0][1]


def test_a_long_list_of_changes_is_asked_for_in_turns(clouds: Clouds):
    full = entry("/cal/", status="507 Insufficient Storage")

    def report(handler: Handler) -> None:
        body = handler.server.seen[-1][3]
        if b"multiget" in body:
            multi(*(entry(f"/cal/{name}.ics", f'<d:getetag>"1"</d:getetag><c:calendar-data>BEGIN:VCALENDAR\nSUMMARY:{name}\nEND:VCALENDAR</c:calendar-data>') for name in "ab"))(handler)
        elif b"t1" in body:
            multi(entry("/cal/a.ics", '<d:getetag>"1"</d:getetag>'), entry("/cal/old.ics", status="404 Not Found"), full, token="t2")(handler)
        else:
            multi(entry("/cal/b.ics", '<d:getetag>"1"</d:getetag>'), token="t3")(handler)

    clouds.pages({"/cal/": by_method(report=report)})
    kept = Kept({"/cal/old.ics": ("1", b"SUMMARY:old")}, token='{"sync": "t1"}').look(clouds.source(f"https://{CLOUD}/cal/"), "/cal/")
    assert (kept.titles, kept.gone, kept.token) == (["a", "b"], 1, '{"sync": "t3"}')


def test_an_endless_list_of_changes_ends(clouds: Clouds, monkeypatch):
    monkeypatch.setattr(account, "MOST_ROUNDS", 5)
    turns = by_method(report=multi(entry("/cal/", status="507 Insufficient Storage"), token="t1"), propfind=multi(entry("/cal/", "<d:sync-token>t9</d:sync-token>")))
    clouds.pages({"/cal/": turns})
    assert Kept(token='{"sync": "t1"}').look(clouds.source(f"https://{CLOUD}/cal/"), "/cal/").token == '{"sync": "t9"}'


@pytest.mark.parametrize("body", [answer(), answer(entry("/else/", "")), b"<html/>", b"", b"<d:multistatus", answer(entry("/cal/", status="404 Not Found"))])
def test_an_answer_that_does_not_name_the_calendar_takes_nothing_away(clouds: Clouds, body: bytes):
    clouds.pages({"/cal/": lambda handler: handler.reply(207, body)})
    kept = Kept({"/cal/a.ics": ("1", b"SUMMARY:a")})
    with pytest.raises(SourceError):
        kept.look(clouds.source(f"https://{CLOUD}/cal/"), "/cal/")
    assert len(kept.items) == 1


# --- hostile XML


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha">' + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)) + b"]><d>&j;</d>"
XXE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">&x;</multistatus>'


@pytest.mark.parametrize("body", [
    LAUGHS, XXE, b'<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd"><d/>', b"<a>" * 100, b"<r>" + b"<a/>" * 300_000 + b"</r>", b"<a>&undefined;</a>", b"\x00", b"<a></b>",
    b'<?xml version="1.0" encoding="utf-7"?><a/>', b'<?xml version="1.0" encoding="nonsense"?><a/>', b"<a",
])  # fmt: skip
def test_hostile_xml_is_refused_in_time(body: bytes):
    began = time.process_time()
    with pytest.raises(Malformed):
        read_multistatus(body, "/")
    assert time.process_time() - began < 2


def test_hrefs_are_compared_unquoted():
    assert path_of("https://x.example/a%40b/c%20d.ics?x=1#y") == path_of("/a@b/c d.ics") == "/a@b/c d.ics"
