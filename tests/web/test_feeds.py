"""The calendar address, over HTTP, as a calendar program reads it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI
from icalendar import Calendar
from starlette.testclient import TestClient

from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.cadence import service as cadence
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.links import bind_public_url
from crm_app.domain.rows import now
from crm_app.web import errors, feeds


@pytest.fixture
def client(database) -> TestClient:
    bind_public_url("https://crm.example")
    app = FastAPI()
    errors.install(app)
    app.include_router(feeds.make_router(SqlSessionStore()))
    return TestClient(app)


def test_a_calendar_program_reads_who_is_due_and_birthdays(run, alice, bob, client):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana; Ünal, née\nBEGIN:VEVENT", cadence_days=7, birth_month=2, birth_day=29))
    run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="x", contact_ids=[made.id], occurred_at=now() - timedelta(days=30)))
    run(bob, contacts.create_contact, ContactCreate(display_name="Bob's", cadence_days=1))
    answer = client.get(f"/feeds/{run(alice, cadence.create_feed)}.ics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/calendar") and "no-store" in answer.headers["cache-control"]
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["Be in touch with Ana; Ünal, née BEGIN:VEVENT", "Birthday: Ana; Ünal, née BEGIN:VEVENT"]
    assert events[1]["rrule"].to_ical() == b"FREQ=YEARLY" and "rrule" not in events[0]
    assert str(events[0]["url"]) == f"https://crm.example/contacts/{made.id}"


def test_a_wrong_or_replaced_secret_is_not_found_and_guessing_is_slowed(run, alice, client):
    old = run(alice, cadence.create_feed)
    new = run(alice, cadence.create_feed)
    for secret in (old, "x", "y" * 500, f"{new}x"):
        assert client.get(f"/feeds/{secret}.ics").status_code == 404
    assert client.get(f"/feeds/{new}.ics").status_code == 200
    for number in range(feeds.MISSES):
        client.get(f"/feeds/guess-{number}.ics")
    assert client.get(f"/feeds/{new}.ics").status_code == 404
