"""INJ-05 in a real Chromium: two hundred ways to write a script into every field of a person, a note, a task and a tag; every page is opened and none runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from secrets import token_hex

import pytest
from playwright.sync_api import Browser, Page, Request

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, SensitiveUpdate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.saved_views import service as saved_views
from crm_app.domain.saved_views.schemas import SavedViewCreate
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service
from tests.chromium import standing
from tests.security.counts import counted
from tests.security.ground import Grounds
from tests.security.house import House, open_house
from tests.security.world import ASKERS

pytestmark = pytest.mark.browser
CALL = "window.__pwned=1"
TRIED = {name: f"{CALL};alert(1)" for name in ("onerror", "onload", "onfocus", "onmouseover", "ontoggle", "onbegin", "onanimationstart", "onclick", "onpointerenter", "onstart")}
FRAMES = (
    "<img src=x {on}=\"{js}\">", "<svg {on}={js}>", "<body {on}={js}>", "<input autofocus {on}={js}>", "<details open {on}={js}>", "<svg><animate {on}={js} attributeName=x dur=1s>",
    "\"><img src=x {on}={js}>", "'><svg/{on}={js}>", "`><iframe {on}={js}>", "</textarea><video src=x {on}={js}>", "</script><img src=x {on}={js}>", "--><marquee {on}={js}>",
    "\" {on}=\"{js}\" x=\"", "' {on}='{js}' x='", "<x {on}={js} style=animation-name:x tabindex=1>", "<img/src=x\t{on}\n=\n{js}>",
)  # fmt: skip
PLAIN = (
    "<script>{js}</script>", "</script><script>{js}</script>", "<ScRiPt>{js}</sCrIpT>", "<script/x>{js}</script\n>", "<script src=data:,{js}></script>", "javascript:{js}", "JaVaScRiPt:{js}",
    "java\tscript:{js}", "data:text/html,<script>{js}</script>", "<a href=javascript:{js}>x</a>", "<a href=\"jav&#x09;ascript:{js}\">x</a>", "[x](javascript:{js})", "![x](x \"onerror={js}\")",
    "<javascript:{js}>", "<iframe src=javascript:{js}>", "<iframe srcdoc=\"<script>parent.{js}</script>\">", "<object data=javascript:{js}>", "<embed src=javascript:{js}>", "<form action=javascript:{js}><button>x",
    "<math><mtext><script>{js}</script>", "<svg><script>{js}</script></svg>", "<template><script>{js}</script></template>", "<base href=javascript:/{js}//>", "<meta http-equiv=refresh content=\"0;javascript:{js}\">",
    "<link rel=stylesheet href=data:,{js}>", "<style>*{{background:url(javascript:{js})}}</style>", "{{{{constructor.constructor('{js}')()}}}}", "${{{js}}}", "`${{{js}}}`", "');{js}//", "\");{js}//", "`);{js}//",
    "\\');{js}//", "\u2028{js}\u2028", "&lt;script&gt;{js}&lt;/script&gt;", "&#60;script&#62;{js}&#60;/script&#62;", "%3Cscript%3E{js}%3C/script%3E", "\\u003cscript\\u003e{js}", "\\x3cscript\\x3e{js}", "+ADw-script+AD4-{js}",
    "<!--><script>{js}</script>", "<![CDATA[<script>{js}</script>]]>", "<v-html>{js}</v-html>", "<div v-html=\"{js}\" @click=\"{js}\" :x=\"{js}\">", "<component :is=\"'script'\">{js}</component>",
)  # fmt: skip
STRINGS = [frame.format(on=on, js=js) for frame, (on, js) in product(FRAMES, TRIED.items())] + [frame.format(js=CALL) for frame in PLAIN]


@pytest.fixture(scope="module")
def house(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(grounds, tmp_path_factory.mktemp("xss"), None) as house:
        yield house


@pytest.fixture
def page(browser: Browser, house: House) -> Iterator[Page]:
    context = browser.new_context()
    context.add_cookies([{"name": house.cookie_name, "value": house.cookie("member"), "url": house.public_url}])
    page = context.new_page()
    yield page
    context.close()


def _plant(number: int, hostile: str) -> str:
    """A person with it in every field that takes words, a note, a task, a tag and a view; returns the person's address."""
    me = ASKERS["member"]
    line, short = hostile.replace("\n", " ").replace("\t", " "), hostile[:100]
    words = {name: line[:100] for name in ("given_name", "family_name", "nickname", "pronouns", "company", "job_title", "street", "city", "region", "postal_code")}
    words["pronouns"], words["postal_code"] = line[:20], line[:12]
    made = run_service(me, contacts.create_contact, ContactCreate(display_name=line[:200], notes=hostile, extra={short: hostile}, **words))
    run_service(me, contacts.update_sensitive, made.id, SensitiveUpdate(health_goals=hostile, emergency_contact=line, private_notes=hostile))
    run_service(me, interactions.log_interaction, InteractionCreate(kind="note", subject=line[:200], body=hostile, contact_ids=[made.id]))
    run_service(me, tasks.create_task, TaskCreate(title=line[:200], description=hostile, contact_ids=[made.id]))
    run_service(me, tags.create_tag, f"{token_hex(3)} {line}"[:50])
    if number < 5:  # they stand in the sidebar of every page
        run_service(me, saved_views.create_view, SavedViewCreate(name=f"{token_hex(3)} {line}"[:60], query=f"q={line}"))
    return f"/contacts/{made.id}"


@counted(20, 200, "scripts in every field")
def test_inj_05_no_script_that_somebody_wrote_runs(count: int, house: House, page: Page) -> None:
    assert len(STRINGS) >= 200
    house.bind()
    step = max(1, len(STRINGS) // count)
    records = [_plant(number, hostile) for number, hostile in enumerate(STRINGS[::step][:count])]
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    under_way: set[Request] = set()
    page.on("request", lambda request: under_way.add(request))
    page.on("requestfinished", lambda request: under_way.discard(request))
    page.on("requestfailed", lambda request: under_way.discard(request))  # by which an onerror runs
    drawn = 0
    for address in ("/", "/contacts", "/contacts?view=cards", "/contacts?view=board", "/tasks", "/settings/tags", "/settings/profile", *records):
        page.goto(f"{house.public_url}{address}")
        page.wait_for_selector("main, .q-page", timeout=20_000)
        standing(page)
        while under_way:
            page.wait_for_timeout(10)
        drawn += "__pwned" in page.inner_text("body")
        page.mouse.move(400, 300)
        assert page.evaluate("window.__pwned") is None, address
        assert page.evaluate("[...document.querySelectorAll('a[href]')].filter(a => !/^(https?|mailto|tel):$/.test(a.protocol)).map(a => a.href)") == []
    assert dialogs == [] and drawn > len(records), "the words themselves are to be read"
