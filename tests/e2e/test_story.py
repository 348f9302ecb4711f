"""The main job, as a person does it, in a real Chromium against a real process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.server import Server

CORPUS = Path(__file__).parents[1] / "corpus"
PASSWORD = "violet kettle marching home"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def set_up(page: Page, server: Server) -> None:
    page.goto(server.address + "/setup")
    page.get_by_label("Setup code").fill(server.code)
    page.get_by_label("Your name").fill("Ines Carvalho")
    page.get_by_label("Email").fill("ines@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("^Continue")).click()
    page.get_by_label("Team name").fill("Stillwater Studio")
    page.get_by_label("Country").select_option("PT")
    page.get_by_label("Team name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ines")


def bring_in(page: Page, server: Server, file: Path, people: str) -> None:
    page.goto(server.address + "/contacts/import")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Show what will happen").click()
    page.get_by_role("button", name=people).click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible(timeout=20_000)


def sign_in(page: Page, server: Server) -> None:
    page.goto(server.address + "/signin")
    page.get_by_label("Email").fill("ines@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("^Sign in")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ines")


def test_from_an_empty_folder_to_a_morning_that_survives_a_power_cut(fresh_server: Server, browser: Browser) -> None:
    server = fresh_server
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    set_up(page, server)
    bring_in(page, server, CORPUS / "csv" / "google-contacts.csv", "Import 43 people")
    bring_in(page, server, CORPUS / "vcard" / "iphone.vcf", "Import 1 person")

    elsewhere = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(elsewhere, server)

    page.goto(server.address + "/contacts")
    page.get_by_role("main").get_by_role("searchbox").fill("bjorn volkow")
    page.get_by_role("link", name="Björn Volkov").click()
    expect(page.get_by_role("heading", name="Björn Volkov").first).to_be_visible()

    composer = page.get_by_role("textbox", name="What happened")
    composer.fill("Slept seven hours three nights in a row.")
    composer.press("Control+Enter")
    timeline = page.get_by_role("feed").or_(page.locator(".mc-timeline")).first
    expect(timeline.get_by_text("Slept seven hours")).to_be_visible()
    page.get_by_role("radio", name="Call").click()
    composer.fill("Moved Friday to the morning.")
    composer.press("Control+Enter")
    expect(timeline.get_by_text("Moved Friday")).to_be_visible()
    page.get_by_role("textbox", name="Add a task").fill("Send the sleep journal")
    page.get_by_role("textbox", name="Add a task").press("Enter")
    expect(page.get_by_text("Send the sleep journal").first).to_be_visible()

    expect(elsewhere.get_by_text("Moved Friday")).to_be_visible()

    port = server.port
    server.kill()
    server.start(port)

    page = page.context.new_page()  # the open page comes back by loading itself anew, at a moment of its own
    page.goto(server.address + "/contacts")
    page.get_by_role("main").get_by_role("searchbox").fill("volkow")
    page.get_by_role("link", name="Björn Volkov").click()
    for kept in ("Slept seven hours", "Moved Friday", "Send the sleep journal"):
        expect(page.get_by_text(kept).first).to_be_visible()
