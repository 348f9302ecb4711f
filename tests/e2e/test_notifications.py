"""Being told, in a real Chromium: the bell of an open page counts within a second, the panel leads to the thing, the browser speaks if allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import standing
from tests.e2e.server import Server
from tests.e2e.test_story import set_up

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Chromium without a desktop shows no notifications; what would be shown is written down instead.
HEARD = """
window.heard = [];
window.Notification = class { constructor(title, options) { window.heard.push([title, options.body, options.tag]); Object.assign(window, {shown: this}); } close() {} };
window.Notification.permission = 'default';
window.Notification.requestPermission = () => { window.asked = (window.asked || 0) + 1; window.Notification.permission = 'granted'; return Promise.resolve('granted'); };
"""


def bell(page: Page):
    return page.get_by_role("button", name=re.compile("^Notifications"))


def kept(page: Page, begins: str, ends: str) -> None:
    """Wait until the quiet hours are kept: they are by themselves, and a page opened too early shows what was."""
    for _look in range(20):
        page.reload()
        standing(page)
        if page.get_by_label("From", exact=True).input_value() == begins:
            break
    expect(page.get_by_label("From", exact=True)).to_have_value(begins)
    expect(page.get_by_label("Until", exact=True)).to_have_value(ends)


def test_a_bell_that_counts_leads_and_speaks(unused_server: Server, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(HEARD)
    set_up(page, unused_server)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)

    page.goto(unused_server.address + "/settings/notifications")
    assert page.evaluate("window.asked") is None, "nobody is asked before they click"
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_text("Allowed. It speaks")).to_be_visible()
    page.get_by_role("button", name="Send me a test").click()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    page.wait_for_function("window.heard.length === 1")
    assert page.evaluate("window.heard[0].slice(0, 2)") == ["This is a test", "So this is how you will be told"]

    page.get_by_role("switch", name="Quiet hours").click()
    hour = page.evaluate("new Date().getHours()")
    before = (hour - 1) % 24  # until then it is long, at whatever time of day this runs
    begins, ends, refusal = page.get_by_label("From", exact=True), page.get_by_label("Until", exact=True), page.get_by_text("Quiet hours need an end")
    begins.fill("07:00")  # their end as well, until somebody says otherwise
    begins.blur()
    expect(refusal).to_be_visible()
    ends.fill(f"{before:02}:30")
    ends.blur()
    expect(refusal).to_have_count(0)
    kept(page, "07:00", f"{before:02}:30")
    begins.fill(f"{hour:02}:00")
    begins.blur()
    kept(page, f"{hour:02}:00", f"{before:02}:30")
    expect(page.get_by_role("switch", name="Quiet hours")).to_be_checked()
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text(re.compile(rf"It is quiet until ({before:02}:30|{(before - 1) % 12 + 1}:30\s[AP]M)"))).to_be_visible()
    expect(bell(page)).to_have_accessible_name("Notifications, 2 unread")
    assert page.evaluate("window.heard.length") == 0, "since this page was opened"

    phone = browser.new_context(viewport={"width": 390, "height": 844}, storage_state=context.storage_state()).new_page()
    phone.goto(unused_server.address + "/tasks")
    phone.get_by_role("link", name="Notifications").click()
    expect(phone.get_by_role("heading", name="Notifications", level=1)).to_be_visible()
    expect(phone.get_by_text("This is a test")).to_have_count(2)

    bell(page).click()
    panel = page.get_by_role("dialog", name="Notifications")
    expect(panel.get_by_text("This is a test")).to_have_count(2)
    panel.get_by_role("button", name="Mark as read").first.click()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    expect(phone.get_by_role("button", name="Mark as unread")).to_have_count(1)
    panel.get_by_role("button", name="Mark all as read").click()
    expect(bell(page)).to_have_accessible_name("Notifications")
    page.get_by_role("button", name="Undo").click()
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    expect(panel).not_to_be_visible()
    bell(page).click()
    panel.get_by_role("link", name="All notifications").click()
    expect(page.get_by_role("heading", name="Notifications", level=1)).to_be_visible()
    expect(panel).not_to_be_visible()
    page.get_by_role("radio", name="Unread").click()
    page.wait_for_url("**/notifications?show=unread")
    expect(page.get_by_role("main").get_by_text("This is a test")).to_have_count(1)
    assert problems == []
