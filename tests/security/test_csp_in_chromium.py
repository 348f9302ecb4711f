"""HDR-03 and HDR-04 in a real Chromium: nothing is blocked that is ours, and nothing runs that is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.edge import PASSWORD, Edge

pytestmark = pytest.mark.browser


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"{page.url} {message.type}: {message.text}") if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(f"{page.url} {error}"))
    page.add_init_script("document.addEventListener('securitypolicyviolation', e => console.error('csp', e.violatedDirective, e.blockedURI))")
    yield page
    context.close()


def _sign_in(page: Page, edge: Edge) -> None:
    page.goto(f"{edge.public_url}/")
    page.fill("#email", "alice@example.org")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Hello Alice").wait_for()


def test_hdr_04_no_page_breaks_its_own_policy(edge: Edge, page: Page, complaints: list[str]) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith((edge.public_url, "data:", "blob:")) else None)
    _sign_in(page, edge)
    page.click("#count")
    ends = time.monotonic() + 20
    while "Alice" not in edge.state()["clicks"] and time.monotonic() < ends:
        page.wait_for_timeout(50)
    assert "Alice" in edge.state()["clicks"], "the page is alive under its policy"
    assert complaints == [] and outside == []


def test_hdr_04_error_pages_have_their_style(edge: Edge, page: Page, complaints: list[str]) -> None:
    page.goto(f"{edge.public_url}/static/nothing")
    assert page.evaluate("getComputedStyle(document.querySelector('.details')).borderRadius") == "8px"
    assert [line for line in complaints if "404" not in line] == []


def test_hdr_03_a_script_that_someone_plants_does_not_run(edge: Edge, page: Page) -> None:
    _sign_in(page, edge)
    planted = """() => {
        const div = document.createElement('div');
        div.innerHTML = '<script>window.planted = 1</' + 'script><img src=x onerror="window.planted = 1"><a href="javascript:window.planted=1">x</a>';
        document.body.append(div);
        div.insertAdjacentHTML('beforeend', '<button onclick="window.planted = 1">y</button><svg onload="window.planted = 1"></svg>');
        div.querySelectorAll('a, button').forEach(element => element.click());
        return new Promise(done => setTimeout(() => done([window.planted, window.hacked]), 300));
    }"""
    # Markup that reached a page by mistake: its scripts, handlers and javascript: links do nothing.
    assert page.evaluate(planted) == [None, None]


def test_ws_04_the_browser_is_at_the_sign_in_by_itself(edge: Edge, page: Page) -> None:
    _sign_in(page, edge)
    other: Any = page.context.new_page()
    other.goto(f"{edge.public_url}/")
    other.get_by_text("Hello Alice").wait_for()
    for tab in (page, other):
        tab.wait_for_function("window.did_handshake")
    other.evaluate("void fetch('/signout', {method: 'POST'})")
    page.wait_for_url("**/signin", timeout=20_000)
    other.wait_for_url("**/signin", timeout=20_000)
