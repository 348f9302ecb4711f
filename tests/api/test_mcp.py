"""Another assistant at ``/mcp``, by the official client: it reads as the person whose token it has, suggests, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import text
from starlette.testclient import TestClient

from crm_app.ai import tools
from crm_app.ai.embedding import FakeEmbedder, bind_embedder
from crm_app.ai.tools import other
from crm_app.api import mcp
from crm_app.api.tokens import token_resolver
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import PreferenceUpdate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskFilter
from tests.meanings import read_all, switch_on

NOW = datetime.now(UTC)
Ask = Callable[..., Any]


@pytest.fixture
def app(database, api_threads: ThreadPoolExecutor) -> FastAPI:
    """The one route, as the product mounts it."""
    app = FastAPI(openapi_url=None)
    app.include_router(mcp.make_router(token_resolver(SqlSessionStore()), executor=api_threads, origins=frozenset({"http://localhost"})))
    return app


@pytest.fixture
def switched_on(run, olivia) -> None:
    """AI is on for the team."""
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=True))


@pytest.fixture
def person(run):
    """``person(actor, name)``: a contact that agrees to AI unless told."""

    def make(actor, name, agrees=True, **more):
        made = run(actor, contacts.create_contact, ContactCreate(display_name=name, **more))
        if agrees:
            run(actor, consents.record_consents, ConsentCreate(contact_ids=[made.id], purposes=["ai"]))
        return made

    return make


@pytest.fixture
def ask(app: FastAPI, give_token) -> Ask:
    """``await ask(actor, "tool", **arguments)``: what the tool says; without a tool, the names of all of them."""

    async def put(actor, tool: str = "", token: str = "", **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {token or give_token(actor)}"}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), headers=headers) as http, Client(streamable_http_client("http://localhost/mcp", http_client=http)) as client:
            return await client.call_tool(tool, arguments) if tool else [each.name for each in (await client.list_tools()).tools]

    return put


def words(result: Any) -> str:
    """The text of a result."""
    return "\n".join(block.text for block in result.content)


async def test_it_is_told_of_tools_that_read_and_that_suggest(ask: Ask, alice, switched_on) -> None:
    names = await ask(alice)
    assert {"find_people", "read_person", "read_timeline", "count_things", "propose_task", "propose_letter"} <= set(names)
    assert all(name.startswith(("find_", "read_", "count_", "propose_")) for name in names)


async def test_it_reads_whom_its_person_sees_and_who_agrees(ask: Ask, run, alice, bob, person, switched_on) -> None:
    jane = person(alice, "Jane Doe")
    person(alice, "Silent Sam", agrees=False)
    person(bob, "Hidden Hanna", audience="private")
    run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="Sleeps better since March", occurred_at=NOW - timedelta(days=2), contact_ids=[jane.id]))
    found = words(await ask(alice, "find_people"))
    assert str(jane.id) in found and "Jane Doe" in found
    assert "Sam" not in found and "Hanna" not in found and "1 more match but do not allow AI" in found
    read = await ask(alice, "read_person", person=str(jane.id))
    assert "Sleeps better since March" in words(read) and not read.is_error
    assert any(record["kind"] == "entry" for record in read.structured_content["records"])


async def test_it_finds_by_meaning_whoever_agrees(ask: Ask, run, alice, bob, person, switched_on) -> None:
    """What it looks for is read before the transaction, as for our own assistant."""
    for who, said in ((person(alice, "Jane Doe"), "Complains of insomnia"), (person(alice, "Silent Sam", agrees=False), "Insomnia too, canary")):
        run(alice, interactions.log_interaction, InteractionCreate(kind="note", body=said, contact_ids=[who.id]))
    fake = switch_on(FakeEmbedder([("sleep", "insomnia")]))
    read_all(fake, alice)
    found = await ask(alice, "find_notes", question="sleep")
    bind_embedder(None)
    assert "Complains of insomnia" in words(found) and "canary" not in words(found) and [record["kind"] for record in found.structured_content["records"]] == ["entry"]
    assert "anything like it" in words(await ask(alice, "find_notes", question="sleep")), "by words alone"


async def test_what_it_may_not_read_is_not_there_by_its_id_either(ask: Ask, run, alice, bob, person, switched_on) -> None:
    hidden, silent = person(bob, "Hidden Hanna", audience="private"), person(alice, "Silent Sam", agrees=False)
    for key in (str(hidden.id), str(silent.id), "p1", "'; drop table contact; --"):
        refused = await ask(alice, "read_person", person=key)
        assert refused.is_error and "Hanna" not in words(refused) and "Sam" not in words(refused)
    wrong = await ask(alice, "read_person", person=str(silent.id), sneaky=True)
    assert wrong.is_error and "sneaky" in words(wrong)
    assert (await ask(alice, "delete_everything")).is_error


async def test_it_suggests_and_changes_nothing(ask: Ask, run, alice, bob, person, switched_on) -> None:
    jane, hidden = person(alice, "Jane Doe"), person(bob, "Hidden Hanna", audience="private")
    made = await ask(alice, "propose_task", title="Call Jane", people=[str(jane.id)], why="She asked for it")
    assert not made.is_error, words(made)
    [waiting] = run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions
    assert waiting.rationale == "She asked for it" and not run(alice, tasks.list_tasks, TaskFilter()).tasks
    for arguments in ({"title": "x", "why": "y", "people": [str(hidden.id)]}, {"title": "x", "why": "y", "run_sql": "1"}, {"title": 3, "why": "y"}, {}):
        assert (await ask(alice, "propose_task", **arguments)).is_error
    assert (await ask(alice, "propose_deletion", person=str(jane.id))).is_error
    assert len(run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions) == 1


async def test_what_was_told_stands_in_the_ledger(ask: Ask, alice, person, switched_on, database) -> None:
    jane = person(alice, "Jane Doe")
    await ask(alice, "read_person", person=str(jane.id))
    with database.owner.connect() as connection:
        [row] = connection.execute(text("select c.skill, c.cost_micros, c.state, t.sent::text as sent, a.contact_id from ai_call c join ai_call_content t on t.call_id = c.id join ai_call_contact a on a.call_id = c.id"))
    assert (row.skill, row.cost_micros, row.state, row.contact_id) == ("read_person", 0, "settled", jane.id) and "Jane Doe" in row.sent


async def test_off_is_off_and_a_viewer_has_no_assistant(ask: Ask, run, alice, vera, olivia, person) -> None:
    person(alice, "Jane Doe")
    refused = await ask(alice, "find_people")
    assert refused.is_error and "switched off" in words(refused) and "Jane" not in words(refused)
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=True))
    looked = await ask(vera, "find_people")
    assert looked.is_error and "Jane" not in words(looked)
    assert run(alice, contacts.list_contacts, ContactFilter()).total == 1


async def test_a_narrow_token_reads_nothing(ask: Ask, alice, person, switched_on, give_token) -> None:
    person(alice, "Jane Doe")
    refused = await ask(alice, "find_people", token=give_token(alice, scopes="tag:read"))
    assert refused.is_error and "Jane" not in words(refused)


@pytest.mark.parametrize("tool", ["find_people", "read_person", "read_timeline", "read_calendar", "read_tasks", "read_goals", "read_files", "count_things"])
async def test_a_token_for_ai_alone_reads_no_records(ask: Ask, run, alice, person, switched_on, give_token, tool) -> None:
    jane = person(alice, "Jane Doe")
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="canary", contact_ids=[jane.id]))
    given = {"read_person": {"person": str(jane.id)}, "read_calendar": {"since": "2026-01-01", "until": "2026-12-31"}}.get(tool, {})
    refused = await ask(alice, tool, token=give_token(alice, scopes="ai:use"), **given)
    assert refused.is_error and "canary" not in words(refused) and "Jane" not in words(refused)
    assert not (await ask(alice, tool, **given)).is_error
    assert set(other.READS) == {one.name for one in tools.READING}, "every tool that reads says what"


async def test_what_stays_at_home_is_told_no_other_assistant(ask: Ask, run, alice, olivia, person, switched_on) -> None:
    """Whether the team wants that or its person does."""
    person(alice, "Jane Doe")
    for own, team in ((True, False), (False, True)):
        run(alice, ai.set_preference, PreferenceUpdate(local_only=own))
        run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, local_only=team))
        refused = await ask(alice, "find_people")
        assert refused.is_error and "stays on machines of the practice" in words(refused) and "Jane" not in words(refused)


@pytest.fixture
def hidden(run, olivia, switched_on) -> None:
    """The team has names go out under stand-ins."""
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, pseudonymise=True))


async def test_llm_09_people_go_out_under_stand_ins_and_come_back_by_name(ask: Ask, run, alice, person, hidden, database) -> None:
    """The other assistant works with ids, and a stand-in is made of one: nothing has to be kept between two calls."""
    jane = person(alice, "Jane Doe", given_name="Jane", points=[{"kind": "phone", "value": "+351 912 440 187"}, {"kind": "email", "value": "jane@doe.example"}])
    person(alice, "Tom Silent", agrees=False)
    said = "JANE came with Tom, wrote from jane@doe.example and x@else.example, number 912 440 187."
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", subject="Jane and Tom", body=said, contact_ids=[jane.id]))
    found = words(await ask(alice, "find_people", words="Jane"))
    assert f"{jane.id} Person_{jane.id}," in found and "Jane" not in found
    read = await ask(alice, "read_person", person=str(jane.id))
    whole = words(read) + str(read.structured_content)
    assert not any(word in whole for word in ("Jane", "JANE", "Doe", "Tom", "Silent", "doe.example", "else.example", "440 187")), whole
    assert f"Person_{jane.id}_2 came with [somebody], wrote from Mail_{jane.id} and [a mail address], number Phone_{jane.id}." in words(read)
    with database.owner.connect() as connection:
        kept = "".join(connection.execute(text("select sent::text from ai_call_content")).scalars())
    assert f"Person_{jane.id}" in kept and "Jane" not in kept, "what stands as sent is what was sent"
    assert words(await ask(alice, "find_people", words=f"Person_{jane.id}")) == found, "and a search may be for a stand-in"
    made = await ask(alice, "propose_task", title=f"Call Person_{jane.id}_2 on Phone_{jane.id}", people=[str(jane.id)], why=f"person_{jane.id} and [somebody] asked", steps=[f"Ask Person_{jane.id}"])
    assert not made.is_error and "Jane" not in words(made)
    [waiting] = run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions
    assert waiting.payload["title"] == "Call Jane on +351 912 440 187" and waiting.rationale == "Jane Doe and [somebody] asked" and waiting.payload["steps"] == ["Ask Jane Doe"]


async def test_llm_09_a_stand_in_gives_nobody_away_who_has_not_agreed(ask: Ask, run, alice, bob, person, hidden) -> None:
    """Nor whoever another person has for themselves, nor two who are called the same, one for the other."""
    silent, foreign = person(alice, "Tom Silent", agrees=False), person(bob, "Hidden Hanna", audience="private")
    one, two = person(alice, "Ann Lee", given_name="Ann"), person(alice, "Ann Poe", given_name="Ann")
    run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="Ann and Ann Poe met.", contact_ids=[one.id, two.id]))
    assert f"[somebody] and Person_{two.id} met." in words(await ask(alice, "read_timeline"))
    await ask(alice, "propose_task", title=f"Person_{silent.id}, Person_{foreign.id}_1, Person_{one.id}_99, Mail_{one.id}", why="x")
    [waiting] = run(alice, suggestions.list_suggestions, SuggestionFilter()).suggestions
    assert waiting.payload["title"] == f"Person_{silent.id}, Person_{foreign.id}_1, Person_{one.id}_99, Mail_{one.id}"


async def test_what_cannot_be_is_refused_without_a_name_too(ask: Ask, alice, person, hidden) -> None:
    person(alice, "Person", agrees=False)
    refused = await ask(alice, "read_person", person="Person nobody")
    assert refused.is_error and "'Person nobody'" not in words(refused) and "[somebody]" in words(refused)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1", ""])
def test_a_page_of_another_site_may_not_ask(app: FastAPI, give_token, alice, origin: str) -> None:
    """As whoever makes a name of theirs lead here would have it: with any token, also a live one."""
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    good = {"Authorization": f"Bearer {give_token(alice)}", "Accept": "application/json, text/event-stream"}
    assert client.post("/mcp", json=question, headers={**good, "Origin": origin}).status_code == 403
    assert client.post("/mcp", json=question, headers={"Origin": origin}).status_code == 403, "before a token is looked at"
    assert client.post("/mcp", json=question, headers={**good, "Origin": "http://localhost"}).status_code == 200
    assert client.post("/mcp", json=question, headers=good).status_code == 200


def test_without_a_live_token_there_is_no_door(app: FastAPI, give_token, alice) -> None:
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for token in ("", "mcrm_nobodys", give_token(alice, revoked=True), give_token(alice, expires="now() - interval '1 day'")):
        answer = client.post("/mcp", json=question, headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"})
        assert answer.status_code == 401 and "tools" not in answer.text
    good = {"Authorization": f"Bearer {give_token(alice)}", "Accept": "application/json, text/event-stream"}
    assert client.get("/mcp", headers=good).status_code == 405
    assert client.delete("/mcp", headers=good).status_code == 405
    assert client.post("/mcp", content=b"{" * 100, headers={**good, "Content-Type": "application/json"}).status_code == 400
    assert client.post("/mcp", content=b"[1" + b",1" * 600_000 + b"]", headers={**good, "Content-Type": "application/json"}).status_code == 413
    assert client.post("/mcp", json=[question] * 3, headers=good).status_code == 400
