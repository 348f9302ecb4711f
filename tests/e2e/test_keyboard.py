"""A morning without a mouse: signed in, somebody found, a call written down, a task made and done, a dialog left, all by keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from crm_app.domain.permissions import Role
from tests import cluster
from tests.e2e.studio import LISTENING, NAMES, PASSWORD, PEOPLE, Studio, open_studio
from tests.tabs import served_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
MOST_TABS = 40
NO_MOUSE = "for (const kind of ['pointerdown', 'mousedown']) addEventListener(kind, (e) => { e.preventDefault(); e.stopImmediatePropagation(); }, true)"
FOCUS = """() => { const at = document.activeElement, label = at.labels && at.labels[0];
  return at === document.body ? 'nothing' : at.getAttribute('aria-label') || (label && label.innerText) || at.innerText || at.placeholder || at.tagName; }"""
# Whether the thing with the focus, or what is drawn around it, looks otherwise once the focus has gone.
RING = """async () => { const at = document.activeElement, around = [at, at.parentElement, at.parentElement.parentElement, at.closest('.q-field__control') || at];
  const look = () => around.flatMap((e) => [getComputedStyle(e), getComputedStyle(e, '::after')].map((s) => [s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.clip, s.transform]));
  const rest = () => new Promise((done) => setTimeout(done, 60)), lit = String(look());
  at.blur(); await rest(); const plain = String(look()); at.focus(); await rest();
  return lit !== plain; }"""


@pytest.fixture(scope="module")
def studio(postgres_server: cluster.Server, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with (
        cluster.cloned_database(postgres_server, template_database) as database,
        served_house(database, tmp_path_factory.mktemp("house")) as house,
        open_studio(house) as studio,
    ):
        yield studio


@pytest.fixture
def page(studio: Studio, browser: Browser) -> Iterator[Page]:
    """A browser that nobody has signed in with, and whose mouse does nothing."""
    context = browser.new_context(base_url=studio.house.origin, viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_init_script(NO_MOUSE)
    yield context.new_page()
    context.close()


@pytest.fixture
def alices(studio: Studio, browser: Browser) -> Iterator[Page]:
    """Alice's browser, signed in, whose mouse does nothing."""
    context = studio.context(browser, Role.MEMBER, viewport={"width": 1440, "height": 900})
    context.add_init_script(NO_MOUSE)
    yield context.new_page()
    context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus stands on something that is called so; it shows where it is at every step."""
    walked = []
    for _step in range(MOST_TABS):
        page.keyboard.press("Tab")
        walked.append(str(page.evaluate(FOCUS)).strip())
        if walked[-1].startswith(name):
            assert page.evaluate(RING), f"the focus on {name!r} is not to be seen"
            return
    raise AssertionError(f"{name!r} is not reached by Tab: {walked}")


def test_a_morning_without_a_mouse(studio: Studio, page: Page) -> None:
    alice, keys = PEOPLE[Role.MEMBER], page.keyboard
    page.goto("/signin")
    page.locator("input[type=email]").wait_for()
    if page.evaluate("document.activeElement.type") != "email":
        tab_to(page, "Email")
    keys.type(alice.email)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alice")
    page.wait_for_function(LISTENING)

    tab_to(page, "Skip to the content")
    keys.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.type(NAMES[3].split()[0].lower())
    expect(page.get_by_role("option").first).to_contain_text(NAMES[3])
    keys.press("Enter")
    expect(page.get_by_role("heading", name=NAMES[3]).first).to_be_visible()
    page.wait_for_function(LISTENING)

    keys.press("l")
    box = page.get_by_role("textbox", name="What happened")
    expect(box).to_be_focused()
    keys.type("Sleeps better, wants mornings.")
    keys.press("Control+Enter")
    expect(page.locator(".mc-timeline").get_by_text("Sleeps better")).to_be_visible()
    expect(box).to_have_value("")

    tab_to(page, "Add a task")
    keys.type("Send the new journal")
    keys.press("Enter")
    done = page.get_by_role("checkbox", name="Complete: Send the new journal")
    expect(done).to_be_visible()
    done.focus()
    keys.press("Space")
    expect(page.get_by_text("Task completed")).to_be_visible()
    expect(done).to_have_count(0)

    page.evaluate("document.activeElement.blur()")
    keys.press("e")
    expect(page.get_by_role("dialog", name="Edit contact")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    for _step in range(MOST_TABS):
        keys.press("Tab")
        behind = page.evaluate("document.activeElement.closest('[role=dialog]') ? '' : document.activeElement.outerHTML.slice(0, 200)")
        assert behind == "" or behind.startswith("<body"), "Tab leaves the open dialog"
    tab_to(page, "Company")
    keys.press("Control+a")
    keys.type("Night Shift")
    keys.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Night Shift").first).to_be_visible()

    keys.press("e")
    expect(page.get_by_role("dialog", name="Edit contact")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    keys.press("g")
    keys.press("c")
    page.wait_for_url("**/contacts*")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    keys.press("j")
    keys.press("j")
    second = page.locator(".mc-row-link").nth(1).inner_text()
    assert page.evaluate(FOCUS).strip().startswith(second)
    keys.press("Enter")
    expect(page.get_by_role("heading", name=second).first).to_be_visible()
    assert studio.house.defects == []


def test_a_calendar_is_paused_and_another_connected_without_a_mouse(studio: Studio, alices: Page) -> None:
    page, keys = alices, alices.keyboard
    page.goto("/settings/connections")
    page.wait_for_function(LISTENING)
    tab_to(page, "Skip to the content")
    keys.press("Enter")
    tab_to(page, "More about Practice")
    keys.press("Enter")
    expect(page.get_by_role("menuitem", name="Pause")).to_be_visible()
    page.wait_for_function("!!document.activeElement.closest('[role=menu]')")
    for _step in range(8):
        keys.press("ArrowDown")
        if "Pause" in str(page.evaluate(FOCUS)):
            break
    keys.press("Enter")
    expect(page.get_by_role("group", name="Practice")).to_contain_text("Paused")

    page.goto("/settings/connections?add=ics")
    page.wait_for_function(LISTENING)
    if page.evaluate("document.activeElement.tagName") != "INPUT":
        tab_to(page, "Calendar address")
    keys.type("https://feeds.example.org/studio.ics")
    keys.press("Enter")
    expect(page.get_by_text("Asking feeds.example.org…")).to_be_visible()
    tab_to(page, "Cancel")
    keys.press("Enter")
    expect(page.get_by_text("It has not been tried to the end.")).to_be_visible()
