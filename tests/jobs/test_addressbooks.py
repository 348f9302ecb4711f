"""Runs of an address book account by a real worker: what comes in, what stays out and why, what a dry run says; a test; and the way of a real server."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.connections.source import SignInNeeded, SourceDown
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.carddav import FakeCardDav
from crm_app.providers.carddav import make_source as make_carddav
from tests.domain.test_addressbooks import card
from tests.jobs.fake_account import counts
from tests.providers.carddav.conftest import fresh_account, radicale

__all__ = ["radicale"]

GROUP = b"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nFN:Friends\r\nEND:VCARD\r\n"


def person(number: int, *more: str) -> bytes:
    return card(f"Person {number}", f"EMAIL:p{number}@example.org", *more, uid=f"0f6f1a3e-0000-4000-8000-{number:012}")


@pytest.fixture
def account(box):
    account = FakeCardDav()
    bind_sources({ConnectionKind.CARDDAV: lambda url, username, password, gate: account})
    for number in range(105):
        account.put("/book/", f"/book/{number}.vcf", person(number))
    account.put("/book/", "/book/friends.vcf", GROUP)
    account.put("/book/", "/book/broken.vcf", b"<html>")
    return account


@pytest.fixture
def made(run, alice, account):
    data = ConnectionCreate(kind=ConnectionKind.CARDDAV, name="Practice", url="https://cloud.example.org/dav", username="ana", password=SecretStr("x"))
    view = run(alice, connections.create_connection, data, start=False)
    return run(alice, connections.resume_connection, view.id)


def test_everybody_comes_in_once_and_what_is_no_person_says_why(sync, rows, ask, account, view, alice, run, made):
    assert counts(sync(dry=True)) == (107, 105, 0, 0, 1, 1) and ask("select count(*) from contact") == [(0,)], "a dry run changes nothing"
    first = sync()
    assert first.state == JobState.DONE and counts(first) == (107, 105, 0, 0, 1, 1)
    assert [(book.name, book.people) for book in view().books] == [("Contacts", 105)]
    problems = run(alice, connections.list_problems, made.id)
    assert [(one.item, one.calendar, one.kind) for one in problems] == [("/book/broken.vcf", "Contacts", "failed"), ("/book/friends.vcf", "Contacts", "skipped")]
    before = rows()
    assert counts(sync())[1:5] == (0, 0, 0, 0)
    assert {name for name in before if rows()[name] != before[name]} <= {"sync_problem"}, "a sync with nothing new writes nothing but its run"
    account.put("/book/", "/book/3.vcf", person(3, "ORG:Mill"))
    account.remove("/book/", "/book/4.vcf")
    assert counts(sync())[1:4] == (0, 1, 1) and ask("select count(*) from contact") == [(105,)]
    assert ask("select display_name from contact where company = 'Mill'") == [("Person 3",)]
    assert counts(sync(full=True))[1:4] == (0, 0, 0)
    parts = run(alice, connections.count_connection_parts, made.id)
    run(alice, connections.delete_connection, made.id)
    assert parts.people == 104 and ask("select count(*) from contact") == [(105,)], "letting go of the account lets go of nobody"


def test_trouble_keeps_what_came_and_says_so(sync, account, view, ask):
    sync()
    account.dav.fault = SignInNeeded("The server refused the sign-in.")
    assert sync().state == JobState.FAILED and view().state == "sign_in_needed"
    account.dav.fault = SourceDown("The server did not answer.")
    assert sync().state == JobState.FAILED and ask("select count(*) from contact") == [(105,)]
    account.dav.fault = None
    account.dav.forget_tokens()
    assert sync().state == JobState.DONE and view().state == "active" and counts(sync())[1:4] == (0, 0, 0)


def test_the_way_of_a_real_server(run, alice, box, radicale, ask):
    bind_sources({ConnectionKind.CARDDAV: make_carddav})
    there = fresh_account(radicale)
    for number in range(3):
        assert there.put(f"p{number}", person(number))
    data = ConnectionCreate(kind=ConnectionKind.CARDDAV, name="Radicale", url=radicale.url, username="alice", password=SecretStr(radicale.password))
    made = run(alice, connections.create_connection, data, inner_allowed=True, start=False)
    job = run(alice, connections.test_connection, made.id)
    JobRunner(HANDLERS).run_pending()
    result = run(alice, jobs.get_job, job.id).result
    assert result["answer"] == "works" and "Clients" in result["books"]
    run(alice, connections.resume_connection, made.id)
    done = run(alice, connections.sync_now, made.id)
    JobRunner(HANDLERS).run_pending()
    assert run(alice, jobs.get_job, done.id).state == JobState.DONE and ask("select count(*) from contact") == [(3,)]
