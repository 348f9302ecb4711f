"""MAIL-01 and MAIL-04 in a real Chromium: pages that came by mail are opened where they are read; no script runs, and nobody is told of it.

Each is tried twice: as a sync keeps it, on the mail page; and uncleaned, in the frame alone, which must hold by itself.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from crm_app.components import mail_frame
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.mail import cleaning
from crm_app.domain.unit_of_work import run_service
from tests.post import Post, letter, make_post
from tests.security.counts import counted
from tests.security.ground import Grounds
from tests.security.house import House, open_house
from tests.security.mail_forms import SCRIPTS, TRACKERS, trackers
from tests.security.world import ASKERS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ME, SENDER = ASKERS["member"], "stranger@mail.example"
AT_ONCE = 10
UNREACHABLE = re.compile(r"rel=(preconnect|dns-prefetch|prerender)")  # what opens connections without asking for anything: the cleaner's to take away
NOWHERE = ("data:", "blob:", "about:", "blocked:", "cid:")
FRAME = Path(mail_frame.__file__).parent.joinpath("vue/mail_frame.js").read_text(encoding="utf-8")
SANDBOX = re.findall(r'sandbox="([^"]*)"', FRAME)[0]
FILL = """([pages, sandbox]) => Promise.all(pages.map((page) => new Promise((done) => {
  const frame = document.createElement("iframe");
  if (sandbox !== null) frame.setAttribute("sandbox", sandbox);
  frame.onload = () => setTimeout(done, 50);
  setTimeout(done, 2000);
  frame.srcdoc = page;
  document.body.append(frame);
})))"""


class Listener:
    """A server that only counts who calls."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            caller.settimeout(0.5)
            try:
                self.calls.append(caller.recv(200))
            except OSError:
                self.calls.append(b"")
            caller.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(grounds, tmp_path_factory.mktemp("mail"), None) as house:
        # Whoever writes is a contact, so that their mail is kept.
        run_service(ME, contacts.create_contact, ContactCreate(display_name="A stranger", points=[{"kind": "email", "value": SENDER}]))
        yield house


@pytest.fixture
def post(house: House) -> Post:
    """A mailbox of the one who reads."""
    house.bind()
    return make_post(ME)


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    context = browser.new_context()
    context.add_cookies([{"name": house.cookie_name, "value": house.cookie("member"), "url": house.public_url}])
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def bare(browser: Browser) -> Iterator[Page]:
    """A page of nobody's, for frames alone."""
    context = browser.new_context()
    context.route("http://reader.example/", lambda route: route.fulfill(body="<!doctype html><body>", content_type="text/html"))
    page = context.new_page()
    page.goto("http://reader.example/")
    yield page
    context.close()


def lay(post: Post, forms: list[str], name: str) -> list[str]:
    """Put these pages into the mailbox, some to a thread of this name; returns where those are read."""
    for begin in range(0, len(forms), AT_ONCE):
        first = ""
        mails = []
        for number, form in enumerate(forms[begin : begin + AT_ONCE]):
            cleaned = cleaning.clean(form)
            assert cleaning.clean(cleaned) == cleaned, form
            read = letter(f"{name} {begin}", SENDER, ME.email, f"Form {begin + number}", answers=(first,) if first else (), html=cleaned + "<p>end of form</p>", hours=20 - number)
            first = first or read.message_id
            mails.append(read)
        post.land(*mails)
    return [f"/mail?thread={key}" for key, subject in post.threads() if str(subject).startswith(name)]


def read_all(page: Page, house: House, address: str) -> int:
    """Open a thread, unfold each of its mails, and go over them; how many stand there."""
    page.goto(f"{house.public_url}{address}")
    page.wait_for_selector(".mc-mail-one", timeout=20_000)
    if (earlier := page.locator(".mc-mail-earlier")).count():
        earlier.click()
        earlier.wait_for(state="detached")
    for line in page.locator(".mc-mail-one.mc-folded .mc-mail-line").all()[::-1]:
        line.click()
    page.wait_for_function("document.querySelectorAll('.mc-folded').length === 0")
    page.wait_for_function("[...document.querySelectorAll('.mc-mail-frame')].every((one) => one.contentDocument?.body?.innerText.includes('end of form'))")
    for frame in page.locator(".mc-mail-frame").all():
        frame.scroll_into_view_if_needed()
        frame.hover(position={"x": 12, "y": 12}, force=True)
    return page.locator(".mc-mail-frame").count()


@counted(20, 300, "pages that came by mail")
def test_mail_01_no_script_of_a_mail_runs(count: int, house: House, post: Post, page: Page) -> None:
    assert len(SCRIPTS) >= 300
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    addresses, drawn = lay(post, list(SCRIPTS[:: max(1, len(SCRIPTS) // count)][:count]), "Script"), 0
    for address in addresses:
        drawn += read_all(page, house, address)
        assert page.evaluate("window.__pwned") is None, address
        links = "[...document.querySelectorAll('.mc-mail-frame')].flatMap((one) => [...one.contentDocument.querySelectorAll('a[href],area[href]')])"
        assert page.evaluate(f"{links}.filter((one) => !/^(https?|mailto|tel):$/.test(one.protocol)).map((one) => one.href)") == []
        assert page.evaluate("[...document.querySelectorAll('.mc-mail-frame')].flatMap((one) => [...one.contentDocument.querySelectorAll('script,iframe,object,embed,form,svg,math,link,meta[http-equiv=refresh]')]).length") == 0
    assert dialogs == [] and drawn >= count


@counted(40, 300, "pages that nobody cleaned")
def test_mail_01_the_frame_holds_by_itself(count: int, bare: Page) -> None:
    dialogs: list[str] = []
    bare.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    forms = SCRIPTS[:: max(1, len(SCRIPTS) // count)][:count]
    for begin in range(0, len(forms), 40):
        bare.evaluate(FILL, [[mail_frame.page_of(form) for form in forms[begin : begin + 40]], SANDBOX])
        assert bare.evaluate("window.__pwned") is None and bare.url == "http://reader.example/", begin
        bare.evaluate("document.body.replaceChildren()")
    assert dialogs == []
    bare.evaluate(FILL, [[SCRIPTS[0]], None])
    assert bare.evaluate("window.__pwned") == 1, "without the frame's walls the same page does run"


def test_mail_04_reading_a_mail_tells_nobody(house: House, post: Post, page: Page, listener: Listener) -> None:
    assert len(TRACKERS) >= 60
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith(house.public_url) and not request.url.startswith(NOWHERE) else None)
    drawn = sum(read_all(page, house, address) for address in lay(post, trackers(listener.host), "Tracker"))
    page.wait_for_timeout(500)
    assert drawn == len(TRACKERS) and asked == [] and listener.calls == []


def test_mail_04_the_frame_loads_nothing_by_itself(bare: Page, listener: Listener) -> None:
    forms = [form for form in trackers(listener.host) if not UNREACHABLE.search(form)]
    bare.evaluate(FILL, [[mail_frame.page_of(form) for form in forms], SANDBOX])
    bare.wait_for_timeout(500)
    # The browser tells of what it refused to ask for as well, and may open a connection ahead of asking: what was asked is what counts here.
    assert [call for call in listener.calls if call] == []
    bare.evaluate(FILL, [[f"<img src=http://{listener.host}/seen>"], None])
    ends = time.monotonic() + 20
    while not listener.calls and time.monotonic() < ends:
        bare.wait_for_timeout(20)
    assert listener.calls, "without the frame's walls the same picture is asked for"
