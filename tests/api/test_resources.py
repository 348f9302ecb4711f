"""Contacts, interactions, tags and tasks over REST: made, read, changed, thrown away, brought back, undone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from crm_app.domain.actor import Actor
from tests.api.test_gate import refused
from tests.cluster import Database

Client = Callable[..., TestClient]

MAKE = {
    "contacts": {"display_name": "Žofie Řezníčková", "points": [{"kind": "email", "value": "zofie@mail.example"}], "tags": ["yoga"]},
    "tasks": {"title": "Send the breathing exercise"},
    "interactions": {"kind": "call", "subject": "First call"},
}
CHANGE = {"contacts": {"company": "Blue Heron"}, "tasks": {"priority": "high"}, "interactions": {"subject": "Second call"}}


def make(me: TestClient, subject: str, **more: object) -> dict:
    """One new thing; an interaction needs somebody it was with."""
    body = {**MAKE[subject], **more}
    if subject == "interactions":
        body["contact_ids"] = [make(me, "contacts")["id"]]
    answer = me.post(f"/{subject}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("subject", MAKE)
def test_the_life_of_a_thing(client: Client, alice: Actor, subject: str) -> None:
    me = client(alice)
    made = make(me, subject)
    address = f"/{subject}/{made['id']}"
    got = me.get(address)
    assert got.json() == made
    assert got.headers["etag"] == f'"{made["version"]}"'

    changed = me.patch(address, json=CHANGE[subject], headers={"If-Match": got.headers["etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] > made["version"]
    assert {name: changed.json()[name] for name in CHANGE[subject]} == CHANGE[subject]
    untouched = set(made) - set(CHANGE[subject]) - {"version", "updated_at"}
    assert {name: changed.json()[name] for name in untouched} == {name: made[name] for name in untouched}

    gone = me.delete(address)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(me.get(address), 404, "not_found")
    back = me.post(f"{address}/restore")
    assert back.status_code == 200, back.text
    assert me.get(address).json()["id"] == made["id"]


@pytest.mark.parametrize("subject", MAKE)
def test_a_stale_or_blind_change_is_refused(client: Client, alice: Actor, subject: str, snapshot: Callable[[], str]) -> None:
    me = client(alice)
    made = make(me, subject)
    address = f"/{subject}/{made['id']}"
    assert me.patch(address, json={**CHANGE[subject], "version": made["version"]}).status_code == 200
    before = snapshot()
    assert "version" in refused(me.patch(address, json=CHANGE[subject]), 422, "invalid")["fields"]
    stale = {**CHANGE[subject], "version": made["version"]}
    refused(me.patch(address, json=stale), 409, "conflict")
    refused(me.patch(address, json=stale, headers={"If-Match": '"99"'}), 422, "invalid")
    for tag in ('"x"', "*", '"-1"', '"²"'):
        refused(me.patch(address, json=CHANGE[subject], headers={"If-Match": tag.encode()}), 422, "invalid")
    assert snapshot() == before


@pytest.mark.parametrize("subject", MAKE)
def test_lists_go_on_by_cursor_and_show_each_thing_once(client: Client, alice: Actor, subject: str) -> None:
    me = client(alice)
    made = {make(me, subject)["id"] for _ in range(7)}
    seen: list[str] = []
    cursor = None
    for _ in range(20):
        answer = me.get(f"/{subject}", params={"limit": 3, **({"after": cursor} if cursor else {})}).json()
        assert answer.keys() == {"items", "next_cursor", "previous_cursor", "total", "total_is_capped"}
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert made <= set(seen)


def test_what_a_request_changed_can_be_undone_by_its_change_set(client: Client, alice: Actor, bob: Actor) -> None:
    me = client(alice)
    made = make(me, "contacts")
    changed = me.patch(f"/contacts/{made['id']}", json={"version": made["version"], "company": "Oops", "tags": []})
    change_set = changed.headers["change-set"]
    refused(client(bob).post(f"/changes/{change_set}/undo"), 404, "not_found")
    assert me.post(f"/changes/{change_set}/undo").status_code == 200
    now = me.get(f"/contacts/{made['id']}").json()
    assert (now["company"], now["tags"]) == ("", ["yoga"])
    refused(me.post(f"/changes/{change_set}/undo"), 409, "conflict")
    refused(me.post(f"/changes/{uuid4()}/undo"), 404, "not_found")
    assert "change-set" not in me.get(f"/contacts/{made['id']}").headers


def test_a_request_with_an_idempotency_key_is_carried_out_once(client: Client, alice: Actor, bob: Actor) -> None:
    me, key = client(alice), {"Idempotency-Key": "order 66"}
    first = me.post("/tasks", json=MAKE["tasks"], headers=key)
    again = me.post("/tasks", json=MAKE["tasks"], headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.headers["etag"], again.headers["change-set"]) == (first.headers["etag"], first.headers["change-set"])
    assert len(me.get("/tasks").json()["items"]) == 1
    refused(me.post("/tasks", json={"title": "Another"}, headers=key), 422, "invalid")
    refused(me.post("/tags", json={"name": "yoga"}, headers=key), 422, "invalid")
    assert client(bob).post("/tasks", json=MAKE["tasks"], headers=key).json()["id"] != first.json()["id"]
    gone = [me.delete(f"/tasks/{first.json()['id']}", headers={"Idempotency-Key": "bin"}).status_code for _ in range(2)]
    assert gone == [204, 204]
    for bad in ("", "x" * 201):
        refused(me.post("/tasks", json=MAKE["tasks"], headers={"Idempotency-Key": bad}), 422, "invalid")


def test_a_refused_request_leaves_its_key_free_and_a_day_later_all_keys_are(client: Client, alice: Actor, database: Database) -> None:
    me, key = client(alice), {"Idempotency-Key": "k"}
    refused(me.post("/interactions", json={"kind": "note", "contact_ids": [str(uuid4())]}, headers=key), 404, "not_found")
    assert me.post("/tasks", json=MAKE["tasks"], headers=key).status_code == 201
    with database.owner.begin() as connection:
        connection.execute(text("update idempotency_key set created_at = now() - interval '25 hours'"))
    assert me.post("/tasks", json={"title": "Another"}, headers=key).status_code == 201


def test_the_same_request_eight_times_at_once_is_carried_out_once(client: Client, alice: Actor) -> None:
    clients = [client(alice) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda me: me.post("/tasks", json=MAKE["tasks"], headers={"Idempotency-Key": "race"}), clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(clients[0].get("/tasks").json()["items"]) == 1


def test_tags_are_the_teams(client: Client, alice: Actor, bob: Actor, vera: Actor) -> None:
    made = client(alice).post("/tags", json={"name": "Ayurveda"})
    assert made.status_code == 201
    refused(client(bob).post("/tags", json={"name": "ayurvéda"}), 409, "conflict")
    address = f"/tags/{made.json()['id']}"
    assert client(bob).patch(address, json={"name": "Ayurveda basics"}).json()["name"] == "Ayurveda basics"
    assert [tag["name"] for tag in client(vera).get("/tags").json()["items"]] == ["Ayurveda basics"]
    refused(client(vera).delete(address), 403, "forbidden")
    assert client(alice).delete(address).status_code == 204
    refused(client(alice).delete(address), 404, "not_found")


def test_contacts_are_found_filtered_and_sorted(client: Client, alice: Actor) -> None:
    me = client(alice)
    make(me, "contacts")
    other = make(me, "contacts", display_name="Bob Ashdown", points=[{"kind": "phone", "value": "+44 7700 900123"}], tags=[], stage="ambassador")
    names = lambda **query: [item["display_name"] for item in me.get("/contacts", params=query).json()["items"]]  # noqa: E731
    assert names(search="zofie reznickova") == ["Žofie Řezníčková"]
    assert names(search="reznickowa") == ["Žofie Řezníčková"]
    assert names(search="07700 900123") == ["Bob Ashdown"]
    assert names(tag="yoga") == ["Žofie Řezníčková"]
    assert names(stage="ambassador") == ["Bob Ashdown"]
    assert names(not_stage="ambassador") == names(any_tag=["yoga", "sleep"]) == ["Žofie Řezníčková"]
    assert len(names(owner=str(alice.user_id), never_contacted=True, contacted_before="2026-01-01")) == 2 and names(created_from="2999-01-01") == []
    assert names(sort="name") == ["Bob Ashdown", "Žofie Řezníčková"]
    assert names(sort="-name") == ["Žofie Řezníčková", "Bob Ashdown"]
    assert me.post(f"/contacts/{other['id']}/archive").json()["archived"] is True
    assert names(archived=True) == ["Bob Ashdown"]
    assert me.post(f"/contacts/{other['id']}/unarchive").json()["archived"] is False


def test_a_note_stands_on_the_timeline_and_a_task_in_its_list(client: Client, alice: Actor) -> None:
    me = client(alice)
    entry = make(me, "interactions")
    contact = entry["contacts"][0][0]
    assert [item["id"] for item in me.get(f"/contacts/{contact}/interactions").json()["items"]] == [entry["id"]]
    assert me.get(f"/contacts/{contact}/interactions?kind=note").json()["items"] == []
    assert me.get(f"/contacts/{contact}").json()["last_contact_kind"] == "call"
    task = me.post("/tasks", json={**MAKE["tasks"], "contact_ids": [contact], "due_date": "2026-11-24"}).json()
    done = me.post(f"/tasks/{task['id']}/complete").json()
    assert (done["status"], done["bucket"]) == ("completed", "done")
    assert [item["id"] for item in me.get("/tasks?status=completed").json()["items"]] == [task["id"]]
    assert me.post(f"/tasks/{task['id']}/reopen").json()["status"] == "pending"


def test_private_things_are_not_there_for_others_and_scopes_narrow(client: Client, alice: Actor, bob: Actor) -> None:
    private = make(client(alice), "contacts", audience="private")
    for method in ("get", "delete"):
        refused(getattr(client(bob), method)(f"/contacts/{private['id']}"), 404, "not_found")
    missing = client(bob).get(f"/contacts/{uuid4()}")
    assert missing.content == client(bob).get(f"/contacts/{private['id']}").content
    assert client(bob).get("/contacts").json()["items"] == []
    reader = client(alice, scopes="contact:read tag:read")
    assert len(reader.get("/contacts").json()["items"]) == 1
    refused(reader.post("/tasks", json=MAKE["tasks"]), 403, "forbidden")
    refused(reader.get("/interactions"), 403, "forbidden")


def test_health_data_is_its_owners_until_shared(client: Client, alice: Actor, bob: Actor) -> None:
    made = make(client(alice), "contacts")
    secret = {"health_goals": "Canary goal", "private_notes": "Canary note", "emergency_contact": ""}
    answer = client(alice).put(f"/contacts/{made['id']}/sensitive", json=secret)
    assert answer.json()["sensitive"]["health_goals"] == "Canary goal"
    seen = [client(bob).get(path).text for path in ("/contacts", f"/contacts/{made['id']}", "/contacts?search=canary")]
    assert not any("anary" in body for body in seen)


def test_consent_is_recorded_read_and_never_changed(client: Client, alice: Actor, vera: Actor) -> None:
    me, looker = client(alice), client(vera)
    address = f"/contacts/{make(me, 'contacts')['id']}/consents"
    assert {state["standing"] for state in me.get(address).json()["states"]} == {"never"}
    answer = me.post(address, json={"purposes": ["ai", "marketing"], "channel": "paper", "happened_on": "2026-01-12", "evidence": "Folder 3"})
    assert answer.status_code == 201, answer.text
    assert {state["purpose"]: state["since"] for state in answer.json()["states"] if state["standing"] == "given"} == {"ai": "2026-01-12", "marketing": "2026-01-12"}
    assert me.post(address, json={"purposes": ["ai"], "action": "withdrawn", "channel": "phone"}).json()["states"][2]["standing"] == "withdrawn"
    assert [event["action"] for event in looker.get(address).json()["events"] if event["purpose"] == "ai"] == ["withdrawn", "given"]
    assert refused(looker.post(address, json={"purposes": ["ai"], "channel": "phone"}), 403, "forbidden")
    early = me.post(address, json={"purposes": ["marketing"], "action": "withdrawn", "channel": "phone", "happened_on": "2025-01-12"})
    assert early.status_code == 422 and "happened_on" in early.json()["error"]["fields"]
    assert me.put(address, json={}).status_code == me.delete(address).status_code == 405
    assert {text["purpose"] for text in looker.get("/consent-texts").json()["items"]} == {"data_processing", "health_notes", "ai", "marketing", "photo"}
