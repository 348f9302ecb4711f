"""An account at Google from the sign-in to its events: what a run writes, what happens when the access ends, and that no token is met anywhere."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind, ConnectionState
from crm_app.domain.google import service as google
from crm_app.domain.google.authority import Client, Wants, bind_google
from crm_app.domain.jobs import service as jobs
from crm_app.domain.links import bind_public_url
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, FakeGoogle, GoogleAuthority, GoogleSource
from crm_app.web.google import _taken
from tests.jobs.fake_account import counts, titles
from tests.providers.google.conftest import CAL, CLIENT, Unhurried, daily, event, exception


@pytest.fixture
def fake(box):
    bind_public_url("https://crm.example.org")
    made = FakeGoogle()
    made.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
    bind_google(GoogleAuthority(lambda: made), Client(CLIENT.client_id, CLIENT.secret))
    bind_sources({ConnectionKind.GOOGLE: lambda _url, _name, tokens, _gate: GoogleSource(tokens, made, GOOGLE, Unhurried())})
    made.add_calendar(CAL, "Ana")
    made.add_calendar("team@group.calendar.google.com", "Team", role="reader")
    made.put(CAL, daily("s", "Course"))
    made.put(CAL, event("e", "Walk", 8))
    made.put("team@group.calendar.google.com", event("t", "Retreat", 9))
    return made


@pytest.fixture
def sign_in(run, alice, fake):
    def do(connection_id=None, wants=Wants.CALENDARS, **how):
        way = fake.sign_in(run(alice, google.begin_sign_in, connection_id, wants).address, **how)
        given = dict(part.split("=") for part in urlsplit(way).query.split("&"))
        return _taken(alice, given["state"], SecretStr(given["code"].replace("%2F", "/")))

    return do


@pytest.fixture
def go(run, alice):
    """``go(key, **asked)``: one run to its end; the job."""

    def do(key, **asked):
        job = run(alice, connections.sync_now, key, **asked)
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.get_job, job.id)

    return do


def test_from_the_sign_in_to_the_events_and_on_after_the_access_was_taken_back(run, alice, fake, sign_in, go, view, ask, rows, told):
    with capture_logs() as logs:
        sign_in()
        JobRunner(HANDLERS).run_pending()
        key = view().id
        (job,) = run(alice, jobs.list_jobs, ("connections.test",))
        assert job.result == {"answer": "works", "sentence": "It works.", "calendars": ["Ana", "Team"]}
        assert [(one.name, one.writable) for one in view().calendars] == [("Ana", False), ("Team", False)]
        run(alice, connections.resume_connection, key)
        assert counts(go(key)) == (3, 7, 0, 0, 0, 0) and set(titles(ask)) == {"Course", "Walk", "Retreat"}
        before = rows()
        assert counts(go(key)) == (0, 0, 0, 0, 0, 0) and rows() == before, "a sync with nothing new writes nothing but its run"
        fake.put(CAL, exception("s", "Course, moved", 3))
        assert counts(go(key)) == (1, 0, 1, 0, 0, 0)
        fake.take_back()
        assert go(key).state == "failed" and view().state is ConnectionState.SIGN_IN_NEEDED
        assert told() == ["Google no longer accepts this sign-in: it was taken back, or it ended. Sign in with Google again."]
        fake.remove(CAL, "e")
        assert sign_in(key) == f"/settings/connections/{key}"
        fake.asked.clear()
        JobRunner(HANDLERS).run_pending()
        assert view().state is ConnectionState.ACTIVE and "Walk" not in titles(ask) and "Course, moved" in titles(ask)
        assert any("syncToken" in asked for _method, _path, asked in fake.asked), "it went on from where it was"
        run(alice, connections.delete_connection, key)
    secrets = [secret for secret in ("ya29.", "1//", CLIENT.secret.get_secret_value(), "4/") if secret in str(logs)]
    assert secrets == []
    for table in ("change", "audit_entry", "job", "notification", "connection", "sync_run", "sync_problem", "calendar"):
        said = str(ask(f"select to_jsonb(t)::text from {table} t"))
        assert [secret for secret in ("ya29.", "1//", CLIENT.secret.get_secret_value()) if secret in said] == [], table


def test_a_test_says_what_is_missing_at_google(run, alice, fake, sign_in, monkeypatch):
    monkeypatch.setattr("crm_app.infrastructure.outbound_probe.PROBE_SECONDS", 0.0)
    off = (403, {}, b'{"error": {"errors": [{"reason": "accessNotConfigured"}]}}')
    for answer, expected in ((off, "not_a_calendar"), ((500, {}, b""), "no_answer"), ((403, {}, b""), "sign_in_refused")):
        fake.fault = lambda path, answer=answer: answer if "calendar" in path else None
        sign_in()
        JobRunner(HANDLERS).run_pending()
        latest = run(alice, jobs.list_jobs, ("connections.test",))[0]
        assert latest.result["answer"] == expected and ("switched on" in latest.result["sentence"]) is (answer is off)


def test_a_client_that_is_not_right_asks_nobody_to_sign_in_and_heals_once_it_is(run, alice, fake, sign_in, go, view, told):
    sign_in()
    key = view().id
    run(alice, connections.resume_connection, key)
    assert go(key).state == "done"
    fake.clients[CLIENT.client_id] = "another-secret"
    fake.end_access()
    assert go(key).state == "failed" and view().state is ConnectionState.ACTIVE and told() == []
    assert view().reason == "Google does not know the practice's client, or not with this secret. Whoever manages the team can enter it again."
    bind_google(GoogleAuthority(lambda: fake))
    assert go(key).state == "failed" and view().state is ConnectionState.ACTIVE and "no longer set" in view().reason
    fake.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
    bind_google(GoogleAuthority(lambda: fake), CLIENT)
    assert go(key).state == "done" and (view().reason, view().failures) == ("", 0)


@pytest.mark.parametrize("answer", [(404, {}, b"{}"), (403, {}, b"{}")])
def test_a_calendar_that_cannot_be_read_keeps_no_other_from_coming_in(run, alice, fake, sign_in, go, view, told, ask, answer):
    sign_in()
    run(alice, connections.resume_connection, view().id)
    fake.fault = lambda path: answer if path.startswith(f"/calendar/v3/calendars/{quote(CAL, safe='')}") else None
    job = go(view().id)
    assert job.state == "failed" and job.reason.startswith("Ana: ") and titles(ask) == ["Retreat"]
    assert view().state is ConnectionState.ACTIVE and view().reason == job.reason and told() == []
    fake.fault = lambda path: None
    assert go(view().id).state == "done" and set(titles(ask)) == {"Course", "Walk", "Retreat"}


def test_an_account_is_handed_over_whole_once_a_day(run, alice, fake, sign_in, go, view, ask):
    sign_in()
    run(alice, connections.resume_connection, view().id)
    go(view().id)
    for hours, token in ((2, True), (23, True), (24, False)):
        ask(f"update connection set last_full_at = now() - interval '{hours} hours'")
        fake.asked.clear()
        go(view().id)
        assert ["syncToken" in asked for _method, path, asked in fake.asked if path.endswith("/events")] == [token, token], hours
