"""LLM-02 in a real Chromium: eighty ways to write an address into an answer; the page asks nobody for anything, and leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import TurnCreate, TurnDone
from crm_app.domain.unit_of_work import run_service
from tests.components.test_limited import EVIL, FORMS, LINKS
from tests.security.ground import Grounds
from tests.security.house import House, open_house
from tests.security.world import ASKERS

pytestmark = pytest.mark.browser
PLACES = ("{}", "- {}", "1. {}", "**{}**", "| a | {} |\n|---|---|\n| {} | b |", "# {}", "Well. {} And so. [1]")
ANSWERS = [place.replace("{}", link) for link in LINKS for place in PLACES if "\n\n" not in link or place in ("{}", "- {}")] + FORMS


@pytest.fixture(scope="module")
def house(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(grounds, tmp_path_factory.mktemp("answers"), None) as house:
        yield house


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    context = browser.new_context()
    context.add_cookies([{"name": house.cookie_name, "value": house.cookie("member"), "url": house.public_url}])
    page = context.new_page()
    yield page
    context.close()


def test_llm_02_no_form_of_an_answer_asks_anybody_for_anything_or_leads_anywhere(house: House, page: Page) -> None:
    assert len(ANSWERS) >= 80
    house.bind()
    me, talk = ASKERS["member"], None
    for number, answer in enumerate(ANSWERS):
        begun = run_service(me, talks.begin_turn, TurnCreate(question=f"Question {number}", conversation_id=talk))
        talk = begun.conversation_id
        run_service(me, talks.settle_turn, begun.turn_id, TurnDone(state=TurnState.DONE, answer=answer))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{house.public_url}/assistant?c={talk}")
    page.wait_for_selector(f"text=Question {len(ANSWERS) - 1}")
    page.wait_for_load_state("networkidle")
    assert page.locator(".mc-turn").count() == len(ANSWERS)
    elsewhere = [url for url in asked if not url.startswith((house.public_url, house.public_url.replace("http", "ws"), "data:image/svg"))]
    assert elsewhere == [] and not [url for url in asked if "evil" in url]
    inside = page.locator(".mc-limited")
    tags = page.evaluate("[...new Set([...document.querySelectorAll('.mc-limited *')].map((one) => one.tagName.toLowerCase()))].sort()")
    assert set(tags) <= {"p", "br", "span", "strong", "ul", "ol", "li", "div", "table", "tbody", "tr", "th", "td"}, tags
    assert page.evaluate("[...document.querySelectorAll('.mc-limited *')].flatMap((one) => one.getAttributeNames()).filter((name) => /^(href|src|style|on|srcset|poster|data|action)/.test(name))") == []
    assert "evil.example" in inside.all_inner_texts()[0] and EVIL not in page.content().split("Question 0")[0]
