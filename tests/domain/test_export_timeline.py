"""The timeline and tasks of a contact travel in the JSON export and come back once, however many contacts they are on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter, ContactUpdate
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.parts import own_id
from crm_app.domain.interactions import service as timeline
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.rows import Audience
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks import steps
from crm_app.domain.tasks.schemas import StepUpdate, TaskCreate, TaskFilter, TaskUpdate
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import contact, exported

TODAY = date.today()
MOVED = {"id", "version", "created_at", "updated_at", "contacts", "author_id", "author_name"}
NOON = datetime(2026, 10, 4, 12, 30, 15, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


@pytest.fixture
def people(run, alice, bob):
    """Ann and Ben, who met once, with notes of two colleagues, and tasks about one or both."""
    ann, ben = contact(alice, "Ann"), contact(alice, "Ben")
    log = lambda actor, **given: run(actor, timeline.log_interaction, InteractionCreate(**given))  # noqa: E731
    log(alice, kind="meeting", subject="First  session", body="Long.\n\n- breath\n- rest", occurred_at=NOON, duration_minutes=60, contact_ids=[ann, ben])
    log(alice, kind="call", direction="outgoing", occurred_at=NOON + timedelta(days=1), contact_ids=[ann], ai_allowed=True)
    log(alice, kind="note", body="Mine alone", occurred_at=NOON, contact_ids=[ann], audience="private")
    log(bob, kind="note", body="Bob's alone", occurred_at=NOON, contact_ids=[ann], audience="private")
    project = run(alice, projects.create_project, ProjectCreate(title="Retreat"))
    made = run(
        alice, tasks.create_task,
        TaskCreate(
            title="Call Ann", description="About\nthe retreat", priority="high", due_date=TODAY, due_time=time(10, 30), due_zone="Europe/Berlin", remind_minutes=20,
            contact_ids=[ann, ben], project_id=project.id, tags=["retreat", "a,b"], steps=["Look up", "Dial"], estimate_minutes=15, recurrence="FREQ=WEEKLY;BYDAY=TU",
        ),
    )  # fmt: skip
    step = run(alice, steps.list_steps, made.id)[0]
    run(alice, steps.update_step, step.id, StepUpdate(done=True))
    run(alice, tasks.update_task, made.id, TaskUpdate(version=run(alice, tasks.get_task, made.id).version, actual_minutes=95))
    done = run(alice, tasks.create_task, TaskCreate(title="Done long ago", contact_ids=[ben], audience="private"))
    run(alice, tasks.complete_tasks, [done.id])
    run(bob, tasks.create_task, TaskCreate(title="Bob's alone", contact_ids=[ann], audience="private"))
    return ann, ben


def told(run, actor):
    """What the actor sees of everyone's timeline and tasks."""
    found = []
    for row in run(actor, contacts.list_contacts, ContactFilter()).rows:
        entries = [entry.model_dump(exclude=MOVED) | {"with": [name for _, name in entry.contacts]} for entry in run(actor, timeline.list_timeline, row.id).entries]
        todo = [
            task.model_dump(exclude=MOVED | {"completed_at"}) | {"about": [name for _, name in task.contacts], "parts": [(step.title, step.done) for step in run(actor, steps.list_steps, task.id)]}
            for task in run(actor, tasks.list_tasks, TaskFilter(contact_id=row.id)).tasks
        ]  # fmt: skip
        found.append((row.display_name, row.last_contact_at, row.next_step, entries, todo))
    return found


def gone(run, actor):
    run(actor, contacts.delete_contacts, [row.id for row in run(actor, contacts.list_contacts, ContactFilter()).rows])


def clear(database):
    """Another installation: nothing of all this is there."""
    with database.owner.begin() as connection:
        connection.execute(text("truncate contact, interaction, task, change cascade"))


def test_the_same_file_again_changes_nothing(run, alice, bob, people, snapshot):
    data = exported(run, alice, "json")
    before = snapshot()
    assert run(alice, imports.import_file, "mine.json", data).skipped == 2 and snapshot() == before
    assert run(bob, imports.import_file, "mine.json", data).updated == 2  # she gave him a file with what was hers alone
    before = snapshot()
    assert run(bob, imports.import_file, "mine.json", data).skipped == 2 and snapshot() == before


