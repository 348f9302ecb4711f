"""Every page in Chromium, light and dark, on a desktop and a phone, with its dialogs and menus open: axe finds nothing, no text is too faint, and
nothing runs over the edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from crm_app.domain.permissions import Role
from crm_app.pages.settings.page import NEEDED
from tests import cluster
from tests.axe import AXE, violations
from tests.chromium import calm
from tests.e2e.studio import Studio, go, open_studio
from tests.tabs import served_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# What opens over a page: the place, how it is opened, and what then stands there.
OVER = [
    ("/", "?", "[role=dialog]"), ("/", "Control+k", "[role=dialog]"), ("/contacts", "c", "[role=dialog]"), ("/tasks", "Send the journal, part 3", "[role=dialog]"), ("/tasks", "t", "[role=dialog]"), ("RECORD", "e", "[role=dialog]"),
    ("RECORD", "Record consent", "[role=dialog]"), ("RECORD", "History of consent", "[role=dialog]"), ("/settings/ai?view=spend", "What was sent", "[role=dialog]"),
    ("RECORD", "Edit what is kept apart", "[role=dialog]"), ("RECORD", "More", ".q-menu"), ("RECORD", "More about this entry", ".q-menu"), ("/tasks", "More about this task", ".q-menu"),
    ("/contacts", "Add a filter", ".q-menu"), ("/settings/security", "Change", "[role=dialog]"), ("/settings/security", "New key", "[role=dialog]"),
    ("/settings/tags", "Rename Yoga", "[role=dialog]"), ("/", "Your account", ".q-menu"),
    ("/settings/connections", "More about Practice", ".q-menu"), ("/settings/connections/PRACTICE", "Colour of Sessions: Teal", ".q-menu"),
    ("/calendar?whose=mine", "Second time zone", "[role=dialog]"), ("THREAD", "Who sees this: All of it", ".q-menu"), ("THREAD", "More", ".q-menu"), ("MAILBOX", "Add a rule", "[role=dialog]"),
    ("THREAD", "r", "[role=dialog]"), ("MAILBOX", "Change", "[role=dialog]"), ("/settings/templates", "New template", "[role=dialog]"),
]  # fmt: skip

# Text that is shown, its colour over everything behind it, against 4.5:1, or 3:1 from 24 pixels (18.66 bold). Axe leaves out what it cannot decide.
CONTRAST = """() => {
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
  const once = (work) => { const known = new Map(); return (key) => known.has(key) ? known.get(key) : known.set(key, work(key)).get(key); };
  const parse = once((colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; });
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const behind = once((element) => element ? over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement)) : [255, 255, 255]);
  const opacity = once((element) => element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const shown = (e) => { const box = e.getBoundingClientRect(), s = getComputedStyle(e);
    return box.width > 1 && box.height > 1 && s.visibility === "visible" && !e.closest(".mc-visually-hidden, [aria-hidden=true], .q-tooltip, :disabled, .disabled"); };
  const faint = [];
  for (const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walker.nextNode();) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.nodeValue.trim();
    if (!words || !element || !shown(element) || ["SCRIPT", "STYLE", "NOSCRIPT", "OPTION"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const below = behind(element), [red, green, blue, alpha] = parse(style.color);
    const [a, b] = [light(over([red, green, blue, alpha * opacity(element)], below)), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5) - 0.01) faint.push(`${ratio.toFixed(2)} ${words.slice(0, 40)} <${element.className}>`);
  }
  return [...new Set(faint)];
}"""


@pytest.fixture(scope="module")
def studio(postgres_server: cluster.Server, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One house for the module."""
    with (
        cluster.cloned_database(postgres_server, template_database) as database,
        served_house(database, tmp_path_factory.mktemp("house")) as house,
        open_studio(house) as studio,
    ):
        yield studio


@pytest.fixture(scope="module")
def page(studio: Studio, browser: Browser) -> Iterator[Page]:
    """One tab for the module, signed in as the member to whom everything belongs."""
    context = studio.context(browser, Role.MEMBER, viewport=DESKTOP)
    context.add_init_script(AXE)
    yield context.new_page()
    context.close()


