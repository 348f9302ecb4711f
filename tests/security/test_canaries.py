"""AZ-04: what somebody keeps to herself reaches nobody by any door: not by a list, a search, an order, a count, an export, a page, history, an error or a log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from crm_app.api.app import build_api, describe_api
from crm_app.api.tokens import token_resolver
from crm_app.domain import unit_of_work
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate, SensitiveUpdate
from crm_app.domain.errors import CrmError
from crm_app.domain.jobs.schemas import JobLost
from crm_app.domain.unit_of_work import perform, run_service
from crm_app.pages.routes import ROUTES as PAGES
from tests.security.calls import KEYWORDS, ROUTES, SERVICES, photo_sha
from tests.security.ground import Grounds
from tests.security.hidden import CANARY, Planted, found_in, plant
from tests.security.house import House, open_house
from tests.security.test_rights import FOUND, MATRIX, Unlimited
from tests.security.world import ASKERS, OTHER, World
from tests.web.asgi import ask
from tests.web.edge import HTML, Tab

DOCUMENT = describe_api()
ROLES = ("owner", "admin", "member", "viewer")
LISTENING = 1.0
PATIENCE = 20.0  # for the first word, on a busy machine


@pytest.fixture(scope="module")
def house(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, in which Alice has health data on a contact that she shares, and drafts, besides all that the team has."""
    with open_house(grounds, tmp_path_factory.mktemp("canaries"), None) as house:
        _more(house.world)
        yield house


@pytest.fixture(autouse=True)
def _bound(house: House) -> None:
    house.bind()


def _more(world: World) -> None:
    shared = world.ids["contact"]["team"]
    perform(OTHER, contacts.update_sensitive, shared, SensitiveUpdate(health_goals="x", emergency_contact="x", private_notes="x"))
    perform(OTHER, contacts.save_draft, f"note:{shared}", "typing")
    private = perform(OTHER, contacts.get_contact, world.ids["contact"]["private"]).value
    perform(OTHER, contacts.update_contact, private.id, ContactUpdate(version=private.version, extra={"a": "b"}, tags=["hers alone"]))


def _ids(world: World, entity: str) -> list[UUID]:
    places = world.ids.get(entity, {})
    return [places[name] for name in ("private", "private_trash", "team", "own:member") if name in places] + [uuid4()]


def _reading(world: World, words: tuple[str, ...]) -> Iterator[str]:
    """Every address of the REST interface that reads, with every way to narrow, search and order; ``words`` is what is looked for."""
    for path, operations in DOCUMENT["paths"].items():
        operation = operations.get("get")
        if operation is None:
            continue
        entity = next((name for name in ("contact", "interaction", "task") if f"{{{name}_id}}" in path), "")
        places = [path.replace(f"{{{entity}_id}}", str(key)) for key in _ids(world, entity)] if entity else [path]
        for place in places:
            yield place
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    yield from (f"{place}?{parameter['name']}={value}" for value in _values(parameter["schema"], words, world))


def _values(schema: dict[str, Any], words: tuple[str, ...], world: World) -> list[str]:
    kinds = [schema, *schema.get("anyOf", []), schema.get("items", {})]
    for kind in kinds:
        kind.update(DOCUMENT["components"]["schemas"].get(kind.get("$ref", "").rsplit("/", 1)[-1], {}))
    listed = next((kind["enum"] for kind in kinds if "enum" in kind), None)
    if listed:
        return [str(value) for value in listed]
    if any(kind.get("format") == "uuid" for kind in kinds):
        return [str(OTHER.user_id), str(world.ids["contact"]["private"])]
    if any(kind.get("type") == "boolean" for kind in kinds):
        return ["true", "false"]
    return ["200"] if any(kind.get("type") == "integer" for kind in kinds) else list(words)


def _crawl(house: House, addresses: list[str]) -> dict[str, dict[str, tuple[int, bytes]]]:
    """What each role is answered, by the REST interface in this process on the house's database."""
    tokens = {role: house.token(role) for role in (*ROLES, "narrow", "other")}

    async def ask_all(api: Any) -> dict[str, dict[str, tuple[int, bytes]]]:
        found: dict[str, dict[str, tuple[int, bytes]]] = {}
        for role, token in tokens.items():
            for address in addresses:
                answer = await ask(api, "GET", address, headers={"authorization": f"Bearer {token}"})
                assert answer.status < 500, address
                found.setdefault(role, {})[address] = (answer.status, answer.body)
        return found

    with ThreadPoolExecutor(2) as pool:
        return asyncio.run(ask_all(build_api(token_resolver(SqlSessionStore()), executor=pool, rate_limit=Unlimited())))


