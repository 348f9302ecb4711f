"""Changes to calendars on their way: told once, looked at again before they are told again, and taken in by what stands there then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.calendar import carrying
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.calendar.writing_schemas import EventWish, Invited, NewEventWish
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.connections.source import SignInNeeded, SourceDown, WriteRefused
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.sealing import bind_box
from crm_app.jobs import calendar_writing
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.caldav import FakeCalDav
from tests.domain.boxes import TurnedBox
from tests.jobs.fake_account import InlineSandbox, event

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=3)
NEW = NewEventWish(title="Intake", starts_at=NOON, ends_at=NOON + timedelta(minutes=50), people=(Invited(email="ana@mail.example"),))
LATER = EventWish(starts_at=NOON + timedelta(days=2), ends_at=NOON + timedelta(days=2, hours=2))
CAL = "/cal/"


@pytest.fixture
def account():
    made = FakeCalDav()
    bind_box(TurnedBox)
    bind_sandbox(InlineSandbox())
    bind_sources({ConnectionKind.CALDAV: lambda *_how: made})
    return made


@pytest.fixture
def synced(run, alice, account, work) -> Callable[[], tuple[EventRow, ...]]:
    """``synced()``: have the one account looked at; the events that are here then."""
    made = run(alice, connections.create_connection, ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr("open sesame")), start=False)
    run(alice, connections.resume_connection, made.id)

    def look() -> tuple[EventRow, ...]:
        run(alice, connections.sync_now, made.id)
        work()
        return events(run, alice)

    return look


def events(run, actor) -> tuple[EventRow, ...]:
    return run(actor, calendars.get_range, NOON.date() - timedelta(days=10), 40).events


def calendar_id(run, actor):
    return run(actor, calendars.get_range, NOON.date(), 1).calendars[0].id


def rows(database, asked: str) -> list[Any]:
    with database.owner.connect() as connection:
        return list(connection.execute(text(asked)).scalars())


def stands(account) -> dict[str, bytes]:
    return {item.ref: item.content for page in account.list_changes(CAL, "", {}) for item in page.items}


def test_a_new_event_comes_to_be_there_and_then_here(run, alice, account, synced, work, database):
    synced()
    ana = run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))
    asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    assert events(run, alice) == () and stands(account) == {}
    work()
    ((ref, content),) = stands(account).items()
    assert str(asked.id) in ref and b"SUMMARY:Intake" in content
    (row,) = events(run, alice)
    assert (row.title, row.starts_at, [one.id for one in row.contacts], row.movable) == ("Intake", NOON, [ana.id], True)
    done = run(alice, calendars.get_change, asked.id)
    assert (done.state, done.event_id, done.wish, done.title) == ("done", row.id, None, "Intake")
    assert run(alice, calendars.list_changes) == () and rows(database, "select wish::text from event_change") == ["{}"]
    before = rows(database, "select xmin::text from event union all select xmin::text from calendar_item order by 1")
    assert [one.id for one in synced()] == [row.id] and rows(database, "select xmin::text from event union all select xmin::text from calendar_item order by 1") == before


def test_a_move_and_its_undoing(run, alice, account, synced, work):
    account.put(CAL, "/cal/a.ics", event("a"))
    (row,) = synced()
    run(alice, calendars.change_event, row.id, row.version, LATER)
    work()
    (moved,) = events(run, alice)
    assert (moved.id, moved.starts_at, moved.ends_at) == (row.id, LATER.starts_at, LATER.ends_at)
    back = EventWish(starts_at=row.starts_at, ends_at=row.ends_at)
    run(alice, calendars.change_event, moved.id, moved.version, back)
    work()
    assert [one.starts_at for one in events(run, alice)] == [row.starts_at]
    last = events(run, alice)[0]
    run(alice, calendars.delete_event, last.id, last.version)
    work()
    assert events(run, alice) == () and stands(account) == {}


def test_rel_06_what_was_changed_over_there_is_not_overwritten(run, alice, account, synced, work, database):
    account.put(CAL, "/cal/a.ics", event("a", "Before"))
    (row,) = synced()
    asked = run(alice, calendars.change_event, row.id, row.version, LATER)
    account.put(CAL, "/cal/a.ics", event("a", "Theirs"))
    work()
    ended = run(alice, calendars.get_change, asked.id)
    assert (ended.state, ended.reason) == ("conflict", "It was changed in your calendar meanwhile. Nothing was overwritten.") and ended.wish.starts_at == LATER.starts_at
    assert [(one.title, one.starts_at) for one in events(run, alice)] == [("Theirs", row.starts_at)] and b"Theirs" in stands(account)["/cal/a.ics"]
    assert rows(database, "select kind || ' ' || subject_type from notification") == ["event_failed event"]


def test_what_changed_elsewhere_in_it_is_not_in_the_way(run, alice, account, synced, work):
    account.put(CAL, "/cal/a.ics", event("a"))
    (row,) = synced()
    run(alice, calendars.change_event, row.id, row.version, LATER)
    account.put(CAL, "/cal/a.ics", event("a").replace(b"END:VEVENT", b"X-SNOOZED:1\r\nEND:VEVENT"))
    work()
    assert [one.starts_at for one in events(run, alice)] == [LATER.starts_at] and b"X-SNOOZED:1" in stands(account)["/cal/a.ics"]


def test_what_is_gone_over_there_is_not_made_again(run, alice, account, synced, work):
    account.put(CAL, "/cal/a.ics", event("a"))
    account.put(CAL, "/cal/b.ics", event("b"))
    one, two = synced()
    changed, deleted = run(alice, calendars.change_event, one.id, one.version, LATER), run(alice, calendars.delete_event, two.id, two.version)
    for ref in list(stands(account)):
        account.remove(CAL, ref)
    work()
    assert [run(alice, calendars.get_change, asked.id).state for asked in (changed, deleted)] == ["conflict", "done"]
    assert events(run, alice) == () and stands(account) == {}


@pytest.mark.parametrize("what", ["create", "change", "delete"])
def test_an_answer_that_never_came_is_looked_for_and_nothing_is_done_twice(run, alice, account, synced, work, what):
    account.put(CAL, "/cal/a.ics", event("a"))
    (row,) = synced()
    if what == "create":
        asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    elif what == "change":
        asked = run(alice, calendars.change_event, row.id, row.version, LATER)
    else:
        asked = run(alice, calendars.delete_event, row.id, row.version)
    account.lost = SourceDown("The server did not answer.")
    JobRunner(HANDLERS).run_pending()
    assert run(alice, calendars.get_change, asked.id).state == "waiting" and [one.id for one in events(run, alice)] == [row.id]
    told = stands(account)
    account.lost = WriteRefused("It was told twice.")
    work()
    assert run(alice, calendars.get_change, asked.id).state == "done" and stands(account) == told
    assert len(events(run, alice)) == {"create": 2, "change": 1, "delete": 0}[what]


def test_nobody_answers_for_an_hour(run, alice, account, synced, work, database):
    synced()
    asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    account.fault = SourceDown("The server did not answer.")
    for _try in range(5):
        work()
    assert run(alice, calendars.get_change, asked.id).state == "waiting" and len(rows(database, "select id from job where kind = 'calendar.write' and state = 'queued'")) == 1
    with database.owner.begin() as connection:
        connection.execute(text("update event_change set created_at = created_at - interval '1 hour'"))
    work()
    ended = run(alice, calendars.get_change, asked.id)
    assert ended.state == "refused" and ended.reason.endswith("The server did not answer.") and ended.wish.title == "Intake"
    assert rows(database, "select kind from notification") == ["event_failed"] and rows(database, "select id from job where state = 'queued'") == []
    run(alice, calendars.withdraw_change, asked.id)
    assert run(alice, calendars.list_changes) == ()


def test_who_is_not_let_in_is_told_once_by_the_connection(run, alice, account, synced, work, database):
    synced()
    asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    account.fault = SignInNeeded("The sign-in was refused.")
    work()
    assert run(alice, calendars.get_change, asked.id).state == "refused"
    assert rows(database, "select state from connection") == ["sign_in_needed"] and rows(database, "select kind from notification") == ["connection_trouble"]


def test_a_refusal_says_why(run, alice, account, synced, work):
    synced()
    asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    account.lost = WriteRefused("There is no room for it in your calendar.")
    work()
    ended = run(alice, calendars.get_change, asked.id)
    assert (ended.state, ended.reason) == ("refused", "There is no room for it in your calendar.")


def test_a_sync_that_began_before_brings_nothing_back(run, alice, account, synced, work, monkeypatch):
    """Its list is older than what was written meanwhile: it neither takes the new event away nor puts the old times back."""
    account.put(CAL, "/cal/a.ics", event("a"))
    (row,) = synced()
    old = stands(account)["/cal/a.ics"]
    whole = FakeCalDav.list_changes

    def meanwhile(self, calendar, token, known):
        monkeypatch.setattr(FakeCalDav, "list_changes", whole)
        pages = list(whole(self, calendar, "", {}))
        assert [item.content for item in pages[0].items] == [old]
        run(alice, calendars.change_event, row.id, row.version, LATER)
        run(alice, calendars.create_event, calendar_id(run, alice), NEW)
        JobRunner({"calendar.write": HANDLERS["calendar.write"]}).run_pending()
        yield from pages

    monkeypatch.setattr(FakeCalDav, "list_changes", meanwhile)
    wanted = [("Intake", NOON), ("Walk", LATER.starts_at)]
    assert [(one.title, one.starts_at) for one in synced()] == wanted
    assert [(one.title, one.starts_at) for one in synced()] == wanted


def test_work_that_got_lost_is_taken_up(run, alice, account, synced, work, database):
    synced()
    asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    assert calendar_writing.resume_lost(datetime.now(UTC) + timedelta(minutes=5)) == 0, "its job waits"
    with database.owner.begin() as connection:
        connection.execute(text("update job set state = 'failed'"))
    assert calendar_writing.resume_lost(datetime.now(UTC) + timedelta(minutes=5)) == 1
    work()
    assert run(alice, calendars.get_change, asked.id).state == "done"
    assert run(alice, carrying.take_up, asked.id) is False
    late = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
    with database.owner.begin() as connection:
        connection.execute(text("update job set state = 'failed'"))
        connection.execute(text("update event_change set created_at = created_at - interval '2 hours'"))
    assert calendar_writing.resume_lost(datetime.now(UTC)) == 0
    assert run(alice, calendars.get_change, late.id).state == "refused"


class Killed(BaseException):
    """The process is gone."""


def test_rel_06_killed_at_every_step_it_is_there_once(run, alice, account, synced, work, database, monkeypatch):
    """Killed before and after each word to the provider and each transaction: whoever comes next finds out what stands there."""
    synced()
    taken = 0
    while True:
        asked = run(alice, calendars.create_event, calendar_id(run, alice), NEW)
        left = [taken]
        if not _killed(monkeypatch, account, left):
            break
        with database.owner.begin() as connection:
            connection.execute(text("update job set lease_until = now() - interval '1 second' where state = 'running'"))
        work()
        assert run(alice, calendars.get_change, asked.id).state == "done", f"killed at step {taken}"
        assert len(stands(account)) == len(events(run, alice)) == taken + 1, f"killed at step {taken}"
        taken += 1
    assert taken >= 10


def _killed(monkeypatch, account, left: list[int]) -> bool:
    """Do what waits, and die when so many steps are taken; whether that happened."""

    def dying(act):
        def stepped(*args, **more):
            for after in (False, True):
                if left[0] == 0:
                    raise Killed
                left[0] -= 1
                value = value if after else act(*args, **more)  # noqa: F821  set by the first turn
            return value

        return stepped

    with monkeypatch.context() as dangerous:
        dangerous.setattr(calendar_writing, "run_service", dying(calendar_writing.run_service))
        for name in ("name_new", "write", "fetch"):
            dangerous.setattr(account, name, dying(getattr(account, name)))
        try:
            JobRunner(HANDLERS).run_pending()
        except Killed:
            return True
        return False
