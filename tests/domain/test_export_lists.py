"""Beside its contacts the JSON export has a list of each kind of thing: scripts find them there, and what is about nobody comes back by them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from crm_app.domain.calendar.models import Event, EventAttendee
from crm_app.domain.calendar.reading_schemas import ReadAttendee
from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.models import Goal
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.imports import parts
from crm_app.domain.imports import service as imports
from crm_app.domain.interactions import service as timeline
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, TemplateInput
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import MailboxUpdate
from crm_app.domain.rows import Audience
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.calendars import item_of, make_feed, read_event
from tests.domain.people import contact, exported
from tests.mailboxes import make_mailbox

TODAY = date.today()
NOW = datetime.now(UTC).replace(microsecond=0)
LISTS = ["interactions", "events", "emails", "tasks", "goals", "letters", "templates", "signatures"]


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


@pytest.fixture
def practice(run, alice, bob):
    """Ann with an entry, a task, a goal and an event; and of each kind, but for entries, something that is about nobody."""
    ann = contact(alice, "Ann")
    run(alice, timeline.log_interaction, InteractionCreate(kind="note", body="Hello", occurred_at=NOW - timedelta(days=1), contact_ids=[ann]))
    run(alice, tasks.create_task, TaskCreate(title="Call Ann", contact_ids=[ann]))
    run(alice, tasks.create_task, TaskCreate(title="Pay the rent", description="By\ntransfer", due_date=TODAY, tags=["studio"], steps=["Look up", "Pay"]))
    run(alice, tasks.create_task, TaskCreate(title="Mine alone", audience="private"))
    run(bob, tasks.create_task, TaskCreate(title="Bob's alone", audience="private"))
    run(alice, goals.create_goal, GoalCreate(contact_id=ann, title="Sleep", target_value=7))
    full = run(alice, goals.create_goal, GoalCreate(title="Full classes", unit="a week", start_value=2, target_value=6, starts_on=TODAY - timedelta(days=9)))
    for value, day in ((3, TODAY - timedelta(days=2)), (4.5, TODAY)):
        run(alice, goals.check_in, full.id, CheckInCreate(value=value, day=day, note=f"It was {value}"))
    run(alice, goals.create_goal, GoalCreate(title="Rest", target_value=2, audience="private"))
    feed = make_feed(alice)
    asked = [ReadAttendee(email="ann@mail.example", name="Ann", response="accepted")]
    feed.land([item_of(read_event("Session", NOW + timedelta(days=1), uid="with-ann", asked=asked), ref="1"), item_of(read_event("Dentist", NOW + timedelta(days=2), uid="alone"), ref="2")])
    return ann


def told(run, actor) -> dict[str, Any]:
    return json.loads(exported(run, actor, "json"))


def plain(things: Any) -> Any:
    """Without what is another's elsewhere: ids."""
    if isinstance(things, dict):
        return {name: plain(value) for name, value in things.items() if name not in ("id", "author_id", "external_id")}
    return [plain(one) for one in things] if isinstance(things, list) else things


def clear(database):
    with database.owner.begin() as connection:
        connection.execute(text("truncate contact, interaction, task, goal, event, change cascade"))


def test_each_kind_of_thing_is_found_by_its_name(run, alice, bob, practice):
    found = told(run, alice)
    assert list(found) == ["format", "version", "contacts", *LISTS]
    about = {name: {one.get("title") or one.get("body"): one.get("contacts", []) for one in found[name]} for name in LISTS}
    ann = [str(practice)]
    assert about["interactions"] == {"Hello": ann}
    assert about["tasks"] == {"Call Ann": ann, "Pay the rent": [], "Mine alone": []}
    assert about["goals"] == {"Sleep": ann, "Full classes": [], "Rest": []}
    assert about["events"] == {"Session": [], "Dentist": []}, "nobody here has that address"
    session = next(one for one in found["events"] if one["title"] == "Session")
    assert (session["uid"], session["calendar"], session["attendees"][0]["email"]) == ("with-ann", "Work", "ann@mail.example")
    theirs = told(run, bob)
    assert {one["title"] for one in theirs["tasks"]} == {"Call Ann", "Pay the rent", "Bob's alone"}
    assert {one["title"] for one in theirs["goals"]} == {"Sleep", "Full classes"} and theirs["events"] == []


