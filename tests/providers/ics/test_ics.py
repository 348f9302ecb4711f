"""The contract of a published calendar, held by the Fake and by the real one against a server; then what only the real one can get wrong."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceDown, SourceError, SourceUntrusted
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.ics import IcsSource, make_source
from crm_app.providers.ics import feed as module
from tests.infrastructure.outbound.conftest import Handler, Site
from tests.providers.ics.conftest import ADDRESS, PUBLIC, Published
from tests.providers.keeping import Kept, calendar, event

CORPUS = Path(__file__).parents[2] / "corpus" / "ical"


# --- the contract


def test_there_is_one_calendar_with_the_name_that_it_gives_itself(published: Published):
    (found,) = published.source.list_calendars()
    assert (found.name, found.colour, found.time_zone, found.writable) == ("Sessions", "#0f766e", "Europe/Berlin", False)


def test_everything_comes_once_then_only_what_changed(published: Published):
    for day in range(1, 8):
        published.put(f"e{day}", f"Event {day}", day=day)
    kept = Kept().look(published.source, "feed")
    assert kept.sent == 7 and kept.titles == [f"Event {day}" for day in range(1, 8)]
    assert kept.look(published.source, "feed").sent == 0 and len(kept.items) == 7, "nothing new: nothing comes, nothing goes"
    published.put("e3", "Moved", day=20)
    published.remove("e5")
    kept.look(published.source, "feed")
    assert (kept.sent, kept.gone) == (1, 1) and kept.titles == ["Event 1", "Event 2", "Event 4", "Event 6", "Event 7", "Moved"]


def test_a_feed_that_is_written_anew_each_time_has_not_changed(published: Published):
    published.put("a", "Same", stamp="20260101T000000Z")
    kept = Kept().look(published.source, "feed")
    published.put("a", "Same", stamp="20260102T030405Z", more=["LAST-MODIFIED:20260102T030405Z"])
    assert kept.look(published.source, "feed").sent == 0
    assert kept.look(published.source, "feed", whole=True).sent == 0, "a whole look sends nothing that is known either"


def test_how_much_is_coming_is_known_from_the_first_page_on(published: Published):
    for number in range(450):
        published.events[f"e{number}"] = event(f"e{number}", "Event")
    published.publish()
    pages = list(published.source.list_changes("feed", "", {}))
    assert [(page.coming, len(page.items)) for page in pages] == [(450, 200), (0, 200), (0, 50)]


def test_exceptions_travel_with_their_series(published: Published):
    published.events["s"] = event("s", "Series", more=["RRULE:FREQ=DAILY;COUNT=3"]) + "\r\n" + event("s", "Moved", day=9, more=["RECURRENCE-ID:20261202T090000Z"])
    published.publish()
    kept = Kept().look(published.source, "feed")
    ((_etag, content),) = kept.items.values()
    assert content.count(b"BEGIN:VEVENT") == 2


def test_a_feed_that_breaks_off_takes_nothing_away(published: Published):
    published.put("a", "First")
    published.put("b", "Second")
    kept = Kept().look(published.source, "feed")
    cut = calendar(*published.head, event("c", "New"), event("a", "Half")).partition(b"Half")[0] + b"Ha"
    published.publish(cut)
    kept.look(published.source, "feed")
    assert kept.gone == 0 and kept.titles == ["First", "New", "Second"]
    published.publish()
    assert kept.look(published.source, "feed").titles == ["First", "Second"]


def test_many_events_come_in_pages_and_only_the_last_says_what_is_there(published: Published):
    published.events = {f"e{number}": event(f"e{number}", f"E{number}") for number in range(450)}
    published.publish()
    pages = list(published.source.list_changes("feed", "", {}))
    assert [len(page.items) for page in pages] == [200, 200, 50]
    assert [page.token == "" and page.present is None for page in pages] == [True, True, False]


def test_every_file_of_the_corpus_comes_in_or_is_named(published: Published):
    for path in sorted(CORPUS.glob("*.ics")):
        published.publish(path.read_bytes())
        kept = Kept().look(published.source, "feed")
        whole = path.name != "pr_480_summary_with_colon.ics"  # the one that breaks off
        assert path.read_bytes().count(b"BEGIN:VEVENT") == sum(content.count(b"BEGIN:VEVENT") for _etag, content in kept.items.values()), path.name
        assert Kept(dict(kept.items)).look(published.source, "feed", whole=True).sent == 0, path.name
        assert whole or published.fake or kept.unread[0][1].startswith("The calendar breaks off"), path.name


# --- against a server


Serve = Callable[..., IcsSource]


@pytest.fixture
def serve(world, site: Site, sandbox) -> Serve:
    def begin(page: Callable[[Handler], None], url: str = ADDRESS, username: str = "", allowed: tuple[Allowance, ...] = ()) -> IcsSource:
        world.routes[PUBLIC, 80] = site.port
        site.pages["/cal.ics"] = page
        return IcsSource(url, username, SecretStr("gehe1m"), world.gate(*allowed))

    return begin


def ok(body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(200, body or calendar(event("a", "A")), **headers)


def said(status: int, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(status, b"their own words", **headers)


def test_without_a_name_it_is_called_like_its_host(serve):
    assert serve(ok()).list_calendars()[0].name == "public.example"
    assert serve(ok(calendar("X-WR-CALNAME:Ana\\, Ivo \\; Kim"))).list_calendars()[0].name == "Ana, Ivo ; Kim"


def test_what_the_server_gave_to_ask_with_is_given_back(serve, site):
    source = serve(ok(ETag='W/"7"', Last_Modified="Thu, 26 Nov 2026 09:00:00 GMT"))
    kept = Kept().look(source, "feed")
    kept.look(source, "feed")
    asked = {name.lower(): value for name, value in site.seen[-1][2].items()}
    assert asked["if-none-match"] == 'W/"7"' and asked["if-modified-since"] == "Thu, 26 Nov 2026 09:00:00 GMT"
    Kept(token=kept.token).look(source, "feed")
    assert "if-none-match" not in {name.lower() for name in site.seen[-1][2]}, "whoever keeps nothing needs everything"


def test_the_very_same_feed_is_not_taken_apart_again(serve, site, monkeypatch):
    stamp = ["20260101T000000Z"]
    source = serve(lambda handler: handler.reply(200, calendar(event("a", "A", stamp=stamp[0], more=[f"LAST-MODIFIED:{stamp[0]}"]))))
    kept = Kept().look(source, "feed")
    token = kept.token
    stamp[0] = "20260102T030405Z"
    with monkeypatch.context() as patch:
        patch.setattr(module, "split_feed", lambda content: pytest.fail("there is nothing new in it"))
        assert kept.look(source, "feed").sent == 0 and kept.titles == ["A"] and kept.token == token
    site.pages["/cal.ics"] = ok(calendar(event("a", "B")))
    assert kept.look(source, "feed").titles == ["B"] and kept.token != token


@pytest.mark.parametrize(("status", "headers", "problem", "words"), [
    (401, {}, SignInNeeded, "sign-in"), (403, {}, SignInNeeded, "sign-in"), (404, {}, NotACalendar, "no calendar"), (410, {}, NotACalendar, "no calendar"),
    (429, {"Retry_After": "120"}, SourceDown, "later"), (503, {"Retry_After": "99999999"}, SourceDown, "later"), (503, {}, SourceDown, "later"),
    (500, {}, SourceDown, "problem of its own"), (418, {}, NotACalendar, "no calendar"),
])  # fmt: skip
def test_what_a_status_means(serve, status, headers, problem, words):
    source = serve(said(status, **headers))
    for ask in (source.list_calendars, lambda: list(source.list_changes("feed", "", {}))):
        with pytest.raises(problem, match=words) as raised:
            ask()
        assert "their own words" not in raised.value.reason and "public.example" not in raised.value.reason
        if isinstance(raised.value, SourceDown):
            assert raised.value.after == ({"120": 120.0, "99999999": 86_400.0}.get(headers.get("Retry_After", "")))


def test_a_date_to_come_back_at(serve):
    with pytest.raises(SourceDown) as raised:
        serve(said(503, Retry_After=email.utils.formatdate(time.time() + 300, usegmt=True))).list_calendars()
    assert raised.value.after is not None and 290 < raised.value.after <= 300


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html><body>Sign in</body></html>", b"\xef\xbb\xbf\n <html>", b"<?xml version='1.0'?><feed/>"])
def test_a_web_page_instead_of_a_calendar(serve, body):
    for ask in (lambda source: source.list_calendars(), lambda source: list(source.list_changes("feed", "", {"a": "1"}))):
        with pytest.raises(NotACalendar, match="web page"):
            ask(serve(ok(body)))


@pytest.mark.parametrize(
    ("charset", "kind", "broken"),
    [
        ("utf-8", "text/html; charset=iso-8859-1", b""), ("utf-8", "text/calendar; charset=iso-8859-1", b"\xff"), ("cp1251", "text/calendar; charset=windows-1251", b""),
        ("utf-16", "application/octet-stream", b""), ("utf-8", 'text/calendar; charset="utf-8"', b"\xff"),
    ],
)  # fmt: skip
def test_a_feed_is_read_in_its_charset_whatever_the_server_says_by_habit(serve, charset, kind, broken):
    body = calendar("X-WR-CALNAME:Улица", event("a", "Прогулка по городу")).decode().encode(charset) + broken
    source = serve(lambda handler: handler.reply(200, body, Content_Type=kind))
    assert source.list_calendars()[0].name == "Улица" and Kept().look(source, "feed").titles == ["Прогулка по городу"]


@pytest.mark.parametrize("body", [b"hello", b"\x00\xff\x00", b'{"error": 1}', b" "])
def test_what_is_no_calendar_takes_nothing_away(serve, body):
    with pytest.raises(NotACalendar, match="no calendar"):
        Kept({"a": ("1", b"")}).look(serve(ok(body)), "feed")


def test_a_calendar_larger_than_any_is_refused(serve):
    large = calendar(event("a", "A", more=["ATTACH;ENCODING=BASE64:" + "A" * 21_000_000]))
    with pytest.raises(NotACalendar, match="larger"):
        Kept({"a": ("1", b"")}).look(serve(ok(large)), "feed")


def test_redirects_are_followed_and_judged(serve, site):
    site.pages["/new.ics"] = ok(calendar(event("n", "New")))
    assert Kept().look(serve(said(301, Location="/new.ics")), "feed").titles == ["New"]
    for place in ("http://127.0.0.1/", "http://inner.example/", "ftp://public.example/", "/cal.ics"):
        with pytest.raises(SourceDown):
            Kept().look(serve(said(302, Location=place)), "feed")


def test_a_password_goes_out_under_tls_or_to_a_place_that_the_host_opened(serve, site, world):
    with pytest.raises(SignInNeeded, match="https"):
        serve(ok(), username="ana").list_calendars()
    assert not site.seen
    Kept().look(serve(ok(), username="ana", allowed=(Allowance("public.example", 80),)), "feed")
    assert site.seen[-1][2]["authorization"] == "Basic YW5hOmdlaGUxbQ=="


def test_without_proof_of_who_it_is_nothing_is_sent(world, authority, sandbox):
    server = Site(authority.context("other.example"))
    server.pages["/cal.ics"] = ok()
    world.routes[PUBLIC, 443] = server.port
    with pytest.raises(SourceUntrusted, match="prove"):
        make_source("webcal://public.example/cal.ics", "ana", SecretStr("gehe1m"), world.gate(authorities=authority.file)).list_calendars()
    assert not server.seen
    server.shutdown()
    server.server_close()


def test_webcal_is_https(world, authority, sandbox):
    server = Site(authority.context("public.example"))
    server.pages["/cal.ics"] = ok()
    world.routes[PUBLIC, 443] = server.port
    source = make_source("  WebCal://public.example/cal.ics ", "ana", SecretStr("gehe1m"), world.gate(authorities=authority.file))
    assert Kept().look(source, "feed").titles == ["A"] and server.seen[-1][2]["authorization"].startswith("Basic ")
    source.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x.example/", "https://", "https://ana:pw@x.example/", "javascript:1", "http://[::1", "cal.ics"])
def test_what_is_no_address_is_told_at_once(world, url):
    with pytest.raises(NotACalendar, match="address"):
        make_source(url, "", SecretStr(""), world.gate())


def test_an_inner_address_looks_like_silence(world, sandbox):
    with pytest.raises(SourceDown, match="did not answer"):
        make_source("http://127.0.0.1/cal.ics", "", SecretStr(""), world.gate()).list_calendars()
    assert not world.asked


def test_only_the_beginning_is_fetched_to_learn_its_name(serve, site, monkeypatch):
    monkeypatch.setattr(module, "_HEAD", 1000)
    many = calendar("X-WR-CALNAME:Long", *(event(f"e{number}", "E") for number in range(5000)))
    assert serve(ok(many)).list_calendars()[0].name == "Long"


def test_the_fake_can_be_away_too():
    from crm_app.providers.ics import FakeIcs

    fake = FakeIcs()
    fake.fault = SourceDown("The server did not answer.")
    with pytest.raises(SourceError):
        fake.list_calendars()
