"""A calendar link connected by hand: tried, chosen, brought in; then it changes over there, and what cannot be read is listed with its reason."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.e2e.test_story import set_up
from tests.practice import copy_host

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SOON = 40_000
SECRET = "4711-and-nobody-else"


def event(number: int, title: str, *, start: str | None = None) -> str:
    begins = datetime.now(UTC) + timedelta(days=number)
    at = start or f"DTSTART:{begins:%Y%m%dT%H%M%SZ}"
    return f"BEGIN:VEVENT\r\nUID:{number}@feed\r\nDTSTAMP:20260101T000000Z\r\n{at}\r\nDURATION:PT1H\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"


class Feed:
    """A calendar link on this machine. ``events`` is what it holds; without any it answers with something else."""

    def __init__(self) -> None:
        self.events = [event(1, "Breathwork"), event(2, "Coaching")]
        self.version = 1
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                etag = f'"{feed.version}"'
                if SECRET not in self.path:
                    self.send_error(404)
                    return
                if self.headers.get("if-none-match") == etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                body = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//feed//\r\nX-WR-CALNAME:Bookings\r\n" + "".join(feed.events) + "END:VCALENDAR\r\n").encode()
                self.send_response(200)
                self.send_header("content-type", "text/calendar")
                self.send_header("etag", etag)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def feeding(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Feed]]:
    """A server that nobody has set up yet, whose host allows one inner place: the feed's."""
    feed = Feed()
    (tmp_path / ".env").write_text(f"MINDFULCRM_INNER_HOSTS=127.0.0.1:{feed.port}")
    server = Server(copy_host(tmp_path, tmp_path_factory) / "data")
    yield server.start(), feed
    server.stop()
    stop_database(server.data_dir)
    feed.server.shutdown()
    assert not [line for line in server.lines if SECRET in line], "the secret part of the address stands in the log"


def connect(page: Page, server: Server, address: str) -> None:
    page.goto(server.address + "/settings/connections")
    page.get_by_role("link", name=re.compile("^A calendar address")).click()
    page.get_by_label("Calendar address").fill(address)
    page.get_by_role("button", name="Test and connect").click()


def figure(page: Page, name: str) -> str:
    return page.locator(".mc-conn-figures > div", has_text=name).locator("dd").inner_text()


def test_from_a_link_to_its_events_and_what_is_wrong_with_one(feeding: tuple[Server, Feed], browser: Browser) -> None:
    server, feed = feeding
    page = browser.new_context().new_page()
    set_up(page, server)

    connect(page, server, f"http://127.0.0.1:{feed.port}/nobody.ics")
    banner = page.locator(".mc-banner.mc-bad")
    expect(banner).to_be_visible(timeout=SOON)
    page.get_by_label("Calendar address").fill(f"http://127.0.0.1:{feed.port}/{SECRET}.ics")
    page.get_by_role("button", name="Test again").click()
    expect(page.get_by_text("It works.")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Bookings")).to_be_visible()
    assert SECRET not in page.url
    page.get_by_role("button", name="Start the first sync").click()
    expect(page.get_by_role("cell", name="2 new")).to_be_visible(timeout=SOON)
    assert (figure(page, "Seen"), figure(page, "New"), figure(page, "Failed")) == ("2", "2", "0")
    expect(page.get_by_role("link", name="Everything in step")).to_be_visible()

    feed.events.append(event(3, "Retreat call"))
    feed.events.append(event(4, "Broken", start="DTSTART:20269999T999999Z"))
    feed.version += 1
    page.get_by_role("button", name="Sync now").click()
    problem = page.locator(".mc-problem")
    expect(problem).to_have_count(1, timeout=SOON)
    expect(problem).to_contain_text("cannot be read")
    expect(problem.locator(".mc-pill")).to_contain_text(re.compile("Skipped|Failed"))
    expect(page.locator(".mc-runs tbody tr").first).to_contain_text("1 new")

    page.get_by_role("button", name=re.compile("^More about")).click()
    page.get_by_role("menuitem", name="Remove…").click()
    expect(page.get_by_role("dialog")).to_contain_text("3 events")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Everything in step")).to_have_count(0)