def test_an_event_names_whom_it_concerns(run, alice, practice):
    feed = make_feed(alice, "Other")
    zoe = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Ray", points=[PointInput(kind="email", value="zoe@mail.example")]))
    feed.land([item_of(read_event("Walk", NOW + timedelta(days=3), uid="y", asked=["zoe@mail.example"]))])
    found = told(run, alice)
    assert next(one["contacts"] for one in found["events"] if one["title"] == "Walk") == [str(zoe.id)]
    assert [one["title"] for card in found["contacts"] for one in card.get("events", ())] == ["Walk"], "it stands with them as well"


def test_letters_that_were_not_sent_templates_and_signatures_are_their_makers_to_take(run, alice, bob, practice):
    box = make_mailbox(alice, sends=True)
    plan = run(alice, letters.keep_file, "plan.pdf", b"%PDF-1.7")
    data = LetterInput(connection_id=box.connection_id, contact_id=practice, recipients="ann@mail.example", blind="zoe@mail.example", subject="Plan", body="Here it is.", files=(plan,))
    run(alice, letters.create_letter, data)
    waiting = run(alice, letters.create_letter, LetterInput(connection_id=box.connection_id, recipients="ann@mail.example", body="Later."))
    leaves = run(alice, letters.send_letter, waiting.id, version=waiting.version, at=NOW + timedelta(days=2)).leaves_at
    run(alice, letters.create_template, TemplateInput(name="Reminder", body="Dear {first_name}")), run(alice, letters.create_template, TemplateInput(name="Ours", audience="team"))
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature="Ann Lee"))
    found = told(run, alice)
    assert plain(found["signatures"]) == [{"address": "alice@example.org", "text": "Ann Lee"}]
    assert plain(found["letters"]) == [
        {"contacts": [str(practice)], "recipients": "ann@mail.example", "blind": "zoe@mail.example", "subject": "Plan", "text": "Here it is.", "files": ["plan.pdf"]},
        {"state": "queued", "leaves_at": leaves.isoformat().replace("+00:00", "Z"), "recipients": "ann@mail.example", "text": "Later."},
    ]
    assert {(one["name"], one.get("text", "")) for one in found["templates"]} == {("Reminder", "Dear {first_name}"), ("Ours", "")}
    theirs = told(run, bob)
    assert theirs["letters"] == theirs["signatures"] == [] and [one["name"] for one in theirs["templates"]] == ["Ours"]


def test_who_is_in_the_trash_and_what_is_about_them_alone_is_not_told(run, alice, practice):
    run(alice, contacts.delete_contacts, [practice])
    found = told(run, alice)
    assert found["contacts"] == found["interactions"] == []
    assert {one["title"] for one in found["tasks"]} == {"Pay the rent", "Mine alone"} and {one["title"] for one in found["goals"]} == {"Full classes", "Rest"}


def test_the_same_file_again_changes_nothing(run, alice, bob, practice, snapshot):
    data, before = exported(run, alice, "json"), snapshot()
    again = run(alice, imports.import_file, "mine.json", data)
    assert (again.created, again.updated, again.skipped, again.failed) == (0, 0, 5, 0) and snapshot() == before
    theirs = run(bob, imports.import_file, "mine.json", data)
    assert (theirs.created, theirs.skipped) == (2, 3), "what alice alone could see is his own now"
    before = snapshot()
    assert run(bob, imports.import_file, "mine.json", data).skipped == 5 and snapshot() == before


def test_elsewhere_it_is_the_same_once_and_undo_takes_it_back(run, outcome, alice, practice, database, snapshot):
    data = exported(run, alice, "json")
    before = plain(json.loads(data))
    clear(database)
    done = outcome(alice, imports.import_file, "mine.json", data)
    assert (done.value.created, done.value.failed) == (5, 0)
    after = plain(told(run, alice))
    for name in ("tasks", "goals"):
        alone = [[one for one in found[name] if "contacts" not in one] for found in (before, after)]
        assert alone[0] == alone[1] and len(alone[0]) == 2
    assert after["events"] == [], "a calendar that is connected brings them"
    kept = snapshot()
    assert run(alice, imports.import_file, "mine.json", data).skipped == 5 and snapshot() == kept
    run(alice, undo_change_set, done.change_set_id)
    empty = told(run, alice)
    assert all(empty[name] == [] for name in ("contacts", *LISTS))
    assert run(alice, imports.import_file, "mine.json", data).created == 5 and [one for one in plain(told(run, alice))["goals"] if "contacts" not in one] == alone[1]


