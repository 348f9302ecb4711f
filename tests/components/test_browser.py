"""The sheet in a real Chromium: axe finds nothing in either theme, the strict policy holds, keys and focus behave."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.chromium import calm, standing
from tests.commands import begin_python

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PATHS = ["/", "/contacts", "/cards", "/board", "/states", "/story", "/tasks", "/week", "/month", "/agenda"]


@pytest.fixture(scope="module")
def sheet() -> Iterator[str]:
    """The sheet, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NICEGUI_"))}
    process = begin_python("-m", "tests.components.sheet_app", str(port), files=(0, 1, 2), environment=clean)
    address = f"http://127.0.0.1:{port}"
    try:
        for _attempt in range(360):
            try:
                urlopen(address, timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def opened(browser: Browser, address: str, *, width: int = 1280) -> tuple[Page, list[str]]:
    """A page and what its console complains about. It is the same tab each time, with nothing kept but the scripts that every page loads."""
    window = browser.contexts[0] if browser.contexts else browser.new_context(reduced_motion="reduce")
    page = window.pages[0] if window.pages else window.new_page()
    page.goto("about:blank")
    page.mouse.move(0, 0)
    window.clear_cookies()
    window.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": "{0.scheme}://{0.netloc}".format(urlsplit(address)), "storageTypes": "all"})
    page.set_viewport_size({"width": width, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    go(page, address)
    return page, complaints


def go(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("main :is(h1, h2)", state="attached")
    standing(page)


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(browser: Browser, sheet: str, path: str, dark: int) -> None:
    page, complaints = opened(browser, f"{sheet}{path}?dark={dark}")
    assert violations(page, **({"runOnly": ["color-contrast"]} if dark else {})) == []  # in the dark only colours are others
    assert complaints == []


def test_nothing_runs_over_the_edge_of_a_phone(browser: Browser, sheet: str) -> None:
    """Axe looks at the pages themselves on a phone, in tests/e2e/test_axe.py."""
    page, complaints = opened(browser, f"{sheet}{PATHS[0]}", width=320)
    for path in PATHS:
        go(page, f"{sheet}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert complaints == [], path


def test_navigation_is_a_sub_page_and_marks_its_place(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, sheet)
    page.evaluate("window.stays = 1")
    page.click("nav.mc-sidebar a[href='/contacts']")
    page.wait_for_selector(".mc-table")
    assert page.evaluate("window.stays") == 1 and page.url.endswith("/contacts")
    assert page.get_attribute("nav.mc-sidebar a[href='/contacts']", "aria-current") == "page"
    assert page.get_attribute("nav.mc-sidebar a[href='/']", "aria-current") is None


def test_keys_walk_go_and_stay_out_of_fields(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/contacts")
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


def test_two_listeners_share_a_chord_and_each_hears_its_own_key(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/contacts")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("e")
    page.wait_for_selector(".mc-toast:has-text('Edit')")
    page.keyboard.press("d")
    page.wait_for_selector(".mc-toast:has-text('own D')")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url(f"{sheet}/")
    assert page.locator(".mc-toast:has-text('own D')").count() == 1


def test_keys_that_mean_nothing_never_leave_the_browser(browser: Browser, sheet: str) -> None:
    page = browser.new_page()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(str(payload))))
    go(page, f"{sheet}/contacts")
    page.locator(".mc-row-link").first.focus()
    for key in ("z", "q", "Tab", "Shift", "ArrowLeft", "7"):
        page.keyboard.press(key)
    assert [frame for frame in sent if '"event"' in frame] == []
    page.keyboard.press("e")  # this one means something, and would be heard after all the others
    page.wait_for_selector(".mc-toast:has-text('Edit')")
    assert len([frame for frame in sent if '"event"' in frame]) == 1


def test_a_row_opens_by_press_and_its_link_by_enter(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/contacts")
    page.click("tbody tr:nth-child(3) td.mc-td-moment")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    page.click("tbody tr:nth-child(4) td input")
    page.wait_for_selector(".mc-bulk:has-text('1 selected')")
    assert page.locator(".mc-toast").count() == 1
    page.click(".mc-sort:has-text('Stage')")
    page.wait_for_selector(".mc-toast:has-text('Sorted by stage')")


def test_a_change_elsewhere_on_the_page_leaves_the_rows_alone(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/contacts")
    page.evaluate("document.querySelectorAll('.mc-table td span').forEach((part) => { part.stays = 1; })")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("[")
    page.wait_for_selector(".mc-shell.mc-collapsed")
    page.click("tbody tr:nth-child(3) td.mc-td-moment")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    assert page.evaluate("[...document.querySelectorAll('.mc-table td span')].every((part) => part.stays)"), "drawn anew, and paid for, with every toast"


def test_a_row_that_changed_is_drawn_alone(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, f"{sheet}/contacts")
    page.get_by_label("Select Hanna Weiss").first.click()
    page.evaluate("document.querySelectorAll('.mc-table td span').forEach((part) => { part.stays = 1; })")
    page.locator(".mc-row-link").first.focus()
    page.keyboard.press("r")
    page.wait_for_selector(".mc-row-link:has-text('Hanna Renamed')")
    assert page.locator("tbody tr.selected").count() == 1, "its check stays"
    kept = page.evaluate("[...document.querySelectorAll('.mc-table tbody tr')].map((row) => [...row.querySelectorAll('td span.mc-chip')].every((part) => part.stays))")
    assert kept.count(True) >= 15
    page.click(".mc-sort:has-text('Stage')")
    page.wait_for_selector(".mc-toast:has-text('Sorted by stage')")
    assert page.locator(".mc-row-link:has-text('Hanna Renamed')").count() == 1
    assert complaints == []


def test_checks_select_one_all_and_none_also_as_cards(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, f"{sheet}/contacts")
    page.get_by_label("Select all on this page").click()
    page.wait_for_selector(".mc-bulk:has-text('16 selected')")
    page.get_by_label("Select Leila Haddad").first.click()
    page.wait_for_selector(".mc-bulk:has-text('15 selected')")
    assert page.get_by_label("Select all on this page").evaluate("check => check.indeterminate")
    page.click("button:has-text('Cards')")
    page.wait_for_selector(".mc-person-card")
    assert page.locator(".mc-person-card.selected").count() == 15
    assert violations(page) == []
    page.get_by_label("Clear the selection").click()
    page.wait_for_selector(".mc-bulk", state="hidden")
    assert page.locator(".mc-tick:checked").count() == 0
    page.click(".mc-person-card:nth-child(3) .mc-person-foot")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    assert complaints == []


def test_a_drawn_menu_opens_walks_and_does_what_its_line_says(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, sheet)
    page.get_by_role("button", name="More", exact=True).click()
    page.wait_for_selector("[role=menuitem]:has-text('Log a note')")
    assert violations(page, ".q-menu") == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Email" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector(".mc-toast:has-text('Email')")
    page.wait_for_selector("[role=menuitem]", state="detached")
    assert complaints == []


def test_dialog_takes_focus_and_gives_it_back(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, sheet)
    page.click("button:has-text('Delete')")
    page.wait_for_selector("[role=dialog] >> text=They go to the trash")
    page.wait_for_function("!!document.activeElement.closest('.q-dialog')")
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=dialog]", state="detached")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Delete'")


def test_a_toast_waits_while_hovered(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, sheet)
    page.click("button:has-text('Save changes')")
    page.hover(".mc-toast")
    page.wait_for_timeout(6500)
    assert page.locator(".mc-toast").count() == 1
    page.mouse.move(5, 5)
    page.wait_for_selector(".mc-toast", state="detached")


def test_the_list_of_keys_opens_and_closes(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, f"{sheet}/contacts")
    page.keyboard.press("?")
    page.wait_for_selector("[role=dialog] >> text=Keyboard shortcuts")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=dialog]", state="detached")
    assert complaints == []


def test_who_presses_twice_opens_one_dialog(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, sheet)
    page.dblclick("button:has-text('Delete')")
    page.wait_for_selector("[role=dialog] >> text=They go to the trash")
    page.wait_for_timeout(300)
    assert page.locator(".q-dialog").count() == 1
    page.goto(f"{sheet}/contacts")
    page.dblclick("tbody tr >> nth=2")
    page.wait_for_selector(".mc-toast:has-text('Opened 2')")
    page.wait_for_timeout(300)
    assert page.locator(".mc-toast").count() == 1, "a row is one press as well"
    assert complaints == []


def test_keys_of_the_page_count_as_soon_as_a_dialog_leaves(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, f"{sheet}/contacts")
    page.keyboard.press("?")
    page.wait_for_selector("[role=dialog] >> text=Keyboard shortcuts")
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.q-dialog[aria-modal=true]')")  # the server has said that it closes: it is still to be seen, fading
    page.keyboard.press("d")
    page.wait_for_selector(".mc-toast:has-text(\"The page's own D\")")
    assert page.locator(".mc-toast:has-text('Edit')").count() == 0, "nothing under an open dialog counts"
    assert complaints == []


def columns(page: Page) -> dict[str, list[str]]:
    """What stands in each column of the board."""
    return {column.get_attribute("data-key"): column.locator(".mc-board-card").evaluate_all("all => all.map((one) => one.dataset.id)") for column in page.locator(".mc-board-column").all()}


def drag(page: Page, card: str, column: str, *, let_go: bool = True) -> None:
    """Take a card by the mouse and carry it over a column."""
    start = page.locator(f".mc-board-card[data-id='{card}']").bounding_box()
    place = page.locator(f".mc-board-column[data-key='{column}']").bounding_box()
    assert start and place
    page.mouse.move(start["x"] + 60, start["y"] + 14)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 24, steps=3)
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 200, steps=6)
    if let_go:
        page.mouse.up()


def test_a_card_is_dragged_and_comes_back_where_that_is_refused(browser: Browser, sheet: str) -> None:
    page, complaints = opened(browser, f"{sheet}/board", width=1760)
    before = columns(page)
    drag(page, "0", "curious", let_go=False)
    assert page.locator(".mc-board-column[data-key='curious'] .mc-board-slot").count() == 1 and page.locator(".mc-board-ghost").count() == 1
    page.mouse.up()
    page.wait_for_selector(".mc-toast:has-text('Moved 0 to curious')")
    assert columns(page)["curious"][0] == "0" and "0" not in columns(page)["discovery"] and page.locator(".mc-board-ghost, .mc-board-slot").count() == 0
    assert page.url.endswith("/board")  # the press that ends a drag opens nothing
    drag(page, "3", "new_client")
    page.wait_for_selector(".mc-toast:has-text('Refused')")
    page.wait_for_function("document.querySelector('[data-key=discovery] [data-id=\"3\"]')")
    drag(page, "3", "curious", let_go=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    calm(page)
    assert "3" in columns(page)["discovery"] and len(columns(page)["new_client"]) == len(before["new_client"])
    assert complaints == []


def test_a_finger_holds_before_it_drags_and_scrolls_otherwise(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/board", width=1760)
    touch = """(steps) => { const card = document.querySelector('[data-id="0"]');
      for (const [type, x, y] of steps) (type === 'pointerdown' ? card : document).dispatchEvent(
        new PointerEvent(type, { bubbles: true, button: 0, pointerType: 'touch', isPrimary: true, clientX: x, clientY: y })); }"""
    page.evaluate(touch, [["pointerdown", 300, 150], ["pointermove", 300, 190], ["pointerup", 600, 190]])
    assert page.locator(".mc-board-ghost").count() == 0 and "0" in columns(page)["discovery"]
    place = page.locator(".mc-board-column[data-key='curious']").bounding_box()
    assert place
    page.evaluate(touch, [["pointerdown", 300, 150]])
    page.wait_for_selector(".mc-board-ghost")
    page.evaluate(touch, [["pointermove", place["x"] + 50, 250], ["pointerup", place["x"] + 50, 250]])
    page.wait_for_selector(".mc-toast:has-text('Moved 0 to curious')")


def test_a_board_is_walked_by_keys_and_goes_on(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/board", width=1760)
    focused = "document.activeElement.closest('.mc-board-card')?.dataset.id"
    page.keyboard.press("j")
    assert page.evaluate(focused) == "0"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "3"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "4"
    page.keyboard.press("k")
    assert page.evaluate(focused) == "1"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("More about")
    page.keyboard.press("Enter")
    page.wait_for_selector(".q-menu >> text=Menu of 1")
    page.wait_for_function("!!document.activeElement.closest('.q-menu')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className").find("mc-menu-item") >= 0
    page.keyboard.press("Escape")
    page.wait_for_selector(".q-menu", state="detached")
    assert len(columns(page)["discovery"]) == 6
    page.click("[data-key=discovery] .mc-board-next")
    page.wait_for_function("document.querySelectorAll('[data-key=discovery] .mc-board-card').length === 8")
    assert page.locator("[data-key=discovery] .mc-board-next").count() == 0
    page.click("[data-id='4'] time")
    page.wait_for_selector(".mc-toast:has-text('Opened 4')")


def test_the_drawer_keeps_the_focus_and_gives_it_back(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/board", width=1100)
    column = page.locator(".mc-drawer")
    assert not column.is_visible()
    page.get_by_role("button", name="Tasks and more").click()
    page.wait_for_selector(".mc-drawer[role=dialog]")
    assert page.evaluate("document.activeElement.classList.contains('mc-drawer')")
    for key in ("Shift+Tab", "Tab", "Tab", "Tab", "Shift+Tab"):
        page.keyboard.press(key)
        assert page.evaluate("!!document.activeElement.closest('.mc-drawer')"), key
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector(".mc-drawer", state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Tasks and more"
    page.get_by_role("button", name="Tasks and more").click()
    page.set_viewport_size({"width": 1400, "height": 800})  # a column again, and no dialog any more
    page.wait_for_selector(".mc-drawer[role=complementary]")
    assert column.is_visible() and not page.get_by_role("button", name="Tasks and more").is_visible()


def test_a_filter_is_changed_in_a_menu_that_stays(browser: Browser, sheet: str) -> None:
    page, _complaints = opened(browser, f"{sheet}/cards")
    page.click(".mc-filter-value:has-text('Core client')")
    page.wait_for_selector(".q-menu [role=menuitemcheckbox]")
    page.wait_for_function("!!document.activeElement.closest('.q-menu')")
    assert page.locator(".mc-filter-value").first.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Curious" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    assert page.locator(".q-menu").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector(".q-menu", state="detached")
    assert page.evaluate("document.activeElement.classList.contains('mc-filter-value')")
    page.click("[aria-label='Remove the filter: Stage']")
    page.wait_for_function("document.querySelectorAll('.mc-filter').length === 1")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 700), (390, 844), (320, 560)])
def test_a_toast_never_covers_what_a_dialog_asks(browser: Browser, sheet: str, width: int, height: int) -> None:
    page, _complaints = opened(browser, f"{sheet}/tasks", width=width)
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_selector(".mc-toast")
    page.wait_for_selector(".mc-dialog")
    calm(page)
    covered = """() => { const boxes = (all) => [...document.querySelectorAll(all)].map((one) => one.getBoundingClientRect());
      return boxes('.mc-toast').some((a) => boxes('.mc-dialog-foot .mc-btn, .mc-dialog-head .mc-btn').some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)); }"""
    assert page.evaluate(covered) is False
