"""Every page is walked by people who count hours differently: no time of the other kind is shown, and none as machines write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import pytest

from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.views import ProfileUpdate
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.routes import ROUTES
from crm_app.pages.settings.page import every_part
from tests.pages.conftest import Entry, Person, Task, Visit

TO_TWELVE = re.compile(r"\b\d{1,2}:\d\d\s?[AaPp]\.?[Mm]")
TO_TWENTY_FOUR = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?!:?\d|\s?[AaPp]\.?[Mm])")
MACHINES = re.compile(r"\d{4}-\d\d-\d\d")
EXAMPLES = {"As the language writes it: 14:30", "14:30", "2:30 PM"}
"""What the settings offer to choose from."""


@pytest.mark.parametrize(("clock", "other"), [("12", TO_TWENTY_FOUR), ("24", TO_TWELVE)])
def test_no_page_shows_a_time_of_the_other_kind(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, task: Task, clock: str, other: re.Pattern[str]) -> None:
    run_service(alice, accounts.update_profile, ProfileUpdate(name="Alice", time_zone="Pacific/Auckland", locale="en", clock=clock))
    now = datetime.now(UTC)
    ana = person(bob, "Ana Silva", birth_day=3, birth_month=6)
    entry(bob, ana, "Ask @Alice", kind="call", occurred_at=now - timedelta(hours=1))
    entry(alice, ana, "Long ago", occurred_at=now - timedelta(days=300))
    for title, day in (("Soon", 0), ("Late", -3), ("Later", 20)):
        task(bob, title, due_date=now.date() + timedelta(days=day), due_time=time(22, 45), due_zone="Europe/Lisbon", assignee_id=alice.user_id, contact_ids=[ana.id])
    run_service(alice, contacts.update_contact, ana.id, ContactUpdate(version=run_service(alice, contacts.get_contact, ana.id).version, city="Porto"))
    places = [route for route in ROUTES if "{" not in route] + [f"/settings/{part}" for part in every_part()]
    places += [f"/contacts/{ana.id}", "/contacts?view=board", "/contacts?view=cards", "/tasks?whose=team", "/tasks?show=done"]
    seen, page = [], visit(alice)
    for place in places:
        seen += [(place, line) for line in page.open(place).lines]
    seen += [("history", line) for line in page.open(f"/contacts/{ana.id}").press("More").press("History").lines]
    wrong = [(place, line) for place, line in seen if (other.search(line) or MACHINES.search(line)) and line not in EXAMPLES]
    assert wrong == []
    own = TO_TWELVE if clock == "12" else TO_TWENTY_FOUR
    assert any(own.search(line) for place, line in seen if place == f"/contacts/{ana.id}"), "the call an hour ago stands there with its time"
