"""The contract of writing into a CalDAV account, held by the Fake and by the real one against two servers that differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm_app.domain.calendar.reading import Window, read_item, rewrite_item
from crm_app.domain.connections.source import Changed, RemoteItem, SignInNeeded, SourceDown, WriteRefused
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.caldav.writing import delete, of_calendars, put
from tests.providers.caldav.conftest import Account, Server
from tests.providers.keeping import Kept, calendar, event

WINDOW = Window(date(2026, 1, 1), date(2027, 12, 1), date(2026, 11, 26))
ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:19701025T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:19700329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200", "END:DAYLIGHT", "END:VTIMEZONE",
)  # fmt: skip
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:-PT15M", "END:VALARM")
THEIRS = ("X-SOMEBODY-ELSES;X-P=1:of their own", *ALARM)


def written(content: bytes, wish: dict[str, Any] | None = None, what: str = "change", uid: str = "a", **more: Any) -> bytes:
    options = {
        "what": what, "uid": uid, "recurrence_id": "", "wish": wish or {}, "stands": {}, "zone": "Europe/Berlin", "own": [],
        "organiser": {"email": "alice@example.org", "name": "Alice"}, "moment": "2026-11-26T21:00:00+00:00",
    }  # fmt: skip
    return rewrite_item(content, {**options, **more})


def standing(account: Account, ref: str) -> RemoteItem:
    found = account.source.fetch(account.calendar, ref)
    assert found is not None and found.ref == ref and found.etag
    return found


def begun(account: Account, *parts: str) -> str:
    """Something that somebody else has put there."""
    assert account.put("a", calendar(*parts))
    return account.path("a")


def said(content: bytes) -> list[tuple[str, str]]:
    read = read_item(content, window=WINDOW, zone="Europe/Berlin")
    return sorted((f"{one.starts_at:%d.%m. %H:%M}", one.title) for one in read.events)


def test_what_is_new_stands_there_once_and_a_look_knows_it(account: Account):
    ref = account.source.name_new(account.calendar, "01890000-key@mindfulcrm")
    assert account.source.fetch(account.calendar, ref) is None
    wish = {"title": "Intäke ☕, 1; \\n", "starts_at": "2026-12-01T09:00:00+00:00", "ends_at": "2026-12-01T10:00:00+00:00", "time_zone": "Europe/Berlin", "description": "Zeile 1\nZeile 2"}
    content = written(b"", wish, "create", "01890000-key@mindfulcrm")
    account.source.write(account.calendar, ref, "", content)
    with pytest.raises(Changed):
        account.source.write(account.calendar, ref, "", content)
    found = standing(account, ref)
    assert said(found.content) == [("01.12. 09:00", wish["title"])] and b"DTSTART;TZID=Europe/Berlin:20261201T100000" in found.content
    assert [(ref, etag) for ref, (etag, _content) in Kept().look(account.source, account.calendar).items.items()] == [(ref, found.etag)], "as a look tells of it"


def test_a_change_keeps_all_that_is_theirs(account: Account):
    ref = begun(account, *ZONE, event("a", "Before", more=THEIRS))
    before = standing(account, ref)
    account.source.write(account.calendar, ref, before.etag, written(before.content, {"title": "After", "start_date": "2026-12-05", "end_date": "2026-12-07"}))
    after = standing(account, ref)
    assert after.etag != before.etag and said(after.content) == [("04.12. 23:00", "After")]
    kept = {line.strip() for line in after.content.splitlines()}
    assert {line.encode() for line in (*THEIRS, "DTSTART;VALUE=DATE:20261205", "SEQUENCE:1")} <= kept
    assert Kept().look(account.source, account.calendar).titles == ["After"]


def test_what_somebody_else_has_changed_is_not_overwritten(account: Account):
    ref = begun(account, event("a", "Before"))
    known = standing(account, ref)
    account.put("a", calendar(event("a", "Theirs")))
    for act in (lambda: account.source.write(account.calendar, ref, known.etag, written(known.content, {"title": "Ours"})), lambda: account.source.erase(account.calendar, ref, known.etag)):
        with pytest.raises(Changed):
            act()
    assert said(standing(account, ref).content) == [("01.12. 09:00", "Theirs")]
    account.remove("a")
    with pytest.raises(Changed):
        account.source.write(account.calendar, ref, known.etag, written(known.content, {"title": "Ours"}))
    assert account.source.fetch(account.calendar, ref) is None


def test_one_of_a_series_is_changed_and_another_taken_out(account: Account):
    ref = begun(account, event("a", "Weekly", more=["RRULE:FREQ=DAILY;COUNT=3", *ALARM]))
    series = standing(account, ref)
    stands = {"starts_at": "2026-12-02T09:00:00+00:00", "ends_at": "2026-12-02T10:00:00+00:00"}
    account.source.write(account.calendar, ref, series.etag, written(series.content, {"title": "Only this"}, recurrence_id="20261202T090000Z", stands=stands))
    both = standing(account, ref)
    account.source.write(account.calendar, ref, both.etag, written(both.content, what="delete", recurrence_id="20261203T090000Z"))
    assert said(standing(account, ref).content) == [("01.12. 09:00", "Weekly"), ("02.12. 09:00", "Only this")]


def test_what_is_taken_out_is_gone_and_may_be_gone_already(account: Account):
    ref = begun(account, event("a", "Before"))
    kept, known = Kept().look(account.source, account.calendar), standing(account, ref)
    account.source.erase(account.calendar, ref, known.etag)
    account.source.erase(account.calendar, ref, known.etag)
    assert account.source.fetch(account.calendar, ref) is None
    assert kept.look(account.source, account.calendar).items == {}


@pytest.mark.parametrize("name", ["radicale", "xandikos"])
def test_who_is_not_let_in_or_writes_elsewhere_is_told(name: str, request: pytest.FixtureRequest):
    server: Server = request.getfixturevalue(name)
    stranger = server.source(password="wrong" if name == "radicale" else None)
    with pytest.raises(SignInNeeded if name == "radicale" else WriteRefused):
        stranger.write("/alice/nowhere/", "/alice/nowhere/a.ics", "", calendar(event("a", "x")))
    stranger.close()


class Saying:
    """A server that answers everything with one status."""

    def __init__(self, status: int, **headers: str) -> None:
        self.answer = Fetched(status, headers, b"", "https://cloud.example.org/")

    def ask(self, *_args: Any, **_more: Any) -> Fetched:
        return self.answer


@pytest.mark.parametrize(
    ("status", "meant"),
    [(412, Changed), (401, SignInNeeded), (403, WriteRefused), (405, WriteRefused), (409, WriteRefused), (413, WriteRefused), (415, WriteRefused), (501, WriteRefused),
     (507, WriteRefused), (423, SourceDown), (429, SourceDown), (500, SourceDown), (503, SourceDown)],
)  # fmt: skip
def test_what_a_refusal_means(status: int, meant: type[Exception]):
    place, said = "https://cloud.example.org/a.ics", of_calendars()
    for act in (lambda: put(Saying(status), place, "1", b"x", said), lambda: delete(Saying(status), place, "1", said)):
        with pytest.raises(meant):
            act()
