"""Presses every control that somebody can see, and says which of them did nothing.

Something happened when a row, the address, a dialog or menu, a download or the focus changed, or what the page itself shows, or when a toast says
what was done. A toast of refusal alone does not count, since what was typed was chosen to fit. A control that says that it is on, or leads to where
one is, may do nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response
from playwright.sync_api import TimeoutError as TooLate

from tests.chromium import calm
from tests.e2e.studio import MISSING, go

PATIENCE = 15.0  # seconds; only what does nothing waits them out
ALREADY = 0.6  # the same of what may do nothing, since it says that it is on or leads to where one is
PER_VISIT = 5
TRIES = 6  # of two seconds each: what was typed before may draw the page anew under the mouse, and a toast covers a control for a while
HELD_BACK = ("'blocked:", "'about:srcdoc' because the document's frame is sandboxed")  # what a mail's frame holds back, and says so
SCOPE = "document.querySelector('.q-menu') || [...document.querySelectorAll('.q-dialog')].filter((e) => e.checkVisibility()).pop() || document"
# Every visible control with a name by which it is found again: what it is, what it is called, and which one of that name it is.
CONTROLS = """() => {
  const scope = SCOPE, seen = {}, found = [];
  const kinds = "a[href], button, summary, [role=button], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [role=tab], [role=radio], [role=switch], "
    + "[role=checkbox], [role=option], input[type=checkbox], .q-item--clickable, tbody tr";
  for (const element of scope.querySelectorAll(kinds)) {
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || !element.checkVisibility({opacityProperty: false, visibilityProperty: true})) continue;
    if (element.disabled || element.closest("[aria-disabled=true], .disabled, .mc-toasts, .nicegui-skip-link, .q-tooltip")) continue;
    if (element.tagName === "TR" && getComputedStyle(element).cursor !== "pointer") continue;  // a row that opens nothing
    const spoken = element.cloneNode(true);
    for (const hidden of spoken.querySelectorAll("[aria-hidden=true]")) hidden.remove();  // what only shows where the mouse is, among it
    const name = (element.getAttribute("aria-label") || spoken.textContent || element.title || element.tagName).trim().replace(/\\s+/g, " ").slice(0, 60);
    const part = element.closest("nav") ? "nav" : element.closest("main") ? "main" : "over";
    const key = [part, element.tagName, element.getAttribute("role") || "", name].join("|");
    seen[key] = (seen[key] || 0) + 1;
    found.push(key + "|" + seen[key]);
    element.dataset.crawled = key + "|" + seen[key];
  }
  return found;
}""".replace("SCOPE", SCOPE)
ABOUT = """(key) => { const e = [...document.querySelectorAll("[data-crawled]")].find((e) => e.dataset.crawled === key); if (!e) return null;
  const on = ["aria-checked", "aria-selected", "aria-current"].some((name) => ["true", "page"].includes(e.getAttribute(name))) && !["checkbox", "switch", "menuitemcheckbox"].includes(e.getAttribute("role"));
  return {href: e.getAttribute("href") || "", on, name: key}; }"""
STATE = """() => { const shown = (e) => e.checkVisibility();
  const state = (e) => ["aria-pressed", "aria-checked", "aria-selected", "aria-expanded", "aria-current"].map((name) => e.getAttribute(name)).join();
  const main = document.querySelector("main");
  return {
    url: location.pathname + location.search + location.hash,
    done: document.querySelectorAll(".mc-toast:not(.mc-bad)").length,
    over: [...document.querySelectorAll(".q-dialog, .q-menu, [role=dialog]")].filter(shown).length,
    focus: [...document.querySelectorAll("*")].indexOf(document.activeElement),
    page: (main ? main.innerText : document.body.innerText) + [...document.querySelectorAll("[data-crawled], input")].map((e) => state(e) + (e.checked || "")).join(";")
      + document.body.className + (document.querySelector(".mc-shell") || document.body).className + [...document.querySelectorAll(".q-dialog")].map((e) => e.innerText).join(),
  }; }"""

# This browser listens by somebody's server, and there is none: instead it listens and hears nothing.
EARS = "window.SpeechRecognition = class { start() {} stop() { this.onend(); } abort() { this.onend(); } };"
COVER = """(key) => { const e = [...document.querySelectorAll("[data-crawled]")].find((e) => e.dataset.crawled === key); if (!e || !e.checkVisibility()) return "";
  const box = e.getBoundingClientRect(), over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !over || e.contains(over) ? "nothing covers it" : "under " + over.outerHTML.slice(0, 120); }"""


@dataclass
class Crawl:
    """One person's walk. ``idle`` are controls that did nothing, ``faults`` what the browser complained of."""

    context: BrowserContext
    rows: Callable[[], str]
    seed: int
    patience: float = PATIENCE
    idle: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    pressed: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._done: set[str] = set()
        self._files = 0
        self._page = self.context.new_page()
        self._page.add_init_script(EARS)
        self._page.add_init_script("document.addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI))")
        self._page.on("console", self._said)
        self._page.on("pageerror", lambda error: self.faults.append(f"{self._page.url}: {error}"))
        self._page.on("requestfailed", self._failed)
        self._page.on("response", self._answered)
        self._page.on("download", lambda _download: self._count_file())
        self._page.on("filechooser", lambda _chooser: self._count_file())

    def walk(self, places: list[str], goes_on: Callable[[Crawl], bool], tidy: Callable[[], None]) -> None:
        """Go round the places in an order of chance, a few controls at each visit, until all were pressed or ``goes_on`` says that it is enough."""
        open_places = list(places)
        while open_places and goes_on(self):
            self._dice.shuffle(open_places)
            for place in list(open_places):
                if not goes_on(self):
                    return
                if not self._visit(place):
                    open_places.remove(place)
                tidy()

    def _visit(self, place: str) -> bool:
        """Press controls that were not pressed here yet, and one inside of what each opened, until the page is another; False when there is none left."""
        go(self._page, place)
        here = self._page.url
        for number in range(PER_VISIT):
            fresh = self._fresh(place)
            if not fresh:
                return number > 0
            key = self._dice.choice(fresh)
            self._done.add(self._name(place, key))
            self._fill()
            if self._press(place, key) and self._press_inside(place, key) or self._page.url != here:
                break
        return True

    def _press_inside(self, place: str, key: str) -> bool:
        """Press one control of what was opened, if one is left; then the page has to be opened anew."""
        inside = self._fresh(f"{place} > {key}")
        if inside:
            inner = self._dice.choice(inside)
            self._done.add(self._name(f"{place} > {key}", inner))
            if len(inside) > 1:
                self._done.discard(self._name(place, key))  # there is more inside: come again
            self._fill()
            self._press(f"{place} > {key}", inner)
        return True

    def _fresh(self, place: str) -> list[str]:
        return [key for key in self._page.evaluate(CONTROLS) if "Sign out" not in key and self._name(place, key) not in self._done]

    def _name(self, place: str, key: str) -> str:
        # What stands around every page is the same everywhere.
        return key if key.startswith("nav|") and ">" not in place else f"{place}: {key}"

    def _fill(self) -> None:
        """Type into what is empty, so that buttons have something to save."""
        scope = self._page.locator(".q-dialog:visible").last if self._page.locator(".q-dialog:visible").count() else self._page.locator("main")
        for box in scope.locator("textarea:visible, input[type=text]:visible, input:not([type]):visible").all()[:6]:
            try:
                if box.is_editable(timeout=200) and not box.input_value(timeout=200) and not box.get_attribute("role"):
                    box.fill(f"Crawler {self._dice.randrange(10**6)}", timeout=500)
            except TooLate:
                continue

    def _press(self, place: str, key: str) -> bool:
        """Press it and wait for something to happen; whether something opened over the page."""
        calm(self._page)
        about = self._page.evaluate(ABOUT, key)
        if about is None or about["href"].startswith(("mailto:", "tel:", "http")):
            return False
        before, rows, files = self._page.evaluate(STATE), self.rows(), self._files
        self.pressed += 1
        if not self._click(key):
            if cover := self._page.evaluate(COVER, key):  # unless it went once the page knew more
                self.idle.append(f"{place}: {key}: could not be pressed, {cover}")
            return False
        may_rest = about["on"] or about["href"] and about["href"] == before["url"]
        ends = time.monotonic() + (ALREADY if may_rest else self.patience)
        while time.monotonic() < ends:
            self._page.wait_for_timeout(60)
            try:
                now: dict[str, Any] = self._page.evaluate(STATE)
            except Exception as error:
                if "context was destroyed" in str(error) or "navigation" in str(error):
                    return False
                raise
            moved = now["focus"] != before["focus"] and not self._is_focused(key)
            if now["url"] != before["url"] or now["over"] != before["over"] or now["page"] != before["page"] or now["done"] > before["done"] or moved or self._files != files:
                return bool(now["over"] > before["over"])
            if self.rows() != rows:
                return False
        if not may_rest:
            refused = self._page.locator(".mc-toast.mc-bad").all_inner_texts()
            self.idle.append(f"{place}: {key}: nothing happened{f', but it said {refused}' if refused else ''}")
        return False

    def _click(self, key: str) -> bool:
        target = self._page.locator(f'[data-crawled="{_quoted(key)}"]').first
        for _try in range(TRIES):
            try:
                target.click(timeout=2_000, position={"x": 4, "y": 4} if "|TR|" in key else None)
                return True
            except TooLate:
                self._page.evaluate(CONTROLS)  # names those that were drawn anew
        return False

    def _is_focused(self, key: str) -> bool:
        return bool(self._page.evaluate("(key) => document.activeElement && document.activeElement.dataset.crawled === key", key))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(said in message.text for said in HELD_BACK) and not (self._page.url.endswith(MISSING) and "404" in message.text):
            self.faults.append(f"{self._page.url}: console: {message.text[:300]}")

    def _failed(self, request: Request) -> None:
        if request.failure not in ("net::ERR_ABORTED",) and not request.url.startswith("blocked:"):  # what was under way when the page was left
            self.faults.append(f"{request.method} {request.url} failed: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.url.endswith(MISSING):
            self.faults.append(f"{response.request.method} {response.url} answered {response.status}")

    def _count_file(self) -> None:
        self._files += 1


def _quoted(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')
