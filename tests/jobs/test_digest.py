"""The mail of the day: when it goes out, to whom, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import text

from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.links import bind_public_url
from crm_app.domain.notifications import digest
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify
from crm_app.domain.notifications.queries import get_profile
from crm_app.domain.notifications.schemas import ChannelsUpdate, SettingsUpdate
from crm_app.domain.notifications.stopping import bind_stop_key, stop_path, whose
from crm_app.domain.outbox.posting import bind_mail
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs.outbox import Postman
from crm_app.jobs.reminders import Caller
from crm_app.providers.smtp import FakeSender
from tests.providers.smtp.conftest import read

BERLIN = ZoneInfo("Europe/Berlin")


def wall(*parts: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


MONDAY = wall(2026, 5, 4, 0, 0)
MORNING = wall(2026, 5, 4, 7, 30)


@pytest.fixture(autouse=True)
def sends_mail() -> Iterator[None]:
    bind_mail("crm@stillwater.example")
    bind_public_url("https://crm.example.org")
    bind_stop_key(b"only for tests, only for tests, only for tests")
    yield
    bind_mail("")


@pytest.fixture
def lives(database):
    """Everybody lives in Berlin, or where it says."""

    def live(zone="Europe/Berlin"):
        with database.owner.begin() as connection:
            connection.execute(text("update user_account set time_zone = :zone"), {"zone": zone})

    live()
    return live


@pytest.fixture
def mails(database):
    def see(actor=None):
        with database.owner.connect() as connection:
            rows = connection.execute(text("select * from outbox where kind = 'digest' order by id")).all()
        return [row for row in rows if actor is None or row.owner_id == actor.user_id]

    return see


def tick(*moments: datetime) -> None:
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            Caller().give_reminders(moment)


@pytest.fixture
def at(run):
    """``at(moment, actor, service, …)``: done at that moment."""

    def do(moment, actor, service, *args, **kwargs):
        with time_machine.travel(moment, tick=False):
            return run(actor, service, *args, **kwargs)

    return do


def something(at, actor, title="Call Ana", day=date(2026, 5, 4), **fields):
    return at(MONDAY, actor, tasks.create_task, TaskCreate(title=title, due_date=day, **fields))


# --- when


def test_it_goes_out_at_ones_own_hour_once_a_day_and_only_when_there_is_something(lives, alice, bob, at, mails):
    something(at, alice)
    at(MONDAY, alice, notifications.update_notification_settings, SettingsUpdate(digest_at=time(9)))
    tick(MORNING, wall(2026, 5, 4, 8, 59))
    assert mails() == []
    tick(wall(2026, 5, 4, 9, 0))
    tick(*(wall(2026, 5, 4, 9, 0) + timedelta(minutes=minutes) for minutes in range(1, 60, 7)))
    assert len(mails(alice)) == 1 and mails(bob) == []
    assert mails()[0].expires_at == wall(2026, 5, 4, 9, 0) + digest.LATEST


@pytest.mark.parametrize(("zone", "day"), [("Europe/Berlin", (2026, 3, 29)), ("Europe/Berlin", (2026, 10, 25)), ("America/New_York", (2026, 11, 1)), ("Asia/Kolkata", (2026, 5, 4)), ("Pacific/Auckland", (2026, 4, 5))])
def test_the_hour_is_the_wall_clocks_also_when_it_is_changed(lives, alice, at, mails, zone, day):
    lives(zone)
    hour = wall(*day, 7, 30, zone=ZoneInfo(zone))
    at(hour - timedelta(days=2), alice, tasks.create_task, TaskCreate(title="Call", due_date=date(*day)))
    at(hour - timedelta(days=2), alice, notifications.mark_all_read)
    tick(hour - timedelta(minutes=1))
    assert [mail for mail in mails(alice) if mail.key == f"digest:{date(*day)}"] == []
    tick(hour)
    assert [mail for mail in mails(alice) if mail.key == f"digest:{date(*day)}"]


def test_quiet_hours_hold_it_back_until_they_end(lives, alice, at, mails):
    something(at, alice)
    at(MONDAY, alice, notifications.update_notification_settings, SettingsUpdate(quiet=True, quiet_from=time(22), quiet_until=time(10)))
    tick(MORNING, wall(2026, 5, 4, 9, 59))
    assert mails() == []
    tick(wall(2026, 5, 4, 10, 0))
    assert len(mails()) == 1


def test_a_server_that_was_away_all_morning_leaves_the_day_out(lives, alice, at, mails):
    something(at, alice)
    tick(wall(2026, 5, 4, 14, 0))
    assert mails() == []
    tick(wall(2026, 5, 5, 7, 30))
    assert len(mails()) == 1, "the next day it is back"


def test_days_away_have_none(lives, alice, at, mails):
    something(at, alice)
    at(MONDAY, alice, cadence.create_away, AwayCreate(starts_on=date(2026, 5, 4), ends_on=date(2026, 5, 5)))
    tick(MORNING, wall(2026, 5, 5, 7, 30))
    assert mails() == []
    tick(wall(2026, 5, 6, 7, 30))
    assert len(mails()) == 1


def test_whoever_does_not_want_it_gets_none_and_may_change_their_mind(lives, alice, at, mails):
    something(at, alice)
    at(MONDAY, alice, notifications.update_notification_settings, SettingsUpdate(digest=False))
    tick(MORNING)
    assert mails() == []
    at(MORNING, alice, notifications.update_notification_settings, SettingsUpdate(digest=True))
    tick(MORNING + timedelta(minutes=5))
    assert len(mails()) == 1


def test_where_no_mail_is_sent_none_is_written(lives, alice, at, mails):
    bind_mail("")
    something(at, alice)
    tick(MORNING)
    assert mails() == []


def test_the_disabled_get_none(lives, database, alice, at, mails):
    something(at, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    tick(MORNING)
    assert mails() == []


def test_what_goes_wrong_for_one_leaves_the_others_theirs(lives, alice, bob, at, mails, monkeypatch):
    something(at, alice)
    something(at, bob)
    whole = digest.queue_digest

    def queue_digest(session, actor, moment):
        if actor.user_id == alice.user_id:
            raise KeyError("a defect")
        return whole(session, actor, moment)

    monkeypatch.setattr(digest, "queue_digest", queue_digest)
    tick(MORNING)
    assert mails(alice) == [] and len(mails(bob)) == 1


# --- what


def test_it_tells_of_the_day_and_of_nothing_that_is_not_ones_own(lives, alice, bob, at, mails):
    something(at, alice, "Send the <b>offer</b>", date(2026, 4, 30))
    something(at, alice, "Call Ana", due_time=time(14, 30), due_zone="Europe/Berlin")
    something(at, alice, "Not yet", date(2026, 5, 5))
    something(at, bob, "Bob's secret")
    ana = at(MONDAY, alice, contacts.create_contact, ContactCreate(display_name="Ana Lučić", birth_month=5, birth_day=4))
    at(MONDAY - timedelta(days=40), alice, contacts.create_contact, ContactCreate(display_name="Ben Okafor", cadence_days=30))
    at(MONDAY, bob, contacts.create_contact, ContactCreate(display_name="Bob's friend", birth_month=5, birth_day=4))
    given = at(MONDAY, bob, tasks.create_task, TaskCreate(title="Look at the plan", audience="team"))
    with time_machine.travel(MONDAY, tick=False), unit_of_work(bob, "tests.notify") as session:
        notify(session, bob, [alice.user_id], Kind.TASK_ASSIGNED, about=("task", given.id))
    tick(MORNING)
    (mail,) = mails(alice)
    assert mail.subject == "1 task overdue, 1 task today, 1 person to be in touch with, 1 birthday, 1 notification"
    lines = [line for line in mail.text.splitlines() if line.startswith("* ")]
    assert lines == [
        "* Send the <b>offer</b>: overdue since 30 Apr", "* Call Ana: today, 14:30", "* Ben Okafor: 10 days overdue", "* Ana Lučić: today",
        "* Look at the plan: Bob gave you this task",
    ]  # fmt: skip
    assert f"https://crm.example.org/contacts/{ana.id}" in mail.text and "Monday 4 May" in mail.text and "Hello Alice," in mail.text
    assert "Bob's" not in mail.text + mail.html and "Not yet" not in mail.text
    assert "Send the &lt;b&gt;offer&lt;/b&gt;" in mail.html and "<b>offer" not in mail.html and not re.search(r"<(img|script|link|style)|src=", mail.html)
    assert whose(mail.unsubscribe.removeprefix("https://crm.example.org/unsubscribe/")) == alice.user_id
    assert "https://crm.example.org/settings/notifications" in mail.text


def test_long_lists_are_cut_and_say_so(lives, alice, at, mails):
    for number in range(digest.MOST_LINES + 3):
        something(at, alice, f"Task {number:02}")
    tick(MORNING)
    (mail,) = mails()
    assert mail.subject == f"{digest.MOST_LINES + 3} tasks today" and mail.text.count("* Task") == digest.MOST_LINES and "and 3 more" in mail.text


def test_only_what_one_wants_by_mail_is_in_it(lives, alice, at, mails):
    something(at, alice)
    at(MONDAY, alice, contacts.create_contact, ContactCreate(display_name="Ana", birth_month=5, birth_day=4))
    at(MONDAY, alice, notifications.update_notification_settings, SettingsUpdate(kinds={Kind.TASK_DUE: ChannelsUpdate(mail=False)}))
    tick(MORNING)
    assert [mail.subject for mail in mails()] == ["1 birthday"]


def test_a_birthday_is_told_as_early_as_one_wants(lives, alice, at, mails):
    for name, day in (("Ana", 4), ("Ben", 5), ("Cem", 7)):
        at(MONDAY, alice, contacts.create_contact, ContactCreate(display_name=name, birth_month=5, birth_day=day))
    at(MONDAY, alice, notifications.update_notification_settings, SettingsUpdate(birthday_days=3))
    tick(MORNING)
    assert [line for line in mails()[0].text.splitlines() if line.startswith("* ")] == ["* Ana: today", "* Cem: on 7 May"]


def test_whoever_may_only_look_gets_theirs(lives, alice, vera, at, mails):
    given = at(MONDAY, alice, tasks.create_task, TaskCreate(title="For all", audience="team"))
    with time_machine.travel(MONDAY, tick=False), unit_of_work(alice, "tests.notify") as session:
        notify(session, alice, [vera.user_id], Kind.MENTION, about=("task", given.id))
    tick(MORNING)
    assert [mail.subject for mail in mails(vera)] == ["1 notification"]


def test_what_was_mailed_is_not_told_again(lives, database, alice, bob, at, mails):
    given = at(MONDAY, bob, tasks.create_task, TaskCreate(title="Look", audience="team"))
    with time_machine.travel(MONDAY, tick=False), unit_of_work(bob, "tests.notify") as session:
        notify(session, bob, [alice.user_id], Kind.TASK_ASSIGNED, about=("task", given.id))
    with database.owner.begin() as connection:  # rows are stamped by the database's own clock
        connection.execute(text("update notification set created_at = :moment"), {"moment": MONDAY})
    tick(MORNING, MORNING + timedelta(days=1))
    assert len(mails(alice)) == 1


def test_it_arrives_as_a_mail(lives, alice, at):
    something(at, alice, "Ana Lučić anrufen")
    tick(MORNING)
    fake = FakeSender()
    with time_machine.travel(MORNING, tick=False):
        assert Postman(fake, "stillwater.example").deliver(MORNING) == 1
    message = read(fake.sent[0])
    profile = at(MORNING, alice, get_profile)
    assert message["list-unsubscribe"] == f"<https://crm.example.org{stop_path(alice.user_id, profile.stop_nonce)}>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "Ana Lučić anrufen" in message.get_body(("plain",)).get_content() and "Ana Lučić anrufen" in message.get_body(("html",)).get_content()
