"""A colleague comes, works, changes role and goes: in two real browsers against a real process (WS-04, PRIV-04)."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.server import Server
from tests.e2e.test_story import set_up

PASSWORD = "nine lemons dance on roofs"
AT_MOST = 20_000
"""The socket is shut within a second (tests/security/test_ws.py times it); here three browser tabs also load the sign-in, on a busy machine."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def menu(page: Page, name: str, act: str) -> None:
    page.get_by_role("button", name=f"More about {name}").click()
    page.locator(".q-menu").get_by_text(act, exact=True).click()


def invite(page: Page, server: Server, email: str) -> str:
    page.goto(server.address + "/settings/team")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("Their email").fill(email)
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_role("textbox", name="Link of the invitation").input_value()
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text(email, exact=True)).to_be_visible()
    return link


def all_at_sign_in(pages: list[Page]) -> float:
    """Wait until every page stands at the sign-in; how many seconds it took."""
    begun = time.perf_counter()
    for page in pages:
        page.wait_for_url(re.compile("/signin"), timeout=AT_MOST, wait_until="commit")
    taken = time.perf_counter() - begun
    print(f"all at the sign-in after {taken:.2f} s")
    return taken


def sign_in(page: Page, server: Server, email: str, password: str) -> None:
    page.goto(server.address + "/signin")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=re.compile("^Sign in")).click()


def test_a_colleague_comes_works_changes_role_and_goes(unused_server: Server, browser: Browser) -> None:
    server = unused_server
    page = browser.new_context(timezone_id="Europe/Lisbon").new_page()
    set_up(page, server)
    link = invite(page, server, "nina@example.org")
    assert link.startswith(server.address + "/join/")

    home = browser.new_context(timezone_id="Pacific/Auckland", locale="en-US")
    nina = home.new_page()
    nina.goto(link)
    expect(nina.get_by_role("heading", level=1)).to_have_text("Join Stillwater Studio")
    nina.get_by_label("Your name").fill("Nina Faro")
    nina.get_by_label("Choose a password").fill(PASSWORD)
    nina.get_by_role("button", name="Join").click()
    expect(nina.get_by_role("heading", level=1)).to_contain_text("Nina")
    nina.goto(server.address + "/settings")
    expect(nina.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
    nina.goto(link)
    expect(nina.get_by_role("heading", level=1)).to_have_text("This invitation is over")

    expect(page.get_by_text("Nina Faro")).to_be_visible()
    tabs = [nina, home.new_page(), home.new_page()]
    for tab in tabs:
        tab.goto(server.address + "/contacts")
        expect(tab.get_by_text("Your people will live here")).to_be_visible()

    menu(page, "Nina Faro", "Make viewer")
    page.get_by_role("button", name="Change role").click()
    all_at_sign_in(tabs)
    sign_in(nina, server, "nina@example.org", PASSWORD)
    nina.goto(server.address + "/contacts")
    expect(nina.get_by_role("button", name="Add contact")).to_have_count(0)

    for tab in tabs:
        tab.goto(server.address + "/contacts")
        expect(tab.get_by_role("heading", name="Contacts").first).to_be_visible()
    menu(page, "Nina Faro", "Disable")
    page.get_by_role("button", name="Disable").last.click()
    all_at_sign_in(tabs)
    sign_in(nina, server, "nina@example.org", PASSWORD)
    expect(nina.get_by_role("alert")).to_contain_text("do not belong together")

    page.goto(server.address + "/settings/audit")
    for deed in ("disabled Nina Faro", "changed the role of Nina Faro from Member to Viewer", "Nina Faro joined the team", "A sign-in as Nina Faro was refused"):
        expect(page.get_by_text(deed).first).to_be_visible()
    page.get_by_role("button", name="Check the log").click()
    expect(page.get_by_text("entries are as they were written")).to_be_visible()
