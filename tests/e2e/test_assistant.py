"""The assistant as a person meets it: connected and switched on in the settings, asked, followed, stopped, asked otherwise, and failing; in a real
Chromium, with a real process that is killed in the middle, and a model that answers what the test tells it to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.ai import answering
from tests.ai.server import Model, Say, running
from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.e2e.studio import LISTENING
from tests.practice import copy_practice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SOON = 20_000
ANSWERS = {
    "Meetings with Amara last month": ("slept six hours", "Session 8"),
    "Summarise Sofia's progress": ("Sofia is doing well.", "Session 14"),
    "Who have I not spoken to since summer?": ("I would begin with the first", "people"),
}
"""The issue's examples, what the answer says, and a record that it rests on."""
FAILURES = (
    (Say(status=500), "The model does not answer just now. Try again in a minute."),
    (Say(raw=b"<html>garbage</html>"), "The model answered in a form that cannot be used. Try again, or choose another model."),
    (Say("One two three four five six seven.", cut_after=3), "The model does not answer just now. Try again in a minute."),
    (Say(status=401), "The provider of the model does not take the key"),
)
"""What goes wrong, and the one sentence that stands there then."""
SLOWLY = Say(" ".join(f"Word {number} of a long story." for number in range(1, 101)), pause=0.1)
"""More than a minute of an answer, to be stopped in the middle however busy the machine is."""


@pytest.fixture
def model() -> Iterator[Model]:
    """A provider of models at the next door."""
    with running() as model:
        model.always = answering.answer
        yield model


@pytest.fixture
def house(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[tuple[str, str]]]]:
    """The demo's practice, whose host has opened that door; and its people."""
    data = tmp_path_factory.mktemp("practice") / "data"
    people = copy_practice(data, tmp_path_factory)
    server = Server(data, MINDFULCRM_INNER_HOSTS=f"127.0.0.1:{model.port}").start()
    yield server, people
    server.stop()
    stop_database(data)


def test_it_is_connected_asked_and_understood(house: tuple[Server, list[tuple[str, str]]], model: Model, browser: Browser) -> None:
    server, people = house
    complaints: list[str] = []
    page = sign_in(browser, server, people[0], complaints)
    connect(page, server, model)
    agree(page, server, "Tom Brennan")
    ask_the_examples(page, server)
    decide(page)
    name_somebody(page)
    stop_retry_and_edit(page, model)
    what_it_cost(page, server)
    history(page, server)
    for failure in FAILURES:
        fail(page, model, *failure)
    stop_one_who_says_nothing(page, model)
    another_tab(page)
    nobody_else_sees_it(page, server, browser, people[1], complaints)
    reload_in_the_middle(page)
    kill_in_the_middle(page, server, model)
    assert complaints == []


def sign_in(browser: Browser, server: Server, person: tuple[str, str], complaints: list[str]) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(SOON)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.address + "/signin")
    page.get_by_label("Email").fill(person[0])
    page.get_by_label("Password", exact=True).fill(person[1])
    page.get_by_role("button", name=re.compile("^Sign in")).click()
    page.wait_for_url(server.address + "/")
    return page


def connect(page: Page, server: Server, model: Model) -> None:
    page.goto(server.address + "/assistant")
    expect(page.get_by_text("The assistant is off")).to_be_visible()
    expect(box(page)).to_be_hidden()
    page.get_by_role("link", name="Open the settings").click()
    page.get_by_role("link", name=re.compile("Any server that speaks")).click()
    page.get_by_label("Address").fill(model.url)
    page.get_by_label("Key").fill("sk-of-the-journey")
    page.get_by_role("checkbox", name="By contract it does not learn from what it is sent").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Add a model", exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, value in {"Model": "small", "What you call it here": "Small", "Price of what is sent": "1", "Price of what comes": "2", "Tokens that it reads at most": "60000"}.items():
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("checkbox", name="Can look things up here").click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("switch", name="Small may be asked")).to_be_checked()
    page.get_by_role("link", name="AI & budgets").last.click()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("status").get_by_text("AI is on")).to_be_visible()


