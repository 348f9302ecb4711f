"""From the morning's agenda to the note after a session, by keys alone, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, expect

from crm_app.domain.calendar import service as calendars
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.permissions import Role
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs import calendar_writing
from tests import cluster
from tests.axe import violations
from tests.calendars import land_one, make_feed
from tests.e2e.studio import PEOPLE, Studio, go, open_studio
from tests.tabs import served_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ALICE = PEOPLE[Role.MEMBER]


@pytest.fixture(scope="module")
def studio(postgres_server: cluster.Server, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One house for the module."""
    with (
        cluster.cloned_database(postgres_server, template_database) as database,
        served_house(database, tmp_path_factory.mktemp("house")) as house,
        open_studio(house) as studio,
    ):
        yield studio


@pytest.fixture
def page(studio: Studio, browser: Browser) -> Iterator[Page]:
    """A desk."""
    context = studio.context(browser, Role.MEMBER, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def test_from_the_agenda_to_the_note_by_keys_alone(studio: Studio, page: Page) -> None:
    go(page, "/")
    slot = page.get_by_role("link", name="Called off").or_(page.locator(".mc-ag-row")).first
    expect(slot).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("k")
    expect(page.locator(".mc-cal")).to_be_visible()
    session = page.locator(f'.mc-ev[data-event="{studio.event}"]').first
    session.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Breathwork with Ana")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("Room 2")
    expect(panel).to_contain_text("Send the journal")  # the brief: what is to be done
    panel.get_by_role("button", name="Log note").press("Enter")
    box = panel.get_by_role("textbox", name="What happened")
    expect(box).to_be_focused()
    page.keyboard.type("Box breathing felt steady.")
    land_one(make_feed(ALICE, "Another"), "Comes while she types", datetime.now(UTC))
    expect(page.locator(".mc-ev", has_text="Comes while she types").first).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("Box breathing felt steady.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Note saved")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    latest = run_service(ALICE, interactions.list_timeline, studio.contacts[0]).entries
    assert "Box breathing felt steady." in {entry.body for entry in latest}


def test_keys_choose_the_way_of_looking_and_go_through_time(page: Page) -> None:
    go(page, "/calendar")
    for key, said in (("m", "Month"), ("a", "Agenda"), ("d", "Day"), ("w", "Week")):
        page.keyboard.press(key)
        expect(page.get_by_role("radio", name=said, exact=True)).to_have_attribute("aria-checked", "true")
    before = page.locator(".mc-cal-title").inner_text()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".mc-cal-title")).not_to_have_text(before)
    page.keyboard.press("0")
    expect(page.locator(".mc-cal-now")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go to the calendar")


@pytest.fixture
def slow_calendar(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A calendar that answers only once the test is over."""
    over = threading.Event()

    def late(*_asked: object) -> NoReturn:
        over.wait(60)
        raise SourceDown("It did not answer.")

    monkeypatch.setattr(calendar_writing, "open_writer", late)
    yield
    over.set()


@pytest.mark.usefixtures("slow_calendar")
def test_an_event_is_begun_by_key_one_is_moved_and_a_follow_up_is_dropped_onto_the_hours(studio: Studio, page: Page) -> None:
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    feed = make_feed(ALICE, "Writable", writable=True, username="alice@calendar.example")
    land_one(feed, "Own practice", today)
    go(page, "/calendar?view=day")
    event = page.locator(".mc-ev", has_text="Own practice")
    expect(event).to_be_visible()
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New event")
    expect(form.get_by_label("Title")).to_be_focused()
    assert violations(page, ".q-dialog") == []
    page.keyboard.type("Intake with somebody new")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Go on writing").click()
    expect(form.get_by_label("Title")).to_have_value("Intake with somebody new")
    form.get_by_label("Day", exact=True).fill(today.date().isoformat())  # late in the evening the next hour is tomorrow's
    form.get_by_label("From").fill("12:00")
    form.get_by_label("Title").press("Control+Enter")
    expect(page.locator(".mc-ev.mc-saving", has_text="Intake")).to_be_visible()
    expect(form).to_have_count(0)  # it gives the focus back to where it was
    event.press("Alt+ArrowDown")
    expect(page.locator(".mc-ev.mc-saving", has_text="Own practice")).to_contain_text("09:15")
    asked = {change.title: change.wish for change in run_service(ALICE, calendars.list_changes)}
    assert asked["Own practice"] and asked["Own practice"].starts_at == today + timedelta(minutes=15)
    assert "Intake with somebody new" in asked
    owed = run_service(ALICE, contacts.create_contact, ContactCreate(display_name="Jonas Lind"))
    run_service(ALICE, tasks.create_task, TaskCreate(title="Race recovery", contact_ids=[owed.id], due_date=today.date()))
    waits = page.locator("[data-waits]", has_text="Jonas Lind")
    expect(waits).to_be_visible()
    hours = page.locator(".mc-cal").bounding_box()
    assert hours is not None
    waits.hover()
    page.mouse.down()
    page.mouse.move(hours["x"] + 400, hours["y"] + 300, steps=4)
    expect(page.locator(".mc-ev-held")).to_contain_text("Jonas Lind")
    page.mouse.up()
    expect(form.get_by_label("Title")).to_have_value("Race recovery, Jonas Lind")


def test_a_phone_shows_the_days_and_what_stands_on_them(studio: Studio, browser: Browser) -> None:
    context = studio.context(browser, Role.MEMBER, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    go(page, "/")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Calendar").click()
    expect(page.locator(".mc-ag-strip button")).to_have_count(7)
    land_one(make_feed(ALICE, "Phone"), "Seen on the way", datetime.now(UTC) + timedelta(minutes=5))
    row = page.locator(".mc-ag-row", has_text="Seen on the way").first
    row.click()
    expect(page.get_by_role("dialog", name="Seen on the way")).to_be_visible()
    page.locator(".mc-event-scrim").click(position={"x": 100, "y": 40})
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()
