"""Runs of a connection: what comes in, what stays out and why, and who gets a turn when."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import wraps

from pydantic import SecretStr
from sqlalchemy import event as listen

from crm_app.domain import times
from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.connections import running
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.schemas import ConnectionCreate, ConnectionUpdate
from crm_app.domain.days import in_month
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.rows import now
from crm_app.jobs import connections as syncing
from crm_app.jobs.handlers import HANDLERS, PATIENT
from crm_app.jobs.runner import JobRunner, run_here
from tests.jobs.fake_account import HOME, POISON, TODO, counts, event, titles
from tests.security.counts import counted


def test_everything_comes_in_once_and_nothing_new_writes_nothing(sync, rows, ask, account, view, alice):
    first = sync()
    assert first.state == JobState.DONE and counts(first) == (5, 5, 0, 0, 0, 0)
    assert titles(ask) == [f"Walk {number}" for number in range(5)]
    shown = view()
    assert ([calendar.name for calendar in shown.calendars], shown.calendars[0].hue, shown.running, shown.failures, shown.stale) == (["Home"], "sky", False, 0, False)
    before = rows()
    for asked in ({}, {"full": True}):
        again = sync(**asked)
        assert again.state == JobState.DONE and counts(again)[1:] == (0, 0, 0, 0, 0)
        assert rows() == before, "a sync with nothing new writes nothing but its run"
    account.put(HOME, "3.ics", event("uid-3", "Swim", days=4))
    assert counts(sync()) == (1, 0, 1, 0, 0, 0)
    changed = {name: len(set(new) - set(before[name])) for name, new in rows().items() if set(new) - set(before[name])}
    assert changed == {"event": 1, "calendar_item": 1, "calendar": 1}, "the event, its source and the cursor"
    account.remove(HOME, "0.ics")
    assert counts(sync())[3] == 1 and "Walk 0" not in titles(ask)
    assert account.closed == 5


def test_what_lies_before_the_months_that_are_read_is_one_line_and_comes_in_with_more_of_them(sync, account, rows, run, alice, made):
    for number in range(3):
        account.put(HOME, f"old{number}.ics", event(f"old-{number}", "Long ago", days=-400 - number))
    assert counts(sync(dry=True)) == (8, 5, 0, 0, 3, 0)
    assert counts(sync()) == (8, 5, 0, 0, 3, 0), "nobody is left to wonder where three events are"
    first = times.short_date(in_month(now().date(), -12), alice)
    line = run(alice, connections.list_problems, made.id)
    assert [(one.title, one.item, one.kind, one.calendar, one.given_up) for one in line] == [("Earlier events", "", "skipped", "Home", False)]
    assert line[0].reason == f"3 events before {first} were left out. Choose more months to read to bring them in."
    before = rows()
    assert counts(sync(full=True)) == (8, 0, 0, 0, 3, 0) and counts(sync())[:5] == (0, 0, 0, 0, 0) and rows() == before
    account.remove(HOME, "old0.ics")
    account.remove(HOME, "old1.ics")
    sync()
    assert [one.reason for one in run(alice, connections.list_problems, made.id)] == [f"1 event before {first} was left out. Choose more months to read to bring it in."]
    version = run(alice, connections.get_connections).connections[0].version
    run(alice, connections.update_connection, made.id, ConnectionUpdate(version=version, history_months=24))
    assert counts(sync()) == (6, 1, 0, 0, 0, 0) and run(alice, connections.list_problems, made.id) == ()
    account.put(HOME, "old1.ics", event("old-1", "Long ago", days=-800))
    sync()
    assert run(alice, connections.list_problems, made.id)[0].reason.endswith("Calendars are read back to 24 months at most.")


def test_events_that_are_here_already_are_not_told_as_left_out(sync, account, run, alice, made, ask):
    account.put(HOME, "old.ics", event("old", "Long ago", days=-300))
    sync()
    version = run(alice, connections.get_connections).connections[0].version
    run(alice, connections.update_connection, made.id, ConnectionUpdate(version=version, history_months=6))
    sync()
    assert "Long ago" in titles(ask) and run(alice, connections.list_problems, made.id) == ()


def test_a_run_shows_how_much_of_how_much_has_been_read(sync, account, monkeypatch):
    account.page, told = 2, []
    account.put("/other/", "x.ics", event("uid-x", "Elsewhere"))
    land_page = running.land_page

    @wraps(land_page)
    def noted(*given, **named):
        told.append(named["progress"])
        return land_page(*given, **named)

    monkeypatch.setattr(running, "land_page", noted)
    sync()
    assert told == [(2, 5), (4, 5), (5, 5), (6, 6)]


def test_a_run_without_news_asks_little(sync, database, account):
    sync()
    said = []

    def listener(*given):
        said.append(given[2])

    listen.listen(database.app, "before_cursor_execute", listener)
    try:
        sync()
    finally:
        listen.remove(database.app, "before_cursor_execute", listener)
    asked = [statement for statement in said if "set_config" not in statement and "publish_changes" not in statement]
    assert len(asked) <= 40, "\n".join(asked)
    assert not any("event" in statement and "select" in statement.lower() and "from event " in statement.lower() for statement in asked), "no event is looked at"


def test_a_first_sync_takes_a_few_statements_for_a_page(sync, database, account):
    """However many events a page has: what grows with each of them is what makes a first sync slow."""
    for number in range(5, 205):
        account.put(HOME, f"{number}.ics", event(f"uid-{number}", f"Walk {number}", days=number % 100 - 50, with_whom=f"p{number}@mail.example"))
    account.page = 200
    said = []

    def listener(*given):
        said.append(given[2])

    listen.listen(database.app, "before_cursor_execute", listener)
    try:
        assert counts(sync())[1] == 205
    finally:
        listen.remove(database.app, "before_cursor_execute", listener)
    assert len(said) <= 110, len(said)
    assert not [statement for statement in said if statement.startswith("UPDATE event ")], "what is over and concerns nobody is written once"


def test_the_next_turn_is_an_interval_away(sync, view, made):
    sync()
    shown = view()
    minutes = (shown.next_run_at - shown.last_ok_at) / timedelta(minutes=1)
    assert 9 <= minutes <= 11 and shown.last_run.state == "done"


def test_rel_05_a_bad_thing_at_any_place_keeps_nothing_else_out(sync, account, ask, run, alice, made):
    account.calendars.clear()
    account.page = 25
    for bad in range(50):
        for number in range(50):
            ref = f"{bad}-{number}.ics"
            account.put(f"/{bad}/", ref, POISON if number == bad else event(ref))
    job = sync()
    assert job.state == JobState.DONE and counts(job) == (2500, 2450, 0, 0, 0, 50)
    assert ask("select count(*) from event")[0][0] == 2450 and ask("select count(*) from calendar where token <> ''")[0][0] == 50
    problems = run(alice, connections.list_problems, made.id, 100)
    assert {problem.item for problem in problems} == {f"{bad}-{bad}.ics" for bad in range(50)} and all(problem.reason and problem.tries == 1 for problem in problems)


def test_what_is_mended_over_there_comes_in_and_what_is_gone_is_no_problem(sync, account, run, alice, made, ask):
    account.put(HOME, "bad.ics", POISON)
    account.put(HOME, "worse.ics", POISON)
    account.put(HOME, "todo.ics", TODO)
    assert counts(sync()) == (8, 5, 0, 0, 1, 2)
    account.asked.clear()
    assert counts(sync(full=True)) == (8, 0, 0, 0, 1, 2), "a whole look says what is not here, and asks for none of it again"
    assert account.asked == []
    account.put(HOME, "bad.ics", event("mended", "Mended"))
    account.remove(HOME, "worse.ics")
    account.put(HOME, "todo.ics", event("todo", "An event now"))
    assert counts(sync())[1] == 2 and {"Mended", "An event now"} <= set(titles(ask))
    assert run(alice, connections.list_problems, made.id) == ()


def test_rel_05_a_thing_is_tried_eight_times_and_then_by_hand_alone(sync, account, run, alice, made, ask):
    account.put(HOME, "bad.ics", POISON)
    for tries in range(1, 9):
        sync()
        problem = run(alice, connections.list_problems, made.id)[0]
        assert (problem.tries, problem.given_up) == (tries, tries == 8)
        ask("update sync_problem set retry_at = now() - interval '1 second' where retry_at is not null")
    account.asked.clear()
    sync(full=True)
    assert account.asked == [] and run(alice, connections.list_problems, made.id)[0].tries == 8
    job = run(alice, connections.retry_problems, made.id, [problem.id])
    JobRunner(HANDLERS).run_pending()
    assert run(alice, jobs.get_job, job.id).state == JobState.DONE
    assert account.asked == ["bad.ics"] and run(alice, connections.list_problems, made.id)[0].tries == 1


def test_what_the_provider_cannot_hand_over_stays_here_as_it_was(sync, account, run, alice, made, ask):
    sync()
    account.put(HOME, "2.ics", event("uid-2", "Unreachable"))
    account.unread = {"2.ics": "The server keeps it to itself."}
    assert counts(sync(full=True))[5] == 1
    assert "Walk 2" in titles(ask) and run(alice, connections.list_problems, made.id)[0].reason == "The server keeps it to itself."
    account.unread = {}
    sync(full=True)
    assert "Unreachable" in titles(ask) and run(alice, connections.list_problems, made.id) == ()


def test_calendars_are_chosen_before_anything_comes_in(run, alice, account, ask, view):
    account.put("/other/", "x.ics", event("uid-x", "Elsewhere"))
    data = ConnectionCreate(kind="caldav", name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr(account.password))
    made = run(alice, connections.create_connection, data, start=False)
    assert (made.state, syncing.queue_due(now())) == (ConnectionState.PAUSED, 0)
    run(alice, connections.test_connection, made.id)
    JobRunner(HANDLERS).run_pending()
    other = next(row for row in view().calendars if row.name == "Other")
    run(alice, connections.choose_calendar, other.id, CalendarChoice(version=other.version, synced=False))
    run(alice, connections.resume_connection, made.id)
    run(alice, connections.sync_now, made.id)
    JobRunner(HANDLERS).run_pending()
    assert len(titles(ask)) == 5 and "Elsewhere" not in titles(ask)


def test_a_dry_run_counts_and_keeps_nothing(sync, account, rows, view, run, alice, made):
    account.put(HOME, "bad.ics", POISON)
    account.page = 2
    before = rows()
    job = sync(dry=True)
    assert counts(job) == (6, 5, 0, 0, 0, 1) and rows() == before and view().last_ok_at is None
    sync()
    account.put(HOME, "1.ics", event("uid-1", "Other"))
    account.remove(HOME, "2.ics")
    before = rows()
    assert counts(sync(dry=True, full=True))[1:4] == (0, 1, 1) and rows() == before
    assert run(alice, connections.list_runs, made.id)[0].dry and not view().last_run.dry, "how an account stands is not told by a rehearsal"


def test_reading_all_of_it_anew_changes_only_what_differs(sync, account, ask):
    sync()
    before = ask("select xmin::text, id from event order by 2")
    account.asked.clear()
    job = sync(since=now().date() - timedelta(days=40))
    assert len(account.asked) == 5 and counts(job) == (5, 0, 0, 0, 0, 0)
    assert ask("select xmin::text, id from event order by 2") == before


def test_a_meeting_moves_last_contact_and_stays_when_the_account_goes(sync, account, run, alice, made, ask):
    from crm_app.domain.contacts import service as contacts
    from crm_app.domain.contacts.schemas import ContactCreate, PointInput

    ann = run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value="ann@mail.example")]))
    account.put(HOME, "met.ics", event("met", "Session", days=-2, with_whom="ann@mail.example"))
    sync()
    assert run(alice, contacts.get_contact, ann.id).last_contact_at is not None
    run(alice, connections.delete_connection, made.id)
    assert ask("select subject, source from interaction") == [("Session", "sync")]


def test_the_gate_opens_its_own_inner_place_for_a_connection_that_the_host_made(run, alice, account):
    from crm_app.infrastructure.outbound import Service
    from crm_app.jobs import sources

    opened = []
    sources.bind_sources({"ics": lambda url, username, password, gate: opened.append(gate) or account})
    for inner in (True, False):
        plan = type("P", (), {"url": "http://127.0.0.1:5232/x", "username": "", "password": SecretStr(""), "inner_allowed": inner, "kind": "ics", "fault": ""})()
        sources.open_source(plan, alice)
    seen = [{(entry.host, entry.port) for entry in gate._allowed()} for gate in opened]
    assert seen == [{("127.0.0.1", 5232)}, set()] and Service.HTTP


def test_rel_05_nobody_who_waits_for_another_kind_waits_for_syncs(run, alice, made, account):
    """An account that does not answer holds a worker; what else the same person wants done has another, also where there are few connections."""
    stuck, free = threading.Event(), threading.Event()
    account.before = lambda step: stuck.set() or free.wait(30)
    job = run(alice, connections.sync_now, made.id)
    runner = JobRunner({**HANDLERS, "quick": lambda held: run(alice, jobs.finish_job, held.job.id, {})}, connections=3, patient=PATIENT)
    runner.start()
    try:
        assert stuck.wait(20)
        quick = run(alice, jobs.enqueue_job, "quick", {})
        deadline = now() + timedelta(seconds=20)
        while run(alice, jobs.get_job, quick.id).state != JobState.DONE:
            assert now() < deadline, "it waited for a sync"
            threading.Event().wait(0.05)
        assert run(alice, jobs.get_job, job.id).state == JobState.RUNNING
    finally:
        free.set()
        runner.stop()


def test_whoever_claims_a_job_does_it_alone(run, alice, bob, made, account, ask):
    job = run(alice, connections.sync_now, made.id)
    claimed = run(alice, jobs.claim_own_job, job.id)
    assert claimed.state == JobState.RUNNING and run(alice, jobs.claim_own_job, job.id) is None
    assert JobRunner(HANDLERS).run_pending() == 0
    assert run_here(HANDLERS["connections.sync"], claimed, alice).state == JobState.DONE and len(titles(ask)) == 5


@counted(20, 1000, "turns")
def test_rel_07_however_many_believe_that_they_lead_each_turn_is_taken_once(run, alice, account, made, ask, count):
    run(alice, connections.create_connection, ConnectionCreate(kind="ics", name="Feed", url="https://feeds.example.org/a.ics"))
    ask("update job set state = 'done'")
    moment = now()
    for turn in range(count):
        moment += timedelta(hours=1 if turn % 7 else -1)  # also when the clock is set back
        ask("update connection set next_run_at = :moment", moment=moment)
        queued, gate = [], threading.Barrier(3)

        def lead(moment=moment, queued=queued, gate=gate):
            gate.wait()
            queued.append(syncing.queue_due(moment))

        threads = [threading.Thread(target=lead) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ask("select count(*) from job where state = 'queued'") == [(2,)] and len(queued) == 3
        ask("update job set state = 'done'")


def test_old_runs_and_jobs_are_forgotten(sync, ask):
    for _turn in range(3):
        sync()
    ask("update sync_run set created_at = now() - interval '40 days'")
    ask("update job set updated_at = now() - interval '2 days'")
    syncing.tidy(now())
    assert ask("select (select count(*) from sync_run), (select count(*) from job)") == [(1, 0)]
