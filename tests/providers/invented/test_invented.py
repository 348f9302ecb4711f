"""The demo's account: it is read like a real one, nothing in it is sent twice, and nothing is ever taken away."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import MeetingType, Response
from crm_app.domain.calendar.reading import Window, read_items
from crm_app.domain.connections.rules import hue_of
from crm_app.domain.permissions import Role
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.jobs import sources
from crm_app.providers.invented import HOST, InventedCalendars, mail_address
from tests.providers.keeping import Kept

TODAY = date(2026, 11, 26)


def test_its_calendars_have_five_colours():
    found = InventedCalendars(TODAY).list_calendars()
    assert [hue_of(calendar.colour) for calendar in found] == ["teal", "sky", "amber", "plum", "slate"]


def test_everything_in_it_is_read_like_anybodys_mail(sandbox: ProcessSandbox):
    source, events = InventedCalendars(TODAY), []
    for calendar in source.list_calendars():
        for page in source.list_changes(calendar.ref, "", {}):
            window = Window(TODAY - timedelta(days=30), TODAY + timedelta(days=60), TODAY)
            events += [event for read in read_items([item.content for item in page.items], window=window, zone="Europe/Lisbon") for event in read.events]
    assert len(events) >= 100
    assert {event.meeting_type for event in events} >= {MeetingType.IN_PERSON, MeetingType.VIDEO, MeetingType.PHONE}
    assert {who.response for event in events for who in event.attendees} >= {Response.ACCEPTED, Response.WAITING, Response.DECLINED}
    assert any(event.all_day for event in events)
    assert {event.starts_at.hour for event in events if event.title == "Supervision"} == {11}, "where the practitioner is"


def test_a_week_later_another_week_comes_and_none_goes():
    kept = Kept().look(InventedCalendars(TODAY), "sessions")
    first = len(kept.items)
    assert kept.look(InventedCalendars(TODAY), "sessions").sent == 0
    kept.look(InventedCalendars(TODAY + timedelta(days=7)), "sessions")
    assert 0 < kept.sent < first and len(kept.items) == first + kept.sent


@pytest.mark.parametrize(("name", "address"), [("Zofia Żeleńska", "zofia.zelenska@mail.example"), ("Dr. Ana Ruiz", "ana.ruiz@mail.example"), ("佐藤 美咲", "person5@mail.example")])
def test_people_have_the_address_of_their_name(name: str, address: str):
    assert mail_address(name) == address


def test_nobody_is_asked_for_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources._Binding, "factories", {})
    plan = type("P", (), {"url": f"https://{HOST}/", "username": "", "password": SecretStr(""), "inner_allowed": False, "kind": "caldav", "fault": ""})()
    assert isinstance(sources.open_source(plan, Actor(UUID(int=1), Role.MEMBER)), InventedCalendars)
