"""Mail as those who manage the team see it: tried out, an invitation that arrives and lets somebody in, and one that does not arrive."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.e2e.test_story import set_up
from tests.practice import copy_host
from tests.providers.smtp.conftest import Mailboxes, read
from tests.providers.smtp.conftest import Server as MailServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SOON = 20_000


@pytest.fixture
def posting(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Mailboxes]]:
    """A server that nobody has set up yet and that sends through a real mail server on this machine."""
    boxes = Mailboxes()
    post = MailServer(boxes)
    post.start()
    here = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": post.real_port, "SMTP_SECURITY": "none", "SMTP_FROM": "Stillwater <crm@stillwater.example>"}
    lines = [f"{name}={value}" for name, value in (here | {"MINDFULCRM_INNER_HOSTS": f"127.0.0.1:{post.real_port}"}).items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    server = Server(copy_host(tmp_path, tmp_path_factory) / "data")
    yield server.start(), boxes
    server.stop()
    stop_database(server.data_dir)
    post.stop(no_assert=True)


def invite_by_mail(page: Page, server: Server, email: str) -> None:
    page.goto(server.address + "/settings/team")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("Their email").fill(email)
    page.get_by_role("button", name="Send by mail").click()
    expect(page.get_by_text(f"The invitation is on its way to {email}")).to_be_visible()


def arrived(boxes: Mailboxes, email: str) -> str:
    until = time.monotonic() + SOON / 1_000
    while time.monotonic() < until:
        for envelope in boxes.arrived:
            if envelope.rcpt_tos == [email]:
                return read(envelope.original_content).get_body(("plain",)).get_content()
        time.sleep(0.1)
    raise AssertionError(f"nothing arrived for {email}")


def test_mail_is_tried_out_arrives_and_says_when_it_does_not(posting: tuple[Server, Mailboxes], browser: Browser) -> None:
    server, boxes = posting
    page = browser.new_context().new_page()
    set_up(page, server)
    page.goto(server.address + "/settings/mail")
    expect(page.get_by_text("crm@stillwater.example")).to_be_visible()
    page.get_by_role("button", name="Send me a test mail").click()
    expect(page.get_by_text(re.compile("Taken by the mail server: Today"))).to_be_visible(timeout=SOON)
    assert "mail from your MindfulCRM arrives" in arrived(boxes, "ines@example.org")

    invite_by_mail(page, server, "nina@example.org")
    link = re.search(r"http://\S+/join/\S+", arrived(boxes, "nina@example.org"))
    assert link and link[0].startswith(server.address)
    guest = browser.new_context().new_page()
    guest.goto(link[0])
    expect(guest.get_by_label("Your name")).to_be_visible()

    invite_by_mail(page, server, "bounce@example.org")
    page.goto(server.address + "/settings/mail")
    expect(page.get_by_text("Invitation to bounce@example.org")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("This address does not exist there. (550 5.1.1)")).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is on its way again")).to_be_visible()
    expect(page.get_by_text("Invitation to bounce@example.org")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_text("Nothing. The mail server took everything that was sent.")).to_be_visible()