def test_the_practices_own_goals_come_in_together(run, alice, database):
    for number in range(6):
        run(alice, goals.create_goal, GoalCreate(title=f"Goal {number}", target_value=2, audience=("team", "private")[number % 2]))
    data = exported(run, alice, "json")
    before = plain(json.loads(data))
    clear(database)
    written = []
    event.listen(database.app, "before_cursor_execute", lambda _connection, _cursor, statement, *_more: written.append(statement))
    assert run(alice, imports.import_file, "mine.json", data).created == 6 and plain(told(run, alice)) == before
    assert sum(statement.startswith("insert into goal ") for statement in written) == 2, "one for each audience"


def test_what_was_deleted_comes_back_once(run, alice, practice):
    data = exported(run, alice, "json")
    for _ in range(2):  # the first time the original is gone, the second time what the file made
        alone = [one for one in told(run, alice)["tasks"] if "contacts" not in one and one["title"] == "Pay the rent"]
        run(alice, tasks.delete_tasks, [one["id"] for one in alone])
        draft = run(alice, imports.upload_import, "mine.json", data)
        seen = run(alice, imports.preview_import, draft.job.id)
        assert [(row.name, row.action) for row in seen.rows if row.name == "Pay the rent"] == [("Pay the rent", "create")] and seen.created == 1
        assert run(alice, imports.import_file, "mine.json", data, dry_run=True).created == 1
        assert run(alice, imports.import_file, "mine.json", data).created == 1
        assert [one["title"] for one in told(run, alice)["tasks"]].count("Pay the rent") == 1


def test_a_private_import_shows_nobody_anything(run, alice, bob, practice, database):
    data = exported(run, alice, "json")
    clear(database)
    run(alice, imports.import_file, "mine.json", data, audience=Audience.PRIVATE)
    theirs = told(run, bob)
    assert all(theirs[name] == [] for name in ("contacts", *LISTS))


def test_what_another_program_has_laid_out_anew_comes_in_as_well(run, alice, practice, database):
    data = json.dumps(told(run, alice), indent=2).encode()
    clear(database)
    assert run(alice, imports.import_file, "mine.json", data).created == 5


@pytest.mark.parametrize("name, change, said", [("tasks", {"title": ""}, "This task could not be read (title"), ("goals", {"target_value": 2}, "This goal could not be read")])
def test_what_cannot_be_is_named_and_the_rest_is_taken(run, alice, practice, database, name, change, said):
    found = told(run, alice)
    clear(database)
    next(one for one in found[name] if "contacts" not in one).update({"start_value": 2, **change} if name == "goals" else change)
    summary = run(alice, imports.import_file, "mine.json", json.dumps(found).encode())
    assert (summary.created, summary.failed) == (4, 1) and summary.problems[0].reason.startswith(said)


def test_many_of_a_kind_are_told_once_each(run, alice):
    def many(session, actor):
        for number in range(1_100):
            tasks.create_task(session, actor, TaskCreate(title=f"Task {number}"))

    run(alice, many)
    found = told(run, alice)["tasks"]
    assert len({one["id"] for one in found}) == len(found) == 1_100


OF_EVERY_ROW = {"id", "created_at", "updated_at", "version", "owner_id", "audience"}
KNOWN_OTHERWISE = {
    # What the calendar is called is told instead; the rest is what we note for ourselves.
    Event: {"calendar_id", "item_id", "interaction_id", "content_hash", "entry_hash", "settled", "matched", "lasts_days"}, EventAttendee: {"event_id"},
    Goal: {"contact_id", "current_value", "checked_on", "deleted_at"},
}  # fmt: skip


@pytest.mark.parametrize(("model", "part"), [(Event, parts.ListedEvent), (Event, parts.EventPart), (EventAttendee, parts.AskedPart), (Goal, parts.OwnGoalPart)])
def test_a_field_that_is_new_travels_or_is_left_out_on_purpose(model, part):
    """A column that is neither in the file nor named above was forgotten."""
    assert set(model.model_fields) - OF_EVERY_ROW - KNOWN_OTHERWISE[model] <= set(part.model_fields)
