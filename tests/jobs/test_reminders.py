"""Reminders: when they come by the wall clock of whoever they are for, and that each comes exactly once, whatever dies meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import text

from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.schemas import NotificationFilter, SettingsUpdate
from crm_app.domain.outbox.posting import bind_mail
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskUpdate
from crm_app.jobs.reminders import Caller
from tests.commands import Talking, talk_to_python
from tests.security.counts import counted

BERLIN = ZoneInfo("Europe/Berlin")


def wall(*parts: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


MONDAY = wall(2026, 5, 4)


@pytest.fixture
def living(database):
    """``living(actor, zone, since)``: where somebody lives, and since when the clock looks after them."""

    def live(actor, zone="Europe/Berlin", since=MONDAY):
        with database.owner.begin() as connection:
            connection.execute(text("update user_account set time_zone = :zone where id = :who"), {"zone": zone, "who": actor.user_id})
            connection.execute(text("delete from notification_profile"))
        with time_machine.travel(since, tick=False):
            Caller().give_reminders(since)

    return live


@pytest.fixture
def told(run):
    def see(actor, moment=None):
        with time_machine.travel(moment or datetime.now(UTC), tick=False):
            return run(actor, notifications.list_notifications, NotificationFilter(limit=200)).notifications

    return see


def look(*moments: datetime) -> list[int]:
    """What the clock gives at each of these moments."""
    caller = Caller()
    return [caller.give_reminders(moment) for moment in moments]


def test_a_task_without_a_time_calls_on_its_morning(run, alice, living, told):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    assert look(wall(2026, 5, 5, 7, 59), wall(2026, 5, 5, 8), wall(2026, 5, 5, 8, 1), wall(2026, 5, 6, 8)) == [0, 1, 0, 0]
    (seen,) = told(alice, wall(2026, 5, 5, 9))
    assert (seen.kind, seen.headline, seen.caption) == (Kind.TASK_DUE, "Call Ana", "Due today")


@pytest.mark.parametrize(("lead", "first"), [(None, time(14, 15)), (60, time(13, 30)), (0, time(14, 30)), (2880, None)])
def test_a_task_with_a_time_calls_so_many_minutes_before(run, alice, living, told, lead, first):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Session", due_date=date(2026, 5, 6), due_time=time(14, 30), due_zone="Europe/Berlin", remind_minutes=lead))
    due = wall(2026, 5, 6, first.hour, first.minute) if first else wall(2026, 5, 4, 14, 30)
    assert look(due - timedelta(minutes=1), due, due + timedelta(minutes=1), wall(2026, 5, 6, 14, 31)) == [0, 1, 0, 0]
    assert told(alice, wall(2026, 5, 6, 9))[0].due_at == wall(2026, 5, 6, 14, 30)


def test_the_settings_say_when_a_day_starts_and_how_early_a_time_calls(run, alice, living):
    living(alice)
    run(alice, notifications.update_notification_settings, SettingsUpdate(day_starts="06:30", remind_minutes=30))
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    run(alice, tasks.create_task, TaskCreate(title="Session", due_date=date(2026, 5, 5), due_time=time(14, 30), due_zone="Europe/Berlin"))
    assert look(wall(2026, 5, 5, 6, 29), wall(2026, 5, 5, 6, 30), wall(2026, 5, 5, 13, 59), wall(2026, 5, 5, 14)) == [0, 1, 0, 1]


def test_a_time_is_of_where_it_was_written_and_a_morning_of_where_one_is(run, alice, bob, living, told):
    living(alice)
    living(bob, "America/New_York")
    run(alice, tasks.create_task, TaskCreate(title="Session", due_date=date(2026, 5, 6), due_time=time(1), due_zone="Europe/Berlin", assignee_id=bob.user_id))
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 6), assignee_id=bob.user_id))
    ny = ZoneInfo("America/New_York")
    session, morning = wall(2026, 5, 5, 18, 45, zone=ny), wall(2026, 5, 6, 8, zone=ny)
    assert look(session - timedelta(minutes=1), session, morning - timedelta(minutes=1), morning) == [0, 1, 0, 1]
    assert told(alice) == ()


@pytest.mark.parametrize(
    ("day", "hour", "due"),
    [
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # a time that the clock skips
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # a time that comes twice: the first
        (date(2026, 10, 25), time(9), datetime(2026, 10, 25, 8, 0, tzinfo=UTC)),
    ],
)
def test_in_the_night_when_the_clock_is_changed_it_calls_once(run, alice, living, day, hour, due):
    living(alice, since=wall(day.year, day.month, day.day) - timedelta(hours=3))
    run(alice, tasks.create_task, TaskCreate(title="Session", due_date=day, due_time=hour, due_zone="Europe/Berlin", remind_minutes=0))
    start = due - timedelta(hours=2)
    given = look(*(start + timedelta(minutes=10 * step) for step in range(25)))
    assert sum(given) == 1 and given[12] == 1


def test_what_is_moved_calls_again_and_what_was_written_too_late_never(run, alice, living, told):
    living(alice)
    made = run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    assert look(wall(2026, 5, 5, 8)) == [1]
    run(alice, tasks.update_task, made.id, TaskUpdate(version=made.version, due_date=date(2026, 5, 7)))
    assert look(wall(2026, 5, 6, 8), wall(2026, 5, 7, 8)) == [0, 1]
    run(alice, tasks.create_task, TaskCreate(title="Due this morning, written now", due_date=date(2026, 5, 7)))
    assert look(wall(2026, 5, 7, 9)) == [0]
    assert [seen.read_at is None for seen in told(alice)] == [True, False], "the one for the old day asks for nothing any more"


@pytest.mark.parametrize("state", ["completed", "trashed", "given away", "a colleague's"])
def test_what_is_no_longer_mine_to_do_is_silent(run, alice, bob, living, state):
    living(alice)
    owner = bob if state == "a colleague's" else alice
    made = run(owner, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    if state == "completed":
        run(alice, tasks.complete_tasks, [made.id])
    elif state == "trashed":
        run(alice, tasks.delete_tasks, [made.id])
    elif state == "given away":
        run(alice, tasks.update_task, made.id, TaskUpdate(version=made.version, assignee_id=bob.user_id))
    look(wall(2026, 5, 5, 23))
    assert [seen for seen in run(alice, notifications.list_notifications, NotificationFilter()).notifications if seen.kind is Kind.TASK_DUE] == []


def test_what_came_due_while_no_server_ran_is_said_when_one_runs_again(run, alice, living):
    living(alice)
    for day in (5, 6, 7):
        run(alice, tasks.create_task, TaskCreate(title=f"Day {day}", due_date=date(2026, 5, day)))
    assert look(wall(2026, 5, 7, 20)) == [3]


def test_what_came_due_long_ago_is_left_to_the_overdue_list(run, alice, living):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Long ago", due_date=date(2026, 5, 5)))
    assert look(wall(2026, 6, 7, 20)) == [0]


def test_a_clock_that_was_set_back_says_nothing_twice_and_forgets_nothing(run, alice, living):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Morning", due_date=date(2026, 5, 5)))
    assert look(wall(2026, 5, 5, 8, 30)) == [1]
    back = wall(2026, 5, 5, 7, 30)
    assert look(back) == [0]
    run(alice, tasks.create_task, TaskCreate(title="New", due_date=date(2026, 5, 5), due_time=time(8), due_zone="Europe/Berlin", remind_minutes=0))
    assert look(back + timedelta(minutes=31), back + timedelta(hours=2)) == [1, 0]


def test_birthdays_come_to_whoever_looks_after_the_person(run, alice, bob, living, told):
    living(alice)
    living(bob)
    for name, month, day in (("Ana", 5, 5), ("Ben", 5, 6), ("No year", 5, 5)):
        run(alice, contacts.create_contact, ContactCreate(display_name=name, birth_month=month, birth_day=day, birth_year=1990 if name == "Ana" else None))
    gone = run(alice, contacts.create_contact, ContactCreate(display_name="Gone", birth_month=5, birth_day=5))
    run(alice, contacts.archive_contacts, [gone.id])
    assert look(wall(2026, 5, 5, 7, 59), wall(2026, 5, 5, 8), wall(2026, 5, 5, 20)) == [0, 2, 0]
    seen = told(alice, wall(2026, 5, 5, 9))
    assert {(one.headline, one.caption) for one in seen} == {("Ana", "Birthday today"), ("No year", "Birthday today")}
    assert all(one.link == f"/contacts/{one.contact[0]}" for one in seen) and told(bob) == ()
    assert told(alice, wall(2026, 5, 6, 9))[0].caption == "Birthday was yesterday"
    assert look(wall(2026, 5, 6, 9), wall(2027, 5, 5, 9)) == [1, 2], "and again the next year"


@pytest.mark.parametrize(("year", "month", "day"), [(2027, 3, 1), (2028, 2, 29)])
def test_who_was_born_on_29_february_is_not_forgotten(run, alice, living, year, month, day):
    living(alice, since=wall(year, 2, 27))
    run(alice, contacts.create_contact, ContactCreate(display_name="Leap", birth_month=2, birth_day=29))
    assert sum(look(*(wall(year, 2, 27) + timedelta(hours=12 * step + 9) for step in range(10)))) == 1
    assert run(alice, notifications.list_notifications, NotificationFilter()).notifications[0].due_at == wall(year, month, day, 12)


def test_a_birthday_can_be_told_in_time_for_a_card(run, alice, living, told):
    living(alice)
    run(alice, notifications.update_notification_settings, SettingsUpdate(birthday_days=7))
    run(alice, contacts.create_contact, ContactCreate(display_name="Ana", birth_month=5, birth_day=12))
    assert look(wall(2026, 5, 5, 8), wall(2026, 5, 12, 8)) == [1, 0]
    assert told(alice, wall(2026, 5, 5, 9))[0].caption == "Birthday on 12 May"


def test_who_becomes_due_is_told_in_the_morning_as_one(run, alice, bob, living, told, database):
    living(alice)
    living(bob)
    made = [run(alice, contacts.create_contact, ContactCreate(display_name=f"Person {number}", cadence_days=7)) for number in range(4)]
    with database.owner.begin() as connection:
        for contact, due, snoozed in zip(made, ("2026-05-05 10:00", "2026-05-05 21:00", "2026-05-03 12:00", "2026-05-06 01:00"), (None, None, None, None), strict=True):
            connection.execute(text("update contact set due_at = cast(:due as timestamptz), snoozed_until = :until where id = :id"), {"due": f"{due}+00", "until": snoozed, "id": contact.id})
    assert look(wall(2026, 5, 5, 7, 59), wall(2026, 5, 5, 8), wall(2026, 5, 5, 20)) == [0, 1, 0]
    (seen,) = told(alice, wall(2026, 5, 5, 9))
    assert (seen.headline, seen.caption, seen.link) == ("Time to be in touch", "2 people have become due", "/")
    assert told(bob) == ()
    with database.owner.begin() as connection:
        connection.execute(text("update contact set snoozed_until = '2026-05-07' where id = :id"), {"id": made[2].id})
    assert look(wall(2026, 5, 6, 8), wall(2026, 5, 7, 8)) == [1, 1], "one by its rhythm, one that had been put off until then"


def test_on_days_away_nobody_is_due(run, alice, living, database):
    living(alice)
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    with time_machine.travel(wall(2026, 5, 4, 12), tick=False):
        run(alice, cadence.create_away, AwayCreate(starts_on=date(2026, 5, 5), ends_on=date(2026, 5, 6)))
    with database.owner.begin() as connection:
        connection.execute(text("update contact set due_at = '2026-05-05 10:00+00' where id = :id"), {"id": made.id})
    assert look(wall(2026, 5, 5, 8), wall(2026, 5, 6, 8)) == [0, 0]


def test_nobody_is_reminded_who_cannot_sign_in(run, alice, living, database):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    assert look(wall(2026, 5, 5, 8)) == [0]


def test_a_defect_in_one_persons_reminders_keeps_nobody_else_from_theirs(run, alice, bob, living, monkeypatch):
    living(alice)
    living(bob)
    for who in (alice, bob):
        run(who, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    from crm_app.domain.notifications import reminders

    whole = reminders.give_reminders

    def fails_for_alice(session, actor, moment, looked):
        if actor.user_id == alice.user_id:
            raise ZeroDivisionError
        return whole(session, actor, moment, looked)

    with monkeypatch.context() as patched:
        patched.setattr("crm_app.jobs.reminders.reminders.give_reminders", fails_for_alice)
        assert look(wall(2026, 5, 5, 8)) == [1]
    assert look(wall(2026, 5, 5, 8, 1)) == [1], "hers come as soon as it is mended"


# --- nothing to say, nothing written


def written(database) -> str:
    """By which transactions the rows of every table were written or locked; others may be at work in other databases of the server."""
    with database.owner.connect() as connection:
        tables = connection.execute(text("select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1")).scalars().all()
        parts = [f"select '{table}' as name, coalesce(md5(string_agg(ctid::text || xmin || xmax, ',' order by ctid)), '') as rows from {table}" for table in tables]
        return str(connection.execute(text(" union all ".join(parts) + " order by 1")).all())


@pytest.fixture
def sends_mail() -> Iterator[None]:
    bind_mail("crm@stillwater.example")
    yield
    bind_mail("")


def test_where_nothing_is_due_nothing_is_written(sends_mail, run, alice, bob, living, database):
    living(alice)
    living(bob)
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 6)))
    run(bob, contacts.create_contact, ContactCreate(display_name="Ana", birth_month=5, birth_day=6, cadence_days=7))
    caller, moment = Caller(), wall(2026, 5, 5, 9)
    caller.give_reminders(moment)  # writes down up to when it has looked, and considers the mail of the day
    before = written(database)
    for seconds in range(20, 1_200, 120):
        assert caller.give_reminders(moment + timedelta(seconds=seconds)) == 0
    assert written(database) == before
    assert caller.give_reminders(wall(2026, 5, 6, 8)) == 2


def test_what_was_written_too_late_calls_nobody_though_no_look_was_written_down(run, alice, living):
    living(alice)
    caller = Caller()
    assert [caller.give_reminders(wall(2026, 5, 5, 14, minute)) for minute in (0, 30)] == [0, 0]
    run(alice, tasks.create_task, TaskCreate(title="Was at two", due_date=date(2026, 5, 5), due_time=time(14, 15), due_zone="Europe/Berlin", remind_minutes=0))
    assert caller.give_reminders(wall(2026, 5, 5, 14, 31)) == 0


def test_whoever_takes_over_begins_at_most_an_hour_behind(run, alice, living, database):
    living(alice)
    look(*(wall(2026, 5, 5, 9) + timedelta(seconds=20 * turn) for turn in range(400)))
    with database.owner.connect() as connection:
        until = connection.execute(text("select reminded_until from notification_profile where user_id = :who"), {"who": alice.user_id}).scalar_one()
    assert wall(2026, 5, 5, 9) + timedelta(seconds=20 * 399) - until < timedelta(hours=1)


# --- exactly once, whatever dies


@contextmanager
def process(database) -> Iterator[Talking]:
    """Another process on the same database."""
    with talk_to_python("-m", "tests.jobs.clock_process", database.server.app_dsn(database.name)) as running:
        assert running.hear() == "ready"
        yield running


def keys(database) -> list[str]:
    with database.owner.connect() as connection:
        return sorted(connection.execute(text("select key from notification")).scalars())


def count_steps(database, moment: datetime, running) -> int:
    """How many steps one whole look takes, so that a kill can fall on any of them."""
    low, high = 1, 4096
    while low < high:
        middle = (low + high) // 2
        with database.owner.begin() as connection:
            connection.execute(text("delete from notification"))
            connection.execute(text("update notification_profile set reminded_until = :since"), {"since": moment - timedelta(hours=12)})
        if running.ask(f"run {middle} {moment.isoformat()}") == "done":
            high = middle
        else:
            low = middle + 1
    return low


@counted(10, 400, "kills", name="kills")
def test_rel_02_reminders_come_exactly_once_though_the_process_is_killed(run, alice, bob, living, database, kills):
    """``kill -9`` at a random one of all the steps that a process takes at the database, again and again, until it gets through."""
    chance = random.Random(kills)
    living(alice)
    living(bob)
    for number in range(6):
        run(alice if number % 2 else bob, tasks.create_task, TaskCreate(title=f"Task {number}", due_date=date(2026, 5, 5)))
    moment = wall(2026, 5, 5, 8, 30)
    with process(database) as running:
        steps = count_steps(database, moment, running)
        assert steps > 40
        expected = keys(database)
        assert len(expected) == 6
        with database.owner.begin() as connection:
            connection.execute(text("delete from notification"))
            connection.execute(text("update notification_profile set reminded_until = :since"), {"since": moment - timedelta(hours=12)})
        ends = []
        for number in range(kills):
            later = moment + number * timedelta(seconds=21)
            ends.append(running.ask(f"run {chance.randrange(steps)} {later.isoformat()}"))
            assert set(keys(database)) <= set(expected) and len(set(keys(database))) == len(keys(database))
        assert "killed" in ends and not [end for end in ends if end.startswith("failed")]
        assert running.ask(f"run 100000 {(moment + timedelta(hours=1)).isoformat()}") == "done"
    assert keys(database) == expected


@counted(100, 1_000, "slots", name="slots")
def test_rel_07_three_processes_remind_once_for_each_slot_whatever_their_clocks_do(run, alice, living, database, slots):
    """A reminder every five minutes over a night when the clock is changed; the three clocks are set forward and back by an hour meanwhile."""
    chance = random.Random(slots)
    start = wall(2026, 10, 24, 22)
    living(alice, since=start)
    for number in range(slots):
        due = (start + timedelta(minutes=5 * (number + 1))).astimezone(UTC)
        run(alice, tasks.create_task, TaskCreate(title=f"Slot {number}", due_date=due.date(), due_time=due.time(), due_zone="UTC", remind_minutes=0))
    given, leaders = 0, set()
    with process(database) as one, process(database) as two, process(database) as three:
        trio = [one, two, three]
        for number in range(slots + 1):
            step = chance.choice([0, 0, 0, 0, 0, 0, 0, 1, -1]) if number < slots else 0
            moment = start + timedelta(minutes=5 * number, seconds=1, hours=step)
            answers = [each.ask(f"at {moment.isoformat()}").split(" ") for each in chance.sample(trio, 3)]
            leaders.add(tuple(answer[0] for answer in answers).count("1"))
            given += sum(int(answer[1]) for answer in answers)
    assert leaders == {1}, "always exactly one leads"
    assert given == slots and len(keys(database)) == slots


def test_when_the_leader_is_killed_another_leads(run, alice, living, database):
    living(alice)
    run(alice, tasks.create_task, TaskCreate(title="Call Ana", due_date=date(2026, 5, 5)))
    with process(database) as one, process(database) as two:
        assert one.ask(f"at {wall(2026, 5, 5, 7).isoformat()}") == "1 0"
        assert two.ask(f"at {wall(2026, 5, 5, 7).isoformat()}") == "0 0"
        one.kill()
        deadline = datetime.now(UTC) + timedelta(seconds=10)
        answer = "0 0"
        while answer == "0 0" and datetime.now(UTC) < deadline:
            answer = two.ask(f"at {wall(2026, 5, 5, 8).isoformat()}")
    assert answer == "1 1"
