"""The calendar's parts in a real browser: where things stand, keys, the panel, and that what comes from elsewhere stays words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.components.sheet_calendar import LONG
from tests.components.test_browser import opened, sheet  # noqa: F401  the fixture

pytestmark = pytest.mark.browser
COACHING = '[data-event="00000000-0000-0000-0000-000000000003"]'


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') || ''"))


def test_an_hour_is_fifty_eight_pixels_and_those_that_overlap_stand_side_by_side(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    boxes = {name: page.locator(f'.mc-ev[aria-label^="{name},"]').first.bounding_box() for name in ("Breathwork 3/6", "Supervision", "Somatic coaching", "Coaching", "Overlapping", "Third")}
    assert all(boxes.values())
    top = {name: box["y"] for name, box in boxes.items() if box}
    assert round(top["Supervision"] - top["Breathwork 3/6"]) == 116 and round(top["Somatic coaching"] - top["Breathwork 3/6"]) == 290
    side = sorted((box["x"], box["x"] + box["width"]) for name, box in boxes.items() if box and name in ("Coaching", "Overlapping", "Third"))
    assert all(one[1] <= other[0] + 0.5 for one, other in zip(side, side[1:], strict=False))
    more = page.locator(".mc-ev-more")
    assert (more.inner_text(), more.get_attribute("title")) == ("+9", "+9 more") and page.locator(".mc-ev-rest:visible").inner_text() == "+3 more"
    assert more.evaluate("one => one.scrollWidth <= one.clientWidth"), "a quarter of a day is too narrow for a word"
    assert page.locator(".mc-cal-zones span").all_inner_texts()[1] == "GMT+5:45"
    assert complaints == []


def test_what_a_calendar_brings_along_stays_words(browser: Browser, sheet: str) -> None:  # noqa: F811
    for path in ("/week", "/month", "/agenda"):
        page, complaints = opened(browser, f"{sheet}{path}", width=1440)
        event = page.locator(f'[aria-label^="{LONG[:40]}"]').first
        assert "<b>markup</b>" in event.inner_text() and event.locator("b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440 and complaints == []
    times = page.locator(".mc-ag-times > span").all()
    assert any("AM" in one.inner_text() for one in times) and {one.evaluate("one => one.clientHeight") for one in times} == {16}, "a time stands in one line"


def test_arrows_go_from_event_to_event_and_one_key_goes_in(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    assert page.locator(".mc-ev[tabindex='0']").count() == 1
    page.locator('.mc-ev[aria-label^="Breathwork 3/6,"]').focus()
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Supervision")
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("Coaching")
    page.keyboard.press("Home")
    assert focused(page).startswith("Breathwork 2/6")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert focused(page).startswith("Breathwork 3/6")
    page.keyboard.press("j")
    assert focused(page).startswith("Supervision")
    page.keyboard.press("PageDown")
    page.wait_for_selector(".mc-toast:has-text('Turned 1')")
    assert complaints == []


def test_what_may_be_moved_is_dragged_and_lengthened_and_an_empty_stretch_is_chosen(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    page.locator(".mc-cal").evaluate("(cal) => { cal.scrollTop = 8 * 58; }")  # whatever the hour is now
    box = page.locator('.mc-ev[aria-label^="Supervision,"]').bounding_box()
    fixed = page.locator('.mc-ev[aria-label^="Breathwork 3/6,"]').bounding_box()
    assert box and fixed and page.locator(".mc-ev-edge").count() == 1, "only what may be moved has an edge to take"
    wide = page.locator(".mc-cal-column").first.bounding_box()["width"]  # type: ignore[index]

    def drag(at: tuple[float, float], by: tuple[float, float]) -> None:
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(at[0] + by[0], at[1] + by[1], steps=4)

    def said(sentence: str) -> None:
        page.wait_for_selector(f".mc-toast:has-text('{sentence}')")

    inside = (box["x"] + 40, box["y"] + 10)
    drag(inside, (wide, 30))
    assert page.locator(".mc-ev-held").inner_text().split("\n")[-1] == "11:30 – 12:30" and page.locator(".mc-ev.mc-away").count() == 1
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.locator(".mc-ev-held, .mc-ev.mc-away, .mc-toast, .mc-event-panel").count() == 0
    drag((fixed["x"] + 40, fixed["y"] + 10), (0, 60))
    page.mouse.up()
    assert page.locator(".mc-ev-held").count() == 0, "what may not be moved stays"
    drag(inside, (wide, 30))
    page.mouse.up()
    said("Moved Supervision 1 30")
    page.wait_for_selector(".mc-ev-held", state="detached")
    drag((box["x"] + 40, box["y"] + box["height"] - 3), (0, -29))
    page.mouse.up()
    said("Stretched Supervision -30")
    page.mouse.move(box["x"] + 40, box["y"] - 58)
    page.mouse.click(box["x"] + 40, box["y"] - 58 + 20)
    said("Begun Mon 10:00 to 11:00")
    drag((box["x"] + 40, box["y"] + 60), (0, 60))
    page.mouse.up()
    said("Begun Mon 12:00 to 13:15")
    page.mouse.move(*inside)
    page.mouse.down()
    page.mouse.move(inside[0] + 2, inside[1] + 2)
    page.mouse.up()
    page.wait_for_selector(".mc-event-panel")
    page.keyboard.press("Escape")
    assert complaints == []


def test_keys_move_what_may_be_moved(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    event = page.locator('.mc-ev[aria-label^="Supervision,"]')
    event.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator(".mc-ev-held").count() == 0
    for key in ("Alt+ArrowDown", "Alt+ArrowDown", "Alt+ArrowRight"):
        page.keyboard.press(key)
    assert page.locator('.mc-cal [role="status"]').inner_text().endswith("11:30 – 12:30")
    page.wait_for_selector(".mc-toast:has-text('Moved Supervision 1 30')")
    event.focus()
    page.keyboard.press("Alt+Shift+ArrowUp")
    page.wait_for_selector(".mc-toast:has-text('Stretched Supervision -15')")
    assert complaints == []


def test_the_panel_takes_the_focus_stays_inside_the_window_and_gives_it_back(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    for event in (COACHING, '.mc-ev[aria-label^="Night train"]', ".mc-ev-bar[aria-label^='Retreat']"):
        page.locator(event).first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".mc-event-panel")
        page.wait_for_function("document.activeElement.matches('.mc-event-panel')")
        box, at = page.locator(".mc-event-panel").bounding_box(), page.locator(event).first.bounding_box()
        assert box and at and box["x"] >= 0 and box["x"] + box["width"] <= 1440 and box["y"] >= 0 and box["y"] + box["height"] <= 800
        assert box["x"] >= at["x"] + at["width"] or box["x"] + box["width"] <= at["x"], "beside the event, not over it"
        assert page.locator(f"{event}.mc-chosen").first.get_attribute("aria-expanded") == "true"
        assert violations(page, ".mc-main") == []
        page.keyboard.press("Escape")
        page.wait_for_selector(".mc-event-panel", state="detached")
        page.wait_for_function("(at) => document.activeElement === document.querySelector(at)", arg=event)
    assert complaints == []


def test_the_hour_moves_on_by_itself_and_what_is_over_fades(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=1440)
    page.locator(COACHING).evaluate("(at) => { at.stays = 1; }")
    page.locator(COACHING).focus()
    assert page.locator(".mc-cal-now").count() == 1 and page.locator('.mc-ev[aria-label^="Retreat"]:not(.mc-past)').count() == 1
    page.keyboard.press("h")
    page.wait_for_selector(".mc-cal-now-said:has-text('23:00')")
    assert page.locator(".mc-ev:not(.mc-past):not(.mc-ev-more)").count() == 0
    assert page.locator(COACHING).evaluate("(at) => at.stays && document.activeElement === at") and complaints == []


def test_on_a_phone_the_week_is_a_strip_of_days_and_an_agenda(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/week", width=390)
    assert page.locator(".mc-cal").count() == 0 and page.locator(".mc-ag-strip button").count() == 7
    page.locator(".mc-ag-strip button").first.click()
    assert page.locator(".mc-ag-strip button").first.get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator('.mc-ag-row[aria-label^="Somatic coaching"]').click()
    page.wait_for_selector(".mc-event-panel")
    box = page.locator(".mc-event-panel").bounding_box()
    assert box and box["x"] == 0 and box["width"] == 390 and round(box["y"] + box["height"]) == 800
    page.mouse.click(200, 40)
    page.wait_for_selector(".mc-event-panel", state="detached")
    assert complaints == []


def test_a_month_is_walked_by_day_and_its_small_one_turns(browser: Browser, sheet: str) -> None:  # noqa: F811
    page, complaints = opened(browser, f"{sheet}/month", width=1440)
    assert [words[:7] for words in page.locator('.mc-ev-line[aria-label^="Night train"]').all_inner_texts()] == ["22:00\nN", "– 06:00"], "on its second day it says until when"
    page.locator(".mc-day-number.mc-today").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.mc-ev')") or page.locator(".mc-day-number.mc-today ~ .mc-ev").count() == 0
    page.locator(".mc-day-number.mc-today").focus()
    page.keyboard.press("PageDown")
    page.wait_for_selector(".mc-toast:has-text('Turned 1')")
    title = page.locator(".mc-mini-bar span").first.inner_text()
    page.get_by_role("button", name="The month after").click()
    page.wait_for_function("(before) => document.querySelector('.mc-mini-bar span').innerText !== before", arg=title)
    page.get_by_role("button", name="The month before").click()
    page.wait_for_function("(before) => document.querySelector('.mc-mini-bar span').innerText === before", arg=title)
    page.locator(".mc-mini-grid .mc-today").click()
    page.wait_for_selector(".mc-toast:has-text('Day ')")
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".mc-small .mc-day-number.mc-today[aria-pressed=true]").click()
    page.wait_for_selector(".mc-toast:has-text('Looked at ')")
    assert complaints == []