def test_an_export_holds_what_its_reader_sees(run, bob, people):
    told_of = json.loads(exported(run, bob, "json"))["contacts"]
    assert [[entry.get("body", "") for entry in one.get("entries", ())] for one in told_of] == [["Long.\n\n- breath\n- rest", "Bob's alone", ""], ["Long.\n\n- breath\n- rest"]]
    assert [[task["title"] for task in one.get("tasks", ())] for one in told_of] == [["Call Ann", "Bob's alone"], ["Call Ann"]]


def test_elsewhere_all_is_the_same_once_and_undo_takes_it_back(run, outcome, alice, people, database, snapshot):
    before, data = told(run, alice), exported(run, alice, "json")
    assert [(name, len(entries), len(todo)) for name, _, _, entries, todo in before] == [("Ann", 3, 1), ("Ben", 1, 2)]
    clear(database)
    empty = snapshot()
    done = outcome(alice, imports.import_file, "mine.json", data)
    assert done.value.created == 2 and told(run, alice) == before
    kept = snapshot()
    assert run(alice, imports.import_file, "mine.json", data).skipped == 2 and snapshot() == kept
    run(alice, undo_change_set, done.change_set_id)
    with database.owner.connect() as connection:
        for table in ("contact", "interaction", "interaction_contact", "task", "task_contact", "task_step", "task_tag", "task_time"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar() == 0, table
    assert empty != kept and run(alice, imports.import_file, "mine.json", data).created == 2 and told(run, alice) == before


def test_contacts_that_were_deleted_find_their_timeline_again(run, alice, people, database):
    before, data = told(run, alice), exported(run, alice, "json")
    gone(run, alice)
    run(alice, imports.import_file, "mine.json", data)
    assert told(run, alice) == before
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from interaction")).scalar() == 4  # linked again, not written again


def test_what_was_deleted_comes_back_once(run, alice, people):
    ann, ben = people
    before, data = told(run, alice), exported(run, alice, "json")
    for _ in range(2):  # the first time the original is gone, the second time what the file made
        for entry in run(alice, timeline.list_timeline, ann).entries:
            run(alice, timeline.delete_interaction, entry.id)
        run(alice, tasks.delete_tasks, [task.id for who in people for task in run(alice, tasks.list_tasks, TaskFilter(contact_id=who)).tasks if who == ben or task.title != "Call Ann"])
        draft = run(alice, imports.upload_import, "mine.json", data)
        assert [(row.action, row.changes) for row in run(alice, imports.preview_import, draft.job.id).rows] == [("update", ("Timeline", "Tasks"))] * 2
        run(alice, imports.import_file, "mine.json", data)
        assert told(run, alice) == before
        assert run(alice, imports.import_file, "mine.json", data).skipped == 2


def test_somebody_elses_file_becomes_ones_own_and_nothing_private_is_told(run, alice, bob, people, database):
    data = exported(run, alice, "json")
    clear(database)
    run(bob, imports.import_file, "theirs.json", data)
    assert all(entry["audience"] == ("private" if entry["body"] == "Mine alone" else "team") for _, _, _, entries, _ in told(run, bob) for entry in entries)
    assert [len(entries) for _, _, _, entries, _ in told(run, alice)] == [2, 1]
    rows = [task for row in run(bob, contacts.list_contacts, ContactFilter()).rows for task in run(bob, tasks.list_tasks, TaskFilter(contact_id=row.id)).tasks]
    assert {task.assignee_id for task in rows} == {bob.user_id}
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from interaction where owner_id <> :bob"), {"bob": bob.user_id}).scalar() == 0


def test_what_was_kept_from_ai_stays_kept_and_consent_comes_back_as_it_was_told(run, alice, people, database):
    ann = run(alice, contacts.list_contacts, ContactFilter()).rows[0]
    run(alice, timeline.log_interaction, InteractionCreate(kind="note", body="Never to AI", contact_ids=[ann.id], ai_allowed=False))
    run(alice, contacts.update_contact, ann.id, ContactUpdate(version=run(alice, contacts.get_contact, ann.id).version, ai_allowed=False))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[ann.id], purposes=["ai"], channel="paper", evidence="Folder 3"))
    data = exported(run, alice, "json")
    (consent,) = next(card for card in json.loads(data)["contacts"] if card["external_id"] == str(ann.id))["consents"]
    assert (consent["purpose"], consent["action"], consent["channel"], consent["evidence"], consent["version"]) == ("ai", "given", "paper", "Folder 3", 1)
    assert "AI system" in consent["wording"]
    clear(database)
    run(alice, imports.import_file, "mine.json", data)
    with database.owner.connect() as connection:
        assert connection.execute(text("select body from interaction where not ai_allowed")).scalars().all() == ["Never to AI"]
        assert connection.execute(text("select ai_allowed, ai_consent from contact where display_name = :name"), {"name": ann.display_name}).one() == (False, True)
        assert connection.execute(text("select count(*) from contact where ai_allowed")).scalar() == 1
        assert connection.execute(text("select purpose, action, channel, evidence from consent")).all() == [("ai", "given", "paper", "Folder 3")]


