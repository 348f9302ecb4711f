"""Calendars at Google, against the stand-in alone: what comes, what goes, how series hold together, and what each refusal means."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from crm_app.domain.calendar.models import MeetingType, Response
from crm_app.domain.calendar.reading import ItemSkipped, Window, read_item
from crm_app.domain.connections.source import NotACalendar, NotThatKind, RemoteCalendar, SignInNeeded, SourceDown
from crm_app.domain.google.authority import CALENDARS
from crm_app.providers.google.composing import compose
from crm_app.providers.google.fake import Answer
from crm_app.providers.google.speaking import NotAllowed, Pace, pace_of
from tests.providers.google.conftest import BACK, CAL, CLIENT, VERIFIER, Account, at, cancelled, daily, day, event, exception, fake_account
from tests.providers.keeping import Kept

WINDOW = Window(date(2026, 11, 1), date(2027, 10, 31), date(2026, 12, 1))


def read(content: bytes):
    return read_item(content, window=WINDOW, zone="Europe/Berlin").events


def starts(content: bytes) -> list[str]:
    return [f"{one.starts_at:%d %H:%M} {one.title}" for one in read(content)]


def fault(status: int, reason: str = "", body: bytes = b"", **headers: str) -> Answer:
    said = body or json.dumps({"error": {"code": status, "errors": [{"reason": reason}]}}).encode()
    return status, {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}, said


def test_calendars_have_names_colours_and_zones_and_those_that_only_say_busy_are_left_out(account: Account):
    account.google.add_calendar("team@group.calendar.google.com", "Team", role="reader", zone="America/New_York", summaryOverride="Our team")
    account.google.add_calendar("busy@group.calendar.google.com", role="freeBusyReader")
    assert account.source.list_calendars() == [
        RemoteCalendar(CAL, "Ana", "#0f766e", "Europe/Berlin", True), RemoteCalendar("team@group.calendar.google.com", "Our team", "#0f766e", "America/New_York", False),
    ]  # fmt: skip


def test_what_is_new_changed_and_gone_comes_by_itself_and_nothing_new_costs_one_question(account: Account):
    account.google.page = 2
    for number in range(1, 6):
        account.google.put(CAL, event(f"e{number}", f"Walk {number}", number))
    kept = Kept().look(account.source, CAL)
    assert kept.titles == [f"Walk {number}" for number in range(1, 6)] and kept.sent == 5
    before, asked = kept.token, len(account.google.asked)
    assert kept.look(account.source, CAL).sent == 0 and kept.token == before and len(account.google.asked) == asked + 1
    account.google.put(CAL, event("e2", "Swim", 2))
    account.google.remove(CAL, "e3")
    assert (kept.look(account.source, CAL).sent, kept.gone) == (1, 1) and kept.titles == ["Swim", "Walk 1", "Walk 4", "Walk 5"]
    assert kept.look(account.source, CAL, whole=True).sent == 0 and kept.gone == 0, "a look at everything brings nothing that is known"


def test_rel_04_a_place_that_google_no_longer_knows_means_one_look_at_everything(account: Account):
    account.google.put(CAL, event("e1", "Walk"))
    kept = Kept().look(account.source, CAL)
    account.google.put(CAL, event("e2", "Swim"))
    account.google.remove(CAL, "e1")
    account.google.forget_tokens()
    assert kept.look(account.source, CAL).titles == ["Swim"] and kept.gone == 1
    looks = [asked for _method, path, asked in account.google.asked if path.endswith("/events")]
    assert ["syncToken" in one for one in looks] == [False, True, False], "once, not in a loop"
    assert kept.look(account.source, CAL).sent == 0


def test_a_series_holds_together_wherever_its_exceptions_are_told(account: Account):
    account.google.page = 1
    for one in (daily("s", "Course"), event("e", "Walk"), exception("s", "Course, moved", 2, start=at(2, 15), end=at(2, 16)), cancelled("s", 4)):
        account.google.put(CAL, one)
    kept = Kept().look(account.source, CAL)
    assert sorted(kept.items) == ["e", "s"]
    assert starts(kept.items["s"][1]) == ["01 08:00 Course", "02 14:00 Course, moved", "03 08:00 Course", "05 08:00 Course"]
    for change, there in (
        (cancelled("s", 5), ["01 08:00 Course", "02 14:00 Course, moved", "03 08:00 Course"]),
        (exception("s", "Last one", 3), ["01 08:00 Course", "02 14:00 Course, moved", "03 08:00 Last one"]),
        (daily("s", "Lesson"), ["01 08:00 Lesson", "02 14:00 Course, moved", "03 08:00 Last one"]),
    ):
        account.google.put(CAL, change)
        assert kept.look(account.source, CAL).sent == 1 and starts(kept.items["s"][1]) == there
        assert kept.look(account.source, CAL, whole=True).sent == 0, "told piece by piece or all at once, it is the same"
    account.google.remove(CAL, "s")
    assert kept.look(account.source, CAL).gone == 1 and sorted(kept.items) == ["e"]


def test_somebody_asked_to_one_day_of_a_series_has_that_day(account: Account):
    account.google.put(CAL, exception("theirs", "Guest lesson", 3, iCalUID="theirs@google.com"))
    kept = Kept().look(account.source, CAL)
    assert starts(kept.items["theirs"][1]) == ["03 08:00 Guest lesson"]
    account.google.put(CAL, exception("theirs", "Guest lesson, later", 3, iCalUID="theirs@google.com", start=at(3, 18), end=at(3, 19)))
    assert starts(kept.look(account.source, CAL).items["theirs"][1]) == ["03 17:00 Guest lesson, later"]
    account.google.remove(CAL, "theirs_20261203T080000Z")
    assert kept.look(account.source, CAL).items == {}


def test_everything_an_event_tells_is_read(sandbox: object):
    told = event(
        "e", "Session, with \\ ; and\nmore", location="Studio; 2nd floor", description="<b>Bring</b> a mat<br>and water", visibility="private", status="tentative",
        iCalUID="uid@google.com", hangoutLink="https://meet.google.com/abc", organizer={"email": CAL, "displayName": 'Ana "A" Silva'},
        attendees=[
            {"email": "Tom@Mail.example", "displayName": "Tom; Brennan", "responseStatus": "accepted"}, {"email": CAL, "responseStatus": "declined", "self": True},
            {"email": "room@resource.calendar.google.com", "resource": True}, {"email": "no address\r\nX:1"},
        ],
    )  # fmt: skip
    one = read(compose([told], ""))[0]
    assert (one.uid, one.title, one.location, one.description) == ("uid@google.com", "Session, with \\ ; and more", "Studio; 2nd floor", "Bring a mat\nand water")
    assert (one.url, one.meeting_type, one.private, one.status, one.time_zone) == ("https://meet.google.com/abc", MeetingType.IN_PERSON, True, "tentative", "Europe/Berlin")
    assert one.organiser == CAL
    assert [(guest.email, guest.name, guest.response) for guest in one.attendees] == [("tom@mail.example", "Tom; Brennan", Response.ACCEPTED), (CAL, "", Response.DECLINED)]
    whole = read(compose([event("d", "Retreat", start=day(5), end=day(7))], ""))[0]
    assert (whole.all_day, whole.start_date, whole.end_date) == (True, date(2026, 12, 5), date(2026, 12, 7))
    unknown = read(compose([event("z", "Walk", start={"dateTime": "2026-12-01T09:00:00-05:00"}, end={"dateTime": "2026-12-01T10:00:00-05:00"})], "America/New_York"))[0]
    assert (f"{unknown.starts_at:%H:%M}", unknown.time_zone) == ("14:00", "America/New_York")


def test_no_text_of_a_stranger_becomes_a_line(sandbox: object):
    nasty = "x\r\nEND:VEVENT\nATTENDEE:mailto:eve@mail.example\u2028RRULE:FREQ=DAILY\x85\x00y"
    told = event(
        nasty, nasty, description=nasty, location=nasty, iCalUID=nasty, recurrence=[f"RRULE:FREQ=DAILY;COUNT=2{nasty}", nasty, 5], status=nasty, hangoutLink=nasty,
        organizer={"email": f"a@b.example{nasty}", "displayName": nasty}, attendees=[{"email": "tom@mail.example", "displayName": f'"{nasty}:;'}, "x"],
        conferenceData={"entryPoints": [{"entryPointType": "video", "uri": nasty}, 3]},
    )  # fmt: skip
    events = read(compose([told], nasty))
    assert len(events) == 1 and [guest.email for guest in events[0].attendees] == ["tom@mail.example"] and not events[0].recurring


@pytest.mark.parametrize("told", [{"id": "x"}, event("x", "y", start={}), event("x", "y", start={"date": "soon"}), event("x", "y", start=[1], end=7)])
def test_what_has_no_start_is_said(sandbox: object, told: dict[str, object]):
    with pytest.raises(ItemSkipped):
        read_item(compose([told], ""), window=WINDOW, zone="UTC")


def test_a_token_that_is_refused_is_renewed_once(account: Account):
    account.google.put(CAL, event("e1", "Walk"))
    kept = Kept().look(account.source, CAL)
    account.google.end_access()
    assert kept.look(account.source, CAL).titles == ["Walk"] and len(account.renewed) == 1 and account.renewed[0].startswith("ya29.")
    account.google.fault = lambda path: fault(401, "authError") if "calendar" in path else None
    with pytest.raises(SignInNeeded):
        kept.look(account.source, CAL)
    account.google.fault = lambda path: None
    account.google.take_back()
    with pytest.raises(SignInNeeded, match="no longer accepts this sign-in"):
        kept.look(account.source, CAL)


@pytest.mark.parametrize(
    ("answer", "kind", "after"),
    [
        (fault(403, "rateLimitExceeded", retry_after="30"), SourceDown, 30), (fault(403, "userRateLimitExceeded"), SourceDown, None), (fault(403, "quotaExceeded"), SourceDown, None),
        (fault(429, "rateLimitExceeded", retry_after="7"), SourceDown, 7), (fault(403, "insufficientPermissions"), SignInNeeded, None), (fault(403, body=b"[]"), NotAllowed, None),
        (fault(403, body=b'{"error": {"details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}'), SignInNeeded, None), (fault(403, "forbidden"), NotAllowed, None),
        (fault(403, "accessNotConfigured"), NotThatKind, None), (fault(404, "notFound"), NotACalendar, None), (fault(500, "backendError"), SourceDown, None),
        (fault(400, "badRequest"), SourceDown, None), (fault(410, "gone"), SourceDown, None), (fault(200, body=b"<html>Hotel</html>"), SourceDown, None),
        (fault(200, body=b"[" * 5000), SourceDown, None), (fault(302, location="https://elsewhere.example/"), SourceDown, None),
        (fault(200, body=b"{}"), SourceDown, None), (fault(200, body=b'{"items": [], "timeZone": "UTC"}'), SourceDown, None),
        (fault(200, body=b'{"items": [], "timeZone": "UTC", "nextPageToken": "again"}'), SourceDown, None),
    ],
    ids=lambda value: "",
)  # fmt: skip
def test_rel_09_every_refusal_is_understood_and_takes_nothing_away(account: Account, answer: Answer, kind: type[Exception], after: float | None):
    account.google.put(CAL, event("e1", "Walk"))
    kept = Kept().look(account.source, CAL)
    token = kept.token
    account.google.fault = lambda path: answer if path.endswith("/events") else None
    with pytest.raises(kind) as raised:
        kept.look(account.source, CAL, whole=True)
    assert type(raised.value) is kind or kind is SourceDown
    assert getattr(raised.value, "after", None) == after and kept.titles == ["Walk"] and kept.token == token
    assert "ya29" not in raised.value.reason and raised.value.reason.endswith((".", ")"))
    account.google.fault = lambda path: None
    assert kept.look(account.source, CAL).sent == 0


def test_a_list_that_does_not_end_as_google_ends_it_is_no_list(account: Account):
    account.google.put(CAL, event("e1", "Walk"))
    kept = Kept().look(account.source, CAL)
    account.google.put(CAL, event("e2", "Swim"))
    token = kept.token
    for body in (b"{}", b'{"items": [], "nextPageToken": "again"}', b'{"items": [{"id": "e3", "status": "cancelled"}], "timeZone": "UTC"}'):
        account.google.fault = lambda path, body=body: fault(200, body=body) if "calendar" in path else None
        with pytest.raises(SourceDown):
            kept.look(account.source, CAL)
        assert kept.titles == ["Walk"] and kept.token == token
    for body in (b"{}", b'{"items": [], "nextPageToken": "again"}'):
        account.google.fault = lambda path, body=body: fault(200, body=body) if path.endswith("/calendarList") else None
        with pytest.raises(SourceDown):
            account.source.list_calendars()
    account.google.fault = lambda path: None
    assert kept.look(account.source, CAL).titles == ["Swim", "Walk"] and [one.ref for one in account.source.list_calendars()] == [CAL]


def test_an_account_that_hands_over_no_list_of_calendars_is_to_be_signed_in_to_again(account: Account):
    account.google.fault = lambda path: fault(403, "forbidden") if path.endswith("/calendarList") else None
    with pytest.raises(SignInNeeded, match="tick the box"):
        account.source.list_calendars()


def test_rel_09_all_who_read_an_account_keep_to_one_pace():
    assert pace_of("Ana@gmail.com") is not pace_of("bo@gmail.com")
    ana = pace_of("Ana@gmail.com")
    assert pace_of("ana@gmail.com") is ana
    waits: list[float] = []
    shared = Pace(clock=lambda: 0.0, sleep=waits.append)
    with ThreadPoolExecutor(4) as readers:
        list(readers.map(lambda _one: [shared.wait() for _question in range(40)], range(4)))
    assert sorted(waits) == [turn / 8 for turn in range(1, 160)], "each has a turn of its own"


def test_rel_09_no_more_is_asked_than_four_fifths_of_the_quota():
    account = fake_account()
    account.google.page = 1
    for number in range(1, 29):
        account.google.put(CAL, event(f"e{number}", "Walk", number))
    for _round in range(20):
        list(account.source.list_changes(CAL, "", {}))
    asked = sum("calendar/v3" in path for _method, path, _asked in account.google.asked)
    assert asked == 560 and account.pace.waited == pytest.approx((asked - 1) / 8)


def test_signing_in_asks_for_little_proves_who_began_and_lasts(account: Account):
    address = account.authority.address(CLIENT.client_id, back=BACK, state="st", verifier=VERIFIER, scopes=[CALENDARS], hint=CAL)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"].split() == ["openid", "email", "https://www.googleapis.com/auth/calendar.readonly"]
    assert (asked["access_type"], asked["prompt"], asked["code_challenge_method"], asked["state"], asked["login_hint"]) == ("offline", "consent", "S256", "st", CAL)
    assert VERIFIER not in address and asked["redirect_uri"] == BACK
    code = SecretStr(parse_qs(urlsplit(account.google.sign_in(address)).query)["code"][0])
    granted = account.authority.exchange(CLIENT, code, verifier=VERIFIER, back=BACK)
    assert granted.scopes == {"openid", "email", CALENDARS} and granted.lasts == 3600 and account.authority.who(granted.access) == CAL
    with pytest.raises(SignInNeeded):
        account.authority.exchange(CLIENT, code, verifier=VERIFIER, back=BACK)  # it is good once
    assert account.authority.renew(CLIENT, granted.refresh).refresh.get_secret_value() == ""
    assert account.authority.revoke(granted.refresh) and account.authority.revoke(granted.refresh), "what is given back already is given back"
    with pytest.raises(SignInNeeded):
        account.authority.renew(CLIENT, granted.refresh)


def test_whoever_did_not_begin_gets_nothing_for_the_code(account: Account):
    for verifier, back in (("w" * 60, BACK), (VERIFIER, BACK + "x")):
        place = account.google.sign_in(account.authority.address(CLIENT.client_id, back=BACK, state="st", verifier=VERIFIER, scopes=[CALENDARS]))
        with pytest.raises(SignInNeeded):
            account.authority.exchange(CLIENT, SecretStr(parse_qs(urlsplit(place).query)["code"][0]), verifier=verifier, back=back)


@pytest.mark.parametrize("answer", [fault(503), fault(200, body=b"<html>"), fault(200, body=b'{"access_token": 5}'), fault(302, location="https://elsewhere.example/")])
def test_a_sign_in_that_does_not_answer_is_tried_later_and_says_nothing_secret(account: Account, answer: Answer):
    account.google.fault = lambda path: answer
    for ask in (lambda: account.authority.renew(CLIENT, SecretStr("1//secret")), lambda: account.authority.who(SecretStr("ya29.secret"))):
        with pytest.raises(SourceDown) as raised:
            ask()
        assert "secret" not in str(raised.value)
    assert account.authority.revoke(SecretStr("1//secret")) is (answer[0] == 200)
    account.google.fault = lambda path: None
    with pytest.raises(NotThatKind, match="client"):
        account.authority.renew(type(CLIENT)(CLIENT.client_id, SecretStr("wrong-secret")), SecretStr("1//secret"))
