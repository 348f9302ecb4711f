"""The pages in a real Chromium: first paint, getting from page to page, and what travels.

Everything is timed inside the page, from the moment the browser itself names (start of the navigation, the click's own
time stamp) to the frame on which the content stands, so that driving the browser costs nothing of a figure.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from benchmarks.measure import Result, spread
from benchmarks.product import server
from benchmarks.team import COOKIE, seed_team, sign_in

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PAINT_MS, NAVIGATION_MS = 1_000.0, 150.0

# What stands on a page once it is there, and on no other one.
CONTENT = {
    "dashboard": ".mc-dashboard .mc-figure", "contacts": ".mc-table tbody tr .mc-row-link", "tasks": ".mc-tasks .mc-task-row",
    "record": ".mc-record-left .mc-title", "settings": ".mc-settings h1",
}  # fmt: skip
CARD = ".mc-board .mc-board-card"
# From where, by which link, to where. Each address is on the page before.
WAYS = [
    ("dashboard", ".mc-sidebar a[href='/contacts']", "contacts"), ("contacts", ".mc-table tbody tr:nth-child(3) .mc-row-link", "record"),
    ("record", ".mc-sidebar a[href='/contacts']", "contacts"), ("contacts", ".mc-sidebar a[href='/tasks']", "tasks"),
    ("tasks", ".mc-sidebar a[href='/settings']", "settings"), ("settings", ".mc-sidebar a[href='/']", "dashboard"),
]  # fmt: skip

# Watches every frame for something visible. The task after a frame's callback runs once that frame has been handed over.
WATCH = """
window.benchSeen = (selector) => new Promise((done) => {
  const look = () => {
    const found = document.querySelector(selector);
    if (found && found.getClientRects().length) setTimeout(() => done(performance.now()), 0);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
window.benchClick = 0;
addEventListener("click", (event) => { window.benchClick = event.timeStamp; }, true);
"""
FIRST_PAINT = """() => new Promise((done) => {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => painted() ? done(painted().startTime) : setTimeout(look, 5);
  look();
})"""


def measure_browser(folder: Path, times: int, *, contacts: int, interactions: int) -> Iterator[Result]:
    """First paint, navigation and traffic with ``contacts`` people in the database."""
    seed_team(folder, contacts=contacts, interactions=interactions, users=20)
    size = f"{contacts:,} contacts"
    with server(folder) as (address, _process, _seconds):
        token = sign_in(folder, 1)[0]
        with chromium() as browser:
            with signed_in(browser, address, token) as context:
                _open(context.new_page(), f"{address}/contacts")  # the server's own first time is not the browser's
            yield from _paint(browser, address, token, times, size)
            yield from _board(browser, address, token, times, size)
            yield from _navigation(browser, address, token, times, size)
            yield from _traffic(browser, address, token)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window: the machine's own, else the one that Playwright brings."""
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell") if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in(browser: Browser, address: str, token: str) -> Iterator[BrowserContext]:
    """A fresh profile with an empty cache, and a session's cookie in it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    context.add_init_script(WATCH)
    try:
        yield context
    finally:
        context.close()


def _open(page: Page, url: str, content: str = CONTENT["contacts"]) -> tuple[float, float]:
    """First contentful paint, and the frame on which the content stands, in milliseconds since the navigation began."""
    page.goto(url, wait_until="commit")
    row = page.evaluate("selector => window.benchSeen(selector)", content)
    return float(page.evaluate(FIRST_PAINT)), float(row)


def _paint(browser: Browser, address: str, token: str, times: int, size: str) -> Iterator[Result]:
    seen: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
    for _ in range(max(3, times // 3)):
        with signed_in(browser, address, token) as context:
            page = context.new_page()
            seen["cold"].append(_open(page, f"{address}/contacts"))
            page.wait_for_load_state("networkidle")
            page.goto("about:blank")
            seen["warm"].append(_open(page, f"{address}/contacts"))
    for cache, taken in seen.items():
        yield spread(f"contacts page, {cache} cache: first contentful paint, {size}", [paint for paint, _row in taken], target=PAINT_MS)
        yield spread(f"contacts page, {cache} cache: first row visible, {size}", [row for _paint, row in taken], target=PAINT_MS)


def _board(browser: Browser, address: str, token: str, times: int, size: str) -> Iterator[Result]:
    """The board of far more than 500 tasks, which draws thirty cards of a column."""
    with signed_in(browser, address, token) as context:
        page = context.new_page()
        url = f"{address}/tasks?view=board&whose=team"
        _open(page, url, CARD)
        taken = [_open(page, url, CARD) for _ in range(max(3, times // 3))]
    yield spread(f"board of tasks, warm cache: first contentful paint, {size}", [paint for paint, _card in taken], target=PAINT_MS)
    yield spread(f"board of tasks, warm cache: all cards of the first screen, {size}", [card for _paint, card in taken], target=PAINT_MS)


def _navigation(browser: Browser, address: str, token: str, times: int, size: str) -> Iterator[Result]:
    taken: dict[tuple[str, str], list[float]] = {(start, end): [] for start, _link, end in WAYS}
    with signed_in(browser, address, token) as context:
        page = context.new_page()
        page.goto(f"{address}/")
        page.wait_for_selector(CONTENT["dashboard"])
        page.wait_for_load_state("networkidle")
        for number in range(max(5, times) + 1):
            for start, link, end in WAYS:
                spent = _go(page, link, CONTENT[end])
                if number:  # the first round loads each page's parts
                    taken[start, end].append(spent)
    for (start, end), spent_on in taken.items():
        yield spread(f"from {start} to {end}, click to content, {size}", spent_on, target=NAVIGATION_MS)
    yield spread(f"from page to page, all of these, {size}", [spent for some in taken.values() for spent in some], target=NAVIGATION_MS)


def _go(page: Page, link: str, content: str) -> float:
    page.wait_for_timeout(150)
    page.evaluate("selector => { window.benchEnd = window.benchSeen(selector); }", content)
    page.click(link)
    return float(page.evaluate("async () => (await window.benchEnd) - window.benchClick"))


def _traffic(browser: Browser, address: str, token: str) -> Iterator[Result]:
    """What one cold visit to every page fetches, and what a second one fetches again."""
    host = urlsplit(address).netloc
    answers: list[Response] = []
    foreign: list[str] = []
    with signed_in(browser, address, token) as context:
        page = context.new_page()
        page.on("request", lambda request: foreign.append(request.url) if urlsplit(request.url).netloc not in (host, "") else None)
        page.on("websocket", lambda socket: foreign.append(socket.url) if urlsplit(socket.url).netloc != host else None)
        page.on("response", lambda answer: answers.append(answer))
        cold = _transferred(page, f"{address}/contacts")
        warm = _transferred(page, f"{address}/contacts")
        for path in ("/", "/tasks", "/settings", "/settings/security"):
            _transferred(page, address + path)
        files = [answer for answer in answers if urlsplit(answer.url).path.startswith(("/_nicegui/", "/static/")) and answer.status == 200]
        loose = {answer.url for answer in files if "immutable" not in (answer.header_value("cache-control") or "")}
        plain = {answer.url for answer in answers if _should_shrink(answer) and not answer.header_value("content-encoding")}
    yield Result("addresses of other hosts asked for, every page", len(set(foreign)), "", 0)
    yield Result("files not cached for good, every page", len(loose), "", 0)
    yield Result("texts over 1 kB sent uncompressed, every page", len(plain), "", 0)
    for cache, (count, size) in (("cold", cold), ("warm", warm)):
        yield Result(f"contacts page, {cache} cache: requests", count, "")
        yield Result(f"contacts page, {cache} cache: transferred", round(size / 1000, 1), "kB")


def _should_shrink(answer: Response) -> bool:
    kind = answer.header_value("content-type") or ""
    compressible = kind.startswith("text/") or any(word in kind for word in ("javascript", "json", "svg"))
    return compressible and answer.status == 200 and int(answer.header_value("content-length") or 10_000) > 1_000


def _transferred(page: Page, url: str) -> tuple[int, int]:
    """Requests that went over the wire and their bytes, headers included, as the browser's own timing entries have them."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate("performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource')).map((entry) => entry.transferSize)")
    sent = [int(size) for size in sizes if size]
    return len(sent), sum(sent)
