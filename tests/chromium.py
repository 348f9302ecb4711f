"""One Chromium for one test module: the fixtures of pytest-playwright, ended with the module instead of the session.

The synchronous Playwright holds this thread's event loop as long as it runs, and no asynchronous test can run beside it.

How long something may take says nothing of whether it comes: a machine with other work is patient for ``PATIENCE``, which only a failing test waits out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Playwright, expect, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none", "--in-process-gpu",
]  # fmt: skip
# Debian's shell is the same Chromium without what draws windows, and takes less of a processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PATIENCE = 20_000
BLANK = "/healthz"  # a word and no script: a page of nobody's origin would end the process that shows this one, and all that it has compiled
LISTENS = "() => Boolean(window.did_handshake) && Boolean(document.querySelector('h1, main h2'))"
# Looks of a few milliseconds in a row at which nothing on the page has changed or moves. They are turns and no time: on a busy machine they wait with all else.
CALM = """() => new Promise((done) => {
  let calm = 0, looks = 0;
  const changes = new MutationObserver(() => { calm = 0; });
  changes.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
  const moves = () => document.getAnimations().some((one) => one.playState === "running" && Number.isFinite(one.effect.getComputedTiming().endTime));
  const look = () => { calm = moves() ? 0 : calm + 1;
    if (calm > 8 || ++looks > 200) { changes.disconnect(); done(); } else requestAnimationFrame(() => setTimeout(look, 8)); };
  look();
})"""
expect.set_options(timeout=PATIENCE)


def installed() -> str | None:
    """The system's own Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def calm(page: Page) -> None:
    """Wait until nothing on the page changes or moves any more."""
    page.evaluate(CALM)


def standing(page: Page) -> None:
    """Wait until the page listens to keys and presses, and what it drew at first stands."""
    page.wait_for_function(LISTENS)
    calm(page)


class Windows:
    """Windows of a browser that know nothing of who had them before, but keep the scripts and styles that every page loads, and a tab that has read them: doing so anew takes a second."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: list[tuple[dict[str, Any], BrowserContext]] = []
        self._taken: list[tuple[dict[str, Any], BrowserContext]] = []

    def take(self, given: dict[str, Any]) -> BrowserContext:
        """A window with these options: one empty tab, no cookies or anything kept."""
        found = next((one for one in self._free if one[0] == given), None)
        if found:
            self._free.remove(found)
        else:
            found = (given, self._browser.new_context(reduced_motion="reduce", **given))
            found[1].new_page()
        self._taken.append(found)
        return found[1]

    def give_back(self, origin: str) -> None:
        """Close all tabs but the first, leave what that shows, and clear what the windows keep of ``origin``."""
        for _, context in self._taken:
            page = context.pages[0]
            for other in context.pages[1:]:
                other.close()
            page.goto(origin + BLANK)
            page.evaluate("sessionStorage.clear()")
            page.mouse.move(0, 0)
            context.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            context.clear_cookies()
        self._free += self._taken
        self._taken = []


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's own Chromium where there is one, else Playwright's."""
    found = installed()
    return {**browser_type_launch_args, "args": FLAGS, **({"executable_path": found} if found else {})}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser_type(playwright: Playwright, browser_name: str) -> BrowserType:
    return getattr(playwright, browser_name)


@pytest.fixture(scope="module")
def launch_browser(browser_type_launch_args: dict[str, Any], browser_type: BrowserType) -> Callable[..., Browser]:
    return lambda **more: browser_type.launch(**{**browser_type_launch_args, **more})


@pytest.fixture(scope="module")
def browser(launch_browser: Callable[..., Browser]) -> Iterator[Browser]:
    running = launch_browser()
    yield running
    running.close()


@pytest.fixture(scope="module")
def browser_context_args() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    """The browser's windows, kept while the module lasts."""
    return Windows(browser)