def agree(page: Page, server: Server, name: str) -> None:
    """Whoever has not agreed is not read; then they do."""
    page.goto(server.address + "/assistant")
    turn = ask(page, f"Suggest the next session for {name}")
    expect(turn).to_contain_text("I may not read anything about Tom.", timeout=30_000)  # the first question loads the library
    page.goto(server.address + f"/contacts?q={name.split()[0]}")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("button", name=re.compile("^AI")).first.click()
    page.get_by_role("dialog").get_by_label("Where it can be seen").fill("Said so at the door")
    page.get_by_role("dialog").get_by_role("button", name="Record").click()
    expect(page.get_by_text("Consent recorded for 1 person")).to_be_visible()


def ask_the_examples(page: Page, server: Server) -> None:
    page.goto(server.address + "/assistant")
    for question, (said, record) in ANSWERS.items():
        turn = ask(page, question)
        expect(turn.locator(".mc-limited")).to_contain_text(said)
        expect(turn).to_contain_text(record)
        expect(turn.locator(".mc-sources a").first).to_be_visible()
        expect(turn.locator(".mc-trail-cost")).to_contain_text("$")
    expect(page.get_by_role("log").locator("td", has_text="better")).to_be_visible()
    here = page.url
    page.get_by_role("log").locator("a.mc-cite").first.click()
    page.wait_for_url(re.compile("/contacts/"))
    expect(page.locator(".mc-timeline")).to_contain_text("Session 8")
    page.go_back()
    page.wait_for_url(here)
    expect(turns(page)).to_have_count(len(ANSWERS))


def decide(page: Page) -> None:
    turn = ask(page, "Suggest the next session for Tom Brennan")
    expect(turn).to_contain_text("Next week would keep his rhythm")
    turn.get_by_role("button", name="Approve").click()
    expect(turn).to_contain_text("Task created Plan Tom's next session")


def name_somebody(page: Page) -> None:
    box(page).press_sequentially("How is @Ama", delay=15)
    offered = page.get_by_role("option", name="Amara Okafor")
    offered.wait_for()
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value(re.compile("How is @Amara Okafor"))
    expect(page.get_by_text(re.compile(r"^about \$"))).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(turns(page).last).to_contain_text("I found nothing about that")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")


def stop_retry_and_edit(page: Page, model: Model) -> None:
    model.say(SLOWLY, SLOWLY)
    turn = ask(page, "Tell me a long story")
    expect(turn).to_contain_text("Word 3")
    page.keyboard.press("Escape")
    expect(turn).to_contain_text("Stopped before it was finished.")
    expect(turn).to_contain_text("Word 3")
    expect(turn.locator(".mc-trail-cost")).to_contain_text("less than $0.01")
    before = turns(page).count()
    turn.get_by_role("button", name="Ask again").click()
    expect(turns(page).last).to_contain_text("Word 3")
    page.get_by_role("button", name="Stop").click()
    expect(turns(page).last).to_contain_text("Stopped before it was finished.")
    expect(box(page)).to_be_focused()
    turns(page).last.get_by_role("button", name="Change the question").click()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("Tell me a long story")
    model.say()  # one that was stopped before it was asked leaves nothing to say to the next
    box(page).fill("Something short")
    page.keyboard.press("Control+Enter")
    expect(turns(page).last).to_contain_text("I found nothing about that")
    expect(turns(page)).to_have_count(before)


def what_it_cost(page: Page, server: Server) -> None:
    """The sum above the page is what the calls add up to, and each can be read."""
    expect(page.locator(".mc-budget")).to_contain_text(re.compile(r"\$0\.\d+"))
    page.goto(server.address + "/settings/ai?view=spend")
    page.get_by_role("button", name="What was sent").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Something short")
    page.keyboard.press("Escape")


def history(page: Page, server: Server) -> None:
    page.goto(server.address + "/assistant")
    rows = page.get_by_role("navigation", name="Conversations").locator(".mc-assistant-row")
    expect(rows).to_have_count(2)
    rows.last.hover()
    rows.last.get_by_role("button", name=re.compile("^More about")).click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link").click()
    expect(turns(page).first).to_contain_text("Meetings with Amara last month")


def fail(page: Page, model: Model, said: Say, sentence: str) -> None:
    """One sentence, nothing of the provider's words, and the question is there to be asked again."""
    page.goto(page.url.split("?")[0])
    model.say(*[said] * 3)
    turn = ask(page, "Is anybody there?")
    note = turn.get_by_role("alert")
    expect(note).to_contain_text(sentence, timeout=SOON)
    expect(note).to_have_count(1)
    expect(page.locator("body")).not_to_contain_text("SECRET")
    model.say()
    turn.get_by_role("button", name="Ask again").click()
    expect(turns(page).last).to_contain_text("I found nothing about that")


