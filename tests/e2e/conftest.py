"""A real server and a real Chromium for the stories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres
from tests.chromium import Windows, standing
from tests.e2e.server import Server
from tests.practice import copy_host, copy_practice


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server at its very first start, in an empty folder."""
    server = Server(tmp_path / "data", cold=True)
    (tmp_path / "data").mkdir()
    yield server.start()
    server.stop()
    stop_database(server.data_dir)


@pytest.fixture
def unused_server(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nobody has set up yet; its folder is that of an earlier start."""
    server = Server(copy_host(tmp_path, tmp_path_factory) / "data")
    yield server.start()
    server.stop()
    stop_database(server.data_dir)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, tuple[str, str]]]:
    """A server with the demo's practice, and how its first person signs in."""
    data = tmp_path_factory.mktemp("practice") / "data"
    person = copy_practice(data, tmp_path_factory)[0]
    server = Server(data).start()
    yield server, person
    server.stop()
    stop_database(data)


@pytest.fixture(scope="module")
def signed_in(practice: tuple[Server, tuple[str, str]], browser: Browser) -> dict[str, Any]:
    """What a browser keeps of being signed in."""
    server, (email, password) = practice
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.address + "/signin")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=re.compile("^Sign in")).click()
    page.wait_for_url(server.address + "/")
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def opened(practice: tuple[Server, tuple[str, str]], signed_in: dict[str, Any], windows: Windows) -> Iterator[Any]:
    """``opened(path, width=…)``: a signed-in page in a window of its own. Whatever its console complains about fails the test."""
    contexts, complaints = [], []

    def open_page(path: str, *, width: int = 1440, height: int = 900, **given: Any) -> Page:
        context = windows.take(given)
        context.add_cookies(signed_in["cookies"])
        contexts.append(context)
        page = context.pages[0]
        page.set_viewport_size({"width": width, "height": height})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(practice[0].address + path)
        page.wait_for_selector("main h1")
        standing(page)
        return page

    yield open_page
    kept = [cookie for context in contexts for cookie in context.cookies() if not cookie["name"].startswith("mc_")]  # what our own script keeps
    windows.give_back(practice[0].address)
    assert all((cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == ("mindfulcrm", True, "Lax", "/") for cookie in kept), kept
    assert complaints == []


def stop_database(data_dir: Path) -> None:
    """After a SIGKILL the embedded database lives on by design; attach once more and leave last."""
    root = data_dir / "postgres"
    if (root / "pgdata" / "postmaster.pid").exists():
        EmbeddedPostgres(root).start().stop()
