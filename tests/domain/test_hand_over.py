"""Handing over: who may, what goes, what stays, and that it is all or nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_app.domain.actor import Actor
from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, SensitiveUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.jobs.models import JobState
from crm_app.domain.permissions import Role
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.team import service as team
from crm_app.domain.team.schemas import HandOver
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner

REASON = "Left the practice; her clients are waiting."


@pytest.fixture
def adam(database) -> Actor:
    """An admin."""
    who = Actor(user_id=uuid4(), role=Role.ADMIN, name="Adam", email="adam@example.org")
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
                "values (:id, :email, :name, 'admin', 'UTC', 'en', 'system', 0, false)"
            ),
            {"id": who.user_id, "email": who.email, "name": who.name},
        )
    return who


class Things:
    """What alice has: a contact, an entry and a task of each audience; a task of bob's that is hers to do."""

    def __init__(self, run, alice, bob) -> None:
        self.contact, self.entry, self.task = {}, {}, {}
        for audience in ("team", "private"):
            person = run(alice, contacts.create_contact, ContactCreate(display_name=f"Kim {audience}", audience=audience, tags=["yoga"], points=[{"kind": "email", "value": f"{audience}@mail.example"}]))
            self.contact[audience] = person.id
            self.entry[audience] = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="spoke", contact_ids=[person.id])).id
            self.task[audience] = run(alice, tasks.create_task, TaskCreate(title="call", contact_ids=[person.id])).id
        run(alice, contacts.update_sensitive, self.contact["team"], SensitiveUpdate(health_goals="sleep"))
        theirs = run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own"))
        self.bobs = run(bob, tasks.create_task, TaskCreate(title="asked of alice", contact_ids=[theirs.id], assignee_id=alice.user_id)).id


@pytest.fixture
def things(run, alice, bob) -> Things:
    return Things(run, alice, bob)


def owners(database) -> set:
    """(table, owner, audience, how many) of everything that has an owner and an audience."""
    with database.owner.connect() as connection:
        tables = connection.execute(text("select team_owned_tables(false)")).scalars().all()
        assert {"contact", "contact_point", "contact_sensitive", "contact_tag", "interaction", "interaction_contact", "task", "task_contact", "blob"} <= set(tables)
        return {(table, *row) for table in tables for row in connection.execute(text(f"select owner_id, audience, count(*) from {table} group by 1, 2")).all()}


def hand_over(run, actor, leaver, heir, **more):
    job = run(actor, team.start_hand_over, HandOver(leaver_id=leaver.user_id, heir_id=heir.user_id, **more))
    assert JobRunner(HANDLERS).run_pending() == 1
    from crm_app.domain.jobs import service as jobs

    return run(actor, jobs.get_job, job.id)


def disable(database, who) -> None:
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :id"), {"id": who.user_id})


def test_what_is_the_teams_goes_and_what_is_private_stays(run, database, things, alice, bob, adam):
    preview = run(adam, team.preview_hand_over, alice.user_id)
    assert {count.kind: (count.shared, count.private) for count in preview.counts} == {"contact": (1, 0), "interaction": (1, 0), "task": (1, 0)}
    assert preview.private_because == "no"
    job = hand_over(run, adam, alice, bob)
    assert (job.state, job.result["went"]) == (JobState.DONE, {"contact": 1, "interaction": 1, "task": 1})
    left = {(table, audience) for table, owner, audience, _ in owners(database) if owner == alice.user_id}
    assert left == {
        ("contact", "private"), ("contact_point", "private"), ("contact_tag", "private"), ("contact_sensitive", "private"), ("interaction", "private"),
        ("interaction_contact", "private"), ("task", "private"), ("task_contact", "private"),
    }  # fmt: skip
    view = run(bob, contacts.get_contact, things.contact["team"])
    assert (view.owner_name, view.may_edit, view.may_delete) == ("Bob", True, True)
    assert run(bob, interactions.get_interaction, things.entry["team"]).author_name == "Alice", "who wrote it wrote it"
    assert {row.assignee_name for row in (run(bob, tasks.get_task, things.task["team"]), run(bob, tasks.get_task, things.bobs))} == {"Bob"}
    with pytest.raises(NotFound):
        run(bob, contacts.get_contact, things.contact["private"])
    assert run(alice, contacts.get_contact, things.contact["private"]).owner_name == "Alice"


