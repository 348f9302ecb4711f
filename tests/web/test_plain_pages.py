"""The plain pages for everyone: axe finds nothing, light and dark, wide and narrow; they never scroll sideways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.web.edge import Edge, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def empty_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running(None, tmp_path_factory.mktemp("plain"), "--first-run") as edge:
        yield edge


def _check(page: Page, where: str, dark: bool) -> None:
    found = violations(page, **({"runOnly": ["color-contrast"]} if dark else {}))  # in the dark only colours are others
    assert found == [], where
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where} scrolls sideways"


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "light"), (390, "dark"), (320, "light")])
def test_every_plain_page_is_accessible_and_fits(browser: Browser, edge: Edge, empty_edge: Edge, scheme: str, width: int) -> None:
    # axe is put into the page as a script, which the pages' own policy rightly refuses.
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{edge.public_url}/signin")
    _check(page, "sign-in", scheme == "dark")
    page.fill("#email", "alice@example.org")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    _check(page, "sign-in refused", scheme == "dark")
    page.goto(f"{edge.public_url}/static/nothing")
    _check(page, "error", scheme == "dark")
    page.goto(f"{empty_edge.public_url}/setup")
    _check(page, "account", scheme == "dark")
    for field, value in (("code", "AAAA-BBBB-CCCC"), ("name", "Ines"), ("email", "i@example.org"), ("password", "nine lemons dance")):
        page.fill(f"#{field}", value)
    page.keyboard.press("Enter")
    page.locator("#team_name").wait_for()
    _check(page, "team", scheme == "dark")
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert page.locator("#team_name").count() == 1, "Enter asks for what is missing and does not go back"
    context.close()


def test_the_colours_of_the_plain_pages_are_the_designs() -> None:
    """Both sheets write the tokens down; they may not drift apart."""
    sheet = (Path(__file__).parents[2] / "crm_app/static/plain.css").read_text()
    from crm_app.components import theme

    tokens = Path(theme.__file__).read_text()
    for name, value in re.findall(r"--([a-z0-9-]+):(#[0-9A-F]{6})", sheet):
        assert value.lower() in tokens.lower() or value.lower() in "".join(path.read_text().lower() for path in Path(theme.__file__).parent.rglob("*.css")), (name, value)
