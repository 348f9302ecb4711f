"""Looking at people: three looks of one list, filters in the address, a record's neighbours, its photo, and all of it on narrow windows."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import standing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def names(page: Page) -> list[str]:
    return page.locator(".mc-row-link").all_inner_texts()


def column(page: Page, stage: str) -> list[str]:
    return page.locator(f"[data-key={stage}] .mc-row-link").all_inner_texts()


def test_a_filter_is_built_in_menus_and_lives_in_the_address(opened: Any) -> None:
    page = opened("/contacts")
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("menuitem", name="Stage").click()
    page.get_by_role("menuitemcheckbox", name="Curious").click()
    expect(page).to_have_url(re.compile(r"stage=curious"))
    expect(page.locator(".mc-filter")).to_have_text(re.compile("Stage.*is.*Curious"))
    page.get_by_role("menuitemcheckbox", name="Discovery").click()  # the menu has stayed
    expect(page.locator(".mc-filter")).to_have_text(re.compile("Curious, Discovery"))
    page.keyboard.press("Escape")
    both = names(page)
    assert "Daniel Abebe" in both and "Hanna Weiss" in both and "Amara Okafor" not in both
    page.locator(".mc-filter button", has_text=re.compile("^is$")).click()
    page.get_by_role("menuitemradio", name="is not").click()
    expect(page).to_have_url(re.compile(r"not_stage=curious&not_stage=discovery"))
    expect(page.locator(".mc-row-link", has_text="Amara Okafor")).to_be_visible()
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("menuitem", name="Owner").click()
    page.get_by_role("menuitemcheckbox", name="Theo Adeyemi").click()
    expect(page.locator(".mc-filter")).to_have_count(2)
    expect(page.locator(".mc-row-link", has_text="Amara Okafor")).to_have_count(0)
    shown = names(page)
    page.reload()
    expect(page.locator(".mc-filter")).to_have_count(2)
    assert names(page) == shown and "Leila Haddad" in shown
    page.get_by_role("button", name="Remove the filter: Stage").click()
    expect(page.locator(".mc-filter")).to_have_count(1)
    page.get_by_role("button", name="Remove the filter: Owner").click()
    expect(page).to_have_url(re.compile(r"/contacts$"))


def test_one_list_has_three_looks(opened: Any) -> None:
    page = opened("/contacts?sort=-last_contact")
    as_rows = names(page)
    page.get_by_role("radio", name="Cards").click()
    expect(page).to_have_url(re.compile("view=cards"))
    expect(page.locator(".mc-person-card").first).to_be_visible()
    assert names(page) == as_rows
    page.locator(".mc-person-card", has_text="Grace Mbeki").get_by_role("checkbox").click()
    expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
    page.get_by_role("radio", name="Board by stage").click()
    expect(page).to_have_url(re.compile("view=board"))
    expect(page.locator(".mc-board-column")).to_have_count(8)
    page.reload()
    expect(page.get_by_role("radio", name="Board by stage")).to_have_attribute("aria-checked", "true")
    assert column(page, "ambassador")[0] == next(name for name in as_rows if name in column(page, "ambassador"))
    page.get_by_role("radio", name="Table").click()
    expect(page.locator("table")).to_be_visible()


def test_a_card_is_moved_by_mouse_and_by_menu_and_taken_back(opened: Any) -> None:
    page = opened("/contacts?view=board", width=1800)
    card = page.locator(".mc-board-card", has_text="Hanna Weiss")
    card.hover()
    page.mouse.down()
    place = page.locator("[data-key=new_client]").bounding_box()
    page.mouse.move(place["x"] + 100, place["y"] + 300, steps=8)
    page.mouse.up()
    expect(page.locator(".mc-toast")).to_contain_text("Moved to New client")
    assert "Hanna Weiss" in column(page, "new_client") and "/contacts/0" not in page.url
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-key=discovery]")).to_contain_text("Hanna Weiss")
    page.locator("[data-key=discovery] .mc-row-link", has_text="Hanna Weiss").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("menuitemradio", name="Curious").click()
    expect(page.locator("[data-key=curious]")).to_contain_text("Hanna Weiss")
    page.reload()
    expect(page.locator("[data-key=curious]")).to_contain_text("Hanna Weiss")
    page.keyboard.press("Escape")
    page.locator("[data-key=curious] .mc-board-card", has_text="Hanna Weiss").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Discovery").click()
    expect(page.locator("[data-key=discovery]")).to_contain_text("Hanna Weiss")


def test_a_record_walks_the_list_it_came_from(opened: Any) -> None:
    page = opened("/contacts?stage=core_client&sort=-last_contact")
    order = names(page)
    page.locator(".mc-row-link", has_text=order[1]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(order[1])
    expect(page.locator(".mc-neighbours")).to_contain_text(f"2 of {len(order)}")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(order[2])
    page.get_by_role("tab", name="Notes").click()
    expect(page).to_have_url(re.compile("kind=note"))
    page.reload()
    expect(page.locator(".mc-neighbours")).to_contain_text(f"3 of {len(order)}")
    expect(page.get_by_role("tab", name="Notes")).to_have_attribute("aria-selected", "true")
    page.get_by_role("link", name="Previous person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(order[1])
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_have_text(order[0])
    page.keyboard.press("k")  # the first one: nothing happens
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", level=1)).to_have_text(order[0])
    page.get_by_role("main").get_by_role("link", name="Contacts", exact=True).click()
    expect(page).to_have_url(re.compile(r"/contacts\?stage=core_client&sort=-last_contact"))
    expect(page.locator(".mc-row-link")).to_have_text(order)
    page.goto(page.url.split("/contacts")[0] + page.locator(".mc-row-link").first.get_attribute("href").partition("?")[0])
    expect(page.get_by_role("heading", level=1)).to_have_text(order[0])
    expect(page.locator(".mc-neighbours")).to_have_count(0)


def picture(tmp_path: Path, colour: tuple[int, int, int]) -> Path:
    from PIL import Image

    target = tmp_path / f"{colour[0]}.png"
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), colour).save(buffer, "PNG")
    target.write_bytes(buffer.getvalue())
    return target


def choose(page: Page, press: Any, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        press()
    chooser.value.set_files(file)


def test_a_photo_is_put_on_replaced_taken_off_and_undone(opened: Any, tmp_path: Path) -> None:
    page = opened("/contacts?q=hanna")
    page.locator(".mc-row-link").click()
    bad = tmp_path / "words.png"
    bad.write_bytes(b"these are only words")
    face = page.get_by_role("button", name=re.compile("photo of Hanna Weiss"))
    choose(page, lambda: face.press("Enter"), bad)
    expect(page.get_by_role("alert")).to_contain_text("PNG, JPEG, WebP and GIF")
    choose(page, face.click, picture(tmp_path, (20, 120, 110)))
    expect(face.locator("img")).to_be_visible()
    first = face.locator("img").get_attribute("src")
    page.wait_for_function("document.querySelector('.mc-face-button img').naturalWidth === 300")
    face.click()
    choose(page, page.get_by_role("menuitem", name="Replace the photo").click, picture(tmp_path, (200, 90, 60)))
    expect(face.locator("img")).not_to_have_attribute("src", first or "")
    page.get_by_role("button", name="Undo").last.click()
    expect(face.locator("img")).to_have_attribute("src", first or "")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Job title").fill("Head of everything")
    dialog.get_by_role("button", name="Remove the photo").click()
    expect(dialog.locator(".mc-face-button img")).to_have_count(0)
    dialog.get_by_role("button", name=re.compile("^Save")).click()  # the photo moved the version, and that is no conflict
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Head of everything")).to_be_visible()
    expect(face.locator("img")).to_have_count(0)
    page.get_by_role("link", name="Contacts", exact=True).last.click()
    expect(page.locator(".mc-avatar", has_text="HW")).to_be_visible()


def test_the_right_column_is_a_drawer_on_a_small_laptop(opened: Any) -> None:
    page = opened("/contacts", width=1100)
    page.locator(".mc-row-link", has_text="Amara Okafor").click()
    drawer = page.locator(".mc-drawer")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Tasks and more").click()
    expect(drawer).to_be_visible()
    drawer.get_by_role("textbox", name="Add a task").fill("Water the plants")
    page.keyboard.press("Enter")
    expect(drawer).to_contain_text("Water the plants")
    expect(drawer.get_by_role("textbox", name="Add a task")).to_be_focused()  # ready for the next one
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Tasks and more"


PATHS = {"list": "/contacts", "cards": "/contacts?view=cards", "board": "/contacts?view=board", "filtered": "/contacts?stage=curious&stage=core_client&owner=me&contacted=120&any_tag=Sleep"}


@pytest.mark.parametrize(("width", "height"), [(768, 900), (320, 568)])
def test_nothing_runs_over_the_edge(opened: Any, width: int, height: int) -> None:
    page = opened("/contacts", width=width, height=height)
    base = page.url.partition("/contacts")[0]
    long = "Maria-Theresia von Hohenlohe-Waldenburg-Schillingsfürst"
    records = [page.locator(".mc-row-link", has_text=name).first.get_attribute("href") for name in ("Amara Okafor", long)]
    for path in [*PATHS.values(), *records]:
        page.goto(base + path)
        page.wait_for_selector("main h1")
        standing(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        outside = "() => [...document.querySelectorAll('.mc-top .mc-btn, .mc-top h1')].filter((one) => one.offsetParent && one.getBoundingClientRect().right > innerWidth).length"
        assert page.evaluate(outside) == 0, path


def test_a_phone_searches_filters_and_changes_the_look(opened: Any) -> None:
    page = opened("/contacts", width=390, height=844, has_touch=True)
    field = page.get_by_role("main").get_by_role("searchbox")
    expect(field).to_be_hidden()
    page.get_by_role("main").get_by_role("button", name="Search contacts").tap()
    expect(field).to_be_focused()
    field.fill("lindberg")
    expect(page.locator(".mc-row-link")).to_have_count(1)
    field.fill("")
    page.get_by_role("button", name="Filter and sort").tap()
    page.get_by_role("menuitemradio", name="Board by stage").tap()
    expect(page.locator(".mc-board-column").first).to_be_visible()
    page.get_by_role("button", name="Filter and sort").tap()
    page.get_by_role("menuitem", name="Favourites").tap()
    expect(page.locator(".mc-filter")).to_contain_text("Favourites")
    page.locator("[data-key=core_client] .mc-row-link", has_text="Amara Okafor").tap()
    page.get_by_role("link", name="Back to Contacts").tap()
    expect(page).to_have_url(re.compile("favourite=1&view=board"))


@pytest.mark.parametrize(("seconds", "said"), [(0, "Just now"), (330, "5 min ago"), (3 * 3600 + 60, "3 h ago"), (-330, "in 5 min"), (60 * 3600, "7 h ago")])
def test_what_is_told_as_an_age_grows_older_while_the_page_stands_open(opened: Any, seconds: int, said: str) -> None:
    page = opened("/contacts")
    aged, other = page.evaluate(
        """(seconds) => {
            const [one, other] = document.querySelectorAll("main time[datetime]");
            one.firstChild.data = "7 h ago"; other.firstChild.data = "12 Apr";
            one.dateTime = other.dateTime = new Date(Date.now() - 1000 * seconds).toISOString();
            document.dispatchEvent(new Event("visibilitychange"));
            return [one.textContent, other.textContent];
        }""",
        seconds,
    )
    assert (aged, other) == (said, "12 Apr")
    assert page.locator("main time[datetime]").first.get_attribute("title")