def test_one_hands_over_ones_own_private_things_by_choice(run, database, things, alice, bob):
    preview = run(alice, team.preview_hand_over, alice.user_id)
    assert {count.kind: (count.shared, count.private) for count in preview.counts} == {"contact": (1, 1), "interaction": (1, 1), "task": (1, 1)}
    assert preview.private_because == "own"
    hand_over(run, alice, alice, bob, private=True)
    assert not [row for row in owners(database) if row[1] == alice.user_id]
    assert run(bob, contacts.get_contact, things.contact["private"]).primary_email == "private@mail.example"
    assert run(bob, contacts.get_contact, things.contact["team"]).sensitive.health_goals == "sleep"
    assert run(bob, changes.list_history, "contact", things.contact["private"]).acts[-1].lines[0].kind == "made", "its history goes along"
    with pytest.raises(NotFound):
        run(alice, contacts.get_contact, things.contact["private"])


def test_a_timer_on_what_is_handed_over_stops_for_whoever_sees_it_no_more(run, things, alice, bob):
    run(alice, tasks.start_timer, things.task["private"])
    hand_over(run, alice, alice, bob, private=True)
    mine = run(alice, tasks.create_task, TaskCreate(title="Mine"))
    assert [timer.person_id for timer in run(alice, tasks.start_timer, mine.id).timers] == [alice.user_id], "nothing hidden stands in the way"
    theirs = run(bob, tasks.get_task, things.task["private"])
    assert (theirs.actual_minutes, theirs.timers) == (1, ())


def test_private_things_of_a_disabled_person_go_by_the_owners_word_with_a_reason(run, database, things, alice, bob, olivia, adam):
    for asker in (olivia, adam):
        assert run(asker, team.preview_hand_over, alice.user_id).private_because == "no", "while she can say so herself"
        with pytest.raises(Forbidden):
            run(asker, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id, private=True, reason=REASON))
    disable(database, alice)
    assert run(adam, team.preview_hand_over, alice.user_id).private == 0, "an admin does not even learn how much there is"
    with pytest.raises(Forbidden):
        run(adam, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id, private=True, reason=REASON))
    preview = run(olivia, team.preview_hand_over, alice.user_id)
    assert (preview.private_because, preview.private) == ("reason", 3)
    with pytest.raises(Invalid) as refusal:
        run(olivia, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id, private=True, reason="because"))
    assert set(refusal.value.fields) == {"reason"}
    hand_over(run, olivia, alice, bob, private=True, reason=REASON)
    assert not [row for row in owners(database) if row[1] == alice.user_id]
    with database.owner.connect() as connection:
        deed = connection.execute(text("select actor_id, subject_id, via, details from audit_entry where action = 'team.handed_over'")).one()
    assert (deed.actor_id, deed.subject_id, deed.via) == (olivia.user_id, alice.user_id, "job")
    assert deed.details == {"heir": str(bob.user_id), "private": True, "reason": REASON, "contact": 2, "interaction": 2, "task": 2}


