"""Connections: private to their owner whatever anybody's role, their passwords taken in and never given out."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.calendar.models import Calendar, CalendarItem, Event
from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.connections import queries, rules, secrets
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import ConnectionKind, ConnectionState, SyncProblem, SyncRun
from crm_app.domain.connections.schemas import ConnectionCreate, ConnectionUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.letters import routes
from crm_app.domain.rows import now
from crm_app.domain.sealing import bind_box
from crm_app.domain.secret_box import SealBroken
from crm_app.domain.team import service as team
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from tests.domain.boxes import TurnedBox
from tests.domain.people import fields

CLOUD = ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr("open sesame"))
FEED = ConnectionCreate(kind="ics", name="Feed", url="webcal://feeds.example.org/a.ics")
LISTS = ("connection", "connection_secret", "sync_run", "sync_problem", "calendar", "calendar_item", "address_book", "event", "job")


@pytest.fixture(autouse=True)
def box(database):
    box = TurnedBox()
    bind_box(lambda: box)
    return box


@pytest.fixture
def everything(database):
    """All rows of all these tables as text: equal means that nothing changed."""

    def read():
        with database.owner.connect() as connection:
            return [connection.execute(text(f"select coalesce(string_agg(t::text, '|' order by t::text), '') from {name} t")).scalar() for name in LISTS]

    return read


@pytest.fixture
def made(run, alice):
    return run(alice, connections.create_connection, CLOUD)


@pytest.fixture
def calendar(made, alice):
    """A calendar of hers with one event that became a meeting, and two problems."""
    owned = {"owner_id": alice.user_id, "audience": "private"}
    with unit_of_work(alice, "tests.calendar") as session:
        row = Calendar(**owned, connection_id=made.id, external_id="/dav/home", name="Home", hue="teal", token="t1")
        session.add(row)
        session.flush()
        item = CalendarItem(**owned, calendar_id=row.id, external_id="a.ics", etag="1", content=b"x")
        session.add(item)
        session.flush()
        session.add(Event(**owned, calendar_id=row.id, item_id=item.id, uid="a", title="Walk", starts_at=now(), ends_at=now(), content_hash="x"))
        for item_name, kind in (("b.ics", "failed"), ("c.ics", "skipped")):
            session.add(SyncProblem(**owned, connection_id=made.id, calendar_ref="/dav/home", item=item_name, kind=kind, reason="It cannot be read.", tries=8, etag="9"))
        session.add(SyncRun(**owned, connection_id=made.id, state="done", seen=3, created=1))
    return row


def opened(session, actor, connection_id):
    return secrets.read(session, actor, get_own_connection(session, actor, connection_id))


def open_job(run, actor):
    return [job for job in run(actor, jobs.list_jobs, [queries.SYNC]) if not job.finished]


def audited(database):
    with database.owner.connect() as connection:
        return connection.execute(text("select action, details from audit_entry where action like 'connection.%' order by seq")).all()


def test_it_is_made_with_its_first_sync_and_never_shows_its_password(run, alice, made, database):
    assert (made.kind, made.state, made.has_password, made.running, made.url) == (ConnectionKind.CALDAV, ConnectionState.ACTIVE, True, True, "https://cloud.example.org/dav")
    assert "sesame" not in made.model_dump_json() and "sesame" not in repr(CLOUD)
    with database.owner.connect() as connection:
        for table in ("connection", "connection_secret", "job", "change", "audit_entry", "notification"):
            assert "sesame" not in str(connection.execute(text(f"select string_agg(t::text, ' ') from {table} t")).scalar())
    with unit_of_work(alice) as session:
        assert opened(session, alice, made.id).password.get_secret_value() == "open sesame"
    assert [job.payload["connection_id"] for job in open_job(run, alice)] == [str(made.id)]
    assert [action for action, _ in audited(database)] == ["connection.made"]


def test_a_feed_needs_no_password_and_starts_when_told(run, alice, database):
    view = run(alice, connections.create_connection, FEED, start=False)
    assert (view.url, view.has_password, view.running, view.state) == ("https://feeds.example.org/", False, False, ConnectionState.PAUSED)
    with unit_of_work(alice) as session:
        access = opened(session, alice, view.id)
        assert (access.address, access.password.get_secret_value()) == ("https://feeds.example.org/a.ics", "")


def test_the_address_of_a_feed_is_kept_like_a_password(run, alice, database):
    data = ConnectionCreate(kind="ics", name="Feed", url="https://feeds.example.org/open-sesame/a.ics?key=sesame")
    view = run(alice, connections.create_connection, data)
    assert "sesame" not in view.model_dump_json()
    with database.owner.connect() as connection:
        for table in ("connection", "connection_secret", "job", "change", "audit_entry", "notification"):
            assert "sesame" not in str(connection.execute(text(f"select string_agg(t::text, ' ') from {table} t")).scalar())


def test_half_of_what_opens_a_feed_is_changed_and_the_other_half_stays(run, alice, database):
    data = ConnectionCreate(kind="ics", name="Feed", url="https://feeds.example.org/a.ics", username="ana", password=SecretStr("one"))
    view = run(alice, connections.create_connection, data)
    assert view.has_password

    def change(**given):
        nonlocal view
        view = run(alice, connections.update_connection, view.id, ConnectionUpdate(version=view.version, **given))
        with unit_of_work(alice) as session:
            access = opened(session, alice, view.id)
            return access.address, access.password.get_secret_value()

    assert change(password=SecretStr("two")) == ("https://feeds.example.org/a.ics", "two")
    assert change(url="webcal://feeds.example.org/b.ics") == ("https://feeds.example.org/b.ics", "two")
    with pytest.raises(Invalid) as refused:
        change(url="https://evil.example/c.ics")
    assert "password" in refused.value.fields
    assert change(url="https://other.example/c.ics", password=SecretStr("three")) == ("https://other.example/c.ics", "three")
    assert (view.url, audited(database)[-1].details) == ("https://other.example/", {"fields": "inner_allowed password url"})
    before = audited(database)
    assert change(url="https://other.example/c.ics") == ("https://other.example/c.ics", "three"), "the same again changes nothing"
    assert audited(database) == before


def test_a_feed_whose_address_is_lost_asks_for_it(run, alice, box):
    view = run(alice, connections.create_connection, FEED)
    box.lost = True
    with pytest.raises(SealBroken, match="address"), unit_of_work(alice) as session:
        opened(session, alice, view.id)
    with pytest.raises(Invalid) as refused:
        run(alice, connections.update_connection, view.id, ConnectionUpdate(version=view.version, password=SecretStr("x")))
    assert "url" in refused.value.fields
    box.lost = False
    again = run(alice, connections.update_connection, view.id, ConnectionUpdate(version=view.version, url="https://new.example.org/a.ics"))
    with unit_of_work(alice) as session:
        assert (again.url, opened(session, alice, view.id).address) == ("https://new.example.org/", "https://new.example.org/a.ics")


def test_a_key_that_is_lost_opens_nothing(alice, made, box):
    box.lost = True
    with pytest.raises(SealBroken), unit_of_work(alice) as session:
        opened(session, alice, made.id)


SERVICES = [
    (connections.update_connection, lambda key, row: (key, ConnectionUpdate(version=1, name="Other"))),
    (connections.delete_connection, lambda key, row: (key,)),
    (connections.count_connection_parts, lambda key, row: (key,)),
    (connections.pause_connection, lambda key, row: (key,)),
    (connections.resume_connection, lambda key, row: (key,)),
    (connections.sync_now, lambda key, row: (key,)),
    (connections.test_connection, lambda key, row: (key,)),
    (connections.list_runs, lambda key, row: (key,)),
    (connections.list_problems, lambda key, row: (key,)),
    (connections.retry_problems, lambda key, row: (key,)),
    (connections.choose_calendar, lambda key, row: (row.id, CalendarChoice(version=1, shown=False))),
]


@pytest.mark.parametrize(("service", "arguments"), SERVICES, ids=[service.__name__ for service, _ in SERVICES])
def test_nobody_but_the_owner_sees_or_changes_anything(run, made, calendar, everything, bob, olivia, vera, alice, service, arguments):
    before = everything()
    for outsider in (bob, olivia):  # the team's owner sees no more of it than a colleague
        with pytest.raises(NotFound):
            run(outsider, service, *arguments(made.id, calendar))
        with pytest.raises(NotFound):
            run(outsider, service, *arguments(uuid4(), Calendar(id=uuid4())))
    with pytest.raises(Forbidden):
        run(vera, service, *arguments(made.id, calendar))
    assert everything() == before
    run(alice, service, *arguments(made.id, calendar))


def test_lists_show_ones_own_alone_and_viewers_have_none(run, made, bob, olivia, vera, alice):
    for other in (bob, olivia):
        assert run(other, connections.get_connections).connections == ()
        assert run(other, connections.get_sync_health).total == 0
    assert run(vera, connections.get_sync_health).total == 0
    with pytest.raises(Forbidden):
        run(vera, connections.get_connections)
    with pytest.raises(Forbidden):
        run(vera, connections.create_connection, FEED)
    assert [view.id for view in run(alice, connections.get_connections).connections] == [made.id]
    health = run(alice, connections.get_sync_health)
    assert (health.total, health.running, health.troubled, health.last_ok_at) == (1, 1, 0, None)


@pytest.mark.parametrize("url", ["", "ftp://x.example", "https://", "https://ana:secret@x.example/", "https://x.example:0/", "https://x.example:99999/", "https://x .example/", "https://x.example\\@y.example/"])
def test_what_is_no_address_is_refused(run, alice, everything, url):
    before = everything()
    with pytest.raises((Invalid, ValueError)):
        run(alice, connections.create_connection, ConnectionCreate(kind="ics", name="x", url=url))
    assert everything() == before


def test_a_password_never_travels_in_the_clear_unless_the_host_says_so(run, alice):
    clear = CLOUD.model_copy(update={"url": "http://127.0.0.1:5232/"})
    with pytest.raises(Invalid):
        run(alice, connections.create_connection, clear)
    view = run(alice, connections.create_connection, clear, inner_allowed=True)
    assert view.url == "http://127.0.0.1:5232/"
    assert run(alice, connections.create_connection, FEED.model_copy(update={"url": "http://feeds.example.org/a.ics"})).url.startswith("http://")
    with pytest.raises(Invalid):  # what the host allowed is that place and no other
        run(alice, connections.update_connection, view.id, ConnectionUpdate(version=view.version, url="http://127.0.0.1:5233/", password=SecretStr("x")))


def test_another_place_is_not_inside_any_more(run, alice, database):
    view = run(alice, connections.create_connection, CLOUD.model_copy(update={"url": "https://10.0.0.4:8443/"}), inner_allowed=True)
    same = run(alice, connections.update_connection, view.id, ConnectionUpdate(version=view.version, url="https://10.0.0.4:8443/dav"))
    assert fields(database, "connection", view.id, "inner_allowed") == (True,)
    run(alice, connections.update_connection, view.id, ConnectionUpdate(version=same.version, url="https://10.0.0.5:8443/dav", password=SecretStr("x")))
    assert fields(database, "connection", view.id, "inner_allowed") == (False,)


def test_a_kept_password_goes_to_no_other_place_and_nobody_else(run, alice, made, everything):
    before = everything()
    for change in ({"url": "https://evil.example/dav"}, {"url": "https://cloud.example.org:8443/dav"}, {"username": "ben"}):
        with pytest.raises(Invalid) as refused:
            run(alice, connections.update_connection, made.id, ConnectionUpdate(version=made.version, **change))
        assert "password" in refused.value.fields
    assert everything() == before
    moved = run(alice, connections.update_connection, made.id, ConnectionUpdate(version=made.version, url="https://other.example/dav", password=SecretStr("fresh")))
    with unit_of_work(alice) as session:
        assert (moved.url, opened(session, alice, made.id).password.get_secret_value()) == ("https://other.example/dav", "fresh")


def test_what_is_changed_is_audited_by_the_names_of_its_fields(run, alice, made, database):
    changed = run(alice, connections.update_connection, made.id, ConnectionUpdate(version=made.version, name="Home", password=SecretStr("x y z"), interval_minutes=30))
    assert (changed.name, changed.interval_minutes, changed.version) == ("Home", 30, made.version + 1)
    run(alice, connections.pause_connection, made.id)
    run(alice, connections.resume_connection, made.id)
    run(alice, connections.delete_connection, made.id)
    told = audited(database)
    assert [action.partition(".")[2] for action, _ in told] == ["made", "changed", "paused", "resumed", "removed"]
    assert told[1].details == {"fields": "interval_minutes name password"}


def test_a_stale_form_and_a_name_that_is_taken_are_conflicts(run, alice, bob, made, everything):
    other = run(alice, connections.create_connection, FEED)
    before = everything()
    for data in (ConnectionUpdate(version=made.version - 1, name="New"), ConnectionUpdate(version=made.version, name=" FEED ")):
        with pytest.raises(Conflict):
            run(alice, connections.update_connection, made.id, data)
    with pytest.raises(Conflict):
        run(alice, connections.create_connection, FEED.model_copy(update={"name": "pRactice"}))
    assert everything() == before
    assert run(bob, connections.create_connection, FEED).id != other.id


def test_what_a_run_writes_makes_no_form_stale(run, alice, made):
    with unit_of_work(alice, "tests.run") as session:
        session.connection().execute(text("update connection set next_run_at = now(), last_ok_at = now(), failures = 2, reason = 'x', state = 'sign_in_needed'"))
    assert run(alice, connections.update_connection, made.id, ConnectionUpdate(version=made.version, name="Home")).name == "Home"


def test_a_new_password_is_tried_at_once(run, alice, made):
    with unit_of_work(alice, "tests.run") as session:
        session.connection().execute(text("update connection set state = 'sign_in_needed', failures = 1, reason = 'x', next_run_at = now() + interval '5 hours'"))
    mended = run(alice, connections.update_connection, made.id, ConnectionUpdate(version=made.version, password=SecretStr("right")))
    assert (mended.state, mended.failures, mended.reason) == (ConnectionState.ACTIVE, 0, "") and mended.next_run_at <= now()


def test_no_more_than_twenty(run, alice):
    for number in range(rules.MOST):
        run(alice, connections.create_connection, FEED.model_copy(update={"name": f"Feed {number}"}), start=False)
    with pytest.raises(Invalid):
        run(alice, connections.create_connection, FEED)


def test_one_job_at_a_time(run, alice, made):
    first = open_job(run, alice)[0]
    assert run(alice, connections.sync_now, made.id).id == first.id
    assert run(alice, connections.sync_now, made.id, full=True).payload["full"] is True
    with unit_of_work(alice) as session:
        jobs.claim_own_job(session, alice, first.id)
    assert run(alice, connections.sync_now, made.id).id == first.id
    with pytest.raises(Conflict):
        run(alice, connections.sync_now, made.id, dry=True)
    assert len(open_job(run, alice)) == 1


def test_reading_back_to_a_day(run, alice, made):
    day = now().date() - timedelta(days=500)
    job = run(alice, connections.sync_now, made.id, since=day)
    assert job.payload["full"] and not job.payload["dry"]
    months = run(alice, connections.get_connections).connections[0].history_months
    assert months * 31 >= 500 and months <= 24
    for wrong in (now().date() + timedelta(days=1), date(2001, 1, 1)):
        with pytest.raises(Invalid):
            run(alice, connections.sync_now, made.id, since=wrong)


def test_paused_is_left_alone_until_resumed(run, alice, made):
    paused = run(alice, connections.pause_connection, made.id)
    assert (paused.state, paused.running) == (ConnectionState.PAUSED, False)
    assert {job.state for job in run(alice, jobs.list_jobs)} == {JobState.CANCELLED}
    for service in (connections.sync_now, connections.retry_problems):
        with pytest.raises(Conflict):
            run(alice, service, made.id)
    assert run(alice, connections.pause_connection, made.id).state == ConnectionState.PAUSED
    assert run(alice, connections.resume_connection, made.id).state == ConnectionState.ACTIVE


def due(moment=None):
    with anonymous_work() as session:
        return [connection_id for connection_id, _owner in queries.list_due(session, moment or now())]


def test_what_is_due(run, alice, made, database):
    feed = run(alice, connections.create_connection, FEED, start=False)
    assert due() == []
    run(alice, connections.resume_connection, feed.id)
    assert due() == [feed.id]  # of the other one a job waits already
    with database.owner.begin() as connection:
        connection.execute(text("update connection set next_run_at = now() + interval '10 minutes' where id = :id"), {"id": feed.id})
    assert due() == [] and due(now() + timedelta(minutes=11)) == [feed.id]
    with database.owner.begin() as connection:  # a clock that was an hour ahead wrote this
        connection.execute(text("update connection set next_run_at = now() + interval '70 minutes' where id = :id"), {"id": feed.id})
    assert due() == [feed.id]
    for state in ("paused", "sign_in_needed"):
        with database.owner.begin() as connection:
            connection.execute(text("update connection set next_run_at = now(), state = :state where id = :id"), {"id": feed.id, "state": state})
        assert due() == []


def test_priv_04_nothing_is_synced_for_somebody_who_was_disabled_or_made_a_viewer(run, alice, olivia, made, database):
    feed = run(alice, connections.create_connection, FEED, start=False)
    assert due() == []
    run(alice, connections.resume_connection, feed.id)
    assert due() == [feed.id]
    run(olivia, team.change_role, alice.user_id, "viewer")
    assert due() == []
    run(olivia, team.change_role, alice.user_id, "member")
    with unit_of_work(alice) as session:
        running = jobs.claim_own_job(session, alice, open_job(run, alice)[0].id)
    run(olivia, team.disable_member, alice.user_id)
    assert due() == [] and run(alice, jobs.renew_lease, running.id) is True, "what runs is told to stop"


def test_a_hand_over_leaves_accounts_and_their_passwords_where_they_are(run, alice, bob, made, calendar, database):
    from crm_app.domain.team.schemas import HandOver
    from crm_app.jobs.handlers import HANDLERS
    from crm_app.jobs.runner import JobRunner

    counts = run(alice, team.preview_hand_over, alice.user_id).counts
    assert not {count.kind for count in counts} & set(LISTS[:6])
    run(alice, jobs.request_cancel, open_job(run, alice)[0].id)
    job = run(alice, team.start_hand_over, HandOver(leaver_id=alice.user_id, heir_id=bob.user_id, private=True))
    JobRunner(HANDLERS).run_pending()
    assert run(alice, jobs.get_job, job.id).state == JobState.DONE
    with database.owner.connect() as connection:
        for table in LISTS[:6]:
            assert connection.execute(text(f"select distinct owner_id from {table}")).scalars().all() == [alice.user_id], table


def test_what_goes_with_it_and_what_stays(run, alice, made, calendar, database):
    parts = run(alice, connections.count_connection_parts, made.id)
    assert (parts.calendars, parts.events, parts.meetings) == (1, 1, 0)
    run(alice, connections.delete_connection, made.id)
    with database.owner.connect() as connection:
        for table in LISTS[:-1]:
            assert connection.execute(text(f"select count(*) from {table}")).scalar() == 0, table
    assert open_job(run, alice) == []


def test_a_calendar_that_is_not_wanted_loses_its_events_and_gets_them_back(run, alice, made, calendar, database):
    off = run(alice, connections.choose_calendar, calendar.id, CalendarChoice(version=calendar.version, synced=False, hue="plum"))
    assert (off.synced, off.hue, off.shown) == (False, "plum", True)
    with database.owner.connect() as connection:
        assert connection.execute(text("select (select count(*) from event), (select count(*) from sync_problem), (select token from calendar)")).one() == (0, 0, "")
    with pytest.raises(Conflict):
        run(alice, connections.choose_calendar, calendar.id, CalendarChoice(version=calendar.version, synced=True))
    with pytest.raises(Invalid):
        run(alice, connections.choose_calendar, calendar.id, CalendarChoice(version=off.version, hue="mauve"))
    assert run(alice, connections.choose_calendar, calendar.id, CalendarChoice(version=off.version, synced=True)).synced
    assert run(alice, connections.get_connections).connections[0].next_run_at <= now()


def test_problems_are_named_and_tried_again_by_hand(run, alice, made, calendar, database):
    failed, skipped = run(alice, connections.list_problems, made.id)
    assert (failed.item, failed.calendar, failed.given_up, skipped.kind, skipped.given_up) == ("b.ics", "Home", True, "skipped", False)
    run(alice, connections.retry_problems, made.id)
    assert [(row.item, row.tries) for row in run(alice, connections.list_problems, made.id) if row.tries == 0] == [("b.ics", 0)]
    assert open_job(run, alice)[0].payload["full"] is True
    run(alice, connections.retry_problems, made.id, [skipped.id])
    assert {row.tries for row in run(alice, connections.list_problems, made.id)} == {0}
    with pytest.raises(NotFound):
        run(alice, connections.retry_problems, made.id, [uuid4()])


def test_runs_are_shown_newest_first(run, alice, made, calendar):
    assert [(row.state, row.seen, row.created) for row in run(alice, connections.list_runs, made.id)] == [("done", 3, 1)]
    assert run(alice, connections.get_connections).connections[0].last_run.seen == 3


def test_ssrf_08_tests_of_a_connection_are_few(run, alice, made):
    for _turn in range(10):
        run(alice, connections.test_connection, made.id)
    with pytest.raises(TooMany):
        run(alice, connections.test_connection, made.id)


@pytest.mark.parametrize(
    ("change", "counts"),
    [("failures = 0", (0, 0)), ("failures = 1, reason = 'x'", (0, 1)), ("failures = 20, reason = 'x'", (1, 0)), ("failures = 1, state = 'paused'", (0, 0)), ("failures = 1, state = 'sign_in_needed'", (1, 0))],
)  # fmt: skip
def test_what_failed_and_is_tried_again_is_told_from_what_needs_its_owner(run, alice, made, database, change, counts):
    with database.owner.begin() as connection:
        connection.execute(text(f"update connection set {change}"))
    health = run(alice, connections.get_sync_health)
    assert (health.troubled, health.failing) == counts


def test_a_step_is_told_to_the_owners_pages_once(run, alice, made, database):
    import psycopg

    dsn = database.server.owner_dsn(database.name)
    with psycopg.connect(dsn, autocommit=True) as listening:
        listening.execute("listen crm_changes")
        with unit_of_work(alice, "tests.run") as session:
            for seen in range(3):
                session.connection().execute(text("update connection set failures = :seen"), {"seen": seen})
                session.add(SyncRun(owner_id=alice.user_id, audience="private", connection_id=made.id))
                session.flush()
        told = [notice.payload for notice in listening.notifies(timeout=1)]
    assert len(told) == 1 and '"connection"' in told[0] and str(made.id) in told[0] and "private" in told[0]


@pytest.mark.parametrize(
    ("change", "sends"),
    [({"username": "ben"}, ""), ({"url": "imaps://other.example"}, ""), ({"name": "Post"}, "smtp.mail.example"), ({"password": SecretStr("renewed")}, "smtp.mail.example")],
)  # fmt: skip
def test_a_mailbox_that_is_another_is_asked_anew_how_it_sends(run, alice, database, change, sends):
    """The old account's server must never be told the new account's password."""
    data = ConnectionCreate(kind="imap", name="Mail", url="imaps://mail.example", username="ana@mail.example", password=SecretStr("open sesame"), smtp_host="smtp.mail.example")
    view = run(alice, connections.create_connection, data)
    run(alice, connections.update_connection, view.id, ConnectionUpdate(**{"version": view.version, "password": SecretStr("fresh"), **change}))
    with database.owner.connect() as connection:
        assert connection.execute(text("select smtp_host from mailbox")).scalar() == sends
    with unit_of_work(alice) as session:
        route = routes.find_route(session, alice, view.id)
    assert (route.host if route else "") == sends


def test_a_new_mailbox_sends_as_its_user_name_or_as_whoever_connects_it(run, alice, database):
    data = ConnectionCreate(kind="imap", name="Mail", url="imaps://mail.example", username="ana", password=SecretStr("open sesame"), smtp_host="smtp.mail.example")
    for wrong in ({"smtp_host": "not a host"}, {"smtp_port": 8025}, {"smtp_security": "none"}):
        with pytest.raises(Invalid) as refusal:
            run(alice, connections.create_connection, data.model_copy(update=wrong))
        assert set(refusal.value.fields) == set(wrong), "said at the field where it was typed"
    run(alice, connections.create_connection, data)
    run(alice, connections.create_connection, data.model_copy(update={"name": "Own", "username": "ana@mail.example"}))
    with database.owner.connect() as connection:
        assert connection.execute(text("select sender_address from mailbox order by sender_address")).scalars().all() == ["alice@example.org", "ana@mail.example"]