def faults(page: Page, *, menu: bool = False, themes: tuple[str, ...] = ("dark", "light")) -> list[str]:
    """What axe, the contrast walk and the edge of the window say; structure once, colours in each of these themes.

    A ``menu`` hangs beside the landmarks, at the end of the page: that alone is no fault.
    """
    rules = {"region": {"enabled": not menu}, "color-contrast": {"enabled": False}}  # the walk looks at more texts than axe can decide
    # Without preloading: axe would ask for the styles once more, and Quasar shows its bar for that.
    found = [f"{rule}: {node}" for rule, nodes in violations(page, preload=False, rules=rules) for node in nodes]
    for theme in themes:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found += [f"{theme}: too faint: {said}" for said in page.evaluate(CONTRAST)]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("runs over the edge")
    return found


def at_both_widths(page: Page, *, menu: bool = False) -> list[str]:
    """The faults of what is open, wide and narrow; wide again afterwards."""
    found = faults(page, menu=menu)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.wait_for_timeout(80)
    found += [f"phone: {said}" for said in faults(page, menu=menu, themes=("light",))]  # the same colours as on a desktop
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


def test_every_place_on_a_desktop_and_on_a_phone(studio: Studio, page: Page) -> None:
    found = {}
    for path in studio.places(Role.MEMBER):
        go(page, path)
        found[path] = at_both_widths(page)
        studio.house.forget_pages_of_nobody()
    complain(found)


def test_the_sheet_of_a_phones_plus(studio: Studio, browser: Browser) -> None:
    context = studio.context(browser, Role.MEMBER, viewport=PHONE)
    context.add_init_script(AXE)
    page, found = context.new_page(), {}
    go(page, "/")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_placeholder("Who, what, when…").fill("Call tomorrow 10:00 !high")
    page.get_by_role("group", name="Understood").wait_for()
    found["a line"] = faults(page)
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_role("dialog").get_by_role("link").first.wait_for()
    found["whom"] = faults(page)
    context.close()
    complain(found)


def test_the_places_of_those_who_manage_the_team(studio: Studio, browser: Browser) -> None:
    context = studio.context(browser, Role.OWNER, viewport=DESKTOP)
    context.add_init_script(AXE)
    page, found = context.new_page(), {}
    for part in (*NEEDED, "ai", "ai?add=openai", f"ai?provider={studio.ai_provider}", "consent"):
        go(page, f"/settings/{part}")
        found[part] = at_both_widths(page)
    context.close()
    complain(found)


def test_everything_that_opens_over_a_page(studio: Studio, page: Page) -> None:
    found = {}
    for place, how, what in OVER:
        names = {"RECORD": f"/contacts/{studio.contacts[0]}", "PRACTICE": str(studio.connections["good"]), "THREAD": f"/mail?thread={studio.threads['shared']}", "MAILBOX": f"/settings/connections/{studio.mailbox}"}
        for name, real in names.items():
            place = place.replace(name, real)
        go(page, place)
        if len(how) == 1 or "+" in how:
            page.keyboard.press(how)
        else:
            page.get_by_role("button", name=how, exact=True).and_(page.locator(":visible")).first.click()
        page.locator(f"{what}:visible").first.wait_for()
        calm(page)
        found[f"{place} {how}"] = at_both_widths(page, menu=what == ".q-menu")
        studio.house.forget_pages_of_nobody()
    complain(found)


def complain(found: dict[str, list[str]]) -> None:
    """Fail with every fault on a line of its own."""
    lines = [f"{where}: {fault}" for where, said in found.items() for fault in said]
    assert not lines, "\n" + "\n".join(lines)


def test_the_tools_of_these_tests_find_what_is_wrong(studio: Studio, page: Page) -> None:
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    go(page, "/tasks")
    page.evaluate("""() => { const bad = document.createElement('div'); bad.id = 'bad'; document.querySelector('main').append(bad);
      bad.innerHTML = '<img src="data:,"><button></button><p style="color: rgb(170, 170, 170); background: rgb(255, 255, 255)">faint</p>';
      bad.style.cssText = 'width: 3000px; position: absolute'; document.documentElement.style.overflow = 'auto'; document.body.style.overflow = 'visible'; }""")
    said = " ".join(faults(page))
    assert "image-alt" in said and "button-name" in said and "too faint" in said
