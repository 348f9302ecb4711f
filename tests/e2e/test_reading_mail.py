"""Mail read by keys alone, on a phone in two steps, and what its page says to whoever hears it, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import run_service
from tests import cluster
from tests.e2e.studio import PEOPLE, Studio, go, open_studio
from tests.post import Post, make_post
from tests.tabs import served_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ALICE = PEOPLE[Role.MEMBER]


@pytest.fixture(scope="module")
def studio(postgres_server: cluster.Server, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One house for the module."""
    with (
        cluster.cloned_database(postgres_server, template_database) as database,
        served_house(database, tmp_path_factory.mktemp("house")) as house,
        open_studio(house) as studio,
    ):
        yield studio


@pytest.fixture(scope="module")
def post(studio: Studio) -> Post:
    """Three threads of Nora's, the latest first: Third, Second with an answer, First."""
    run_service(ALICE, contacts.create_contact, ContactCreate(display_name="Nora Lind", points=[{"kind": "email", "value": "nora@mail.example"}]))
    post = make_post(ALICE, "Letters")
    post.letter("First", "nora@mail.example", "The first one", hours=30, name="Nora Lind")
    before = post.letter("Second", "nora@mail.example", "The second one", hours=20, name="Nora Lind")
    post.letter("Re: Second", "nora@mail.example", "And once more", hours=3, name="Nora Lind", answers=(before,), unread=True, html="<p>And <a href='https://elsewhere.example/'>once</a> more</p>" + "<p>line</p>" * 30)
    post.letter("Third", "nora@mail.example", "The third one", hours=1, name="Nora Lind")
    return post


@pytest.fixture
def page(studio: Studio, browser: Browser, post: Post) -> Iterator[Page]:
    """A desk."""
    context = studio.context(browser, Role.MEMBER, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement?.innerText || ''"))


def test_threads_by_keys_alone(page: Page) -> None:
    go(page, "/")
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.locator(".mc-thread").first).to_contain_text("Third")
    page.keyboard.press("j")
    assert "Third" in focused(page)
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    assert "Second" in focused(page) and "Unread." in focused(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second")).to_be_visible()
    expect(page.locator(".mc-thread.mc-chosen")).to_contain_text("Second")
    expect(page.frame_locator(".mc-mail-frame").get_by_text("once", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Choose a thread")).to_be_visible()
    assert "Second" in focused(page)
    page.wait_for_url(lambda url: url.endswith("/mail"))
    page.keyboard.press("f")
    expect(page.get_by_role("searchbox", name="Search mail")).to_be_focused()
    page.keyboard.type("first")
    expect(page.locator(".mc-thread")).to_have_count(1)


def test_a_frame_is_as_high_as_its_mail_and_its_links_open_elsewhere(page: Page, post: Post) -> None:
    thread = next(key for key, subject in post.threads() if subject == "Second")
    go(page, f"/mail?thread={thread}")
    page.wait_for_function("document.querySelector('.mc-mail-frame').offsetHeight > 600")
    inside = "document.querySelector('.mc-mail-frame').contentDocument"
    assert page.evaluate(f"{inside}.body.scrollHeight <= document.querySelector('.mc-mail-frame').offsetHeight")
    assert page.evaluate(f"{inside}.querySelector('base').target") == "_blank"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(() => {{ const root = {inside}?.documentElement; return root && getComputedStyle(root).backgroundColor !== 'rgb(255, 255, 255)'; }})()")
    page.emulate_media(color_scheme="light")


def test_a_phone_has_a_list_and_a_thread_in_two_steps(studio: Studio, browser: Browser, post: Post) -> None:
    context = studio.context(browser, Role.MEMBER, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    go(page, "/")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Mail").click()
    expect(page.locator(".mc-mail-middle")).to_be_hidden()
    page.locator(".mc-thread", has_text="Third").click()
    expect(page.get_by_role("heading", name="Third")).to_be_visible()
    expect(page.locator(".mc-mail-left")).to_be_hidden()
    expect(page.get_by_role("link", name="Nora Lind").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.go_back()
    expect(page.locator(".mc-thread", has_text="Second")).to_be_visible()
    page.locator(".mc-thread", has_text="Second").click()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".mc-thread", has_text="First")).to_be_visible()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("searchbox", name="Search mail")).to_be_focused()
    context.close()