@pytest.fixture(scope="module")
def planted(house: House) -> tuple[Planted, dict[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """The canaries; and what each role was answered to every question before they stood there, and after."""
    house.bind()
    addresses = list(_reading(house.world, ("zqnothing", CANARY, f"{CANARY}%20contact%20display_name")))
    before, planted = _crawl(house, addresses), plant(house.database)
    after = _crawl(house, addresses)
    return planted, {role: (before[role], after[role]) for role in before}


def test_az_04_canaries_stand_in_every_column_that_holds_words(planted: tuple[Planted, Any]) -> None:
    about = planted[0]
    assert len(about.columns) >= 60
    assert {"contact.display_name", "contact.search_text", "contact.extra", "contact_sensitive.private_notes", "interaction.body", "task.title", "change.before", "change.after",
            "saved_draft.body", "job.payload", "import_file.data", "api_token.name", "user_session.user_agent", "credential.password_hash", "blob.name", "contact_point.value",
            "notification.detail", "saved_view.query", "away_period.note", "calendar_feed.token_hash"} <= about.columns  # fmt: skip
    # No free words fit into these: each is one of a short list, or a day.
    assert about.refused <= {"contact.stage", "contact.source", "contact.preferred_method", "interaction.direction", "interaction.source", "task.priority", "task.done_by",
                             "saved_view.hue", "audit_entry.outcome", "project.hue", "task.repeat_from", "goal.rhythm", "programme.currency", "document.text_state", "document.reason", "document.source",
                             "connection.meetings_audience", "event.my_response", "event.meeting_type", "event_attendee.response", "event_contact.how", "event_change.what", "mailbox.shown", "mailbox.new_contacts", "mailbox.smtp_security", "mail_folder.role", "mail_thread.shown",
                             "ai_model.tier", "ai_model.price_source", "ai_provider.region", "analysis.subject_kind", "mail_thread.level", "mail_thread.box", "email.direction", "email.standing", "email_party.role", "email_contact.how", "mail_rule.verdict"}  # fmt: skip


def test_az_04_whose_they_are_sees_them(planted: tuple[Planted, Any]) -> None:
    """The crawl would find one: Alice's own program meets her canaries in lists, by search and in single things."""
    _, after = planted[1]["other"]
    met = [address for address, (status, body) in after.items() if status == 200 and found_in(body)]
    assert len(met) >= 20
    assert {address.partition("?")[0].split("/")[2] for address in met} >= {"contacts", "interactions", "tasks", "notifications"}
    assert f"/v1/contacts?search={CANARY}" in met


# Whoever runs the team's mail is told to whom a mail did not arrive, and why; never what it says.
TOLD = {("admin", "outbox.load_mail_page"), ("owner", "outbox.load_mail_page")}


@pytest.mark.parametrize("role", [*ROLES, "narrow"])
def test_az_04_programs_see_no_canary_and_cannot_tell_that_there_is_one(role: str, planted: tuple[Planted, Any]) -> None:
    before, after = planted[1][role]
    assert len(after) >= 100
    assert [address for address, (_, body) in after.items() if found_in(body)] == []
    # The same answers to every search, order and count: what is hidden does not show in what is shown.
    assert [address for address in before if before[address] != after[address]] == []


@pytest.mark.parametrize("role", ROLES)
def test_az_04_services_return_no_canary(role: str, house: House, planted: tuple[Planted, Any]) -> None:
    asker, looked = replace(ASKERS[role], via="web"), 0
    for action, arguments in SERVICES.items():
        places = house.world.ids.get(MATRIX["services"][action][0], {})
        for key in [places[name] for name in ("private", "private_trash", "team", "locked") if name in places] or [uuid4()]:
            looked += 1
            answer = _answer(asker, action, arguments(key, 1))
            assert (role, action) in TOLD or not found_in(answer), action
    assert looked > 150


def _answer(asker: Any, action: str, arguments: tuple[Any, ...]) -> Any:
    """What a service says, or how it refuses; nothing of it is kept."""
    try:
        with unit_of_work.unit_of_work(asker, "tests.look") as session:
            value = FOUND[action.partition("#")[0]](session, asker, *arguments, **KEYWORDS.get(action, {}))
            said = b"".join(value) if isinstance(value, Iterator) else value
            session.rollback()
    except (CrmError, JobLost) as refusal:
        return str(refusal) + str(getattr(refusal, "fields", "")) + str(getattr(refusal, "current", ""))
    return said


@pytest.mark.parametrize("role", ROLES)
async def test_az_04_browsers_are_sent_no_canary(role: str, house: House, planted: tuple[Planted, Any]) -> None:
    browser, world = house.browser(role), house.world
    things = [str(key) for key in _ids(world, "contact")]
    pages = [path.replace("{contact_id}", thing).replace("{part}", part) for path in PAGES for thing in things for part in ("profile", "security", "tags", "data")]
    addresses = list(dict.fromkeys([*pages, f"/contacts?q={CANARY}", f"/contacts?tag={CANARY}", f"/tasks?q={CANARY}"]))
    files = [f"/photos/{photo_sha(world.ids['photo'][place])}" for place in ("private", "private_trash", "team")]
    files += [f"/downloads/contacts/{kind}" for kind in ("csv", "vcard", "json")] + [f"/downloads/import-problems/{world.ids[entity]['private']}" for entity in ("job", "done_job")]
    answers = {address: await asyncio.to_thread(browser.get, address, headers=HTML) for address in [*addresses, *files]}
    assert [address for address, answer in answers.items() if found_in(answer.content.replace(f"q={CANARY}".encode(), b"").replace(f"tag={CANARY}".encode(), b"")) and CANARY not in address] == []
    assert [address for address, answer in answers.items() if answer.status_code >= 500] == []


@pytest.mark.parametrize("role", ROLES)
async def test_az_04_an_open_page_hears_nothing_of_what_is_not_its_readers(role: str, house: House, planted: tuple[Planted, Any]) -> None:
    """What comes over the socket: late parts of the page, and what others change meanwhile."""
    browser, heard = house.browser(role), []
    for address in ("/", "/contacts", f"/contacts/{house.world.ids['contact']['team']}", "/tasks"):
        tab = await Tab.load(house, browser, address)
        assert (await tab.open()).startswith("40")
        await asyncio.to_thread(_change_in_private, house)
        try:
            if not heard:
                heard.append(await asyncio.wait_for(tab.ws.recv(), PATIENCE))
            async with asyncio.timeout(LISTENING):
                while True:
                    heard.append(await tab.ws.recv())
        except (TimeoutError, ConnectionClosed):
            await tab.close()
    assert heard and not [frame for frame in heard if found_in(frame)]


def _change_in_private(house: House) -> None:
    """Alice writes in what is hers alone; the notice goes to every process."""
    house.bind()
    made = run_service(OTHER, contacts.create_contact, contacts.ContactCreate(display_name=f"{CANARY} {uuid4()}", audience="private", notes=CANARY))
    run_service(OTHER, contacts.update_contact, made.id, ContactUpdate(version=made.version, company=CANARY))
    run_service(OTHER, contacts.delete_contacts, [made.id])


def test_az_04_a_refusal_says_nothing_of_what_it_refuses(house: House, planted: tuple[Planted, Any]) -> None:
    for role in (*ROLES, "narrow"):
        program = house.program(role)
        for action, body in ROUTES.items():
            method, path = action.split(" ")
            key = house.world.ids.get(MATRIX["routes"][action][0], {}).get("private", uuid4())
            address = "/".join(str(key) if part.startswith("{") else part for part in path.split("/"))
            assert not found_in(program.request(method, f"/api{address}", json=body(key, 1)).content), (role, action)


def test_az_04_nobody_at_all_sees_a_hash(house: House, planted: tuple[Planted, Any]) -> None:
    with house.database.owner.begin() as connection:
        connection.execute(text("update credential set password_hash = 'zqhash'"))
    for role in ROLES:
        browser, program = house.browser(role), house.program(role)
        said = [browser.get(address, headers=HTML).content for address in ("/settings/security", "/settings/profile")] + [program.get("/api/v1/contacts").content]
        assert not any(b"zqhash" in body or b"argon2" in body for body in said)


def test_az_04_the_log_knows_no_canary(house: House, planted: tuple[Planted, Any]) -> None:
    lines = house.log.read_text().splitlines()
    assert [line for line in lines if found_in(line)] == []
    assert all(json.loads(line) for line in lines)
