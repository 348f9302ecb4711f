"""What connections say of themselves, and what a typed address means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from crm_app.components import connection_words as said
from crm_app.components.connection_card import ways
from crm_app.components.connection_providers import caption, provider
from crm_app.domain.actor import Actor
from crm_app.domain.connections.rules import free_name
from crm_app.domain.connections.schemas import ConnectionView, ProblemView, RunView, SyncHealth
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.permissions import Role
from crm_app.pages.settings.connections.guides import full_address, guide_of, guides

READER = Actor(UUID(int=1), Role.MEMBER, name="Ana", email="ana@example.org", time_zone="UTC")
NOW = datetime.now(UTC)


def connection(**values: object) -> ConnectionView:
    """One that is in step. A stretch of time stands for the moment that far from now."""
    now = datetime.now(UTC)
    usual = {
        "id": uuid4(), "version": 1, "kind": "caldav", "name": "Practice", "url": "https://cloud.example.org/remote.php/dav/", "username": "ana",
        "has_password": True, "meetings_audience": "team", "state": "active", "interval_minutes": 10, "history_months": 12,
        "next_run_at": timedelta(minutes=5, seconds=30), "last_run_at": timedelta(minutes=-2, seconds=-5),
        "last_ok_at": timedelta(minutes=-2, seconds=-5), "failures": 0, "reason": "", "running": False, "stale": False, "calendars": (), "last_run": None,
        "problems": 0, "writes": False,
    }  # fmt: skip
    given = {**usual, **values}
    return ConnectionView.model_validate({name: now + value if isinstance(value, timedelta) else value for name, value in given.items()})


def job(about: ConnectionView, **values: object) -> JobView:
    """A sync of it that runs."""
    usual = {
        "id": uuid4(), "version": 1, "owner_id": READER.user_id, "kind": said.SYNC, "state": "running", "payload": {"connection_id": str(about.id)},
        "result": {}, "progress_done": 0, "progress_total": 0, "cancel_requested": False, "attempts": 1, "reason": "", "change_set_id": None,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return JobView.model_validate({**usual, **values})


def run(**values: object) -> RunView:
    """A run that is done."""
    usual = {"id": uuid4(), "state": "done", "full": False, "dry": False, "created_at": NOW, "ended_at": NOW, "reason": ""}
    counts = dict.fromkeys(("seen", "created", "updated", "deleted", "skipped", "failed"), 0)
    return RunView.model_validate({**usual, **counts, **values})


HEALTH = [
    ({}, "Synced 2 min ago", "ok", ""),
    ({"last_ok_at": timedelta(seconds=-5)}, "Synced just now", "ok", ""),
    ({"running": True}, "Waiting to sync", "accent", ""),
    (
        {"state": "sign_in_needed", "reason": "The server refused the sign-in."}, "Sign-in refused", "bad",
        "The server refused the sign-in. Nothing was lost; it goes on once you sign in again.",
    ),
    ({"failures": 2, "reason": "The server did not answer."}, "Failing", "warn", "The server did not answer. It is tried again in 5 min."),
    ({"failures": 2, "reason": "Down.", "next_run_at": timedelta(minutes=-1)}, "Failing", "warn", "Down. It is tried again in a moment."),
    ({"stale": True, "last_ok_at": timedelta(days=-1)}, "Out of date", "warn", "The last good sync was yesterday."),
    ({"stale": True, "last_ok_at": None}, "Out of date", "warn", "There was no good sync yet."),
    ({"state": "paused"}, "Paused", "neutral", ""),
    ({"state": "paused", "last_ok_at": None}, "Not set up yet", "neutral", ""),
    ({"last_ok_at": None}, "Waiting for its first sync", "neutral", ""),
]  # fmt: skip


@pytest.mark.parametrize(("values", "label", "kind", "sentence"), HEALTH, ids=[case[1] + str(number) for number, case in enumerate(HEALTH)])
def test_how_one_stands(values: dict[str, object], label: str, kind: str, sentence: str) -> None:
    found = said.health(connection(**values), None, READER)
    assert (found.label, found.kind, found.sentence) == (label, kind, sentence)


def test_a_sync_under_way_says_how_far_it_is_and_hides_what_was_wrong_before() -> None:
    view = connection(failures=3, reason="Down.")
    steps = [
        ({"state": "queued"}, "Waiting to sync"), ({}, "Syncing…"), ({"progress_done": 1200, "progress_total": 5000}, "Syncing, 1,200 of 5,000"),
        ({"progress_done": 1300, "progress_total": 1300}, "Syncing, 1,300 of 1,300"), ({"progress_done": 1300}, "Syncing, 1,300 so far"), ({"cancel_requested": True}, "Stopping…"),
    ]  # fmt: skip
    for values, label in steps:
        found = said.health(view, job(view, **values), READER)
        assert (found.label, found.kind, found.icon, found.sentence) == (label, "accent", None, "")


def test_only_what_waits_or_runs_for_this_connection_is_its_job() -> None:
    view, other = connection(), connection()
    ended, running, test = job(view, state="done"), job(view), job(view, kind=said.TEST)
    assert said.job_of([job(other), ended, test], view.id) is None
    assert said.job_of([ended, running], view.id) == running
    assert said.job_of([running, test], view.id, kind=said.TEST) == test


@pytest.mark.parametrize(
    ("values", "what", "line"),
    [
        ({}, "nextcloud", "Nextcloud · cloud.example.org · ana"),
        ({"url": "https://caldav.icloud.com/"}, "icloud", "iCloud · caldav.icloud.com · ana"),
        ({"url": "https://evil-icloud.com/"}, "caldav", "Calendar server · evil-icloud.com · ana"),
        ({"url": "https://caldav.fastmail.com/dav/"}, "fastmail", "Fastmail · caldav.fastmail.com · ana"),
        ({"kind": "ics", "username": "", "url": "https://feeds.example.org/secret-4711.ics"}, "ics", "Calendar address · feeds.example.org"),
        ({"kind": "imap", "url": "imaps://imap.gmail.com:993", "username": "ana@gmail.com"}, "gmail", "Gmail · imap.gmail.com · ana@gmail.com"),
        ({"kind": "gmail", "url": "https://mail.google.com/", "username": "ana@gmail.com"}, "gmail", "Gmail · ana@gmail.com"),
        ({"kind": "imap", "url": "imaps://imap.mail.me.com"}, "icloud-mail", "iCloud Mail · imap.mail.me.com · ana"),
        ({"kind": "imap", "url": "imaps://imap.gmail.com.evil.example"}, "imap", "Mailbox · imap.gmail.com.evil.example · ana"),
    ],
)
def test_what_it_is_and_where_but_never_the_secret_part_of_an_address(values: dict[str, object], what: str, line: str) -> None:
    view = connection(**values)
    assert (provider(view), caption(view)) == (what, line) and "4711" not in caption(view)
    assert guide_of(view.kind, provider(view)).key == what


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Nothing new"),
        ({"created": 1204, "updated": 1, "deleted": 2, "skipped": 3, "failed": 4}, "1,204 new, 1 changed, 2 gone, 3 skipped, 4 failed"),
        ({"dry": True}, "Would change nothing"),
        ({"dry": True, "created": 3}, "Would bring: 3 new"),
        ({"state": "failed", "reason": "The server did not answer."}, "The server did not answer."),
        ({"state": "failed"}, "It failed."),
        ({"state": "cancelled", "created": 3}, "Stopped. What had come in until then is here."),
        ({"state": "running"}, "Under way"),
        ({"state": "running", "created": 5}, "5 new"),
    ],
)
def test_what_came_of_a_run(values: dict[str, object], words: str) -> None:
    assert said.run_words(run(**values)) == words


def test_every_problem_says_whether_it_is_tried_again() -> None:
    usual = {"id": uuid4(), "item": "a.ics", "title": "", "calendar": "Home", "reason": "No start.", "seen_at": NOW, "given_up": False, "tries": 1}
    cases = [
        ({"kind": "skipped"}, ("Skipped", "neutral")), ({"kind": "failed"}, ("Failed, tried once", "warn")),
        ({"kind": "failed", "tries": 3}, ("Failed, tried 3 times", "warn")), ({"kind": "failed", "tries": 8, "given_up": True}, ("Given up", "bad")),
    ]  # fmt: skip
    assert [said.problem_state(ProblemView.model_validate({**usual, **values})) for values, _ in cases] == [expected for _, expected in cases]


def test_every_answer_of_a_test_says_what_to_do() -> None:
    for answer in ("sign_in_refused", "not_trusted", "no_answer", "not_a_calendar", "not_a_mailbox"):
        cause, act = said.answer_words(answer, "")
        assert cause.endswith(".") and act.endswith(".") and cause != act
    assert said.answer_words("works", "") == ("It works.", "")
    assert said.answer_words("something new", "The server is asleep.")[0] == "The server is asleep."
    assert "password" not in said.answer_words("sign_in_refused", "", secret=False)[1]


def test_the_sidebar_speaks_first_of_what_needs_its_owner() -> None:
    def words(**values: int) -> tuple[str, str, str]:
        return said.sync_words(SyncHealth(**{"total": 3, "running": 0, "troubled": 0, "failing": 0, "last_ok_at": NOW, **values}))

    assert words() == ("Everything in step", "circle-check", "")
    assert words(last_ok_at=None) == ("Nothing synced yet", "circle-dashed", "")
    assert words(running=1) == ("Syncing…", "refresh-cw", "accent")
    assert words(running=1, troubled=1) == ("1 connection needs you", "triangle-alert", "bad")
    assert words(failing=1) == ("1 connection is tried again", "refresh-cw", "")
    assert words(failing=2, last_ok_at=None)[0] == "2 connections are tried again"
    assert words(troubled=2)[0] == "2 connections need you"


def test_aloud_are_only_the_start_each_quarter_and_the_end() -> None:
    view = connection(last_run=run(created=2))
    at = [job(view, progress_done=done, progress_total=100) for done in (0, 10, 26, 30, 49, 76)]
    told = [said.announcement(view, before, now) for before, now in zip([None, *at], [*at, None], strict=True)]
    assert told == ["Practice: syncing", "", "Practice: 25%", "", "", "Practice: 75%", "Practice: 2 new"]
    assert said.announcement(view, None, None) == "" and said.announcement(view, job(view, payload={"dry": True}), None) == ""


def test_what_is_asked_of_its_owner_and_where() -> None:
    assert ways(connection()) is None and ways(connection(state="paused")) is None
    refused, begun = connection(state="sign_in_needed"), connection(state="paused", last_ok_at=None)
    assert ways(refused) == ("Sign in again", f"/settings/connections/{refused.id}?edit=1")
    assert ways(begun) == ("Go on", f"/settings/connections/{begun.id}")


# --- the ways to connect --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "typed", "address"),
    [
        ("nextcloud", "cloud.example.org", "https://cloud.example.org/remote.php/dav/"),
        ("nextcloud", " https://cloud.example.org/ ", "https://cloud.example.org/remote.php/dav/"),
        ("nextcloud", "https://cloud.example.org/apps/calendar/dayGridMonth/now", "https://cloud.example.org/remote.php/dav/"),
        ("nextcloud", "https://example.org/nextcloud/index.php/apps/files/", "https://example.org/nextcloud/remote.php/dav/"),
        ("nextcloud", "https://cloud.example.org:8443/remote.php/dav/calendars/ana/work/", "https://cloud.example.org:8443/remote.php/dav/"),
        ("nextcloud", "", ""),
        ("icloud", "whatever is typed", "https://caldav.icloud.com/"),
        ("fastmail", "", "https://caldav.fastmail.com/dav/"),
        ("caldav", "dav.example.org/dav", "https://dav.example.org/dav"),
        ("caldav", "http://dav.example.org/", "http://dav.example.org/"),
        ("ics", "webcal://feeds.example.org/a.ics", "https://feeds.example.org/a.ics"),
        ("ics", "  ", ""),
        ("gmail", "", "imaps://imap.gmail.com"),
        ("imap", " imap.example.org ", "imaps://imap.example.org"),
        ("imap", "imap.example.org:1993", "imaps://imap.example.org:1993"),
        ("imap", "imap://mail.example.org:143", "imap://mail.example.org:143"),
        ("imap", " ", ""),
    ],
)
def test_what_a_typed_address_means(way: str, typed: str, address: str) -> None:
    assert full_address(guides()[way], typed) == address


def test_every_way_is_told_step_by_step_and_none_that_does_not_exist_is_offered() -> None:
    assert list(guides()) == ["nextcloud", "icloud", "fastmail", "caldav", "ics", "gmail", "icloud-mail", "fastmail-mail", "imap", "nextcloud-people", "icloud-people", "fastmail-people", "carddav"]
    for guide in guides().values():
        assert guide.steps and all(step.endswith(".") for step in guide.steps)
        assert bool(guide.fixed) != bool(guide.address) and bool(guide.user) == bool(guide.password)


def test_a_second_of_a_kind_gets_a_name_of_its_own() -> None:
    assert free_name("Nextcloud", set()) == "Nextcloud"
    assert free_name("Nextcloud", {"nextcloud", "Nextcloud 2"}) == "Nextcloud 3"
