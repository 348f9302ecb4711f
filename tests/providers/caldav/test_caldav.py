"""The contract of a CalDAV account, held by the Fake and by the real one against two servers that differ."""

from __future__ import annotations

import base64
import random
from datetime import date
from pathlib import Path

import pytest

from crm_app.domain.calendar.reading import Window, read_items, split_feed
from crm_app.domain.calendar.reading_schemas import ReadItem
from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceDown
from crm_app.providers.caldav import FakeCalDav
from tests.providers.caldav.conftest import Account, Server
from tests.providers.keeping import Kept, calendar, event

CORPUS = Path(__file__).parents[2] / "corpus" / "ical"


def test_everything_comes_once_then_only_what_changed(account: Account):
    for number in range(1, 8):
        account.put(f"e{number}", calendar(event(f"e{number}@example.org", f"Event {number}", day=number)))
    kept = Kept().look(account.source, account.calendar)
    assert kept.sent == 7 and kept.titles == [f"Event {number}" for number in range(1, 8)]
    assert kept.look(account.source, account.calendar).sent == 0 and len(kept.items) == 7, "nothing new: nothing comes, nothing goes"
    account.put("e3", calendar(event("e3@example.org", "Moved", day=20)))
    account.put("e9", calendar(event("e9@example.org", "New")))
    account.remove("e5")
    kept.look(account.source, account.calendar)
    assert (kept.sent, kept.gone) == (2, 1) and kept.titles == ["Event 1", "Event 2", "Event 4", "Event 6", "Event 7", "Moved", "New"]
    assert kept.look(account.source, account.calendar).sent == 0


def test_a_whole_look_sends_only_what_is_not_known_and_finds_what_is_gone(account: Account):
    for name in "abc":
        account.put(name, calendar(event(name, name)))
    kept = Kept().look(account.source, account.calendar)
    account.remove("b")
    kept.look(account.source, account.calendar, whole=True)
    assert (kept.sent, kept.gone, kept.titles) == (0, 1, ["a", "c"])


@pytest.mark.parametrize("strange", ["nonsense", "{", "[]", '{"sync": "http://radicale.org/ns/sync/0123456789abcdef"}', '{"sync": "000000"}', '{"sync": ""}', "999999"])
def test_rel_04_a_token_that_is_not_known_means_a_whole_look_once(account: Account, strange):
    for name in "abc":
        account.put(name, calendar(event(name, name)))
    kept = Kept().look(account.source, account.calendar)
    account.remove("a")
    account.put("d", calendar(event("d", "d")))
    kept.token = strange
    kept.look(account.source, account.calendar)
    assert (kept.sent, kept.gone, kept.titles) == (1, 1, ["b", "c", "d"]) and kept.token != strange
    account.put("e", calendar(event("e", "e")))
    assert kept.look(account.source, account.calendar).sent == 1, "the next look goes on from there"


@pytest.mark.parametrize("file", ["plain", "with space", "a@b", "ümläut", "per%cent", "plus+and&", "semi;colon,comma"])
def test_a_name_is_one_name_however_it_is_written(account: Account, file):
    if account.put(file, calendar(event("odd@example.org", "Odd"))):
        kept = Kept().look(account.source, account.calendar)
        assert kept.titles == ["Odd"] and kept.look(account.source, account.calendar).sent == 0
        assert kept.look(account.source, account.calendar, whole=True).sent == 0
        account.put(file, calendar(event("odd@example.org", "Changed")))
        assert kept.look(account.source, account.calendar).titles == ["Changed"]
        account.remove(file)
        assert kept.look(account.source, account.calendar).items == {}


def test_exceptions_travel_with_their_series(account: Account):
    both = event("s", "Series", more=["RRULE:FREQ=DAILY;COUNT=3"]) + "\r\n" + event("s", "Moved", day=9, more=["RECURRENCE-ID:20261202T090000Z"])
    account.put("s", calendar(both))
    ((_etag, content),) = Kept().look(account.source, account.calendar).items.values()
    assert content.count(b"BEGIN:VEVENT") == 2


def test_many_come_in_pages_and_only_the_last_has_the_token(account: Account):
    for number in range(110):
        account.put(f"e{number}", calendar(event(f"e{number}", f"E{number}")))
    pages = list(account.source.list_changes(account.calendar, "", {}))
    assert [len(page.items) for page in pages] == [100, 10] and [bool(page.token) for page in pages] == [False, True]
    assert pages[0].present is None and len(pages[1].present) == 110
    assert [page.coming for page in pages] == [110, 0], "how much is coming is known from the first page on"


def days(content: bytes) -> list[tuple[str, str]]:
    """When everything in it takes place from 2010 to 2026."""
    (answer,) = read_items([content], window=Window(date(2010, 1, 1), date(2026, 12, 31), date(2014, 1, 1)), zone="Europe/Berlin")
    return [(event.recurrence_id, event.starts_at.isoformat() + event.ends_at.isoformat()) for event in answer.events] if isinstance(answer, ReadItem) else [("", answer.reason)]


