"""A practitioner's morning, at the desk and on a phone between sessions: who is drifting away, what is overdue, and what was said, written down at once."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

DESK = {"width": 1440, "height": 900, "color_scheme": "light"}
PHONE = {"width": 390, "height": 844, "color_scheme": "light", "has_touch": True, "is_mobile": True}


def go(page: Page, place: str) -> None:
    page.get_by_role("link", name=place, exact=True).locator("visible=true").first.click()


@pytest.mark.parametrize(("look", "person", "task"), [(DESK, "Jonas Lindberg", "Insurance letter"), (PHONE, "Henrik Østergaard", "Check-in message")], ids=["desk", "phone"])
def test_from_the_first_look_to_the_follow_up(opened: Any, look: dict[str, Any], person: str, task: str) -> None:
    page = opened("/", **look)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good")
    waiting = page.locator(".mc-due", has_text=person)
    expect(waiting).to_contain_text(re.compile(r"Every \d+ days\s*\d+ d overdue"))
    expect(page.get_by_role("link", name=re.compile(r"\d+ overdue"))).to_be_visible()

    waiting.get_by_role("link").click()
    expect(page.get_by_role("heading", name=person).first).to_be_visible()
    expect(page.locator(".mc-timeline .mc-entry").first).to_be_visible()  # what happened last time

    begun = time.perf_counter()
    page.get_by_role("radio", name="Call").click()
    said = f"Spoke with {person.split()[0]}; wants a Thursday."
    composer = page.get_by_role("textbox", name="What happened")
    composer.fill(said)
    composer.press("Control+Enter")
    expect(page.locator(".mc-timeline").get_by_text(said)).to_be_visible()
    if look is PHONE:
        page.get_by_role("button", name="Details and tasks").click()
    follow_up = page.get_by_role("textbox", name="Add a task")
    follow_up.fill(f"Offer {person} a Thursday")
    follow_up.press("Enter")
    expect(page.get_by_text(f"Offer {person} a Thursday").first).to_be_visible()
    assert time.perf_counter() - begun < 20

    go(page, "Dashboard")
    expect(page.locator(".mc-item", has_text=said)).to_be_visible()
    expect(page.locator(".mc-due", has_text=person)).to_have_count(0)
    tick = page.get_by_role("checkbox", name=f"Complete: {task}")
    tick.click()
    expect(tick).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(tick).to_be_visible()
    tick.click()
    expect(tick).to_have_count(0)

    so_far = 43 if look is DESK else 44
    page.get_by_role("button", name="Check in: Reach 60 active clients").click()
    page.get_by_role("textbox", name="How far: Reach 60 active clients").fill(str(so_far))
    page.keyboard.press("Enter")
    expect(page.locator(".mc-goal-ring", has_text="Reach 60 active clients")).to_contain_text(f"{so_far} of 60")
