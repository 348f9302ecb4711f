"""Mail that is written over REST: begun, sent, taken back and thrown away, with a template or without."""

from __future__ import annotations

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.unit_of_work import run_service
from tests.documents import write_document
from tests.post import make_post

ANA = "ana@mail.example"


@pytest.fixture
def ana(database, alice):
    made = ContactCreate.model_validate({"display_name": "Ana Silva", "points": [{"kind": "email", "value": ANA}]})
    return run_service(alice, contacts.create_contact, made)


def test_a_letter_is_begun_sent_taken_back_and_thrown_away(client, alice, ana):
    make_post(alice, sends=True)
    hers = client(alice)
    [sender] = hers.get("/letters/senders").json()["items"]
    begun = hers.post("/letters", json={"connection_id": sender["connection_id"], "contact_id": str(ana.id), "subject": "Saturday"})
    assert begun.status_code == 201 and begun.headers["etag"] == '"1"'
    letter = f"/letters/{begun.json()['id']}"
    refused = hers.post(f"{letter}/send", json={"version": 1})
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"recipients"}), "to nobody, nothing is sent"
    written = hers.patch(letter, json={"recipients": ANA, "body": "See you at four."}, headers={"If-Match": '"1"'}).json()
    assert hers.patch(letter, json={"version": 1, "body": "Older"}).status_code == 409
    waiting = hers.post(f"{letter}/send", json={"version": written["version"], "at": "2126-01-01T08:00:00Z"})
    assert waiting.status_code == 422 and "at" in waiting.json()["error"]["fields"], "nobody waits for a hundred years"
    waiting = hers.post(f"{letter}/send", json={"version": written["version"]})
    assert (waiting.status_code, waiting.json()["state"]) == (202, "waiting") and waiting.json()["leaves_at"]
    assert hers.delete(letter, params={"version": waiting.json()["version"]}).status_code == 409, "it is to be sent"
    assert hers.post(f"{letter}/send-now").status_code == 202
    assert hers.post(f"{letter}/decide", json={"arrived": True}).status_code == 409, "that is not in doubt"
    back = hers.post(f"{letter}/take-back").json()
    assert (back["state"], back["body"]) == ("draft", "See you at four.")
    assert hers.delete(letter).status_code == 422, "which version, must be said"
    assert hers.delete(letter, params={"version": back["version"]}).status_code == 204
    assert hers.get("/letters").json() == {"items": []} and hers.get(letter).status_code == 404


def test_a_template_is_kept_filled_in_and_let_go(client, alice, bob, vera, ana):
    hers = client(alice)
    made = hers.post("/templates", json={"name": "Reminder", "body": "Dear {first_name}, until {next_meeting}.", "audience": "team"}).json()
    template = f"/templates/{made['id']}"
    filled = hers.get(f"{template}/filled", params={"contact_id": str(ana.id)}).json()
    assert (filled["body"], filled["missing"]) == ("Dear Ana, until {next_meeting}.", ["{next_meeting}"])
    assert [one["own"] for one in client(bob).get("/templates").json()["items"]] == [False]
    assert client(bob).patch(template, json={"version": 1, "name": "Mine"}).status_code == 403
    assert client(vera).get("/templates").status_code == 403, "who only looks writes no mail"
    assert hers.patch(template, json={"version": 1, "audience": "private"}).json()["audience"] == "private"
    assert client(bob).get(f"{template}/filled").status_code == 404
    assert hers.delete(template).status_code == 204 and hers.get("/templates").json() == {"items": []}


def test_a_contacts_file_is_attached(client, alice, bob, ana):
    plan, theirs = write_document(alice, ana.id, "The plan", name="plan.txt"), write_document(bob, ana.id, "x", audience="private")
    hers = client(alice)
    begun = hers.post("/letters", json={"contact_id": str(ana.id)}).json()
    files = f"/letters/{begun['id']}/files"
    assert hers.post(files, json={"document_id": str(theirs.id), "version": 1}).status_code == 404 == client(bob).post(files, json={"document_id": str(plan.id), "version": 1}).status_code
    attached = hers.post(files, json={"document_id": str(plan.id), "version": 1})
    assert (attached.status_code, [(one["name"], one["size"]) for one in attached.json()["files"]]) == (201, [("plan.txt", 8)])
    assert hers.post(files, json={"document_id": str(plan.id), "version": 1}).status_code == 409, "it is another version by now"


def test_a_file_is_taken_off_again(client, alice, bob, ana):
    plan, hers = write_document(alice, ana.id, "The plan", name="plan.txt"), client(alice)
    files = f"/letters/{hers.post('/letters', json={'contact_id': str(ana.id)}).json()['id']}/files"
    attached = hers.post(files, json={"document_id": str(plan.id), "version": 1}).json()
    place = f"{files}/{attached['files'][0]['id']}"
    assert hers.delete(place).status_code == 422, "it is said which letter was read"
    assert client(bob).delete(f"{place}?version={attached['version']}").status_code == 404, "a colleague's letter is nobody else's"
    assert hers.delete(f"{place}?version=1").status_code == 409, "it is another version by now"
    assert hers.delete(f"{files}/{plan.id}?version={attached['version']}").status_code == 404, "the contact's file itself is not attached"
    off = hers.delete(place, headers={"if-match": f'"{attached["version"]}"'})
    assert (off.status_code, off.json()["files"], off.json()["version"] > attached["version"]) == (200, [], True)
    assert hers.delete(f"{place}?version={off.json()['version']}").status_code == 404
