"""What people are told: only what they may see, once, in words that follow what the record says now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.days import today_of
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import KINDS, Kind
from crm_app.domain.notifications.notify import notify, notify_self
from crm_app.domain.notifications.schemas import ChannelsUpdate, NotificationFilter, SettingsUpdate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskUpdate
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.people import contact

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def told(run, actor, **wanted):
    return run(actor, notifications.list_notifications, NotificationFilter(**wanted)).notifications


def unread(run, actor):
    return run(actor, notifications.count_unread).unread


@pytest.fixture
def given(run, alice, bob):
    """A task that alice gave to bob."""
    return run(alice, tasks.create_task, TaskCreate(title="Call Ana", assignee_id=bob.user_id, contact_ids=[contact(alice, "Ana Kovač")]))


@pytest.fixture
def tell(database):
    """``tell(actor, people, kind, **how)``: how many were told."""

    def say(actor, people, kind=Kind.TASK_ASSIGNED, **how):
        with unit_of_work(actor, "test.tell") as session:
            return notify(session, actor, [person.user_id for person in people], kind, **how)

    return say


def test_whoever_is_given_a_task_is_told_by_whom_and_how_to_get_there(run, given, alice, bob):
    (seen,) = told(run, bob)
    assert (seen.kind, seen.headline, seen.caption, seen.link, seen.read_at) == (
        Kind.TASK_ASSIGNED, "Call Ana", "Alice gave you this task", f"/tasks?open={given.id}", None,
    )  # fmt: skip
    assert seen.contact and seen.contact[1] == "Ana Kovač"
    assert unread(run, bob) == 1 and told(run, alice) == ()


def test_what_one_does_oneself_is_no_news(run, alice, tell):
    made = run(alice, tasks.create_task, TaskCreate(title="Mine"))
    assert tell(alice, [alice], about=("task", made.id)) == 0
    assert told(run, alice) == ()


def test_giving_it_again_tells_again_and_saving_it_does_not(run, given, alice, bob):
    given = run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, title="Call Ana today"))
    assert [seen.headline for seen in told(run, bob)] == ["Call Ana today"]
    given = run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, assignee_id=alice.user_id))
    run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, assignee_id=bob.user_id))
    assert len(told(run, bob)) == 2 and unread(run, bob) == 1


def test_nobody_is_told_of_what_they_may_not_see(run, alice, bob, vera, olivia, tell, snapshot):
    secret = run(alice, tasks.create_task, TaskCreate(title="Secret", audience="private"))
    before = snapshot()
    assert tell(alice, [bob, vera, olivia], about=("task", secret.id)) == 0
    assert tell(bob, [alice, vera], about=("task", secret.id)) == 0, "nor does somebody speak of what they may not see themselves"
    assert tell(alice, [bob], about=("task", uuid4())) == 0
    assert tell(alice, [bob], about=("user_account", bob.user_id)) == 0, "a table without an owner is nothing to speak of"
    assert tell(alice, [bob], about=("no_such_table", secret.id)) == 0
    assert snapshot() == before


def test_only_who_can_sign_in_is_told(run, alice, bob, charlie, tell):
    made = run(alice, tasks.create_task, TaskCreate(title="For all"))
    assert tell(alice, [bob, charlie, bob], about=("task", made.id)) == 1


def test_a_key_is_said_once(run, alice, bob, olivia, tell):
    made = run(alice, tasks.create_task, TaskCreate(title="For all"))
    assert [tell(alice, [bob], about=("task", made.id), key="x") for _ in range(3)] == [1, 0, 0]
    assert tell(alice, [bob, olivia], about=("task", made.id), key="x") == 1
    assert unread(run, bob) == 1


def test_a_viewer_is_told_like_everybody(run, alice, vera, tell):
    entry = run(alice, interactions.log_interaction, InteractionCreate(kind="note", body="For Vera", contact_ids=[contact(alice, "Ana Kovač")]))
    tell(alice, [vera], about=("interaction", entry.id))
    (seen,) = told(run, vera)
    assert (seen.headline, seen.link) == ("Ana Kovač", f"/contacts/{entry.contacts[0][0]}")
    run(vera, notifications.mark_read, [seen.id])
    assert unread(run, vera) == 0


@pytest.mark.parametrize("how", ["private", "trash", "contact"])
def test_what_one_may_no_longer_see_is_no_longer_there(run, given, alice, bob, how):
    if how == "private":
        run(alice, contacts.set_audience, [given.contacts[0][0]], "private")
    elif how == "trash":
        run(alice, tasks.delete_tasks, [given.id])
    else:
        run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, assignee_id=None, audience="private"))
    assert told(run, bob) == () and unread(run, bob) == 0


def test_words_follow_what_the_record_says_now(run, given, alice, bob):
    run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, title="Call Ana about the retreat"))
    assert told(run, bob)[0].headline == "Call Ana about the retreat"


def test_no_table_holds_a_title(run, given, database):
    with database.owner.connect() as connection:
        rows = connection.execute(text("select string_agg(to_jsonb(n)::text, '') from notification n")).scalar_one()
    assert "Ana" not in rows


@pytest.mark.parametrize("act", ["complete", "move", "hand over"])
def test_a_task_that_moved_on_asks_for_no_attention(run, given, alice, bob, act, database):
    with unit_of_work(bob, "test.remind") as session:
        notify_self(session, bob, Kind.TASK_DUE, about=("task", given.id), key="now")
    assert unread(run, bob) == 2
    if act == "complete":
        run(alice, tasks.complete_tasks, [given.id])
    elif act == "move":
        run(bob, tasks.postpone_tasks, [given.id], 3)
    else:
        run(alice, tasks.update_task, given.id, TaskUpdate(version=given.version, assignee_id=alice.user_id))
    left = [seen.kind for seen in told(run, bob, unread=True)]
    assert left == ([Kind.TASK_ASSIGNED] if act == "move" else [])


def test_marking_is_ones_own(run, given, alice, bob, snapshot):
    (seen,) = told(run, bob)
    before = snapshot()
    for act in (notifications.mark_read, notifications.mark_unread):
        with pytest.raises(NotFound):
            run(alice, act, [seen.id])
        with pytest.raises(NotFound):
            run(bob, act, [seen.id, uuid4()])
    assert snapshot() == before
    run(bob, notifications.mark_read, [seen.id])
    first = told(run, bob)[0].read_at
    run(bob, notifications.mark_read, [seen.id])
    assert told(run, bob)[0].read_at == first, "reading it again is no second reading"
    run(bob, notifications.mark_unread, [seen.id])
    assert unread(run, bob) == 1


def test_marking_everything_says_what_it_marked_so_that_it_can_be_taken_back(run, alice, bob, tell):
    made = [run(alice, tasks.create_task, TaskCreate(title=f"Task {number}", assignee_id=bob.user_id)) for number in range(3)]
    run(bob, notifications.mark_read, [told(run, bob)[0].id])
    marked = run(bob, notifications.mark_all_read)
    assert len(marked) == len(made) - 1 and unread(run, bob) == 0
    assert run(bob, notifications.mark_all_read) == ()
    run(bob, notifications.mark_unread, marked)
    assert unread(run, bob) == 2


def test_pages_go_on_where_the_last_one_ended(run, alice, bob):
    for number in range(7):
        run(alice, tasks.create_task, TaskCreate(title=f"Task {number}", assignee_id=bob.user_id))
    first = run(bob, notifications.list_notifications, NotificationFilter(limit=3))
    second = run(bob, notifications.list_notifications, NotificationFilter(limit=3, after=first.next_cursor))
    last = run(bob, notifications.list_notifications, NotificationFilter(limit=3, after=second.next_cursor))
    assert [seen.headline for page in (first, second, last) for seen in page.notifications] == [f"Task {number}" for number in range(6, -1, -1)]
    assert last.next_cursor is None


def test_a_limited_key_neither_reads_nor_writes(run, alice):
    from dataclasses import replace

    narrow = replace(alice, scopes=frozenset({"task:read"}))
    for service, *arguments in (
        (notifications.list_notifications, NotificationFilter()), (notifications.count_unread,), (notifications.mark_all_read,),
        (notifications.get_notification_settings,), (notifications.update_notification_settings, SettingsUpdate(quiet=True)),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            run(narrow, service, *arguments)


# --- what one wants to be told of


def test_everybody_begins_with_the_defaults_of_each_kind(run, alice):
    view = run(alice, notifications.get_notification_settings)
    assert {kind.kind: (kind.in_app, kind.browser, kind.mail) for kind in view.kinds} == {
        kind: (rule.channels.in_app, rule.channels.browser, rule.channels.mail) for kind, rule in KINDS.items() if rule.listed
    }
    assert (view.quiet, view.remind_minutes, view.mail_available) == (False, 15, False)


def test_a_way_that_is_switched_off_is_silent_and_the_others_stay(run, given, bob):
    run(bob, notifications.update_notification_settings, SettingsUpdate(kinds={Kind.TASK_ASSIGNED: ChannelsUpdate(in_app=False)}))
    assert told(run, bob) == () and unread(run, bob) == 0
    assert [seen.headline for seen in run(bob, notifications.list_calls, LONG_AGO).notifications] == ["Call Ana"]
    view = run(bob, notifications.update_notification_settings, SettingsUpdate(kinds={Kind.TASK_ASSIGNED: ChannelsUpdate(browser=False)}))
    assert run(bob, notifications.list_calls, LONG_AGO).notifications == ()
    chosen = next(kind for kind in view.kinds if kind.kind is Kind.TASK_ASSIGNED)
    assert (chosen.in_app, chosen.browser, chosen.mail) == (False, False, True)


def test_what_is_switched_off_in_every_way_is_not_even_written(run, alice, bob, database):
    run(bob, notifications.update_notification_settings, SettingsUpdate(kinds={Kind.TASK_ASSIGNED: ChannelsUpdate(in_app=False, browser=False, mail=False)}))
    run(alice, tasks.create_task, TaskCreate(title="Quietly", assignee_id=bob.user_id))
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from notification")).scalar_one() == 0


def test_settings_are_ones_own(run, alice, bob, given):
    run(alice, notifications.update_notification_settings, SettingsUpdate(quiet=True, kinds={Kind.TASK_ASSIGNED: ChannelsUpdate(in_app=False)}))
    assert len(told(run, bob)) == 1 and run(bob, notifications.get_notification_settings).quiet is False


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"quiet": True, "quiet_from": "07:00"}, "quiet_until"),
        ({"quiet": None}, "quiet"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(run, alice, data, field):
    before = run(alice, notifications.get_notification_settings)
    with pytest.raises(Invalid) as refused:
        run(alice, notifications.update_notification_settings, SettingsUpdate(**data))
    assert field in refused.value.fields
    assert run(alice, notifications.get_notification_settings) == before


def test_times_are_of_ones_own_clock():
    with pytest.raises(ValueError, match="without an offset"):
        SettingsUpdate(quiet_from="21:00+02:00")


def test_nothing_is_said_aloud_while_it_is_quiet_and_everything_afterwards(run, given, bob):
    everything = SettingsUpdate(quiet=True, quiet_from="00:00", quiet_until="23:59")
    run(bob, notifications.update_notification_settings, everything)
    calls = run(bob, notifications.list_calls, LONG_AGO)
    assert calls.notifications == () and calls.ask_again_at and calls.ask_again_at - datetime.now(UTC) < timedelta(days=1)
    assert unread(run, bob) == 1, "the bell shows it all the same"
    run(bob, notifications.update_notification_settings, SettingsUpdate(quiet=False))
    (seen,) = run(bob, notifications.list_calls, LONG_AGO).notifications
    assert run(bob, notifications.list_calls, LONG_AGO, {seen.id}).notifications == (), "and once"


def test_days_away_are_quiet(run, given, bob):
    today = today_of(bob)
    run(bob, cadence.create_away, AwayCreate(starts_on=today, ends_on=today + timedelta(days=3)))
    calls = run(bob, notifications.list_calls, LONG_AGO)
    assert calls.notifications == () and calls.ask_again_at and calls.ask_again_at.astimezone(bob.zone).date() == today + timedelta(days=4)
    assert run(bob, notifications.send_test) == calls.ask_again_at


def test_a_test_comes_by_the_bell_and_is_no_setting(run, alice):
    assert run(alice, notifications.send_test) is None
    run(alice, notifications.send_test)
    assert [seen.kind for seen in told(run, alice)] == [Kind.TEST, Kind.TEST]
    assert Kind.TEST not in {kind.kind for kind in run(alice, notifications.get_notification_settings).kinds}


# --- what became of one's own work


def test_work_that_failed_says_why(run, alice):
    job = run(alice, jobs.enqueue_job, "contacts.import", {"name": "people.csv"}, state=JobState.QUEUED)
    with unit_of_work(alice, "test.run") as session:
        session.connection().execute(text("update job set state = 'running' where id = :id"), {"id": job.id})
    run(alice, jobs.fail_job, job.id, "The file is empty.")
    (seen,) = told(run, alice)
    assert (seen.headline, seen.caption, seen.link) == ("people.csv", "The file is empty.", f"/contacts/import?job={job.id}")


def test_one_persons_words_never_reach_another(run, alice, bob, database):
    made = run(alice, tasks.create_task, TaskCreate(title="For all"))
    with unit_of_work(alice, "test.tell") as session:
        from crm_app.domain.notifications import queries

        queries.put(session, [bob.user_id, alice.user_id], Kind.JOB_FAILED, key="k", about=("task", made.id), detail="private words", due_at=None)
    with database.owner.connect() as connection:
        rows = dict(connection.execute(text("select owner_id, detail from notification")).all())
    assert rows == {alice.user_id: "private words", bob.user_id: ""}


@pytest.mark.parametrize(
    "attempt",
    [
        "insert into notification (id, owner_id, kind, subject_type, detail, key) select gen_random_uuid(), id, 'x', '', '', 'x' from user_account limit 1",
        "delete from notification", "update notification set kind = 'x'", "select sees_row(gen_random_uuid(), 'task', gen_random_uuid())",
    ],
)  # fmt: skip
def test_only_one_function_writes_notifications(given, bob, attempt):
    with pytest.raises(ProgrammingError, match="permission denied"), unit_of_work(bob, "test.raw") as session:
        session.connection().execute(text(attempt))


def test_old_ones_go(run, given, bob, database):
    moment = datetime.now(UTC)
    with database.app.begin() as connection:
        connection.execute(text("select tidy_notifications(:moment)"), {"moment": moment + timedelta(days=120)})
    assert unread(run, bob) == 1
    run(bob, notifications.mark_all_read)
    with database.app.begin() as connection:
        connection.execute(text("select tidy_notifications(:moment)"), {"moment": moment + timedelta(days=120)})
    assert told(run, bob) == ()