def test_nobody_else_may_and_nothing_changes(run, database, things, alice, bob, vera, olivia, charlie):
    before = owners(database)
    for nosy in (bob, vera):
        with pytest.raises(Forbidden):
            run(nosy, team.preview_hand_over, alice.user_id)
        with pytest.raises(Forbidden):
            run(nosy, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id))
    with pytest.raises(NotFound):
        run(olivia, team.start_hand_over, HandOver(leaver_id=uuid4(), heir_id=bob.user_id))
    for heir in (vera, charlie, alice, Actor(user_id=uuid4(), role=Role.MEMBER)):
        with pytest.raises(Invalid) as refusal:
            run(olivia, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=heir.user_id))
        assert set(refusal.value.fields) == {"heir_id"}
    attempts = [
        (bob, f"select team_hand_over('{alice.user_id}', '{bob.user_id}', false, '', 10)"), (vera, f"select team_hand_over('{vera.user_id}', '{bob.user_id}', false, '', 10)"),
        (olivia, f"select team_hand_over('{alice.user_id}', '{bob.user_id}', true, '{REASON}', 10)"), (olivia, f"select team_hand_over('{alice.user_id}', '{vera.user_id}', false, '', 10)"),
        (bob, f"select * from team_hand_over_count('{alice.user_id}')"), (alice, f"update contact set owner_id = '{bob.user_id}'"),
        (olivia, f"update contact set owner_id = '{bob.user_id}'"), (olivia, "select team_owned_tables(false)"),
    ]  # fmt: skip
    for actor, statement in attempts:
        with pytest.raises(ProgrammingError), unit_of_work(actor, "test") as session:
            session.connection().execute(text(statement))
    assert owners(database) == before


def test_a_hand_over_that_is_cancelled_leaves_everything_where_it_was(run, database, things, alice, bob, olivia, monkeypatch):
    from crm_app.domain.jobs import service as jobs
    from crm_app.domain.team import handing_over

    monkeypatch.setattr(handing_over, "STEP", 1)
    before = owners(database)
    job = run(olivia, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id))

    def slow(running):
        real, calls = running.progress, []

        def progress(done, total):
            calls.append(done)
            if len(calls) == 3:
                run(olivia, jobs.request_cancel, job.id)
            real(done, total)

        running.progress = progress
        HANDLERS["team.hand_over"](running)

    JobRunner({"team.hand_over": slow}).run_pending()
    assert run(olivia, jobs.get_job, job.id).state is JobState.CANCELLED
    assert owners(database) == before


def test_whoever_lost_the_right_meanwhile_hands_nothing_over(run, database, things, alice, bob, olivia, adam):
    from crm_app.domain.jobs import service as jobs

    before = owners(database)
    job = run(adam, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id))
    run(olivia, team.change_role, adam.user_id, "member")
    JobRunner(HANDLERS).run_pending()
    assert owners(database) == before
    assert run(adam, jobs.get_job, job.id).state is JobState.FAILED


def test_it_stands_in_the_history_and_is_taken_back_by_handing_over_again(run, outcome, database, things, alice, bob, olivia):
    version = run(alice, contacts.get_contact, things.contact["team"]).version
    hand_over(run, olivia, alice, bob)
    page = run(bob, changes.list_history, "contact", things.contact["team"])
    assert (page.acts[0].actor_name, page.acts[0].may_undo) == ("Olivia", False)
    moved = next(field for line in page.acts[0].lines for field in line.fields if line.table == "contact" and field.name == "owner_id")
    assert (page.names[moved.before], page.names[moved.after]) == ("Alice", "Bob")
    with database.owner.connect() as connection:
        set_id = connection.execute(text("select id from change_set where action = 'handing_over.run_hand_over'")).scalar()
    with pytest.raises(Conflict, match="over again"):
        run(olivia, changes.undo_change_set, set_id)
    with pytest.raises(Conflict):
        run(alice, contacts.update_contact, things.contact["team"], ContactUpdate(version=version, company="stale"))
    hand_over(run, olivia, bob, alice)
    assert run(alice, contacts.get_contact, things.contact["team"]).owner_name == "Alice"
    assert run(alice, interactions.get_interaction, things.entry["team"]).author_name == "Alice"


@pytest.mark.long
def test_thousands_of_things_go_in_steps_that_never_run_into_the_clock(run, database, alice, bob, olivia):
    people = run(alice, contacts.bulk_create, [ContactCreate(display_name=f"Kim {n}") for n in range(1_000)])
    for _ in range(4):
        run(alice, contacts.bulk_create, [ContactCreate(display_name=f"Kim {n}") for n in range(1_000)])
    assert people
    from time import perf_counter

    begun = perf_counter()
    job = hand_over(run, olivia, alice, bob)
    print(f"5000 contacts in {perf_counter() - begun:.1f} s")
    assert job.result["went"] == {"contact": 5_000}
