"""Naming a colleague in a real Chromium: by keys alone, and by the mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.axe import violations
from tests.components.test_browser import opened, sheet  # noqa: F401  the fixture

pytestmark = pytest.mark.browser


def test_a_colleague_is_named_by_keys_alone_and_who_would_not_see_it_is_said_before_saving(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/story")
    box = page.locator(".mc-composer textarea")
    box.focus()
    page.keyboard.type("mail bob@moor.example, then ask @jan")
    page.wait_for_selector(".mc-mention-list [role=option]:has-text('Jana Čapek')")
    assert page.locator(".mc-mention-list [role=option]").all_inner_texts() == ["JČ\nJana Čapek", "JR\nJane Roe"]
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#" + str(box.get_attribute("aria-activedescendant")), "aria-selected") == "true"
    assert violations(page) == []
    page.keyboard.press("Enter")
    assert box.input_value() == "mail bob@moor.example, then ask @Jane Roe " and page.locator(".mc-mention-list").count() == 0
    page.keyboard.type("and @cap")
    page.keyboard.press("Tab")
    page.keyboard.type("or @bo")
    page.wait_for_selector(".mc-mention-list")
    page.keyboard.press("Escape")
    assert page.locator(".mc-mention-list").count() == 0
    assert box.input_value().endswith("@Jane Roe and @Jana Čapek or @bo")
    page.wait_for_selector(".mc-mention-line:has-text('Mentions Jana Čapek, Jane Roe')")
    page.get_by_role("button", name="Who can see it").click()
    page.get_by_role("menuitem", name="Only me").click()
    page.wait_for_selector(".mc-mention-line:has-text('Only you will see this, so Jana Čapek, Jane Roe will not be told.')")
    box.focus()
    page.keyboard.type(" @Bob ")
    page.keyboard.press("Control+Enter")  # quicker than anything could be said: it is said first
    page.wait_for_selector(".mc-mention-line:has-text('Bob Moor')")
    assert page.locator(".mc-toast").count() == 0
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".mc-toast:has-text('Saved: mail bob@moor.example')")
    assert box.input_value() == "" and page.locator(".mc-mention-line").is_hidden()
    assert page.locator(".mc-entry .mc-mention").all_inner_texts() == ["@Bob Moor", "@Ines Carvalho"]
    assert complaints == []


def test_a_colleague_is_chosen_by_the_mouse_and_by_a_finger(browser: Browser, sheet: str) -> None:  # noqa: F811
    for width in (1280, 390):
        page, complaints = opened(browser, f"{sheet}/story", width=width)
        box = page.locator(".mc-composer textarea")
        box.click()
        page.keyboard.type("@")
        page.wait_for_selector(".mc-mention-list [role=option]")
        assert page.locator(".mc-mention-list [role=option]").count() == 3
        inside = page.locator(".mc-mention-list").bounding_box()
        assert inside and inside["x"] >= 0 and inside["x"] + inside["width"] <= width
        page.locator(".mc-mention-list [role=option]", has_text="Jane Roe").click()
        assert box.input_value() == "@Jane Roe " and page.evaluate("document.activeElement.tagName") == "TEXTAREA"
        page.keyboard.type("@b")
        page.wait_for_selector(".mc-mention-list")
        page.locator(".mc-scroll").click(position={"x": 3, "y": 3})
        page.wait_for_selector(".mc-mention-list", state="detached")  # elsewhere is no choice
        assert box.input_value() == "@Jane Roe @b" and complaints == []
