"""Tasks in a real browser: dragged and moved by key, selected, written in the dialog, at the desk and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations

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


def section(page: Page, title: str) -> Any:
    return page.locator(".mc-task-part", has=page.get_by_role("heading", name=title, exact=True))


def take(page: Page, title: str) -> None:
    """Hold a row by its grip, a little way from where it was."""
    row = page.locator(".mc-tasks > :not(.mc-task-ghost) .mc-task-row", has_text=title)
    row.hover()
    held = row.locator(".mc-grip").bounding_box()
    page.mouse.move(held["x"] + 8, held["y"] + 16)
    page.mouse.down()
    page.mouse.move(held["x"] + 30, held["y"] + 24, steps=4)
    expect(page.locator(".mc-task-ghost")).to_contain_text(title)


def let_go(page: Page, over: Any) -> None:
    place = over.bounding_box()
    page.mouse.move(place["x"] + 120, place["y"] + place["height"] / 2, steps=8)
    expect(over).to_have_class(re.compile("mc-over"))
    page.mouse.up()
    expect(page.locator(".mc-task-ghost, .mc-over")).to_have_count(0)


def test_a_row_is_dragged_to_another_day_and_undone(opened: Any) -> None:
    page, other = opened("/tasks?whose=mine"), opened("/tasks?whose=team")
    titles = page.locator(".mc-task-title").all_inner_texts()
    title = section(page, "Overdue").locator(".mc-task-title").first.inner_text()
    take(page, title)
    page.keyboard.press("Escape")
    expect(page.locator(".mc-task-ghost")).to_have_count(0)
    page.mouse.up()
    take(page, title)
    other.get_by_role("checkbox", name=f"Complete: {titles[-1]}").click()  # what a colleague does meanwhile takes nothing out of one's hand
    expect(page.locator(".mc-task-title", has_text=titles[-1])).to_have_count(0)
    expect(page.locator(".mc-task-ghost")).to_be_visible()
    let_go(page, page.locator("[data-drop=today]"))
    expect(section(page, "Today").locator(".mc-task-title", has_text=title)).to_be_visible()
    expect(page.locator(".mc-task-dialog")).to_have_count(0)
    page.locator(".mc-toast", has_text="Moved to Today").get_by_role("button", name="Undo").click()
    expect(section(page, "Overdue").locator(".mc-task-title", has_text=title)).to_be_visible()
    other.keyboard.press("Control+z")
    expect(page.locator(".mc-task-title")).to_have_text(titles)


def test_a_row_is_dragged_from_one_project_to_another(opened: Any) -> None:
    page = opened("/tasks?whose=team&group=project")
    names = page.locator(".mc-task-part h2").all_inner_texts()
    title = section(page, names[0]).locator(".mc-task-title").first.inner_text()
    take(page, title)
    let_go(page, section(page, names[1]))
    expect(page.locator(".mc-toast", has_text=f"Moved to {names[1]}")).to_be_visible()
    expect(section(page, names[1]).locator(".mc-task-title", has_text=title)).to_be_visible()
    page.locator(".mc-toast").get_by_role("button", name="Undo").click()
    expect(section(page, names[0]).locator(".mc-task-title", has_text=title)).to_be_visible()


def test_a_finger_takes_a_row_after_a_moment(opened: Any) -> None:
    page = opened("/tasks?whose=mine", width=390, height=844, has_touch=True, is_mobile=True)
    title = section(page, "Overdue").locator(".mc-task-title").first.inner_text()
    row, finger = page.locator(".mc-task-row", has_text=title), page.context.new_cdp_session(page)

    def touch(kind: str, *at: float) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}] if at else []})

    held = row.bounding_box()
    touch("touchStart", held["x"] + 80, held["y"] + 20)
    expect(page.locator(".mc-task-ghost")).to_contain_text(title)
    to = page.locator("[data-drop=tomorrow]").bounding_box()
    for part in range(1, 9):
        touch("touchMove", held["x"] + 80, held["y"] + 20 + (to["y"] + to["height"] / 2 - held["y"] - 20) * part / 8)
    expect(page.locator("[data-drop=tomorrow]")).to_have_class(re.compile("mc-over"))
    touch("touchEnd")
    expect(section(page, "Tomorrow").locator(".mc-task-title", has_text=title)).to_be_visible()
    expect(page.locator(".mc-task-dialog")).to_have_count(0)
    page.locator(".mc-toast", has_text="Moved to Tomorrow").get_by_role("button", name="Undo").click()
    expect(section(page, "Overdue").locator(".mc-task-title", has_text=title)).to_be_visible()


def test_rows_and_cards_of_a_day_are_put_in_order_by_hand_and_by_key(opened: Any) -> None:
    page, other = opened("/tasks?whose=mine"), opened("/tasks?whose=mine&bucket=later")
    line = page.get_by_label("Add a task and press Enter")
    for title in ("Order one", "Order two", "Order three", "Order four"):
        line.press_sequentially(f"{title} 2031-05-05")  # while the one before is still being added
        line.press("Enter")
    expect(line).to_have_value("")
    rows, his = (each.locator(".mc-task-title", has_text="Order ") for each in (page, other))
    expect(rows).to_have_text(["Order one", "Order two", "Order three", "Order four"])
    take(page, "Order four")
    sooner = section(page, "Today").locator(".mc-task-row").first.bounding_box()
    page.mouse.move(sooner["x"] + 120, sooner["y"] + 6, steps=8)
    expect(page.locator(".mc-put-before, .mc-put-after")).to_have_count(0)  # a line only where it can stand
    first = page.locator(".mc-tasks > :not(.mc-task-ghost) .mc-task-row", has_text="Order one")
    page.mouse.move(700, 450, steps=4)  # away from the edge, where a list scrolls by itself
    first.scroll_into_view_if_needed()
    place = first.bounding_box()
    page.mouse.move(place["x"] + 120, place["y"] + 6, steps=8)
    expect(page.locator(".mc-put-before")).to_contain_text("Order one")
    page.mouse.up()
    expect(page.locator(".mc-task-ghost, .mc-put-before, .mc-put-after")).to_have_count(0)
    for each in (rows, his):
        expect(each).to_have_text(["Order four", "Order one", "Order two", "Order three"])
    rows.nth(1).focus()
    page.keyboard.press("Alt+ArrowDown")
    for each in (rows, his):
        expect(each).to_have_text(["Order four", "Order two", "Order one", "Order three"])
    expect(page.locator(".mc-task-title:focus")).to_have_text("Order one")
    page.keyboard.press("Alt+ArrowUp")
    expect(rows).to_have_text(["Order four", "Order one", "Order two", "Order three"])
    expect(page.locator(".mc-task-title:focus")).to_have_text("Order one")
    page.goto(page.url.split("/tasks")[0] + "/tasks?view=board&whose=mine&q=Order")
    held, to = card(page, "Order three", "pending").bounding_box(), card(page, "Order four", "pending").bounding_box()
    page.mouse.move(held["x"] + 60, held["y"] + 30)
    page.mouse.down()
    page.mouse.move(held["x"] + 70, held["y"] + 20, steps=4)
    page.mouse.move(to["x"] + 70, to["y"] + to["height"] - 8, steps=8)
    expect(page.locator(".mc-put-after")).to_contain_text("Order four")
    page.mouse.up()
    titles = page.locator("[data-key=pending] .mc-board-title")
    expect(titles).to_have_text(["Order four", "Order three", "Order one", "Order two"])
    expect(page.locator(".mc-task-dialog")).to_have_count(0)
    titles.nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(titles).to_have_text(["Order three", "Order four", "Order one", "Order two"])
    expect(page.locator(".mc-board-title:focus")).to_have_text("Order three")
    card(page, "Order two", "pending").get_by_role("button", name="More about Order two").click()
    page.get_by_role("menuitem", name="Move up").click()
    for each in (titles, his):
        expect(each).to_have_text(["Order three", "Order four", "Order two", "Order one"])


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


def test_what_a_colleague_does_leaves_selection_and_focus_where_they_are(opened: Any) -> None:
    page, other = opened("/tasks?whose=team"), opened("/tasks?whose=team")
    titles = page.locator(".mc-task-title").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("j")
    expect(page.locator(".mc-task-title:focus")).to_have_text(titles[2])
    other.get_by_role("checkbox", name=f"Complete: {titles[-1]}").click()
    expect(page.locator(".mc-task-title", has_text=titles[-1])).to_have_count(0)
    expect(page.locator(".mc-bulk")).to_contain_text("2 selected")
    expect(page.locator(".mc-task-row.mc-chosen")).to_have_count(2)
    expect(page.locator(".mc-task-title:focus")).to_have_text(titles[2])
    other.get_by_role("checkbox", name=f"Complete: {titles[2]}").click()
    expect(page.get_by_role("button", name=titles[2], exact=True)).to_have_count(0)
    expect(page.locator(".mc-task-title:focus")).to_have_count(1)
    other.get_by_role("checkbox", name=f"Complete: {titles[0]}").click()
    expect(page.locator(".mc-bulk")).to_contain_text("1 selected")
    for toast in range(3):
        other.keyboard.press("Control+z")
        expect(other.locator(".mc-toast", has_text="Undone")).to_have_count(toast + 1)
    expect(page.locator(".mc-task-title")).to_have_text(titles)


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


def test_a_timer_goes_on_through_a_reload(opened: Any) -> None:
    page = opened("/tasks?whose=mine")
    title = page.locator(".mc-task-title").last.inner_text()
    page.get_by_role("button", name=title, exact=True).click()
    dialog = page.get_by_role("dialog", name="Task")
    dialog.get_by_role("button", name="Start timer").click()
    clock = dialog.get_by_role("timer", name="Your timer")
    expect(clock).to_have_text(re.compile(r"^0:0[2-9]$"))
    page.reload()
    expect(page.locator(".mc-task-row", has_text=title).get_by_role("img", name="Your timer is running")).to_be_visible()
    page.get_by_role("button", name=title, exact=True).click()
    expect(clock).not_to_have_text(re.compile(r"^0:0[0-2]$"))
    page.wait_for_timeout(400)
    assert violations(page) == []
    dialog.get_by_role("button", name="Stop timer").click()
    expect(page.get_by_role("button", name="Actual: 1 min")).to_be_visible()
    page.get_by_role("button", name="Activity").click()
    expect(page.get_by_text("Stopped the timer after 1 min")).to_be_visible()


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


def day_of(page: Page, title: str) -> str | None:
    return page.locator(".mc-day", has=page.get_by_role("button", name=title)).get_attribute("data-day")


def add_task(page: Page, title: str, day: str) -> None:
    page.locator(f"[data-number='{day}']").focus()
    page.keyboard.press("n")
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Add task").click()
    expect(page.locator(f"[data-day='{day}']").get_by_role("button", name=title)).to_be_visible()


def test_a_task_is_dragged_to_another_day_and_undone(opened: Any) -> None:
    page = opened("/tasks?view=calendar&whose=mine&month=2027-03")
    add_task(page, "Book the hall", "2027-03-10")
    held, to = page.get_by_role("button", name="Book the hall").bounding_box(), page.locator("[data-day='2027-03-19']").bounding_box()
    page.mouse.move(held["x"] + 20, held["y"] + 8)
    page.mouse.down()
    page.mouse.move(held["x"] + 40, held["y"] + 20, steps=4)
    page.mouse.move(to["x"] + 60, to["y"] + 60, steps=8)
    expect(page.locator(".mc-board-ghost")).to_be_visible()
    expect(page.locator("[data-day='2027-03-19']")).to_have_class(re.compile("mc-over"))
    page.mouse.up()
    expect(page.locator(".mc-toast", has_text="Moved to 19 Mar 2027")).to_be_visible()
    page.reload()
    page.wait_for_selector(".mc-due-card")
    assert day_of(page, "Book the hall") == "2027-03-19"
    page.get_by_role("button", name="Book the hall").focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("[data-day='2027-03-12']").get_by_role("button", name="Book the hall")).to_be_focused()
    page.locator(".mc-toast", has_text="Moved to 12 Mar 2027").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-day='2027-03-19']").get_by_role("button", name="Book the hall")).to_be_visible()
    page.mouse.move(0, 0)
    page.keyboard.press("Escape")


def test_the_calendar_goes_by_keys_alone(opened: Any) -> None:
    page = opened("/tasks?view=calendar&whose=mine&month=2027-05")
    add_task(page, "Write to Ana", "2027-05-31")
    page.locator("[data-number='2027-05-30']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-number='2027-06-07']")).to_be_focused()  # the next month, by itself
    assert "month=2027-06" in page.url
    page.keyboard.press("PageUp")
    expect(page.locator("[data-number='2027-05-07']")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("[data-number='2027-05-09']")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("Write to Ana")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-number='2027-05-31']")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Write to Ana")).to_be_focused()
    page.keyboard.press(".")
    page.get_by_role("menuitem", name="Mark done").press("Enter")
    expect(page.locator("[data-day='2027-05-31'] .mc-struck")).to_be_visible()
    page.get_by_role("button", name="Write to Ana").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-day='2027-05-31'] .mc-struck")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".mc-task-dialog")).to_be_visible()


def test_on_a_phone_the_days_stand_under_a_small_month(opened: Any) -> None:
    page = opened("/tasks?view=calendar&whose=mine&month=2027-03", width=390, height=844, has_touch=True)
    page.locator("[data-number='2027-03-02']").tap()
    expect(page.locator("[data-agenda='2027-03-02']")).to_contain_text("Nothing due")
    page.locator("[data-agenda='2027-03-02']").get_by_role("button", name="New task").tap()
    page.get_by_label("Title").fill("Pack")
    page.get_by_role("button", name="Add task").tap()
    row = page.locator("[data-agenda='2027-03-02'] .mc-agenda-row", has_text="Pack")
    row.get_by_role("checkbox").tap()
    expect(row.get_by_role("checkbox")).to_be_checked()
    row.get_by_role("button", name="More about Pack").tap()
    page.get_by_label("Another day").fill("2027-03-03")
    page.get_by_label("Another day").press("Enter")
    expect(page.locator("[data-agenda='2027-03-03'] .mc-agenda-row", has_text="Pack")).to_be_visible()
    expect(page.locator(".mc-toast", has_text="Moved to")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
