"""An account's contacts at Google from the sign-in to the people here: what a run writes, what is kept, and who is seen by whom."""

from __future__ import annotations

import pytest

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind, ConnectionState
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.google.authority import CALENDARS, CONTACTS, Client, Wants, bind_google
from crm_app.domain.jobs import service as jobs
from crm_app.domain.links import bind_public_url
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GoogleAuthority, PeopleSource
from crm_app.providers.google.fake_people import FakePeople
from tests.jobs.fake_account import counts
from tests.jobs.test_google import go, sign_in
from tests.providers.google.conftest import CLIENT, Unhurried

__all__ = ["go", "sign_in"]


@pytest.fixture
def fake(box):
    bind_public_url("https://crm.example.org")
    made = FakePeople()
    made.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
    bind_google(GoogleAuthority(lambda: made), Client(CLIENT.client_id, CLIENT.secret))
    bind_sources({ConnectionKind.GOOGLE_PEOPLE: lambda _url, name, tokens, _gate: PeopleSource(name, tokens, made, GOOGLE, Unhurried())})
    made.groups = {"a1": "Clients"}
    made.person(1, "Ana Silva", emailAddresses=mail("ana@x.example"), organizations=[{"name": "Bakery"}], memberships=label("a1", "myContacts"))
    made.person(2, "Ben Ott", emailAddresses=mail("ben@x.example"))
    made.person(3, "Ben O.", emailAddresses=mail("BEN@x.example"))
    made.person(7, "Ben Ott", emailAddresses=mail("ben@x.example"), phoneNumbers=[{"value": "+49 30 1234567", "type": "mobile"}])
    made.person(4, emailAddresses=mail("who@x.example"))
    made.person(5, biographies=[{"value": "somebody"}])
    return made


def mail(address):
    return [{"value": address, "type": "home"}]


def label(*refs):
    return [{"contactGroupMembership": {"contactGroupResourceName": f"contactGroups/{ref}"}} for ref in refs]


@pytest.fixture
def key(run, alice, fake, sign_in, view):
    """Alice has signed in for her contacts, and the test has found the book."""
    sign_in(wants=Wants.CONTACTS)
    JobRunner(HANDLERS).run_pending()
    run(alice, connections.resume_connection, view().id)
    return view().id


def test_contacts_are_asked_for_alone_and_come_in_once(run, alice, bob, fake, key, go, view, ask, rows):
    (job,) = run(alice, jobs.list_jobs, ("connections.test",))
    assert job.result == {"answer": "works", "sentence": "It works.", "books": ["Contacts"]}
    assert [(one.kind, one.name, one.username, one.meetings_audience) for one in [view()]] == [("google_people", "Google Contacts", "ana@gmail.com", "private")]
    (grant,) = fake._grants.values()
    assert CONTACTS in grant.scopes and CALENDARS not in grant.scopes
    assert counts(go(key, dry=True)) == (6, 4, 1, 0, 0, 1) and ask("select count(*) from contact") == [(0,)], "a dry run changes nothing"
    first = go(key)
    assert counts(first) == (6, 4, 1, 0, 0, 1) and [(book.name, book.people) for book in view().books] == [("Contacts", 4)]
    assert sorted(name for (name,) in ask("select display_name from contact where audience = 'private'")) == ["Ana Silva", "Ben O.", "Ben Ott", "who@x.example"]
    (problem,) = run(alice, connections.list_problems, key)
    assert (problem.item, problem.kind) == ("people/c5", "failed")
    assert len(ask("select 1 from contact where display_name like 'Ben%'")) == 2, "two of one name with one address are one person, two of another are two, as in an import"
    before = rows()
    assert counts(go(key))[1:5] == (0, 0, 0, 0)
    assert {name for name in before if rows()[name] != before[name]} <= {"sync_problem"}, "a sync with nothing new writes nothing but its run"


def test_a_contact_follows_google_where_nobody_changed_it_here_and_nobody_is_deleted_by_it(run, alice, fake, key, go, ask):
    go(key)
    ((ana,),) = ask("select id from contact where display_name = 'Ana Silva'")
    made = run(alice, contacts.get_contact, ana)
    assert (made.company, made.tags) == ("Bakery", ("Clients",))
    run(alice, contacts.update_contact, ana, ContactUpdate(version=made.version, company="Hers"))
    fake.person(1, "Ana Costa", emailAddresses=mail("new@x.example"), organizations=[{"name": "Mill"}])
    fake.forget("people/c4")
    assert counts(go(key))[1:4] == (0, 1, 1)
    now = run(alice, contacts.get_contact, ana)
    assert (now.display_name, now.company, now.primary_email, now.tags) == ("Ana Costa", "Hers", "new@x.example", ())
    assert "Kept what was changed here: Company." in [one.reason for one in run(alice, connections.list_problems, key)]
    assert ask("select count(*) from contact where deleted_at is null") == [(4,)], "who is gone over there stays here"
    fake.forget_tokens()
    assert counts(go(key))[1:4] == (0, 0, 0), "an old place in the list: everything is looked at, and nobody comes twice"
    run(alice, contacts.delete_contacts, [ana])
    fake.person(1, "Ana Costa", organizations=[{"name": "Mine"}])
    assert counts(go(key))[1:3] == (0, 0) and ask("select count(*) from contact where deleted_at is null") == [(3,)]
    assert run(alice, connections.delete_connection, key)() is True
    assert ask("select count(*) from contact where deleted_at is null") == [(3,)] and fake._grants == {}, "letting go of it gives back the access"


def test_the_access_that_ends_asks_to_sign_in_again_and_the_same_account_goes_on(run, alice, fake, sign_in, key, go, view, told):
    go(key)
    fake.take_back()
    assert go(key).state == "failed" and view().state is ConnectionState.SIGN_IN_NEEDED and len(told()) == 1
    fake.person(6, "New")
    assert sign_in(key, wants=Wants.CONTACTS) == f"/settings/connections/{key}"
    JobRunner(HANDLERS).run_pending()
    assert view().state is ConnectionState.ACTIVE and view().books[0].people == 5
    fake.take_back()
    assert sign_in(wants=Wants.CONTACTS, allows=lambda scope: "contacts" not in scope) == "/settings/connections?add=google-people&google=fewer"
