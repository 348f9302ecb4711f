"""Tasks in a real browser: dragged and moved by key, selected, written in the dialog, at the desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def cards(page: Page, status: str) -> list[str]:
    return page.locator(f"[data-key={status}] .mc-board-title").all_inner_texts()


def card(page: Page, title: str, status: str) -> Any:
    return page.locator(f"[data-key={status}] .mc-board-card", has_text=title)


def test_a_card_is_dragged_to_another_status_and_undone(opened: Any) -> None:
    page = opened("/tasks?view=board&whose=team")
    held, to = card(page, "Offer two slots", "pending").bounding_box(), page.locator("[data-key=in_progress]").bounding_box()
    page.mouse.move(held["x"] + 60, held["y"] + 50)
    page.mouse.down()
    page.mouse.move(held["x"] + 90, held["y"] + 60, steps=4)
    page.mouse.move(to["x"] + 100, to["y"] + 200, steps=8)
    expect(page.locator(".mc-board-ghost")).to_be_visible()
    page.mouse.up()
    expect(card(page, "Offer two slots", "in_progress")).to_be_visible()
    expect(page.locator(".mc-toast", has_text="Moved to In progress")).to_be_visible()
    page.reload()
    expect(card(page, "Offer two slots", "in_progress")).to_be_visible()
    card(page, "Offer two slots", "in_progress").get_by_role("button", name="More about Offer two slots").click()
    page.get_by_role("menuitemradio", name="To do").click()
    expect(card(page, "Offer two slots", "pending")).to_be_visible()
    page.locator(".mc-toast").get_by_role("button", name="Undo").last.click()
    expect(card(page, "Offer two slots", "in_progress")).to_be_visible()


def test_the_board_goes_by_keys_alone(opened: Any) -> None:
    page = opened("/tasks?view=board&whose=team")
    page.keyboard.press("j")
    first = cards(page, "pending")[0]
    expect(page.locator(".mc-board-title:focus")).to_have_text(first)
    page.keyboard.press("ArrowRight")
    assert page.locator(".mc-board-title:focus").inner_text() in cards(page, "in_progress")
    page.keyboard.press("Enter")
    expect(page.locator(".mc-task-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".mc-task-dialog")).to_have_count(0)


def test_the_list_goes_by_keys_alone(opened: Any) -> None:
    page = opened("/tasks?whose=mine")
    titles = page.locator(".mc-task-title").all_inner_texts()
    page.keyboard.press("j")
    expect(page.locator(".mc-task-title:focus")).to_have_text(titles[0])
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".mc-bulk")).to_contain_text("2 selected")
    page.get_by_role("button", name="Move to a day").click()
    page.get_by_role("menuitem", name="Next week").click()
    expect(page.locator(".mc-toast", has_text="2 tasks moved")).to_be_visible()
    page.locator(".mc-toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".mc-toast", has_text="Undone")).to_be_visible()
    expect(page.locator(".mc-task-title")).to_have_text(titles)
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(".mc-toast", has_text="Task completed")).to_be_visible()


def test_two_people_write_in_one_task_and_neither_loses_a_word(opened: Any) -> None:
    mine, other = opened("/tasks?whose=team"), opened("/tasks?whose=team")
    for page in (mine, other):
        page.get_by_role("button", name="Thank-you note", exact=True).click()
    mine.get_by_label("Description").press_sequentially("Half a sent", delay=10)
    other.get_by_label("Title").fill("Thank-you note to Claire")
    expect(other.get_by_text("Saved just now")).to_be_visible()
    expect(mine.get_by_label("Title")).to_have_value("Thank-you note to Claire")
    mine.get_by_label("Description").press_sequentially("ence", delay=10)
    expect(mine.get_by_label("Description")).to_have_value("Half a sentence")
    expect(other.get_by_label("Description")).to_have_value("Half a sentence")


@pytest.mark.parametrize("way", ["Escape", "Control+Enter", "Close"])
def test_a_key_pressed_at_once_loses_nothing(opened: Any, way: str) -> None:
    page, title = opened("/tasks?whose=team"), f"Left by {way}"
    line = page.get_by_label("Add a task and press Enter")
    line.press_sequentially("Ring the hall tomorrow !high")
    line.press("Enter")
    expect(page.locator(".mc-toast", has_text="Task added")).to_be_visible()
    page.get_by_role("button", name="Ring the hall", exact=True).first.click()
    box = page.locator(".mc-task-dialog")
    expect(box.get_by_role("button", name="Priority: High")).to_be_visible()
    box.get_by_label("Add a step").fill("Find the number")
    box.get_by_label("Title").fill(title)
    if way == "Close":
        box.get_by_role("button", name="Close").last.click()
    else:
        page.keyboard.press(way)
    expect(page.locator(".mc-task-dialog")).to_have_count(0)
    if way == "Control+Enter":
        page.get_by_role("link", name="Completed").click()
    row = page.locator(".mc-task-row", has_text=title)
    expect(row).to_be_visible()
    expect(row.get_by_label("0 of 1 steps")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light")])
@pytest.mark.parametrize("path", ["/tasks?whose=mine", "/tasks?whose=team&view=board"])
def test_everybody_can_use_it(opened: Any, path: str, width: int, scheme: str) -> None:
    page = opened(path, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if "board" not in path:
        page.locator(".mc-task-title").first.click()
        expect(page.locator(".mc-task-dialog")).to_be_visible()
        page.wait_for_timeout(400)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