def test_ics_02_every_file_of_the_corpus_that_a_server_takes_comes_back_once_and_on_its_days(account: Account):
    taken: dict[str, bytes] = {}
    for path in sorted(CORPUS.glob("*.ics")):
        for number, item in enumerate(split_feed(path.read_bytes()).items):
            if account.put(f"{path.stem}-{number}", item.content):
                taken[account.path(f"{path.stem}-{number}")] = item.content
    kept = Kept().look(account.source, account.calendar)
    assert set(kept.items) == set(taken) and not kept.unread and len(taken) >= (30 if account.fake else 12), "0 lost, 0 doubled"
    for ref, (_etag, content) in kept.items.items():
        assert days(content) == days(taken[ref]), f"{ref}: what comes back takes place when what was written does"
    assert kept.look(account.source, account.calendar, whole=True).sent == 0


def test_a_large_file_in_an_event_is_not_kept_with_it(account: Account):
    picture = base64.b64encode(random.Random(1).randbytes(600_000)).decode()
    assert account.put("big", calendar(event("big", "Big", more=[f"ATTACH;ENCODING=BASE64;VALUE=BINARY:{picture}"])))
    kept = Kept().look(account.source, account.calendar)
    ((_etag, content),) = kept.items.values()
    assert kept.titles == ["Big"] and (account.fake or len(content) < 10_000)


# --- the calendars of an account


def ways(server: Server) -> list[str]:
    return {"radicale": ["/", "/alice/", "/.well-known/caldav", "/nowhere/at/all"], "xandikos": ["/", "/alice/", "/alice/calendars/"]}[server.name]


@pytest.fixture(params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, sandbox: object) -> Server:
    return request.getfixturevalue(request.param)


MAKE = """<?xml version="1.0"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/"><d:set><d:prop>
<d:displayname>{name}</d:displayname><a:calendar-color>#AB12CDFF</a:calendar-color>
<c:supported-calendar-component-set>{kinds}</c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>"""


def make(server: Server, name: str, *kinds: str) -> str:
    path = f"{server.home}{name}/"
    listed = "".join(f'<c:comp name="{kind}"/>' for kind in kinds)
    assert server.ask("MKCALENDAR", path, MAKE.format(name=name.title(), kinds=listed).encode(), Content_Type="application/xml")[0] == 201
    return path


def test_calendars_with_events_have_their_names_and_colours_and_tasks_are_none(server: Server):
    events, both, tasks = make(server, "sessions", "VEVENT"), make(server, "both", "VEVENT", "VTODO"), make(server, "chores", "VTODO")
    server.ask("MKCOL", f"{server.home}folder/")
    for way in ways(server):
        found = {calendar.ref: calendar for calendar in server.source(way).list_calendars()}
        assert {events, both} <= set(found) and tasks not in found and not any("folder" in ref for ref in found), way
        assert found[events].name == "Sessions" and found[events].colour == "#ab12cd"
    for path in (events, both, tasks, f"{server.home}folder/"):
        server.ask("DELETE", path)


def test_the_address_of_a_calendar_itself_will_do(server: Server):
    path = make(server, "single", "VEVENT")
    (found,) = server.source(path).list_calendars()
    assert (found.ref, found.name) == (path, "Single")
    assert [calendar.ref for calendar in server.source(path.rstrip("/")).list_calendars()] == [path.rstrip("/")] or server.name == "radicale"
    server.ask("DELETE", path)


def test_a_wrong_password_and_a_strange_account_need_their_owner(radicale: Server, sandbox):
    with pytest.raises(SignInNeeded):
        radicale.source(password="wrong").list_calendars()
    with pytest.raises(SignInNeeded):
        list(radicale.source(password="wrong").list_changes("/alice/x/", "", {}))
    with pytest.raises(SignInNeeded):
        list(radicale.source().list_changes("/bob/cal/", "", {}))


def test_a_calendar_that_is_not_there_any_more(account: Account):
    with pytest.raises((NotACalendar, SignInNeeded)):
        list(account.source.list_changes("/alice/gone/", "", {"/alice/gone/a.ics": "1"}))


def test_the_fake_forgets_and_fails_as_asked():
    fake = FakeCalDav()
    fake.put("/cal/", "/cal/a.ics", calendar(event("a", "A")))
    kept = Kept().look(fake, "/cal/")
    fake.forget_tokens()
    kept.look(fake, "/cal/")
    assert fake.looks == ["whole", "whole"] and kept.look(fake, "/cal/").sent == 0 and fake.looks[-1] == "since"
    fake.fault = SourceDown("The server did not answer.", 7)
    for ask in (fake.list_calendars, lambda: list(fake.list_changes("/cal/", "", {}))):
        with pytest.raises(SourceDown):
            ask()
