"""Programmes: what counts as used, what a correction does, who may do what, and when one runs out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.jobs.queries import purge_trash
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.reminders import give_reminders
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.programmes import queries
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.rules import standing_of
from crm_app.domain.programmes.schemas import CorrectionCreate, ProgrammeCreate, ProgrammeFilter, ProgrammeUpdate, Standing
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from crm_app.jobs.duties import duties
from tests.domain.people import contact, fields

TODAY = date.today()  # the database's own clock decides what has taken place, so these days are real ones


def ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def session_with(run, actor, people, days: int = 0, kind: str = "meeting", **more):
    return run(actor, interactions.log_interaction, InteractionCreate(kind=kind, subject="Breathwork", contact_ids=people, occurred_at=ago(days), **more))


@pytest.fixture
def ann(alice):
    return contact(alice)


@pytest.fixture
def programme(run, alice, ann):
    return run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Twelve sessions", sessions_total=12, starts_on=TODAY - timedelta(days=30), price_micros=960_000_000, currency="EUR"))


def used(run, actor, programme) -> int:
    return run(actor, programmes.get_programme, programme.id).used


def test_sessions_count_by_themselves_and_other_entries_do_not(run, alice, bob, ann, programme):
    assert (programme.contact_name, programme.used, programme.sessions_left, programme.standing) == ("Ann Lee", 0, 12, "open")
    session_with(run, alice, [ann], 20)
    session_with(run, bob, [ann], 10, kind="class_attendance")
    for kind in ("call", "note", "message", "email"):
        session_with(run, alice, [ann], 5, kind=kind)
    session_with(run, alice, [ann], 45)  # before it began
    assert used(run, bob, programme) == 2
    seen = run(bob, programmes.get_programme, programme.id)
    assert seen.version == programme.version and seen.may_edit and not seen.may_delete


def test_moving_deleting_and_undoing_a_session_is_followed(run, outcome, alice, ann, programme):
    entry = session_with(run, alice, [ann], 3)
    assert used(run, alice, programme) == 1
    moved = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, occurred_at=ago(60)))
    assert used(run, alice, programme) == 0
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=moved.version, occurred_at=ago(1)))
    gone = outcome(alice, interactions.delete_interaction, entry.id)
    assert used(run, alice, programme) == 0
    run(alice, changes.undo_change_set, gone.change_set_id)
    assert used(run, alice, programme) == 1


def test_what_is_planned_counts_once_it_has_taken_place(run, alice, ann, programme, database):
    entry = session_with(run, alice, [ann], -3)
    seen = run(alice, programmes.get_programme, programme.id)
    assert (seen.used, seen.next_at) == (0, entry.occurred_at)
    with database.owner.begin() as connection:  # three days go by, and nobody writes anything
        for statement in ("update interaction set occurred_at = now() - interval '1 hour'", "update interaction_contact set occurred_at = now() - interval '1 hour'"):
            connection.execute(text(statement))
        connection.execute(text("alter table programme disable trigger user"))
        connection.execute(text("update programme set updated_at = now() - interval '3 days', sessions_counted = 0"))
        connection.execute(text("alter table programme enable trigger user"))
    next(duty for duty in duties() if duty.name == "passed sessions").act(datetime.now(UTC))
    seen = run(alice, programmes.get_programme, programme.id)
    assert (seen.used, seen.next_at) == (1, None)


def test_the_oldest_open_programme_comes_first_and_each_session_counts_once(run, alice, ann):
    first = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="First", sessions_total=2, starts_on=TODAY - timedelta(days=40)))
    second = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Second", sessions_total=5, starts_on=TODAY - timedelta(days=20)))
    for days in (35, 15, 10, 5):
        session_with(run, alice, [ann], days)
    assert [used(run, alice, each) for each in (first, second)] == [2, 2]
    run(alice, programmes.delete_programmes, [first.id])
    assert used(run, alice, second) == 3
    run(alice, programmes.restore_programmes, [first.id])
    assert [used(run, alice, each) for each in (first, second)] == [2, 2]


def test_a_session_outside_its_days_does_not_count(run, alice, ann):
    made = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="March", sessions_total=5, starts_on=TODAY - timedelta(days=40), ends_on=TODAY - timedelta(days=20)))
    for days in (41, 40, 20, 19):
        session_with(run, alice, [ann], days)
    seen = run(alice, programmes.get_programme, made.id)
    assert (seen.used, seen.standing) == (2, "finished")
    longer = run(alice, programmes.update_programme, made.id, ProgrammeUpdate(version=made.version, ends_on=None))
    assert (longer.used, longer.standing) == (3, "running_out")


def test_the_days_are_those_of_the_owners_calendar(run, alice, ann, database):
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set time_zone = 'Pacific/Auckland' where id = :who"), {"who": alice.user_id})
    begins = TODAY - timedelta(days=5)
    made = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Hm", sessions_total=5, starts_on=begins))
    late = datetime(begins.year, begins.month, begins.day, 14, tzinfo=UTC) - timedelta(days=1)  # already the next morning over there
    run(alice, interactions.log_interaction, InteractionCreate(kind="meeting", contact_ids=[ann], occurred_at=late))
    assert used(run, alice, made) == 1


def test_a_private_session_does_not_show_through_the_figure(run, alice, bob, ann, programme):
    session_with(run, bob, [ann], 1, audience="private")
    assert used(run, alice, programme) == used(run, bob, programme) == 0
    hers = contact(alice, "Quiet", "private")
    quiet = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=hers, name="Hm", sessions_total=3, starts_on=TODAY - timedelta(days=3)))
    session_with(run, alice, [hers], 1)
    assert used(run, alice, quiet) == 1 and quiet.audience == "private"


def test_a_correction_stays_while_later_sessions_count(run, alice, bob, ann, programme):
    session_with(run, alice, [ann], 9)
    assert run(bob, programmes.correct_used, programme.id, CorrectionCreate(used=8, reason="Seven before we kept this")).used == 8
    session_with(run, alice, [ann], 2)
    assert used(run, alice, programme) == 9
    told = run(alice, programmes.list_corrections, programme.id).corrections
    assert [(row.delta, row.reason, row.author_name) for row in told] == [(7, "Seven before we kept this", "Bob")]
    run(alice, programmes.correct_used, programme.id, CorrectionCreate(used=9, reason="The same"))
    assert len(run(alice, programmes.list_corrections, programme.id).corrections) == 1


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_a_correction_downward_holds_though_more_sessions_took_place_than_were_bought(run, alice, ann, wanted):
    made = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Two", sessions_total=2, starts_on=TODAY - timedelta(days=20)))
    for days in range(1, 6):
        session_with(run, alice, [ann], days)
    assert used(run, alice, made) == 2
    assert run(alice, programmes.correct_used, made.id, CorrectionCreate(used=wanted, reason="Some were gifts")).used == wanted


def attempt(run, actor, act, ann, programme):
    return {
        "create": lambda: run(actor, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Hm", sessions_total=3)),
        "update": lambda: run(actor, programmes.update_programme, programme.id, ProgrammeUpdate(version=programme.version, name="Changed")),
        "correct": lambda: run(actor, programmes.correct_used, programme.id, CorrectionCreate(used=3, reason="Hm")),
        "delete": lambda: run(actor, programmes.delete_programmes, [programme.id]),
        "restore": lambda: run(actor, programmes.restore_programmes, [programme.id]),
    }[act]()


ACTS = ["create", "update", "correct", "delete", "restore"]


@pytest.mark.parametrize("act", ACTS)
def test_an_outsider_finds_nothing_and_changes_nothing(run, alice, bob, snapshot, act):
    secret = contact(alice, "Secret", "private")
    made = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=secret, name="Quiet", sessions_total=3))
    before = snapshot()
    with pytest.raises(NotFound):
        attempt(run, bob, act, secret, made)
    assert snapshot() == before and run(bob, programmes.list_programmes, ProgrammeFilter()).programmes == ()


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, ann, programme, snapshot, act):
    before = snapshot()
    with pytest.raises(Forbidden):
        attempt(run, vera, act, ann, programme)
    assert snapshot() == before and not run(vera, programmes.get_programme, programme.id).may_edit


def test_a_colleague_edits_and_corrects_but_does_not_delete(run, bob, programme, snapshot):
    changed = run(bob, programmes.update_programme, programme.id, ProgrammeUpdate(version=programme.version, sessions_total=10))
    assert changed.sessions_left == 10
    before = snapshot()
    with pytest.raises(Forbidden):
        run(bob, programmes.delete_programmes, [programme.id])
    assert snapshot() == before


def test_a_stale_save_is_a_conflict_that_shows_what_stands(run, alice, bob, programme, snapshot):
    run(bob, programmes.update_programme, programme.id, ProgrammeUpdate(version=programme.version, name="Ten"))
    before = snapshot()
    with pytest.raises(Conflict) as told:
        run(alice, programmes.update_programme, programme.id, ProgrammeUpdate(version=programme.version, name="Eleven"))
    assert told.value.current["name"] == "Ten" and snapshot() == before


@pytest.mark.parametrize(
    ("wish", "field"),
    [({"ends_on": TODAY - timedelta(days=1)}, "ends_on"), ({"price_micros": 5}, "currency"), ({"currency": "EUR"}, "price_micros")],
)
def test_what_does_not_fit_is_said_on_its_field(run, alice, ann, snapshot, wish, field):
    before = snapshot()
    with pytest.raises(Invalid) as fault:
        run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Hm", sessions_total=3, **wish))
    assert set(fault.value.fields) == {field} and snapshot() == before


def test_no_more_can_be_used_than_were_bought(run, alice, programme, snapshot):
    before = snapshot()
    with pytest.raises(Invalid):
        run(alice, programmes.correct_used, programme.id, CorrectionCreate(used=13, reason="Hm"))
    assert snapshot() == before


def test_everything_can_be_undone(run, outcome, alice, ann, programme):
    session_with(run, alice, [ann], 4)
    acts = [
        (programmes.correct_used, lambda now: (now.id, CorrectionCreate(used=8, reason="Hm"))),
        (programmes.update_programme, lambda now: (now.id, ProgrammeUpdate(version=now.version, sessions_total=3, ends_on=TODAY))),
        (programmes.delete_programmes, lambda now: ([now.id],)),
    ]
    for service, arguments in acts:
        before = run(alice, programmes.get_programme, programme.id)
        done = outcome(alice, service, *arguments(before))
        run(alice, changes.undo_change_set, done.change_set_id)
        after = run(alice, programmes.get_programme, programme.id)
        moved = {"version", "updated_at"}
        assert after.model_dump(exclude=moved) == before.model_dump(exclude=moved), service.__name__
    made = outcome(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Hm", sessions_total=3))
    gone = outcome(alice, changes.undo_change_set, made.change_set_id)
    with pytest.raises(NotFound):
        run(alice, programmes.get_programme, made.value.id)
    run(alice, changes.undo_change_set, gone.change_set_id)
    assert run(alice, programmes.get_programme, made.value.id).sessions_left == 3


def test_a_corrected_programme_is_not_unmade_by_undo(run, outcome, alice, bob, ann, snapshot):
    made = outcome(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Hm", sessions_total=3))
    run(bob, programmes.correct_used, made.value.id, CorrectionCreate(used=1, reason="Hm"))
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, made.change_set_id)
    assert snapshot() == before


def test_a_programme_keeps_its_contact_from_being_unmade(run, outcome, alice, bob):
    made = outcome(alice, contacts.create_contact, ContactCreate(display_name="Kim", audience="team"))
    run(bob, programmes.create_programme, ProgrammeCreate(contact_id=made.value.id, name="Hm", sessions_total=3))
    with pytest.raises(Conflict):
        run(alice, changes.undo_change_set, made.change_set_id)


def test_a_programme_becomes_as_private_as_its_contact(run, alice, bob, ann, programme, database):
    run(alice, programmes.correct_used, programme.id, CorrectionCreate(used=2, reason="Hm"))
    run(alice, contacts.set_audience, [ann], "private")
    assert fields(database, "programme", programme.id, "audience") == ("private",)
    with pytest.raises(NotFound):
        run(bob, programmes.get_programme, programme.id)
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from change where table_name like 'programme%' and audience = 'team'")).scalar() == 0
        assert connection.execute(text("select audience from programme_correction")).scalars().all() == ["private"]


def test_a_programme_waits_in_the_trash_with_its_contact(run, alice, ann, programme):
    run(alice, contacts.delete_contacts, [ann])
    assert run(alice, programmes.list_programmes, ProgrammeFilter()).programmes == ()
    for act in ACTS:
        with pytest.raises(NotFound):
            attempt(run, alice, act, ann, programme)
    run(alice, contacts.restore_contacts, [ann])
    assert used(run, alice, programme) == 0


def test_the_trash_is_emptied_with_its_history(run, alice, programme, database):
    run(alice, programmes.correct_used, programme.id, CorrectionCreate(used=2, reason="Hm"))
    run(alice, programmes.delete_programmes, [programme.id])
    with database.owner.begin() as connection:
        connection.execute(text("update programme set deleted_at = now() - interval '31 days'"))
    with anonymous_work() as session:
        purge_trash(session, timedelta(days=30))
    with database.owner.connect() as connection:
        left = [connection.execute(text(f"select count(*) from {place}")).scalar() for place in ("programme", "programme_correction", "change where table_name like 'programme%'")]
    assert left == [0, 0, 0]


def test_what_runs_out_is_listed_the_fewest_sessions_first(run, alice, bob, ann, programme):
    two = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Two", sessions_total=2))
    soon = run(bob, programmes.create_programme, ProgrammeCreate(contact_id=contact(bob, "Ben"), name="Soon", sessions_total=9, ends_on=TODAY + timedelta(days=14)))
    run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Later", sessions_total=2, starts_on=TODAY + timedelta(days=1)))
    with unit_of_work(alice, "test") as session:
        assert [row.id for row in queries.list_running_out(session, alice, 5)] == [two.id, soon.id]
        assert [row.id for row in queries.list_running_out(session, alice, 5, mine=True)] == [two.id]
    assert {row.id for row in run(alice, programmes.list_programmes, ProgrammeFilter(running_out=True)).programmes} == {two.id, soon.id}
    first = run(alice, programmes.list_programmes, ProgrammeFilter(limit=3))
    rest = run(alice, programmes.list_programmes, ProgrammeFilter(limit=3, after=first.next_cursor))
    assert len(first.programmes) == 3 and [row.id for row in rest.programmes] == [programme.id]


def test_running_out_reminds_whoever_looks_after_the_client_once(run, alice, bob, ann):
    made = run(alice, programmes.create_programme, ProgrammeCreate(contact_id=ann, name="Two sessions", sessions_total=2, ends_on=TODAY + timedelta(days=60)))
    morning = datetime.combine(TODAY, datetime.min.time(), UTC).replace(hour=9)
    for moment in (morning - timedelta(days=2), morning, morning + timedelta(minutes=5), morning + timedelta(days=1)):
        with unit_of_work(alice, "test") as session:
            give_reminders(session, alice, moment)
    told = run(alice, notifications.list_notifications, NotificationFilter()).notifications
    assert [(row.kind, row.headline) for row in told if row.kind == "programme_ending"] == [("programme_ending", "Two sessions")]
    assert made.contact_name in next(row.caption for row in told if row.kind == "programme_ending")


@given(st.integers(-3, 20), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_where_nothing_is_left_it_is_finished_and_fewer_is_never_better(left, starts_on, ends_on, today):
    order = [Standing.UPCOMING, Standing.OPEN, Standing.RUNNING_OUT, Standing.FINISHED]
    now, fewer = standing_of(left, starts_on, ends_on, today), standing_of(left - 1, starts_on, ends_on, today)
    assert (now is Standing.FINISHED) == (left <= 0 or (ends_on is not None and ends_on < today))
    assert order.index(fewer) >= order.index(now)


def test_the_edges_of_running_out():
    day = date(2026, 11, 25)
    assert [standing_of(left, day, None, day) for left in (3, 2, 0)] == ["open", "running_out", "finished"]
    assert [standing_of(9, day, day + timedelta(days=days), day) for days in (15, 14, 0, -1)] == ["open", "running_out", "running_out", "finished"]
    assert standing_of(1, day + timedelta(days=1), None, day) == "upcoming"
