"""Goals and programmes travel with their contact in the JSON export and come back once, as they were."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from crm_app.domain.cadence import service as cadence
from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.derived import DERIVED
from crm_app.domain.contacts.models import Contact, ContactSensitive, Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, SensitiveUpdate
from crm_app.domain.errors import NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.models import Goal, GoalCheckIn
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.imports import parts
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.models import Programme, ProgrammeCorrection
from crm_app.domain.programmes.schemas import CorrectionCreate, ProgrammeCreate, ProgrammeFilter
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import Task, TaskStep
from crm_app.domain.tasks.schemas import StepCreate, TaskCreate
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import contact, exported

TODAY = date.today()
MOVED = {"id", "version", "created_at", "updated_at", "contact_id", "goal_id", "programme_id"}


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


@pytest.fixture
def ann(run, alice):
    """Ann Lee with two goals (one of them put away) and a programme that was corrected twice."""
    ann = contact(alice)
    wish = GoalCreate(contact_id=ann, title="Sleep  7 h", note="On weekdays\nfirst", unit="h", start_value=5.1, target_value=7.3, starts_on=TODAY - timedelta(days=50), deadline=TODAY, rhythm="weekly")
    sleep = run(alice, goals.create_goal, wish)
    for value, day in ((5.9, TODAY), (5.4, TODAY - timedelta(days=9)), (6.7, TODAY)):
        run(alice, goals.check_in, sleep.id, CheckInCreate(value=value, day=day, note=f"It was {value}"))
    weight = run(alice, goals.create_goal, GoalCreate(contact_id=ann, title="Weight", start_value=80, target_value=72))
    run(alice, goals.archive_goals, [weight.id])
    sold = ProgrammeCreate(contact_id=ann, name="Five sessions", sessions_total=5, starts_on=TODAY, price_micros=490_000_000, currency="EUR", note="Paid")
    package = run(alice, programmes.create_programme, sold)
    for used, reason in ((3, "Before we kept book"), (2, "One was a gift")):
        run(alice, programmes.correct_used, package.id, CorrectionCreate(used=used, reason=reason))
    return ann


def told(run, actor):
    """All that can be read of the goals and programmes of the only contact."""
    (row,) = run(actor, contacts.list_contacts, ContactFilter()).rows
    records = [record.model_dump() for record in run(actor, goals.list_goal_records, row.id)]
    packages = run(actor, programmes.list_programmes, ProgrammeFilter(contact_id=row.id)).programmes
    corrections = [[one.model_dump(exclude=MOVED) for one in run(actor, programmes.list_corrections, package.id).corrections] for package in packages]
    kept = [({name: value for name, value in one["goal"].items() if name not in MOVED}, [{k: v for k, v in check.items() if k not in MOVED} for check in one["check_ins"]]) for one in records]
    return kept, [package.model_dump(exclude=MOVED) for package in packages], corrections


def test_the_same_file_again_changes_nothing(run, alice, bob, ann, snapshot):
    data = exported(run, alice, "json")
    before = snapshot()
    for actor in (alice, alice, bob):
        again = run(actor, imports.import_file, "mine.json", data)
        assert (again.created, again.updated, again.skipped, again.failed) == (0, 0, 1, 0)
        assert snapshot() == before


def test_elsewhere_they_are_the_same_once_and_undo_takes_them_back(run, outcome, alice, ann, snapshot):
    before = told(run, alice)
    assert [check["value"] for check in before[0][0][1]] == [6.7, 5.9, 5.4] and before[0][0][0]["current_value"] == 6.7 and before[1][0]["used"] == 2
    data = exported(run, alice, "json")
    run(alice, contacts.delete_contacts, [ann])
    done = outcome(alice, imports.import_file, "mine.json", data)
    assert done.value.created == 1 and told(run, alice) == before
    kept = snapshot()
    assert run(alice, imports.import_file, "mine.json", data).skipped == 1 and snapshot() == kept
    run(alice, undo_change_set, done.change_set_id)
    assert not run(alice, contacts.list_contacts, ContactFilter()).rows
    assert run(alice, imports.import_file, "mine.json", data).created == 1 and told(run, alice) == before


def test_what_was_deleted_comes_back_once(run, outcome, alice, ann):
    before, data = told(run, alice), exported(run, alice, "json")
    for _ in range(2):  # the first time the original is gone, the second time what the file made
        run(alice, goals.delete_goals, [record.goal.id for record in run(alice, goals.list_goal_records, ann)])
        run(alice, programmes.delete_programmes, [one.id for one in run(alice, programmes.list_programmes, ProgrammeFilter()).programmes])
        draft = run(alice, imports.upload_import, "mine.json", data)
        (row,) = run(alice, imports.preview_import, draft.job.id).rows
        assert (row.action, row.changes) == ("update", ("Goals", "Programmes"))
        assert run(alice, imports.import_file, "mine.json", data).updated == 1
        assert told(run, alice) == before
        assert run(alice, imports.import_file, "mine.json", data).skipped == 1


def test_a_colleagues_words_are_not_put_in_their_mouth(run, alice, bob, ann):
    data = exported(run, alice, "json")
    run(alice, contacts.delete_contacts, [ann])
    run(bob, imports.import_file, "theirs.json", data)
    (row,) = run(bob, contacts.list_contacts, ContactFilter()).rows
    records = run(bob, goals.list_goal_records, row.id)
    assert {check.author_id for record in records for check in record.check_ins} == {None}
    assert {record.goal.owner_id for record in records} == {bob.user_id}


def test_a_locked_contact_stays_as_it_is(run, alice, bob, ann, snapshot):
    data = exported(run, alice, "json")
    run(alice, goals.delete_goals, [record.goal.id for record in run(alice, goals.list_goal_records, ann)])
    run(alice, contacts.update_contact, ann, ContactUpdate(version=run(alice, contacts.get_contact, ann).version, locked=True))
    before = snapshot()
    assert run(bob, imports.import_file, "mine.json", data).skipped == 1
    assert snapshot() == before


def test_those_of_a_private_contact_stay_private(run, alice, bob, ann):
    version = run(alice, contacts.get_contact, ann).version
    run(alice, contacts.update_contact, ann, ContactUpdate(version=version, audience="private"))
    assert json.loads(exported(run, bob, "json"))["contacts"] == []
    data = exported(run, alice, "json")
    run(alice, contacts.delete_contacts, [ann])
    run(alice, imports.import_file, "mine.json", data, audience=Audience.PRIVATE)
    (row,) = run(alice, contacts.list_contacts, ContactFilter()).rows
    for record in run(alice, goals.list_goal_records, row.id):
        assert record.goal.audience == "private"
        with pytest.raises(NotFound):
            run(bob, goals.get_goal, record.goal.id)


@pytest.mark.parametrize("change, said", [
    ({"deadline": "1999-01-01"}, "before the start"), ({"target_value": 5.1}, "target is the start"), ({"title": " "}, "title"), ({"target_value": "NaN"}, "finite"),
    ({"rhythm": "hourly"}, "rhythm"), ({"check_ins": [{"id": "019ab000-0000-7000-8000-000000000000", "value": 1, "day": "2199-01-01"}]}, "still to come"),
])  # fmt: skip
def test_a_goal_that_cannot_be_is_named_and_the_others_are_taken(run, alice, ann, change, said):
    contact(alice, "Ben")
    told_of = json.loads(exported(run, alice, "json"))
    run(alice, contacts.delete_contacts, [row.id for row in run(alice, contacts.list_contacts, ContactFilter()).rows])
    told_of["contacts"][0]["goals"][0] |= change
    summary = run(alice, imports.import_file, "mine.json", json.dumps(told_of).encode())
    assert (summary.created, summary.failed) == (1, 1) and said in summary.problems[0].reason


def test_every_other_field_of_a_contact_travels_too(run, outcome, alice, bob, database, snapshot):
    """What only our own JSON knows: rhythm, whether it is put off, archived or locked, who referred it, and what stands apart."""
    zoe = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Referrer"))
    mia = run(alice, contacts.create_contact, ContactCreate(display_name="Mia", cadence_days=0, referred_by_id=zoe.id, locked=True))
    leo = run(alice, contacts.create_contact, ContactCreate(display_name="Leo", stage="core_client", cadence_days=9, snoozed_until=TODAY + timedelta(days=3)))
    apart = SensitiveUpdate(health_goals="Sleep\nwell", emergency_contact="Her sister", private_notes="Shy", audience="team")
    run(alice, contacts.update_sensitive, mia.id, apart)
    run(alice, contacts.update_sensitive, leo.id, SensitiveUpdate(private_notes="Mine alone"))
    run(alice, contacts.archive_contacts, [zoe.id])

    def seen(actor):
        rows = [row for archived in (False, True) for row in run(actor, contacts.list_contacts, ContactFilter(archived=archived)).rows]
        views = [run(actor, contacts.get_contact, row.id) for row in rows]
        kept = {"display_name", "cadence_days", "snoozed_until", "locked", "stage", "sensitive", "cadence_effective"}
        return [view.model_dump(include=kept) | {"by": (view.referred_by or ("", ""))[1], "away": view.archived, "due": view.due_at is not None} for view in views]

    before, of_bob = seen(alice), seen(bob)
    data = exported(run, alice, "json")
    assert "Mine alone" not in exported(run, bob, "json").decode() and "Shy" in exported(run, bob, "json").decode()
    run(alice, contacts.delete_contacts, [zoe.id, mia.id, leo.id])
    done = outcome(alice, imports.import_file, "mine.json", data)
    assert done.value.created == 3 and seen(alice) == before and seen(bob) == of_bob
    kept = snapshot()
    assert run(alice, imports.import_file, "mine.json", data).skipped == 3 and snapshot() == kept
    run(alice, undo_change_set, done.change_set_id)
    assert seen(alice) == []


def test_what_stands_apart_is_its_owners_to_write(run, alice, bob):
    ann = contact(alice)
    run(alice, contacts.update_sensitive, ann, SensitiveUpdate(private_notes="Mine"))
    told_of = json.loads(exported(run, bob, "json"))
    told_of["contacts"][0] |= {"apart": {"private_notes": "Theirs", "audience": "team"}, "cadence_days": 5}
    data = json.dumps(told_of).encode()
    assert run(bob, imports.import_file, "x.json", data).updated == 1  # the rhythm is anyone's to set
    run(alice, imports.import_file, "x.json", data)
    assert run(alice, contacts.get_contact, ann).sensitive.private_notes == "Mine"
    plain = contact(alice, "Ben")
    told_of["contacts"][0] |= {"external_id": str(plain), "display_name": "Ben"}
    assert run(bob, imports.import_file, "x.json", json.dumps(told_of).encode()).updated == 1
    assert run(alice, contacts.get_contact, plain).sensitive is None


def test_whoever_comes_in_is_due_by_the_rhythm_of_their_stage(run, alice, olivia):
    run(olivia, cadence.set_stage_cadence, Stage.CORE_CLIENT, 30)
    summary = run(alice, imports.import_file, "a.json", b'{"format":"mindfulcrm.contacts","version":1,"contacts":[\n{"display_name":"Ann","stage":"core_client"}\n]}\n')
    assert summary.created == 1
    (row,) = run(alice, contacts.list_contacts, ContactFilter(sort="due")).rows
    assert row.display_name == "Ann"


OF_EVERY_ROW = {"id", "created_at", "updated_at", "version", "owner_id", "audience", "asked_audience", "deleted_at", "contact_id", "author_id", "source", "external_id", "search_text", "search_vector", "search_grams"}  # fmt: skip
KNOWN_OTHERWISE = {
    Goal: {"current_value", "checked_on"}, GoalCheckIn: {"goal_id"}, Programme: {"sessions_counted", "sessions_corrected", "sessions_left"},
    ProgrammeCorrection: {"programme_id"}, Interaction: {"sentiment_confidence"}, Task: {"assignee_id", "doer_id", "due_at", "place_rank", "place_beside", "place_turn"}, ContactSensitive: set(), TaskStep: {"task_id", "position"},
    Contact: {"birth_year", "birth_month", "birth_day", "photo_id", "referred_by_id", "archived_at", "sort_name", "primary_email", "primary_phone", "ai_consent", *DERIVED},
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "part"),
    [(Goal, parts.GoalPart), (GoalCheckIn, parts.CheckInPart), (Programme, parts.ProgrammePart), (ProgrammeCorrection, parts.CorrectionPart),
     (Interaction, parts.EntryPart), (Task, parts.TaskPart), (TaskStep, parts.StepPart), (ContactSensitive, parts.ApartPart), (Contact, ContactCard)],
)  # fmt: skip
def test_a_field_that_is_new_travels_or_is_left_out_on_purpose(model, part):
    """A column that is neither in the file nor named above was forgotten."""
    assert set(model.model_fields) - OF_EVERY_ROW - KNOWN_OTHERWISE[model] <= set(part.model_fields)


PAIRS = (
    (parts.ApartPart, SensitiveUpdate), (parts.GoalPart, GoalCreate), (parts.CheckInPart, CheckInCreate), (parts.ProgrammePart, ProgrammeCreate),
    (parts.CorrectionPart, CorrectionCreate), (parts.EntryPart, InteractionCreate), (parts.StepPart, StepCreate), (parts.TaskPart, TaskCreate),
)
# A rule grows when it is written in full, and what was counted may be far more than somebody may say at once.
WIDER = {("TaskPart", "recurrence"), ("TaskPart", "actual_minutes")}
LIMITS = ("maxLength", "minLength", "minimum", "maximum", "pattern", "enum")


def limits(model, name):
    """What a field takes, as its JSON schema says it, whatever may be left out."""
    schema = model.model_json_schema()
    found, wanted = {}, [schema["properties"][name]]
    while wanted:
        part = wanted.pop()
        wanted += [*part.get("anyOf", ()), *part.get("allOf", ())] + ([schema["$defs"][part["$ref"].rpartition("/")[2]]] if "$ref" in part else [])
        found |= {key: sorted(part[key]) if key == "enum" else part[key] for key in LIMITS if key in part}
    return found


@pytest.mark.parametrize(("part", "schema"), PAIRS, ids=lambda model: model.__name__)
def test_a_part_takes_what_its_subject_takes(part, schema):
    """They stand apart, since a file is read where none of the subjects is known; what one would refuse of the other's would be lost on the way."""
    shared = set(part.model_fields) & set(schema.model_fields) - {"corrections", "check_ins", "steps", "tags"}
    assert len(shared) >= (1 if part in (parts.StepPart, parts.CorrectionPart) else 3)
    for name in sorted(shared):
        if (part.__name__, name) not in WIDER:
            assert limits(part, name) == limits(schema, name), name
    for name in (name for owner, name in WIDER if owner == part.__name__):
        wide, narrow = limits(part, name), limits(schema, name)
        assert wide.keys() == narrow.keys() and all(wide[key] > narrow[key] for key in ("maxLength", "maximum") if key in wide), name
