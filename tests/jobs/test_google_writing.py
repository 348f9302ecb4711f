"""Changing a Google calendar from here: allowed on Google's page, told once, and taken in by what stands there then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.writing_schemas import EventWish, Invited, NewEventWish
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionUpdate
from crm_app.domain.errors import Forbidden
from crm_app.domain.google import service as google
from crm_app.domain.google.authority import CHANGES, Wants
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from tests.jobs.test_google import fake, go, sign_in
from tests.providers.google.conftest import CAL
from tests.providers.google.test_google import fault

__all__ = ["fake", "go", "sign_in"]
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=3)
NEW = NewEventWish(title="Intake", starts_at=NOON, ends_at=NOON + timedelta(minutes=50), people=(Invited(email="tom@mail.example"),))
LATER = EventWish(starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=1, hours=1))


@pytest.fixture
def key(run, alice, fake, sign_in, work, view, go):
    """Alice's account, in step; beside what it holds in ``fake`` there is a walk in three days."""
    fake.held[CAL].events.clear()
    fake.put(CAL, {"id": "walk1", "summary": "Walk", "start": {"dateTime": NOON.isoformat(), "timeZone": "Europe/Berlin"}, "end": {"dateTime": (NOON + timedelta(hours=1)).isoformat()}})
    sign_in(wants=Wants.WRITING)
    work()
    made = view().id
    run(alice, connections.resume_connection, made)
    go(made)
    return made


def events(run, actor):
    return run(actor, calendars.get_range, NOON.date() - timedelta(days=2), 10).events


def takes(run, actor):
    """The calendars that take changes, by name."""
    return {one.name: one.id for one in run(actor, calendars.get_range, NOON.date(), 1).calendars if one.writable}


def there(fake):
    """What takes place over there."""
    return [one["summary"] for one in fake.held[CAL].events.values() if one["status"] != "cancelled"]


def test_changing_is_asked_for_only_by_whoever_wants_it_and_stays_until_they_stop_it(run, alice, fake, sign_in, work, view, go):
    sign_in()
    work()
    made = view().id
    run(alice, connections.resume_connection, made)
    go(made)
    assert takes(run, alice) == {} and not view().writes and not any(CHANGES in one.scopes for one in fake._grants.values())
    (walk, *_rest) = run(alice, calendars.get_range, datetime(2026, 12, 8).date(), 1).events
    with pytest.raises(Forbidden, match="takes no changes"):
        run(alice, calendars.delete_event, walk.id, walk.version)
    assert sign_in(made, Wants.WRITING, allows=lambda scope: scope != CHANGES) == f"/settings/connections/{made}?edit=1&google=fewer"
    assert not view().writes and go(made).state == "done", "and reading goes on"
    sign_in(made, Wants.WRITING)
    work()
    assert view().writes and set(takes(run, alice)) == {"Ana"}, "the team's calendar lets its readers read"
    assert "calendar.events" in run(alice, google.begin_sign_in, made).address, "signing in again asks for what is wanted"
    run(alice, connections.update_connection, made, ConnectionUpdate(version=view().version, writes=False))
    assert takes(run, alice) == {} and go(made).state == "done" and takes(run, alice) == {}
    assert "calendar.events" not in run(alice, google.begin_sign_in, made).address


def test_what_is_new_is_moved_renamed_taken_out_and_brought_back(run, alice, fake, key, work, rows):
    asked = run(alice, calendars.create_event, takes(run, alice)["Ana"], NEW)
    assert there(fake) == ["Walk"] and len(events(run, alice)) == 1
    work()
    done = run(alice, calendars.get_change, asked.id)
    (made,) = [one for one in events(run, alice) if one.title == "Intake"]
    assert (done.state, done.event_id, made.movable) == ("done", made.id, True) and asked.id.hex in fake.held[CAL].events
    for wish, said in ((LATER, LATER.starts_at), (EventWish(starts_at=NOON, ends_at=NOON + timedelta(minutes=50)), NOON)):
        run(alice, calendars.change_event, made.id, made.version, wish)
        work()
        (made,) = [one for one in events(run, alice) if one.title == "Intake"]
        assert made.starts_at == said
    before = rows()
    work()
    assert rows() == before, "and the next look finds nothing new"
    run(alice, calendars.delete_event, made.id, made.version)
    work()
    assert there(fake) == ["Walk"] and [one.title for one in events(run, alice)] == ["Walk"] and run(alice, calendars.list_changes) == ()