def stop_one_who_says_nothing(page: Page, model: Model) -> None:
    model.say(Say("Too late.", wait=20))
    turn = ask(page, "Are you asleep?")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Stop").click()
    expect(turn).to_contain_text("Stopped before it was finished.")


def another_tab(page: Page) -> None:
    """What is asked in one tab stands in the other, which can stop it."""
    tab = page.context.new_page()
    tab.goto(page.url)
    expect(turns(tab)).to_have_count(turns(page).count())
    turn = ask(page, "Tell me a long story")
    expect(turn).to_contain_text("Word 3")
    expect(turns(tab).last).to_contain_text("Tell me a long story")
    tab.get_by_role("button", name="Stop").click()
    expect(turn).to_contain_text("Stopped before it was finished.")
    expect(turns(tab).last).to_contain_text("Stopped before it was finished.")
    tab.close()


def nobody_else_sees_it(page: Page, server: Server, browser: Browser, theo: tuple[str, str], complaints: list[str]) -> None:
    """Neither a colleague nor, once he may only look, a viewer."""
    his = sign_in(browser, server, theo, complaints)
    his.goto(server.address + "/assistant")
    expect(his.get_by_text("What you ask stands here, for you alone.")).to_be_visible()
    his.goto(page.url)
    expect(his.locator("main")).not_to_contain_text("Is anybody there?")
    expect(his.get_by_role("heading", level=1)).to_have_text(re.compile("not here|nothing here|gone", re.I))
    tab = page.context.new_page()
    tab.goto(server.address + "/settings/team")
    tab.get_by_role("button", name="More about Theo Adeyemi").click()
    tab.get_by_role("menuitem", name="Make viewer").click()
    tab.get_by_role("dialog").get_by_role("button", name="Change role").click()
    expect(tab.locator(".mc-group-row", has_text="Theo Adeyemi")).to_contain_text("Viewer")
    tab.close()
    his.context.close()
    looking = sign_in(browser, server, theo, complaints)
    expect(looking.get_by_role("heading", level=1)).to_be_visible()
    expect(looking.get_by_role("link", name="Assistant", exact=True)).to_have_count(0)
    looking.goto(page.url)
    expect(looking.get_by_role("heading", level=1)).to_be_visible()
    expect(looking.locator("main")).not_to_contain_text("Is anybody there?")
    looking.context.close()


def reload_in_the_middle(page: Page) -> None:
    turn = ask(page, "Tell me a long story")
    expect(turn).to_contain_text("Word 3")
    page.reload()
    expect(turns(page).last).to_contain_text("Tell me a long story")
    expect(turns(page).last).to_contain_text("Word 60", timeout=SOON)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def kill_in_the_middle(page: Page, server: Server, model: Model) -> None:
    model.say(SLOWLY)
    turn = ask(page, "Tell me a long story")
    expect(turn).to_contain_text("Word 3")
    here = page.url
    port = server.port
    server.kill()
    page.goto("about:blank")  # the page itself would load anew as soon as somebody answers again, in the middle of our own going there
    server.start(port)
    page.goto(here)
    page.wait_for_function(LISTENING)
    expect(turns(page).last).to_contain_text("Tell me a long story")
    again, stop = turns(page).last.get_by_role("button", name="Ask again"), page.get_by_role("button", name="Stop")
    expect(again.or_(stop)).to_be_visible()
    if stop.is_visible():  # a server that was away for longer has given it up by itself
        stop.click()
    expect(turns(page).last).to_contain_text(re.compile("Stopped before it was finished|broken off when the application stopped"), timeout=60_000)  # by itself after forty seconds
    again.click()
    expect(turns(page).last).to_contain_text("Word 60", timeout=30_000)


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def turns(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("article")


def ask(page: Page, question: str) -> Locator:
    """Write it and send it once nothing is answered any more; the turn in which it stands."""
    page.wait_for_function(LISTENING)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=SOON)
    before = turns(page).count()
    box(page).fill(question)
    box(page).press("Control+Enter")
    turn = turns(page).nth(before)  # the one before may hold the same question
    expect(turn.locator(".mc-ask")).to_have_text(question)
    return turn
