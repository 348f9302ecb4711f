"""What people have agreed to travels with them in our JSON, comes back once on its own day, and never makes a yes of a later no."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Channel, Purpose
from crm_app.domain.consents.schemas import ConsentCreate, TextCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate
from crm_app.domain.imports import service as imports
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import contact, exported

TODAY = date.today()
SPRING, SUMMER, AUTUMN = (TODAY - timedelta(days=days) for days in (200, 100, 10))


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


def say(run, actor, key, action, day, purpose="ai", **more):
    run(actor, consents.record_consents, ConsentCreate(contact_ids=[key], purposes=[purpose], action=action, happened_on=day, **more))


def reachable(run, actor):
    """Somebody who is known again by an address."""
    return run(actor, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[{"kind": "email", "value": "ann@mail.example"}])).id


def told(run, actor):
    """All that the only contact has said, with what holds."""
    (row,) = run(actor, contacts.list_contacts, ContactFilter()).rows
    view = run(actor, consents.get_consents, row.id)
    said = [(one.purpose, one.action, one.version, one.wording, one.channel, one.happened_on, one.evidence) for one in view.events]
    return said, {state.purpose: (state.standing, state.since, state.version) for state in view.states}


def emptied(run, actor, database):
    """A house in which nobody has said anything, and nobody has worded anything."""
    run(actor, contacts.delete_contacts, [row.id for row in run(actor, contacts.list_contacts, ContactFilter()).rows])
    with database.owner.begin() as connection:
        connection.execute(text("delete from consent"))
        connection.execute(text("delete from consent_text"))


@pytest.fixture
def ann(run, alice, olivia):
    """Ann has agreed to AI twice, in other words the second time, and to letters, which she took back on the day."""
    ann = contact(alice)
    say(run, alice, ann, "given", SPRING, channel="paper", evidence="Folder 3\nsecond page")
    run(olivia, consents.add_text, TextCreate(purpose=Purpose.AI, wording="In the team's own words."))
    say(run, alice, ann, "given", SUMMER, channel="form")
    say(run, alice, ann, "given", AUTUMN, purpose="marketing")
    say(run, alice, ann, "withdrawn", AUTUMN, purpose="marketing", evidence="By mail at noon")
    return ann


def test_in_an_empty_house_all_of_it_is_there_again_once(run, alice, olivia, database, ann, snapshot):
    before, data = told(run, alice), exported(run, alice, "json")
    emptied(run, alice, database)
    assert run(olivia, imports.import_file, "ours.json", data).created == 1 and told(run, olivia) == before
    kept = snapshot()
    assert run(olivia, imports.import_file, "ours.json", data).skipped == 1 and snapshot() == kept
    assert [(one.version, one.wording) for one in run(olivia, consents.list_texts) if one.purpose is Purpose.AI][0] == (2, "In the team's own words.")
    (row,) = run(olivia, contacts.list_contacts, ContactFilter()).rows
    assert run(olivia, consents.find_agreed, [row.id], Purpose.AI) == {row.id} and not run(olivia, consents.find_agreed, [row.id], Purpose.MARKETING)
    assert {event.author_id for event in run(olivia, consents.get_consents, row.id).events} == {olivia.user_id}, "whoever brings it in stands for it"


def test_every_purpose_and_every_way_of_saying_so_comes_back(run, alice, olivia, database):
    key = contact(alice, "Cleo")
    for purpose in Purpose:
        for channel in Channel:
            say(run, alice, key, "given", SPRING, purpose.value, channel=channel.value)
    before, data = told(run, alice), exported(run, alice, "json")
    emptied(run, alice, database)
    summary = run(olivia, imports.import_file, "ours.json", data)
    assert (summary.created, summary.failed) == (1, 0) and told(run, olivia) == before and len(before[0]) == len(Purpose) * len(Channel)


def test_what_is_agreed_to_from_now_on_is_nobodys_to_bring_in_but_theirs_who_look_after_the_team(run, alice, database, ann):
    data = exported(run, alice, "json")
    emptied(run, alice, database)
    run(alice, imports.import_file, "ours.json", data)
    said, holds = told(run, alice)
    assert ("In the team's own words." in [one[3] for one in said]) and holds[Purpose.AI][:2] == ("given", SUMMER)
    latest = next(one for one in run(alice, consents.list_texts) if one.purpose is Purpose.AI)
    assert latest.version == 1 and latest.wording != "In the team's own words."


@pytest.mark.parametrize("day, holds", [(SPRING, "withdrawn"), (SUMMER, "withdrawn"), (AUTUMN, "given")])
def test_a_no_that_stands_here_gives_way_to_a_later_yes_alone(run, alice, day, holds):
    ann = reachable(run, alice)
    say(run, alice, ann, "given", day)
    data = json.loads(exported(run, alice, "json"))
    data["contacts"][0]["consents"][0]["id"] = str(uuid4())
    run(alice, contacts.delete_contacts, [ann])
    again = reachable(run, alice)
    say(run, alice, again, "withdrawn", SUMMER)
    assert run(alice, imports.import_file, "ours.json", json.dumps(data).encode()).updated == 1
    assert told(run, alice)[1][Purpose.AI][0] == holds
    assert bool(run(alice, consents.find_agreed, [again], Purpose.AI)) == (holds == "given")


def test_a_no_of_a_file_is_a_no_here_and_never_to_ai_stays(run, alice):
    ann = reachable(run, alice)
    say(run, alice, ann, "withdrawn", AUTUMN)
    data = exported(run, alice, "json")
    run(alice, contacts.delete_contacts, [ann])
    again = reachable(run, alice)
    say(run, alice, again, "given", AUTUMN)
    run(alice, contacts.update_contact, again, ContactUpdate(version=run(alice, contacts.get_contact, again).version, ai_allowed=False))
    assert run(alice, imports.import_file, "ours.json", data).updated == 1
    assert told(run, alice)[1][Purpose.AI][0] == "withdrawn" and not run(alice, contacts.get_contact, again).ai_allowed


@pytest.mark.parametrize("change, said", [
    ({"happened_on": "2199-01-01"}, "no day"), ({"happened_on": "1899-01-01"}, "no day"), ({"wording": " "}, "agrees to nothing"), ({"purpose": "everything"}, "purpose"),
    ({"action": "always"}, "action"), ({"channel": "telepathy"}, "channel"), ({"evidence": "x" * 2_001}, "evidence"), ({"wording": "x" * 5_001}, "wording"),
    ({"text_id": str(uuid4())}, "text_id"), ({"author_id": str(uuid4())}, "author_id"), ({"id": "1; drop table consent"}, "id"), ({"created_at": "yesterday"}, "created_at"),
])  # fmt: skip
def test_a_row_that_cannot_be_is_named_and_nothing_of_it_holds(run, alice, ann, change, said):
    contact(alice, "Ben")
    data = json.loads(exported(run, alice, "json"))
    run(alice, contacts.delete_contacts, [row.id for row in run(alice, contacts.list_contacts, ContactFilter()).rows])
    next(one for one in data["contacts"] if one.get("consents"))["consents"][0] |= change
    summary = run(alice, imports.import_file, "ours.json", json.dumps(data).encode())
    assert (summary.created, summary.failed) == (1, 1) and said in summary.problems[0].reason


def test_what_a_colleague_keeps_is_not_theirs_to_bring_anything_to(run, alice, bob, ann, snapshot):
    data = json.loads(exported(run, alice, "json"))
    for one in data["contacts"][0]["consents"]:
        one["id"] = str(uuid4())
    run(alice, contacts.update_contact, ann, ContactUpdate(version=run(alice, contacts.get_contact, ann).version, locked=True))
    before = snapshot()
    run(bob, imports.import_file, "ours.json", json.dumps(data).encode())
    assert snapshot() == before