def test_a_private_contact_narrows_what_comes_with_it(run, alice, bob, people, database):
    data = exported(run, alice, "json")
    clear(database)
    run(alice, imports.import_file, "mine.json", data, audience=Audience.PRIVATE)
    assert {entry["audience"] for _, _, _, entries, _ in told(run, alice) for entry in entries} == {"private"}
    assert told(run, bob) == []


def test_what_a_colleague_hides_under_the_same_key_is_neither_shown_nor_touched(run, alice, bob, people, database):
    """The key of what a file makes is no secret, so a row may bear it that is not the actor's to see."""
    data = exported(run, alice, "json")
    original = next(UUID(entry["id"]) for entry in json.loads(data)["contacts"][0]["entries"] if entry["kind"] == "call")
    clear(database)
    hidden = own_id(original, alice.user_id)
    with database.owner.begin() as connection:
        connection.execute(
            text("insert into interaction (id, owner_id, audience, asked_audience, kind, subject, body, occurred_at, source, ai_allowed, search_text) "
                 "values (:id, :bob, 'private', 'private', 'note', 'Hidden', '', now(), 'manual', false, 'hidden')"), {"id": hidden, "bob": bob.user_id},
        )  # fmt: skip
    assert run(alice, imports.import_file, "mine.json", data).created == 2
    assert [len(entries) for _, _, _, entries, _ in told(run, alice)] == [2, 1]
    with database.owner.connect() as connection:
        assert connection.execute(text("select owner_id, subject, deleted_at from interaction where id = :id"), {"id": hidden}).one() == (bob.user_id, "Hidden", None)


def test_a_task_that_was_given_to_a_colleague_since_its_import_is_left_with_them(run, alice, bob, people, database):
    data = exported(run, alice, "json")
    clear(database)
    run(alice, imports.import_file, "mine.json", data)
    with database.owner.begin() as connection:
        connection.execute(text("update task set owner_id = :bob, audience = 'private', asked_audience = 'private'"), {"bob": bob.user_id})
        before = connection.execute(text("select (select count(*) from task), (select count(*) from task_step)")).one()
    run(alice, imports.import_file, "mine.json", data)
    with database.owner.connect() as connection:
        assert connection.execute(text("select (select count(*) from task), (select count(*) from task_step)")).one() == before
        assert connection.execute(text("select distinct owner_id from task")).scalars().all() == [bob.user_id]


@pytest.mark.parametrize("change", [{"due_zone": "Mars/Phobos"}, {"recurrence": "FREQ=SECONDLY"}, {"due_date": None}, {"project_id": "019ab000-0000-7000-8000-000000000000"}, {"tags": ["", "?", "x" * 90]}])
def test_a_detail_that_cannot_be_is_left_out_and_the_task_stays(run, alice, people, database, change):
    told_of = json.loads(exported(run, alice, "json"))
    clear(database)
    for one in told_of["contacts"]:
        one["tasks"][0] |= change
    summary = run(alice, imports.import_file, "mine.json", json.dumps(told_of).encode())
    assert (summary.created, summary.failed) == (2, 0)
    (row,) = [task for task in run(alice, tasks.list_tasks, TaskFilter()).tasks if task.title == "Call Ann"]
    assert (row.due_time is None) == bool({"due_zone", "due_date"} & change.keys()) and bool(row.recurrence) == ({"recurrence", "due_date"}.isdisjoint(change))
    assert bool(row.project_id) == ("project_id" not in change) and bool(row.tags) == ("tags" not in change)
