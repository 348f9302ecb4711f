"""The sheet in a real Chromium: axe finds nothing in either theme, the strict policy holds, keys and focus behave."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATHS = ["/", "/contacts", "/states", "/story", "/tasks"]


@pytest.fixture(scope="module")
def sheet() -> Iterator[str]:
    """The sheet, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NICEGUI_"))}
    process = subprocess.Popen([sys.executable, "-m", "tests.components.sheet_app", str(port)], cwd=ROOT, env=clean)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(120):
            try:
                urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module."""
    with sync_playwright() as playwright:
        system = "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=system if os.path.exists(system) else None, args=FLAGS)
        yield browser
        browser.close()


def opened(chromium: Browser, address: str, *, width: int = 1280) -> tuple[Page, list[str]]:
    """A page and what its console complains about."""
    page = chromium.new_page(viewport={"width": width, "height": 800}, reduced_motion="reduce")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector("h1:visible, h2:visible")
    page.wait_for_timeout(400)
    return page, complaints


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(chromium: Browser, sheet: str, path: str, dark: int) -> None:
    page, complaints = opened(chromium, f"{sheet}{path}?dark={dark}")
    found = Axe().run(page)
    page.close()
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
    assert complaints == []


def test_axe_finds_nothing_on_a_phone_and_nothing_runs_over_the_edge(chromium: Browser, sheet: str) -> None:
    for path in PATHS:
        page, complaints = opened(chromium, f"{sheet}{path}", width=320)
        found = Axe().run(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.close()
        assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
        assert complaints == []


def test_navigation_is_a_sub_page_and_marks_its_place(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, sheet)
    page.evaluate("window.stays = 1")
    page.click("nav.mc-sidebar a[href='/contacts']")
    page.wait_for_selector(".mc-table")
    assert page.evaluate("window.stays") == 1 and page.url.endswith("/contacts")
    assert page.get_attribute("nav.mc-sidebar a[href='/contacts']", "aria-current") == "page"
    assert page.get_attribute("nav.mc-sidebar a[href='/']", "aria-current") is None
    page.close()


def test_keys_walk_go_and_stay_out_of_fields(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, f"{sheet}/contacts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent").strip() == "Sofia Marchetti"
    page.keyboard.press("x")
    page.wait_for_selector(".mc-bulk:has-text('1 selected')")
    page.fill("input[type=search]", "")
    page.keyboard.type("[gt")
    assert page.input_value("input[type=search]") == "[gt" and page.url.endswith("/contacts")
    page.keyboard.press("Tab")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("[")
    page.wait_for_selector(".mc-shell.mc-collapsed")
    page.reload()
    page.wait_for_selector(".mc-shell.mc-collapsed")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{sheet}/")
    page.close()


def test_two_listeners_share_a_chord_and_each_hears_its_own_key(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, f"{sheet}/contacts")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("e")
    page.wait_for_selector(".mc-toast:has-text('Edit')")
    page.keyboard.press("d")
    page.wait_for_selector(".mc-toast:has-text('own D')")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{sheet}/")
    assert page.locator(".mc-toast:has-text('own D')").count() == 1
    page.close()


def test_keys_that_mean_nothing_never_leave_the_browser(chromium: Browser, sheet: str) -> None:
    page = chromium.new_page()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(str(payload))))
    page.goto(f"{sheet}/contacts")
    page.locator(".mc-row-link").first.focus()
    page.wait_for_timeout(400)
    for key in ("z", "q", "Tab", "Shift", "ArrowLeft", "7"):
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert [frame for frame in sent if '"event"' in frame] == []
    page.close()


def test_a_row_opens_by_press_and_its_link_by_enter(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, f"{sheet}/contacts")
    page.click("tbody tr:nth-child(3) td.mc-td-moment")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    page.click("tbody tr:nth-child(4) td input")
    page.wait_for_selector(".mc-bulk:has-text('1 selected')")
    assert page.locator(".mc-toast").count() == 1
    page.click(".mc-sort:has-text('Stage')")
    page.wait_for_selector(".mc-toast:has-text('Sorted by stage')")
    page.close()


def test_a_change_elsewhere_on_the_page_leaves_the_rows_alone(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, f"{sheet}/contacts")
    page.evaluate("document.querySelectorAll('.mc-table td span').forEach((part) => { part.stays = 1; })")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("[")
    page.wait_for_selector(".mc-shell.mc-collapsed")
    page.click("tbody tr:nth-child(3) td.mc-td-moment")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    assert page.evaluate("[...document.querySelectorAll('.mc-table td span')].every((part) => part.stays)"), "drawn anew, and paid for, with every toast"
    page.close()


def test_checks_select_one_all_and_none_also_as_cards(chromium: Browser, sheet: str) -> None:
    page, complaints = opened(chromium, f"{sheet}/contacts")
    page.get_by_label("Select all on this page").click()
    page.wait_for_selector(".mc-bulk:has-text('16 selected')")
    page.get_by_label("Select Leila Haddad").first.click()
    page.wait_for_selector(".mc-bulk:has-text('15 selected')")
    assert page.get_by_label("Select all on this page").evaluate("check => check.indeterminate")
    page.click("button:has-text('Cards')")
    page.wait_for_selector(".mc-person-card")
    assert page.locator(".mc-person-card.selected").count() == 15
    found = Axe().run(page)
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
    page.get_by_label("Clear the selection").click()
    page.wait_for_selector(".mc-bulk", state="hidden")
    assert page.locator(".mc-tick:checked").count() == 0
    page.click(".mc-person-card:nth-child(3) .mc-person-foot")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    assert complaints == []
    page.close()


def test_a_drawn_menu_opens_walks_and_does_what_its_line_says(chromium: Browser, sheet: str) -> None:
    page, complaints = opened(chromium, sheet)
    page.get_by_role("button", name="More", exact=True).click()
    page.wait_for_selector("[role=menuitem]:has-text('Log a note')")
    found = Axe().run(page, context=".q-menu")
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Email" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mc-toast:has-text('Email')")
    page.wait_for_selector("[role=menuitem]", state="detached")
    assert complaints == []
    page.close()


def test_dialog_takes_focus_and_gives_it_back(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, sheet)
    page.click("button:has-text('Delete')")
    page.wait_for_selector("[role=dialog] >> text=They go to the trash")
    page.wait_for_function("!!document.activeElement.closest('.q-dialog')")
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=dialog]", state="detached")
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.textContent").strip() == "Delete"
    page.close()


def test_a_toast_waits_while_hovered(chromium: Browser, sheet: str) -> None:
    page, _complaints = opened(chromium, sheet)
    page.click("button:has-text('Save changes')")
    page.hover(".mc-toast")
    page.wait_for_timeout(6500)
    assert page.locator(".mc-toast").count() == 1
    page.mouse.move(5, 5)
    page.wait_for_selector(".mc-toast", state="detached", timeout=8000)
    page.close()


def test_the_list_of_keys_opens_and_closes(chromium: Browser, sheet: str) -> None:
    page, complaints = opened(chromium, f"{sheet}/contacts")
    page.keyboard.press("?")
    page.wait_for_selector("[role=dialog] >> text=Keyboard shortcuts")
    found = Axe().run(page)
    assert [rule["id"] for rule in found.response["violations"]] == []
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=dialog]", state="detached")
    assert complaints == []
    page.close()
