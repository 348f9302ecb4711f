"""The plus of a phone in a real browser: everything is reached by a thumb, and a call is written down on the person's page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
LINE = "Who, what, when…"


def test_a_task_in_one_line_and_a_call_in_four_presses(opened: Any) -> None:
    page = opened("/", **PHONE)
    plus, sheet = page.get_by_role("button", name="Add", exact=True), page.get_by_role("dialog", name="Add")
    plus.tap()
    expect(sheet).to_be_visible()
    box = sheet.locator(".mc-add").bounding_box()
    assert box["x"] == 0 and box["width"] == 390 and abs(box["y"] + box["height"] - 844) <= 1  # from below, over the whole width
    for tile in sheet.locator(".mc-add-tile").all():
        size = tile.bounding_box()
        assert size["height"] >= 48 and size["width"] >= 48
    line = page.get_by_placeholder(LINE)
    line.fill("Send Amara the breath sheet today !urgent @Amara")
    expect(sheet.get_by_role("group", name="Understood")).to_contain_text("Amara Okafor")
    line.press("Enter")
    expect(sheet).to_have_count(0)
    expect(page.get_by_text("Send Amara the breath sheet").first).to_be_visible()  # the dashboard beneath shows it
    page.get_by_role("button", name="Undo").last.tap()
    expect(page.get_by_text("Send Amara the breath sheet")).to_have_count(0)

    plus.tap()
    sheet.get_by_role("button", name="Call", exact=True).tap()
    page.get_by_label("Who is it about").fill("okafor")
    sheet.get_by_role("link", name="Amara Okafor").tap()
    expect(page.get_by_role("heading", name="Amara Okafor").first).to_be_visible()
    expect(page.get_by_role("radio", name="Call")).to_be_checked()
    composer = page.get_by_role("textbox", name="What happened")
    expect(composer).to_be_focused()
    composer.fill("Slept through, twice.")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".mc-timeline").get_by_text("Slept through, twice.")).to_be_visible()


@pytest.mark.parametrize("way", ["Escape", "handle", "outside"])
def test_it_closes_and_the_focus_comes_back(opened: Any, way: str) -> None:
    page = opened("/contacts", **PHONE)
    plus, sheet = page.get_by_role("button", name="Add", exact=True), page.get_by_role("dialog", name="Add")
    plus.tap()
    expect(sheet).to_be_visible()
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "handle":
        sheet.get_by_role("button", name="Close").tap()
    else:
        page.touchscreen.tap(195, 60)
    expect(sheet).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Add"
