"""Undo and history: everything that one call did, taken back whole or not at all."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Source
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectUpdate
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskUpdate


def ann(**more):
    return ContactCreate(**{"display_name": "Ann", "tags": ["Yoga"], "points": [PointInput(kind="email", value="ann@example.org")]} | more)


@pytest.fixture
def made(run, alice):
    return run(alice, contacts.create_contact, ann())


@pytest.fixture
def standing(database):
    """Every row without what moves by itself, to compare what stood before with what stands after an undo."""

    def read():
        found = {}
        with database.owner.connect() as connection:
            for table in ("contact", "contact_point", "contact_sensitive", "contact_tag", "tag", "interaction", "interaction_contact", "task", "task_contact", "task_step", "task_tag", "task_time", "project"):
                rows = connection.execute(text(f"select (to_jsonb(t) - 'version' - 'updated_at')::text from {table} t order by 1")).scalars().all()
                found[table] = rows
        return found

    return read


def names(run, who, search=""):
    return [row.display_name for row in run(who, contacts.list_contacts, ContactFilter(search=search)).rows]


def act_on(contact_id, entry_id, tag_id):
    """Every kind of change, as ``name: (service, arguments)``."""
    return {
        "update": (contacts.update_contact, contact_id, ContactUpdate(version=1, city="Bath", tags=["New"], points=[PointInput(kind="phone", value="07700 900123")])),
        "sensitive": (contacts.update_sensitive, contact_id, SensitiveUpdate(private_notes="x")),
        "favourite": (contacts.set_favourite, [contact_id], True),
        "stage": (contacts.set_stage, [contact_id], "ambassador"),
        "archive": (contacts.archive_contacts, [contact_id]),
        "add_tags": (contacts.add_tags, [contact_id], ["One", "Two"]),
        "remove_tags": (contacts.remove_tags, [contact_id], ["Yoga"]),
        "audience": (contacts.set_audience, [contact_id], "private"),
        "delete": (contacts.delete_contacts, [contact_id]),
        "create": (contacts.create_contact, ann(display_name="Ben", extra={"a": "b"})),
        "bulk": (contacts.bulk_create, [ann(display_name=f"Person {number}") for number in range(50)], Source.IMPORT),
        "log": (interactions.log_interaction, InteractionCreate(kind="meeting", body="Žofia's knee", contact_ids=[contact_id])),
        "edit_entry": (interactions.update_interaction, entry_id, InteractionUpdate(version=1, body="other words")),
        "delete_entry": (interactions.delete_interaction, entry_id),
        "task": (tasks.create_task, TaskCreate(title="Call", contact_ids=[contact_id])),
        "rename_tag": (tags.rename_tag, tag_id, "Pilates"),
        "delete_tag": (tags.delete_tag, tag_id),
    }


@pytest.mark.parametrize("act", sorted(act_on(new_id(), new_id(), new_id())))
def test_undo_restores_exactly_what_stood_and_can_be_undone(run, outcome, alice, made, standing, act):
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="call", body="first words", contact_ids=[made.id]))
    service, *arguments = act_on(made.id, entry.id, run(alice, tags.list_tags)[0].id)[act]
    before = standing()
    done = outcome(alice, service, *arguments)
    after = standing()
    assert after != before
    undone = outcome(alice, changes.undo_change_set, done.change_set_id)
    assert undone.value.rows > 0 and undone.value.action.endswith(service.__name__)
    assert standing() == before
    run(alice, changes.undo_change_set, undone.change_set_id)
    assert standing() == after


def test_a_change_is_undone_once(run, outcome, alice, made):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    run(alice, changes.undo_change_set, done.change_set_id)
    with pytest.raises(Conflict, match="already"):
        run(alice, changes.undo_change_set, done.change_set_id)


def test_others_changes_are_not_found(run, outcome, alice, bob, charlie, olivia, made, snapshot):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    before = snapshot()
    for other in (bob, charlie, olivia):
        with pytest.raises(NotFound):
            run(other, changes.undo_change_set, done.change_set_id)
    with pytest.raises(NotFound):
        run(alice, changes.undo_change_set, new_id())
    assert snapshot() == before


def test_a_viewer_is_refused(run, outcome, alice, vera, made, snapshot):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    before = snapshot()
    with pytest.raises(Forbidden):
        run(vera, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_what_changed_since_is_named_and_nothing_is_undone(run, outcome, alice, bob, made, snapshot):
    other = run(alice, contacts.create_contact, ann(display_name="Ben")).id
    done = outcome(alice, contacts.set_stage, [made.id, other], "ambassador")
    run(bob, contacts.update_contact, made.id, ContactUpdate(version=2, job_title="Potter", city="Bath"))
    before = snapshot()
    with pytest.raises(Conflict, match="The contact Ann has been changed since: city, job title"):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_figures_that_follow_are_no_conflict(run, outcome, alice, bob, made):
    done = outcome(alice, contacts.set_favourite, [made.id], True)
    run(bob, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[made.id]))
    run(alice, changes.undo_change_set, done.change_set_id)
    seen = run(alice, contacts.get_contact, made.id)
    assert not seen.favourite and seen.last_contact_kind == "call"


@pytest.mark.parametrize("audience", ["team", "private"])
def test_a_new_contact_that_was_used_is_not_torn_down(run, outcome, alice, bob, audience, snapshot):
    done = outcome(alice, contacts.create_contact, ann(display_name="Ben"))
    run(bob, interactions.log_interaction, InteractionCreate(kind="note", body="mine", contact_ids=[done.value.id], audience=audience))
    before = snapshot()
    with pytest.raises(Conflict, match="used since"):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_what_is_no_longer_ones_own_to_see_is_a_conflict(run, outcome, alice, bob, made, snapshot):
    done = outcome(bob, contacts.set_favourite, [made.id], True)
    run(alice, contacts.set_audience, [made.id], "private")
    before = snapshot()
    with pytest.raises((Conflict, NotFound)):
        run(bob, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_a_name_that_was_taken_meanwhile_is_a_conflict(run, outcome, alice, bob, made, snapshot):
    done = outcome(alice, tags.delete_tag, run(alice, tags.list_tags)[0].id)
    run(bob, tags.create_tag, "yoga")
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, done.change_set_id)
    assert snapshot() == before


def test_undone_contacts_are_found_again_by_their_words(run, outcome, alice, made):
    done = outcome(alice, contacts.update_contact, made.id, ContactUpdate(version=1, display_name="Beatrice"))
    assert names(run, alice, "beatrice") == ["Beatrice"]
    run(alice, changes.undo_change_set, done.change_set_id)
    assert names(run, alice, "beatrice") == [] and names(run, alice) == ["Ann"]


def lines(page):
    return [(line.table, line.kind) for act in page.acts for line in act.lines]


def test_history_tells_who_changed_what(run, alice, bob, vera, made):
    run(bob, contacts.update_contact, made.id, ContactUpdate(version=1, city="Bath"))
    latest, first = run(vera, changes.list_history, "contact", made.id).acts
    assert (latest.actor_name, latest.may_undo, latest.records) == ("Bob", False, 0)
    assert [(line.table, line.kind, [(field.name, field.before, field.after) for field in line.fields]) for line in latest.lines] == [("contact", "changed", [("city", "", "Bath")])]
    assert {(line.table, line.kind) for line in first.lines} == {("contact", "made"), ("contact_point", "made"), ("contact_tag", "made")}
    mine = run(bob, changes.list_history, "contact", made.id).acts[0]
    assert mine.may_undo and mine.records == 1


def test_history_is_read_in_pages_of_whole_acts(run, alice, made):
    for number in range(5):
        run(alice, contacts.update_contact, made.id, ContactUpdate(version=number + 1, city=f"Bath {number}"))
    seen, after = [], None
    while True:
        page = run(alice, changes.list_history, "contact", made.id, after, 2)
        seen += [act.lines[0].fields[0].after if act.lines[0].kind == "changed" else "made" for act in page.acts]
        after = page.next_cursor
        if after is None:
            break
    assert seen == ["Bath 4", "Bath 3", "Bath 2", "Bath 1", "Bath 0", "made"]
    with pytest.raises(Invalid):
        run(alice, changes.list_history, "contact", made.id, "nonsense")


def test_history_names_what_its_ids_stand_for(run, alice, bob, made):
    tag = run(alice, tags.list_tags)[0]
    task = run(alice, tasks.create_task, TaskCreate(title="Call", contact_ids=[made.id]))
    run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, assignee_id=bob.user_id))
    run(alice, tags.delete_tag, tag.id)
    page = run(bob, changes.list_history, "contact", made.id)
    assert page.names[str(tag.id)] == tag.name and page.gone == {str(tag.id)}
    assert page.names[str(task.id)] == "Call" and page.names[str(alice.user_id)] == "Alice"
    of_task = run(bob, changes.list_history, "task", task.id)
    assert of_task.names[str(bob.user_id)] == "Bob" and of_task.names[str(made.id)] == "Ann"
    assert lines(of_task) == [("task", "changed"), ("task", "made"), ("task_contact", "made")]


def test_a_task_tells_whom_it_was_about_later_on(run, alice, made):
    other = run(alice, contacts.create_contact, ann(display_name="Ben"))
    task = run(alice, tasks.create_task, TaskCreate(title="Call", contact_ids=[made.id]))
    run(alice, tasks.update_task, task.id, TaskUpdate(version=task.version, contact_ids=[other.id]))
    assert set(lines(run(alice, changes.list_history, "task", task.id))) == {("task_contact", "made"), ("task_contact", "removed"), ("task", "made")}


def test_the_history_of_what_is_hidden_is_not_found(run, alice, bob):
    secret = run(alice, contacts.create_contact, ann(audience="private"))
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[secret.id]))
    task = run(alice, tasks.create_task, TaskCreate(title="Call", contact_ids=[secret.id]))
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep", contact_id=secret.id, target_value=7))
    own = run(alice, projects.create_project, ProjectCreate(title="Mine", audience="private"))
    hidden = (("contact", secret.id), ("interaction", entry.id), ("task", task.id), ("goal", goal.id), ("project", own.id))
    for subject, key in (*hidden, ("contact", new_id()), ("goal", new_id()), ("project", new_id()), ("job", secret.id)):
        with pytest.raises(NotFound):
            run(bob, changes.list_history, subject, key)
    assert lines(run(alice, changes.list_history, "interaction", entry.id)) == [("interaction", "made")]
    run(alice, interactions.delete_interaction, entry.id)
    run(alice, tasks.delete_tasks, [task.id])
    assert len(run(alice, changes.list_history, "interaction", entry.id).acts) == 2 and len(run(alice, changes.list_history, "task", task.id).acts) == 2


def test_a_project_tells_what_was_done_to_it(run, alice, bob):
    made = run(alice, projects.create_project, ProjectCreate(title="Retreat", hue="teal"))
    run(bob, projects.update_project, made.id, ProjectUpdate(version=made.version, title="Retreat in June", hue="plum"))
    page = run(alice, changes.list_history, "project", made.id)
    assert [(act.actor_name, [(line.table, line.kind) for line in act.lines]) for act in page.acts] == [("Bob", [("project", "changed")]), ("Alice", [("project", "made")])]
    assert [(field.name, field.before, field.after) for field in page.acts[0].lines[0].fields] == [("hue", "teal", "plum"), ("title", "Retreat", "Retreat in June")]
    run(alice, projects.delete_project, made.id)
    assert len(run(alice, changes.list_history, "project", made.id).acts) == 3, "also while it lies in the trash"


@pytest.mark.parametrize("of", ["a contact", "the practice"])
def test_a_goal_tells_its_own_story_and_no_other_goals(run, alice, made, of):
    contact_id = made.id if of == "a contact" else None
    goal, other = (run(alice, goals.create_goal, GoalCreate(title=title, contact_id=contact_id, target_value=7)) for title in ("Sleep", "Walk"))
    run(alice, goals.check_in, goal.id, CheckInCreate(value=5, day=date(2026, 11, 2)))
    run(alice, goals.check_in, other.id, CheckInCreate(value=3, day=date(2026, 11, 2)))
    page = run(alice, changes.list_history, "goal", goal.id)
    told = [(line.table, line.kind, line.row.get("title") or line.row.get("value")) for act in page.acts for line in act.lines]
    assert [line for line in told if line[1] == "made"] == [("goal_check_in", "made", 5.0), ("goal", "made", "Sleep")]


def test_a_shared_contacts_sensitive_history_stays_its_owners(run, alice, bob, made):
    run(alice, contacts.update_sensitive, made.id, SensitiveUpdate(private_notes="shy"))
    assert ("contact_sensitive", "made") in lines(run(alice, changes.list_history, "contact", made.id))
    assert ("contact_sensitive", "made") not in lines(run(bob, changes.list_history, "contact", made.id))


def test_an_act_on_many_says_how_many(run, alice, made):
    other = run(alice, contacts.create_contact, ann(display_name="Ben"))
    run(alice, contacts.add_tags, [made.id, other.id], ["sleep"])
    act = run(alice, changes.list_history, "contact", made.id).acts[0]
    assert act.may_undo and act.records >= 2
