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
from tests.e2e.conftest import FLAGS, stop_database  # noqa: E402
from tests.e2e.server import Server  # noqa: E402

OUT = ROOT / "docs" / "screenshots"
LOOKS = {"light": (1440, 900, "light"), "dark": (1440, 900, "dark"), "mobile": (390, 844, "light")}
SETTLE_MS = 1200


def main() -> None:
    """Make every picture anew."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS)
        empty, full = Path(folder) / "empty", Path(folder) / "full"
        for data in (empty, full):
            data.mkdir()
        server = Server(empty).start()
        for look in LOOKS:
            shoot(browser, server, look, {"setup": "/setup"}, None)
        server.stop()
        email, password = fill(full)
        server = Server(full).start()
        for look in LOOKS:
            shoot(browser, server, look, {"signin": "/signin"}, None)
            shoot(browser, server, look, pages(), (email, password))
        server.stop()
        for data in (empty, full):
            stop_database(data)


def pages() -> dict[str, str]:
    """Name of the picture → address. The record is found by opening the first contact."""
    return {
        "dashboard": "/", "contacts": "/contacts?sort=-last_contact", "contact": "", "tasks": "/tasks", "settings-profile": "/settings",
        "settings-security": "/settings/security", "settings-data": "/settings/data", "import": "/contacts/import", "error": "/nowhere",
    }  # fmt: skip


def fill(data: Path) -> tuple[str, str]:
    """The demo's practice; returns its first person's address and password."""
    environment = {**os.environ, "MINDFULCRM_DATA_DIR": str(data)}
    said = subprocess.run([sys.executable, "-m", "crm_app.cli", "demo"], env=environment, check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\S+@\S+)\s+(\S+)", said)
    if not found:
        raise SystemExit(f"the demo said nothing to sign in with: {said}")
    return found[1], found[2]


def shoot(browser: Browser, server: Server, look: str, wanted: dict[str, str], who: tuple[str, str] | None) -> None:
    """One context for one look: sign in if asked, then a picture of each page."""
    width, height, scheme = LOOKS[look]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=2 if look == "mobile" else 1)
    page = context.new_page()
    if who:
        page.goto(server.address + "/signin")
        page.get_by_label("Email").fill(who[0])
        page.get_by_label("Password", exact=True).fill(who[1])
        page.get_by_role("button", name=re.compile("^Sign in")).click()
        page.wait_for_url(server.address + "/")
    for name, path in wanted.items():
        page.goto(server.address + (path or first_record(page, server)))
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=OUT / f"{name}-{look}.png")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            print(f"{name}-{look} overflows by {wide} px")
    context.close()


def first_record(page: Page, server: Server) -> str:
    """The address of the contact who was spoken to last."""
    page.goto(server.address + "/contacts?sort=-last_contact")
    page.locator("a[href^='/contacts/0']").first.wait_for()
    return str(page.locator("a[href^='/contacts/0']").first.get_attribute("href"))


if __name__ == "__main__":
    main()
