"""Pictures of the running product for docs/screenshots: a fresh server, the invented practice of the demo, every page in light, dark and phone width."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.ai import answering  # noqa: E402
from tests.ai.server import Model, running  # noqa: E402
from tests.chromium import FLAGS, installed  # noqa: E402
from tests.e2e.conftest import stop_database  # noqa: E402
from tests.e2e.server import Server  # noqa: E402
from tests.e2e.test_assistant import ask  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
LOOKS = {"light": (1440, 900, "light"), "dark": (1440, 900, "dark"), "mobile": (390, 844, "light")}
SETTLE_MS = 1200
SETTINGS = ("profile", "notifications", "team", "keeping", "security", "connections", "data", "mail", "audit", "consent", "ai")


def main() -> None:
    """Make every picture anew."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running() as model, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        for data in (empty, full):
            data.mkdir()
        server = Server(empty).start()
        for look in LOOKS:
            shoot(browser, server, look, {"setup": "/setup"}, None)
        server.stop()
        email, password = fill(full)
        connect(full, email, model)
        server = Server(full, MINDFULCRM_INNER_HOSTS=f"127.0.0.1:{model.port}").start()
        converse(browser, server, (email, password))
        for look in LOOKS:
            shoot(browser, server, look, {"signin": "/signin"}, None)
            shoot(browser, server, look, pages(), (email, password))
        server.stop()
        for data in (empty, full):
            stop_database(data)


def pages() -> dict[str, str]:
    """Name of the picture → address, or the beginning of the first link to follow: ``from > beginning``."""
    return {
        "dashboard": "/", "contacts": "/contacts?sort=-last_contact", "contacts-cards": "/contacts?view=cards", "contacts-board": "/contacts?view=board",
        "contact": "/contacts?sort=-last_contact > /contacts/0", "calendar": "/calendar", "calendar-month": "/calendar?view=month",
        "mail": "/mail > /mail?thread=", "mail-list": "/mail",
        "tasks": "/tasks", "tasks-board": "/tasks?view=board",
        "tasks-calendar": "/tasks?view=calendar", "project": "/tasks > /tasks/projects/0",
        "goals": "/goals", "assistant": "/assistant > /assistant?c=", "assistant-new": "/assistant",
        "notifications": "/notifications", "import": "/contacts/import", "error": "/nowhere",
        **{f"settings-{part}": f"/settings/{part}" for part in SETTINGS},
        "settings-ai-spend": "/settings/ai?view=spend",
    }  # fmt: skip


def fill(data: Path) -> tuple[str, str]:
    """The demo's practice; returns its first person's address and password."""
    environment = {**os.environ, "MINDFULCRM_DATA_DIR": str(data)}
    said = subprocess.run([sys.executable, "-m", "crm_app.cli", "demo"], env=environment, check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\S+@\S+)\s+(\S+)", said)
    if not found:
        raise SystemExit(f"the demo said nothing to sign in with: {said}")
    return found[1], found[2]


def connect(data: Path, email: str, model: Model) -> None:
    """Switch AI on, with the scripted model of the tests: the product has none of its own, and its demo asks nobody."""
    model.always = answering.answer
    environment = {**os.environ, "MINDFULCRM_DATA_DIR": str(data)}
    prices = ["--model", "small", "--input-price", "1", "--output-price", "5", "--context", "60000", "--no-training"]
    begin = [sys.executable, "-m", "crm_app.cli", "ai"]
    for more in (["connect", "compatible", "--as", email, "--name", "A model", "--base-url", model.url, "--allow-loopback", *prices], ["on", "--as", email]):
        subprocess.run([*begin, *more], env=environment, check=True, capture_output=True, text=True)


def converse(browser: Browser, server: Server, who: tuple[str, str]) -> None:
    """Ask what the assistant's picture shows, and have the record of one person read."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, server, who)
    for question in ("Who have I not spoken to since summer?", "Meetings with Amara last month"):
        page.goto(server.address + "/assistant")
        ask(page, question).get_by_role("button", name="Ask again").wait_for(timeout=90_000)  # the first question loads the library
    page.goto(server.address + "/contacts?sort=-last_contact")
    follow(page, server, "/contacts/0")
    page.get_by_role("button", name="Read the record").click()
    page.locator(".mc-told-made").first.wait_for(timeout=90_000)
    context.close()


def sign_in(page: Page, server: Server, who: tuple[str, str]) -> None:
    """Through the form, as a person does."""
    page.goto(server.address + "/signin")
    page.get_by_label("Email").fill(who[0])
    page.get_by_label("Password", exact=True).fill(who[1])
    page.get_by_role("button", name=re.compile("^Sign in")).click()
    page.wait_for_url(server.address + "/")


def shoot(browser: Browser, server: Server, look: str, wanted: dict[str, str], who: tuple[str, str] | None) -> None:
    """One context for one look: sign in if asked, then a picture of each page."""
    width, height, scheme = LOOKS[look]
    phone = look == "mobile"
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=2 if phone else 1, has_touch=phone, is_mobile=phone
    )
    page = context.new_page()
    if who:
        sign_in(page, server, who)
    for name, path in wanted.items():
        begin, _, further = path.partition(" > ")
        page.goto(server.address + begin)
        if further:
            follow(page, server, further)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=OUT / f"{name}-{look}.png")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            print(f"{name}-{look} overflows by {wide} px")
    context.close()


def follow(page: Page, server: Server, beginning: str) -> None:
    """Go where the first link leads whose address begins so."""
    way = page.locator(f"a[href^='{beginning}']").first
    way.wait_for(state="attached")  # a phone keeps some ways in a menu
    page.goto(server.address + str(way.get_attribute("href")))


if __name__ == "__main__":
    main()