def test_what_stands_in_another_calendar_of_ones_own_is_changed_too(run, alice, fake, key, work, go):
    other = "course@group.calendar.google.com"
    fake.add_calendar(other, "Courses")
    go(key)
    run(alice, calendars.create_event, takes(run, alice)["Courses"], NEW)
    work()
    (made,) = [one for one in events(run, alice) if one.title == "Intake"]
    run(alice, calendars.change_event, made.id, made.version, LATER)
    work()
    assert [one.starts_at for one in events(run, alice) if one.title == "Intake"] == [LATER.starts_at]


def test_rel_06_what_was_changed_at_google_is_not_overwritten(run, alice, fake, key, work):
    (row,) = events(run, alice)
    asked = run(alice, calendars.change_event, row.id, row.version, LATER)
    fake.put(CAL, {**fake.held[CAL].events["walk1"], "summary": "Theirs"})
    work()
    assert run(alice, calendars.get_change, asked.id).state == "conflict" and there(fake) == ["Theirs"]
    assert [(one.title, one.starts_at) for one in events(run, alice)] == [("Theirs", NOON)]


@pytest.mark.parametrize("what", ["create", "change", "delete"])
def test_an_answer_that_was_lost_is_looked_for_and_nothing_is_told_twice(run, alice, fake, key, work, what):
    (row,) = events(run, alice)
    if what == "create":
        asked = run(alice, calendars.create_event, takes(run, alice)["Ana"], NEW)
    elif what == "change":
        asked = run(alice, calendars.change_event, row.id, row.version, LATER)
    else:
        asked = run(alice, calendars.delete_event, row.id, row.version)
    real = fake._write
    fake._write = lambda *told: (real(*told), fault(503))[1]
    JobRunner(HANDLERS).run_pending()
    assert run(alice, calendars.get_change, asked.id).state == "waiting" and [one.id for one in events(run, alice)] == [row.id]
    work()
    assert run(alice, calendars.get_change, asked.id).state == "done" and len(fake.written) == 1
    assert len(there(fake)) == len(events(run, alice)) == {"create": 2, "change": 1, "delete": 0}[what]


@pytest.mark.parametrize(("answer", "state", "said"), [(fault(403, "rateLimitExceeded"), "waiting", ""), (fault(403, "insufficientPermissions"), "refused", "Allow changes in Settings")])
def test_a_refusal_waits_or_says_why_and_the_account_is_read_on(run, alice, fake, key, work, view, go, answer, state, said):
    asked = run(alice, calendars.create_event, takes(run, alice)["Ana"], NEW)
    fake._write = lambda *told: answer
    JobRunner(HANDLERS).run_pending()
    ended = run(alice, calendars.get_change, asked.id)
    assert ended.state == state and said in ended.reason and there(fake) == ["Walk"]
    assert go(key).state == "done" and view().state == "active"


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [False, True])
def test_rel_06_killed_between_telling_and_noting_it_is_there_once(run, alice, fake, key, work, database, after):
    asked = run(alice, calendars.create_event, takes(run, alice)["Ana"], NEW)
    real = fake._write

    def dying(*told):
        if after:
            real(*told)
        raise Killed

    fake._write = dying
    with pytest.raises(Killed):
        JobRunner(HANDLERS).run_pending()
    fake._write = real
    with database.owner.begin() as connection:
        connection.execute(text("update job set lease_until = now() - interval '1 second' where state = 'running'"))
    work()
    assert run(alice, calendars.get_change, asked.id).state == "done" and sorted(there(fake)) == ["Intake", "Walk"] and len(events(run, alice)) == 2
