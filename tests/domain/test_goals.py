"""Goals and check-ins: who may do what with them, what follows from a check-in, and what is private stays so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.goals import queries
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, CheckInUpdate, GoalCreate, GoalFilter, GoalUpdate, State
from crm_app.domain.jobs.queries import purge_trash
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from tests.domain.people import contact, fields

TODAY = date(2026, 11, 25)  # a Wednesday


@pytest.fixture(autouse=True)
def _wednesday():
    with time_machine.travel("2026-11-25T12:00:00+00:00", tick=True):
        yield


@pytest.fixture
def ann(alice):
    return contact(alice)


@pytest.fixture
def goal(run, alice, ann):
    wish = GoalCreate(title="Sleep 7 h on weekdays", unit="h", start_value=5, target_value=7, contact_id=ann, starts_on=TODAY - timedelta(days=50), deadline=TODAY + timedelta(days=50), rhythm="weekly")
    return run(alice, goals.create_goal, wish)


@pytest.fixture
def check(run, alice, goal):
    return run(alice, goals.check_in, goal.id, CheckInCreate(value=6, note="A quiet week"))


def test_a_goal_is_set_and_measured(run, alice, bob, goal):
    assert (goal.contact_name, goal.current_value, goal.progress, goal.expected, goal.state, goal.check_ins, goal.due) == ("Ann Lee", 5, 0, 0.5, "off_track", 0, True)
    run(alice, goals.check_in, goal.id, CheckInCreate(value=5.4, day=TODAY - timedelta(days=9)))
    made = run(bob, goals.check_in, goal.id, CheckInCreate(value=6))
    assert (made.author_name, made.day) == ("Bob", TODAY)
    seen = run(bob, goals.get_goal, goal.id)
    assert (seen.current_value, seen.progress, seen.state, seen.check_ins, seen.streak, seen.due) == (6, 0.5, "on_track", 2, 2, False)
    assert seen.version == goal.version and seen.may_edit and not seen.may_delete


def test_a_falling_target(run, alice):
    made = run(alice, goals.create_goal, GoalCreate(title="Weight", unit="kg", start_value=80, target_value=72))
    run(alice, goals.check_in, made.id, CheckInCreate(value=74))
    seen = run(alice, goals.get_goal, made.id)
    assert (seen.progress, seen.state, seen.contact_id) == (0.75, "under_way", None)
    run(alice, goals.check_in, made.id, CheckInCreate(value=71.5))
    assert run(alice, goals.get_goal, made.id).state == "reached"


def test_the_latest_day_counts_not_the_latest_writing(run, alice, goal, check):
    run(alice, goals.check_in, goal.id, CheckInCreate(value=5.2, day=TODAY - timedelta(days=3)))
    assert run(alice, goals.get_goal, goal.id).current_value == 6
    again = run(alice, goals.check_in, goal.id, CheckInCreate(value=6.5))
    assert run(alice, goals.get_goal, goal.id).current_value == 6.5
    moved = run(alice, goals.update_check_in, again.id, CheckInUpdate(version=again.version, day=TODAY - timedelta(days=9)))
    assert moved.version == again.version + 1
    assert run(alice, goals.get_goal, goal.id).current_value == 6
    run(alice, goals.delete_check_in, check.id)
    assert run(alice, goals.get_goal, goal.id).current_value == 5.2
    assert [row.value for row in run(alice, goals.list_check_ins, goal.id).check_ins] == [5.2, 6.5]


def attempt(run, actor, act, ann, goal, check):
    return {
        "create": lambda: run(actor, goals.create_goal, GoalCreate(title="Hm", target_value=1, contact_id=ann)),
        "update": lambda: run(actor, goals.update_goal, goal.id, GoalUpdate(version=goal.version, title="Changed")),
        "archive": lambda: run(actor, goals.archive_goals, [goal.id]),
        "unarchive": lambda: run(actor, goals.unarchive_goals, [goal.id]),
        "delete": lambda: run(actor, goals.delete_goals, [goal.id]),
        "restore": lambda: run(actor, goals.restore_goals, [goal.id]),
        "check in": lambda: run(actor, goals.check_in, goal.id, CheckInCreate(value=1)),
        "update check-in": lambda: run(actor, goals.update_check_in, check.id, CheckInUpdate(version=check.version, value=1)),
        "delete check-in": lambda: run(actor, goals.delete_check_in, check.id),
    }[act]()


ACTS = ["create", "update", "archive", "unarchive", "delete", "restore", "check in", "update check-in", "delete check-in"]


@pytest.mark.parametrize("act", ACTS)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    secret = contact(alice, "Secret", "private")
    goal = run(alice, goals.create_goal, GoalCreate(title="Quiet", target_value=3, contact_id=secret))
    check = run(alice, goals.check_in, goal.id, CheckInCreate(value=1))
    assert goal.audience == "private"
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, secret, goal, check)
    assert snapshot() == before and run(bob, goals.list_goals, GoalFilter()).goals == ()


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, ann, goal, check, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, ann, goal, check)
    assert snapshot() == before and not run(vera, goals.get_goal, goal.id).may_edit


def test_a_colleague_edits_and_checks_in_but_neither_deletes_nor_hides(run, alice, bob, goal, snapshot):
    own = run(alice, goals.create_goal, GoalCreate(title="Reach 60 clients", target_value=60))
    assert run(bob, goals.update_goal, own.id, GoalUpdate(version=own.version, target_value=70)).target_value == 70
    before = snapshot()
    for goal_id in (own.id, goal.id):
        with pytest.raises(Forbidden):
            run(bob, goals.delete_goals, [goal_id])
    with pytest.raises(Forbidden):
        run(bob, goals.update_goal, own.id, GoalUpdate(version=own.version + 1, audience="private"))
    with pytest.raises(Invalid):
        run(bob, goals.update_goal, goal.id, GoalUpdate(version=goal.version, audience="private"))
    assert snapshot() == before


def test_a_colleagues_goal_for_a_shared_contact_is_the_contacts(run, outcome, bob, alice, ann):
    made = outcome(bob, goals.create_goal, GoalCreate(title="One slow morning", target_value=4, contact_id=ann))
    assert made.value.owner_id == alice.user_id and not made.value.may_delete
    run(bob, changes.undo_change_set, made.change_set_id)
    assert run(bob, goals.list_goals, GoalFilter(contact_id=ann)).goals == ()


def test_a_stale_save_is_a_conflict_that_shows_what_stands(run, alice, bob, goal, check, snapshot):
    run(bob, goals.update_goal, goal.id, GoalUpdate(version=goal.version, title="Sleep"))
    run(bob, goals.update_check_in, check.id, CheckInUpdate(version=check.version, value=6.5))
    before = snapshot()
    with pytest.raises(Conflict) as told:
        run(alice, goals.update_goal, goal.id, GoalUpdate(version=goal.version, title="Rest"))
    assert told.value.current["title"] == "Sleep"
    with pytest.raises(Conflict) as told:
        run(alice, goals.update_check_in, check.id, CheckInUpdate(version=check.version, value=7))
    assert told.value.current["value"] == 6.5 and snapshot() == before


@pytest.mark.parametrize(
    ("wish", "field"),
    [({"target_value": 5, "start_value": 5}, "target_value"), ({"target_value": 5, "deadline": TODAY - timedelta(days=1)}, "deadline")],
)
def test_a_goal_leads_somewhere_and_ends_after_it_starts(run, alice, snapshot, wish, field):
    before = snapshot()
    with pytest.raises(Invalid) as fault:
        run(alice, goals.create_goal, GoalCreate(title="Hm", **wish))
    assert set(fault.value.fields) == {field} and snapshot() == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e12, "much"])
def test_values_are_numbers(value):
    with pytest.raises(ValidationError):
        GoalCreate(title="Hm", target_value=value)
    with pytest.raises(ValidationError):
        CheckInCreate(value=value)


def test_nobody_checks_in_tomorrow(run, alice, goal, check, snapshot):
    before = snapshot()
    with pytest.raises(Invalid):
        run(alice, goals.check_in, goal.id, CheckInCreate(value=1, day=TODAY + timedelta(days=1)))
    with pytest.raises(Invalid):
        run(alice, goals.update_check_in, check.id, CheckInUpdate(version=check.version, day=TODAY + timedelta(days=1)))
    assert snapshot() == before


def test_everything_can_be_undone(run, outcome, alice, goal, check, database):
    acts = [
        (goals.check_in, lambda goal, check: (goal.id, CheckInCreate(value=6.9))),
        (goals.delete_check_in, lambda goal, check: (check.id,)),
        (goals.update_check_in, lambda goal, check: (check.id, CheckInUpdate(version=check.version, value=5.5))),
        (goals.delete_goals, lambda goal, check: ([goal.id],)),
        (goals.archive_goals, lambda goal, check: ([goal.id],)),
        (goals.update_goal, lambda goal, check: (goal.id, GoalUpdate(version=goal.version, deadline=None, target_value=9))),
    ]
    for service, arguments in acts:
        before = run(alice, goals.get_goal_record, goal.id)
        done = outcome(alice, service, *arguments(goal, check))
        run(alice, changes.undo_change_set, done.change_set_id)
        after = run(alice, goals.get_goal_record, goal.id)
        moved = {"version", "updated_at"}
        assert after.goal.model_dump(exclude=moved) == before.goal.model_dump(exclude=moved), service.__name__
        assert [row.value for row in after.check_ins] == [row.value for row in before.check_ins]
        goal, check = after.goal, after.check_ins[0]


def test_a_goal_with_check_ins_is_not_unmade_by_undo(run, outcome, alice, bob, ann, snapshot):
    made = outcome(alice, goals.create_goal, GoalCreate(title="Hm", target_value=3, contact_id=ann))
    run(bob, goals.check_in, made.value.id, CheckInCreate(value=1))
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, made.change_set_id)
    assert snapshot() == before


def test_a_goal_keeps_its_contact_from_being_unmade(run, outcome, alice, bob):
    made = outcome(alice, contacts.create_contact, ContactCreate(display_name="Kim", audience="team"))
    run(bob, goals.create_goal, GoalCreate(title="Hm", target_value=3, contact_id=made.value.id))
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, made.change_set_id)


def test_a_goal_becomes_as_private_as_its_contact(run, alice, bob, ann, goal, check, database):
    run(alice, contacts.set_audience, [ann], "private")
    for table, key in (("goal", goal.id), ("goal_check_in", check.id)):
        assert fields(database, table, key, "audience") == ("private",)
    with pytest.raises(NotFound):
        run(bob, goals.get_goal, goal.id)
    with database.owner.connect() as connection:
        told = connection.execute(text("select count(*) from change where table_name like 'goal%' and audience = 'team'")).scalar()
    assert told == 0
    run(alice, contacts.set_audience, [ann], "team")
    assert run(bob, goals.list_check_ins, goal.id).check_ins[0].value == 6


def test_a_practice_goal_that_becomes_private_takes_its_history_along(run, alice, bob, database):
    made = run(alice, goals.create_goal, GoalCreate(title="Income", target_value=60))
    gone = run(alice, goals.check_in, made.id, CheckInCreate(value=9))
    run(alice, goals.check_in, made.id, CheckInCreate(value=10))
    run(alice, goals.delete_check_in, gone.id)
    run(alice, goals.update_goal, made.id, GoalUpdate(version=made.version, audience="private"))
    with pytest.raises(NotFound):
        run(bob, goals.get_goal, made.id)
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from change where table_name like 'goal%' and audience = 'team'")).scalar() == 0


def test_a_goal_waits_in_the_trash_with_its_contact(run, alice, ann, goal, check):
    run(alice, contacts.delete_contacts, [ann])
    assert run(alice, goals.list_goals, GoalFilter()).goals == ()
    for act in ACTS[:-2]:
        with pytest.raises(NotFound):
            attempt(run, alice, act, ann, goal, check)
    run(alice, contacts.restore_contacts, [ann])
    assert run(alice, goals.get_goal, goal.id).current_value == 6


def test_the_trash_is_emptied_with_its_history(run, alice, goal, check, database):
    kept = run(alice, goals.create_goal, GoalCreate(title="Stays", target_value=2, contact_id=goal.contact_id))
    run(alice, goals.delete_goals, [goal.id])
    with database.owner.begin() as connection:
        connection.execute(text("update goal set deleted_at = now() - interval '31 days' where deleted_at is not null"))
    with anonymous_work() as session:
        purge_trash(session, timedelta(days=30))
    with database.owner.connect() as connection:
        left = connection.execute(text("select table_name, coalesce(after, before) ->> 'title' from change where table_name like 'goal%'")).all()
    assert left == [("goal", "Stays")]
    assert [row.id for row in run(alice, goals.list_goals, GoalFilter()).goals] == [kept.id]


def test_lists_are_narrowed_and_paged(run, alice, bob, ann, goal):
    made = [run(bob, goals.create_goal, GoalCreate(title=f"Practice {number}", target_value=10)) for number in range(3)]
    run(bob, goals.archive_goals, [made[0].id])
    assert [row.title for row in run(alice, goals.list_goals, GoalFilter(practice=True)).goals] == ["Practice 2", "Practice 1"]
    assert [row.id for row in run(alice, goals.list_goals, GoalFilter(mine=True)).goals] == [goal.id]
    assert [row.id for row in run(alice, goals.list_goals, GoalFilter(archived=True)).goals] == [made[0].id]
    first = run(alice, goals.list_goals, GoalFilter(limit=2))
    rest = run(alice, goals.list_goals, GoalFilter(limit=2, after=first.next_cursor))
    assert [row.id for row in (*first.goals, *rest.goals)] == [made[2].id, made[1].id, goal.id] and rest.next_cursor is None
    for number in range(5):
        run(alice, goals.check_in, goal.id, CheckInCreate(value=number, day=TODAY - timedelta(days=number // 2)))
    page = run(alice, goals.list_check_ins, goal.id, None, 3)
    more = run(alice, goals.list_check_ins, goal.id, page.next_cursor, 3)
    assert [row.value for row in (*page.check_ins, *more.check_ins)] == [1, 0, 3, 2, 4] and more.next_cursor is None


def test_the_dashboard_asks_once(run, alice, bob, goal, database):
    made = run(bob, goals.create_goal, GoalCreate(title="Later", target_value=10, deadline=TODAY + timedelta(days=90)))
    sooner = run(alice, goals.create_goal, GoalCreate(title="Sooner", target_value=10, deadline=TODAY + timedelta(days=9)))
    with unit_of_work(alice, "test") as session:
        assert [row.id for row in queries.list_practice_goals(session, alice, 5)] == [sooner.id, made.id]
        assert [row.id for row in queries.list_practice_goals(session, alice, 5, mine=True)] == [sooner.id]


def test_the_database_and_the_rule_agree_on_how_goals_stand(run, alice):
    """Whatever the numbers: a list that is filtered by a state shows exactly the goals that say so."""
    whole = st.integers(-20, 20)

    @settings(max_examples=30, deadline=None)
    @given(whole, whole.filter(bool), st.none() | whole, st.integers(0, 40), st.none() | st.integers(0, 40))
    def agree(start, way, current, ago, length):
        begins = TODAY - timedelta(days=ago)
        wish = GoalCreate(title="Hm", start_value=start, target_value=start + way, starts_on=begins, deadline=None if length is None else begins + timedelta(days=length))
        made = run(alice, goals.create_goal, wish)
        if current is not None:
            run(alice, goals.check_in, made.id, CheckInCreate(value=current))
        state = run(alice, goals.get_goal, made.id).state
        found = [wanted for wanted in State if any(row.id == made.id for row in run(alice, goals.list_goals, GoalFilter(states=(wanted,), limit=200)).goals)]
        assert found == [state]
        run(alice, goals.delete_goals, [made.id])

    agree()


def test_what_was_reached_is_told_once_the_latest_first(run, alice, bob, ann, goal):
    for days, value in ((40, 5.3), (30, 5.9), (20, 5.5), (10, 5.9), (5, 6.4)):
        run(alice, goals.check_in, goal.id, CheckInCreate(value=value, day=TODAY - timedelta(days=days)))
    told = run(bob, goals.list_milestones, ann)
    assert [(row.title, row.percent, row.at.date()) for row in told] == [
        (goal.title, 70, TODAY - timedelta(days=5)), (goal.title, 40, TODAY - timedelta(days=30)), (goal.title, 10, TODAY - timedelta(days=40)),
    ]  # fmt: skip
