"""Google: the practice's client, signing in and coming back, and tokens that are renewed by one worker at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from starlette.testclient import TestClient

from crm_app.domain.connections import rules, syncing
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.schemas import ConnectionCreate, ConnectionUpdate
from crm_app.domain.connections.source import NotThatKind, SignInNeeded, SourceDown
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from crm_app.domain.google import service as google
from crm_app.domain.google import signing_in
from crm_app.domain.google.authority import Client, Wants, bind_google
from crm_app.domain.google.schemas import GoogleClientUpdate
from crm_app.domain.google.tokens import fresh_access
from crm_app.domain.links import bind_public_url
from crm_app.domain.sealing import bind_box
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.providers.google import FakeGoogle, GoogleAuthority
from crm_app.web import errors
from crm_app.web import google as edge
from tests.domain.boxes import TurnedBox
from tests.security.counts import counted

CLIENT_ID = "1234-abcd.apps.googleusercontent.com"
SECRET = "GOCSPX-gehe1m"
TYPED = GoogleClientUpdate(client_id=CLIENT_ID, secret=SecretStr(SECRET))
PLACE = "/settings/connections"
SESSION = UUID(int=77)


@pytest.fixture(autouse=True)
def fake(database):
    box = TurnedBox()
    bind_box(lambda: box)
    bind_public_url("https://crm.example.org")
    made = FakeGoogle()
    made.clients[CLIENT_ID] = SECRET
    bind_google(GoogleAuthority(lambda: made))
    return made


@pytest.fixture
def client_set(run, olivia):
    return run(olivia, google.set_google_client, TYPED)


@pytest.fixture
def here(alice):
    """Alice, at her browser."""
    return replace(alice, session_id=SESSION)


def come_back(actor, address: str) -> str:
    """Follow the way back from Google, as ``actor``'s browser does; where that leads."""
    app = FastAPI()
    errors.install(app)
    app.include_router(edge.make_router())

    async def signed_in(scope, receive, send):
        await app({**scope, "crm_actor": actor} if scope["type"] == "http" else scope, receive, send)

    parts = urlsplit(address)
    answer = TestClient(signed_in, base_url="https://crm.example.org").get(f"{parts.path}?{parts.query}", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["cache-control"] == "no-store"
    return answer.headers["location"]


@pytest.fixture
def connected(run, client_set, fake, here):
    """``connected()``: sign in once more, ``how`` the stand-in's person does; where it leads."""

    def do(connection_id=None, wants=Wants.CALENDARS, **how):
        return come_back(here, fake.sign_in(run(here, google.begin_sign_in, connection_id, wants).address, **how))

    return do


def key_of(place: str) -> UUID:
    return UUID(place.removeprefix(PLACE + "/").partition("?")[0])


def rows(database, statement):
    with database.owner.connect() as connection:
        return connection.execute(text(statement)).all()


def change(database, statement):
    with database.owner.begin() as connection:
        connection.execute(text(statement))


def everything(database):
    return [rows(database, f"select t::text from {name} t order by 1") for name in ("oauth_client", "oauth_state", "connection", "connection_secret", "job")]


def test_the_client_is_entered_by_who_manages_the_team_and_its_secret_is_never_shown(run, olivia, alice, vera, database):
    assert run(alice, google.get_google).model_dump() == {"client_id": "", "by_host": False, "back": "https://crm.example.org/oauth/google/callback"}
    before = everything(database)
    for person, act in ((alice, google.set_google_client), (vera, google.set_google_client)):
        with pytest.raises(Forbidden):
            run(person, act, TYPED)
    with pytest.raises(Forbidden):
        run(alice, google.remove_google_client)
    with pytest.raises(Forbidden):
        run(vera, google.get_google)
    with pytest.raises(NotFound):
        run(olivia, google.remove_google_client)
    assert everything(database) == before
    view = run(olivia, google.set_google_client, TYPED)
    assert view.client_id == CLIENT_ID and SECRET not in repr(view) + repr(TYPED)
    assert SECRET.encode() not in bytes(rows(database, "select sealed from oauth_client")[0].sealed)
    run(olivia, google.set_google_client, GoogleClientUpdate(client_id=f" 9{CLIENT_ID} ", secret=SecretStr(f" {SECRET}2 ")))
    assert run(alice, google.get_google).client_id == f"9{CLIENT_ID}" and len(rows(database, "select 1 from oauth_client")) == 1
    assert run(olivia, google.remove_google_client).client_id == ""
    actions = [row.action for row in rows(database, "select action from audit_entry where action like 'google.%' order by seq")]
    assert actions == ["google.client_set", "google.client_set", "google.client_removed"]


@pytest.mark.parametrize(("client_id", "secret", "field"), [("me@gmail.com", SECRET, "client_id"), (CLIENT_ID, "short", "secret"), (CLIENT_ID, "GOCSPX-with space", "secret")])
def test_what_is_no_client_is_said_under_its_field(run, olivia, client_id, secret, field, database):
    with pytest.raises(Invalid) as refused:
        run(olivia, google.set_google_client, GoogleClientUpdate(client_id=client_id, secret=SecretStr(secret)))
    assert set(refused.value.fields) == {field} and rows(database, "select 1 from oauth_client") == []


def test_the_hosts_client_comes_first_and_no_page_changes_it(run, olivia, alice, fake):
    bind_google(GoogleAuthority(lambda: fake), Client(CLIENT_ID, SecretStr(SECRET)))
    assert run(alice, google.get_google).by_host
    for act in (lambda: run(olivia, google.set_google_client, TYPED), lambda: run(olivia, google.remove_google_client)):
        with pytest.raises(Conflict):
            act()


def test_without_a_client_nobody_is_sent_to_google(run, here, vera):
    with pytest.raises(Unavailable):
        run(here, google.begin_sign_in)
    with pytest.raises(Forbidden):
        run(vera, google.begin_sign_in)


def test_a_client_whose_secret_no_longer_opens_is_none_until_it_is_entered_again(run, here, olivia, client_set, fake, database):
    way = fake.sign_in(run(here, google.begin_sign_in).address)
    change(database, "update oauth_client set sealed = 'x/y/z'")  # as when the key that it was sealed with is lost for good
    assert run(here, google.get_google).client_id == ""
    with pytest.raises(Unavailable):
        run(here, google.begin_sign_in)
    assert come_back(here, way) == f"{PLACE}?add=google&google=refused"
    assert run(olivia, google.set_google_client, TYPED).client_id == CLIENT_ID and run(here, google.begin_sign_in).address


def test_an_account_is_signed_in_to_once_and_set_up_like_any_other(run, here, connected, database, fake):
    place = connected()
    view = run(here, connections.get_connections).connections[0]
    assert (view.kind, view.name, view.username, view.state, view.has_password) == ("google", "Google", "ana@gmail.com", ConnectionState.PAUSED, True)
    job = rows(database, "select id, kind from job")[0]
    assert place == f"{PLACE}/{view.id}?job={job.id}" and job.kind == "connections.test"
    kept = bytes(rows(database, "select sealed from connection_secret")[0].sealed)
    assert b"ya29" not in kept and b"1//" not in kept and "ya29" not in repr(view) and "ya29" not in place
    assert rows(database, "select 1 from oauth_state") == []
    assert key_of(connected()) == view.id and len(run(here, connections.get_connections).connections) == 1, "the same account is not connected twice"
    fake.email = "other@gmail.com"
    assert key_of(connected()) != view.id
    assert sorted(one.name for one in run(here, connections.get_connections).connections) == ["Google", "Google 2"]


def test_a_sign_in_is_good_once_for_ten_minutes_for_who_began_it_where_they_did(run, here, bob, olivia, client_set, fake, database):
    def back(actor=here, *, later=timedelta(), state=""):
        way = fake.sign_in(run(here, google.begin_sign_in).address)
        if later:
            change(database, f"update oauth_state set expires_at = expires_at - interval '{later.total_seconds()} seconds'")
        return come_back(actor, way.replace("state=", f"state={state}"))

    stale, before = f"{PLACE}?add=google&google=stale", everything(database)
    asked = len(fake.asked)
    assert back(replace(bob, session_id=SESSION)) == back(replace(here, session_id=UUID(int=78))) == back(replace(here, session_id=None)) == stale
    assert back(later=timedelta(minutes=10)) == back(state="x") == come_back(here, google.BACK) == come_back(here, f"{google.BACK}?state=&code=4%2F1") == stale
    assert everything(database)[2:] == before[2:] and len(fake.asked) == asked, "Google is not even asked"
    way = fake.sign_in(run(here, google.begin_sign_in).address)
    assert come_back(here, way).startswith(f"{PLACE}/") and come_back(here, way) == stale
    assert not back(later=timedelta(minutes=9)).endswith("stale")


def test_only_the_latest_few_sign_ins_stand_open(run, here, client_set, fake, database):
    ways = [fake.sign_in(run(here, google.begin_sign_in).address) for _each in range(google.MOST_OPEN + 2)]
    assert len(rows(database, "select 1 from oauth_state")) == google.MOST_OPEN
    assert come_back(here, ways[0]).endswith("stale") and not come_back(here, ways[-1]).endswith("stale")


def test_every_way_that_it_can_come_to_nothing_is_told_apart_and_keeps_nothing(run, here, connected, fake, database):
    assert connected(agrees=False) == f"{PLACE}?add=google&google=denied"
    assert connected(allows=lambda scope: "calendar" not in scope) == f"{PLACE}?add=google&google=fewer"
    fake.keeps = False
    assert connected().endswith("not_kept")
    fake.keeps = True
    fake.fault = lambda path: (503, {}, b"") if path == "/token" else None
    assert connected().endswith("no_answer")
    fake.fault = lambda path: (503, {}, b"") if "userinfo" in path else None
    assert connected().endswith("no_answer")
    fake.fault = lambda path: None
    fake.clients[CLIENT_ID] = "another-secret"
    assert connected().endswith("refused")
    assert rows(database, "select 1 from connection") == [] and rows(database, "select 1 from job") == []


@pytest.mark.parametrize(
    ("error", "why"),
    [("access_denied", "denied"), ("server_error", "no_answer"), ("temporarily_unavailable", "no_answer"), ("org_internal", "refused"), ("", "refused")],
)
def test_why_google_sent_no_code_is_told_apart(run, here, client_set, fake, error, why):
    way = fake.sign_in(run(here, google.begin_sign_in).address, agrees=False)
    assert come_back(here, way.replace("access_denied", error)) == f"{PLACE}?add=google&google={why}"


def test_what_changes_while_somebody_is_at_google_ends_at_the_list_with_a_sentence(run, here, connected, fake, database, monkeypatch):
    meanwhile = f"{PLACE}?add=google&google=meanwhile"
    key = key_of(connected())
    fake.fault = lambda path: change(database, "delete from connection") if "userinfo" in path else None
    assert connected(key) == meanwhile
    fake.fault = lambda path: None
    connected()
    monkeypatch.setattr(signing_in.queries, "find_account", lambda *_about: None)
    monkeypatch.setattr(signing_in.connection_queries, "list_own", lambda *_about: ())  # a second tab, which looked before the first one had written
    assert connected() == meanwhile and len(rows(database, "select 1 from connection")) == 1


def test_signing_in_often_is_tried_no_more_than_ten_times_a_minute(run, here, connected, database, monkeypatch):
    monkeypatch.setattr(syncing, "TESTS_A_MINUTE", 1)
    key = key_of(connected())
    assert connected() == f"{PLACE}/{key}" and len(rows(database, "select 1 from job")) == 1


def test_what_was_granted_in_vain_ends_no_connection_that_works(run, here, connected, fake, monkeypatch):
    works = [key_of(connected())]
    fake.email = "other@gmail.com"
    works.append(key_of(connected()))
    assert connected(works[0]).endswith("other")
    fake.email = "third@gmail.com"
    assert connected(allows=lambda scope: "calendar" not in scope).endswith("fewer")
    fake.email, fake.keeps = "other@gmail.com", False
    assert connected().endswith("not_kept")
    fake.keeps, fake.fault = True, lambda path: (503, {}, b"") if "userinfo" in path else None
    assert connected().endswith("no_answer")
    fake.fault = lambda path: None
    monkeypatch.setattr(rules, "MOST", 2)
    fake.email = "third@gmail.com"
    assert connected().endswith("many")
    assert not any(path == "/revoke" for _method, path, _asked in fake.asked), "Google would end everything that the account allows this client"
    for key in works:
        old = run(here, fresh_access, key)
        assert run(here, fresh_access, key, old.get_secret_value()) != old


def test_signing_in_again_keeps_the_connection_and_its_place_in_the_calendars(run, here, bob, connected, fake, database):
    key = key_of(connected())
    change(database, "update connection set state = 'sign_in_needed', reason = 'x', failures = 3, last_ok_at = now(), last_full_at = now()")
    with pytest.raises(NotFound):
        run(bob, google.begin_sign_in, key)
    fake.email = "other@gmail.com"
    assert connected(key) == f"{PLACE}/{key}?edit=1&google=other"
    assert run(here, connections.get_connections).connections[0].state is ConnectionState.SIGN_IN_NEEDED
    fake.email = "Ana@Gmail.com"
    address = run(here, google.begin_sign_in, key).address
    assert parse_qs(urlsplit(address).query)["login_hint"] == ["ana@gmail.com"]
    assert come_back(here, fake.sign_in(address)) == f"{PLACE}/{key}"
    view = run(here, connections.get_connections).connections[0]
    assert (view.id, view.state, view.failures, view.reason, view.running) == (key, ConnectionState.ACTIVE, 0, "", True)
    assert rows(database, "select last_full_at is not null from connection")[0][0], "its place is kept"
    feed = run(here, connections.create_connection, ConnectionCreate(kind="ics", name="Feed", url="https://feeds.example.org/a.ics"))
    with pytest.raises(NotFound):
        run(here, google.begin_sign_in, feed.id)


def test_nothing_that_opens_it_is_typed(run, here, connected, database):
    key = key_of(connected())
    with pytest.raises(Invalid):
        run(here, connections.create_connection, ConnectionCreate(kind="google", name="G", url="https://calendar.google.com/"))
    for values in ({"url": "https://evil.example/"}, {"username": "eve"}, {"password": SecretStr("x")}):
        with pytest.raises(Invalid):
            run(here, connections.update_connection, key, ConnectionUpdate(version=1, **values))
    assert run(here, connections.update_connection, key, ConnectionUpdate(version=1, name="Mine", history_months=6)).name == "Mine"


def test_letting_go_gives_back_what_was_granted_and_says_when_google_could_not_be_told(run, here, connected, fake, database):
    def let_go(key):
        asked = len(fake.asked)
        rest = run(here, connections.delete_connection, key)
        assert len(fake.asked) == asked and rows(database, "select 1 from connection_secret") == [], "Google is asked when it stands"
        return rest()

    assert let_go(key_of(connected())) is True and fake._grants == {}
    key = key_of(connected())
    fake.fault = lambda path: (503, {}, b"") if path == "/revoke" else None
    assert let_go(key) is False
    key, asked = key_of(connected()), len(fake.asked)
    change(database, "update connection_secret set sealed = 'x/y/z'")
    assert let_go(key) is False and len(fake.asked) == asked, "nobody can give back what no longer opens"
    feed = run(here, connections.create_connection, ConnectionCreate(kind="ics", name="Feed", url="https://feeds.example.org/a.ics"))
    assert let_go(feed.id) is True and len(fake.asked) == asked


def test_what_an_account_allows_is_given_back_with_the_last_connection_to_it_in_the_practice(run, here, bob, connected, fake, client_set):
    theirs = replace(bob, session_id=SESSION)
    keys = [key_of(connected()), key_of(connected(wants=Wants.MAIL))]
    others = key_of(come_back(theirs, fake.sign_in(run(theirs, google.begin_sign_in, None, Wants.CONTACTS).address)))
    keys.append(key_of(connected(wants=Wants.CONTACTS)))
    assert [run(here, connections.delete_connection, key)() for key in keys] == [True, True, True]
    assert not any(path == "/revoke" for _method, path, _asked in fake.asked) and run(theirs, fresh_access, others, "x")
    assert run(theirs, connections.delete_connection, others)() is True and fake._grants == {}


def test_a_token_is_used_until_its_last_minute_and_renewed_where_it_is_refused(run, here, connected, fake, database, olivia):
    key = key_of(connected())
    first = run(here, fresh_access, key)
    asked = len(fake.asked)
    assert run(here, fresh_access, key) == first == run(here, fresh_access, key, "another") and len(fake.asked) == asked
    second = run(here, fresh_access, key, first.get_secret_value())
    assert second != first and run(here, fresh_access, key) == second
    fake.lasts = 59
    third = run(here, fresh_access, key, second.get_secret_value())
    assert run(here, fresh_access, key) != third
    sealed = rows(database, "select sealed from connection_secret")
    fake.fault = lambda path: (503, {"retry-after": "9"}, b"")
    with pytest.raises(SourceDown):
        run(here, fresh_access, key)
    assert rows(database, "select sealed from connection_secret") == sealed
    fake.fault = lambda path: None
    fake.take_back()
    with pytest.raises(SignInNeeded, match="Sign in with Google again"):
        run(here, fresh_access, key)
    run(olivia, google.remove_google_client)
    with pytest.raises(NotThatKind, match="client"):
        run(here, fresh_access, key)
    change(database, "delete from connection_secret")  # as when the key that it was sealed with is lost for good
    with pytest.raises(SignInNeeded, match="Nothing is kept"):
        run(here, fresh_access, key)


def test_nobody_else_is_handed_a_token(run, here, bob, olivia, vera, connected):
    key = key_of(connected())
    for person in (bob, olivia):
        with pytest.raises(NotFound):
            run(person, fresh_access, key)
    with pytest.raises(Forbidden):
        run(vera, fresh_access, key)
    with pytest.raises(NotFound):
        run(here, fresh_access, uuid4())


def test_the_database_itself_keeps_the_client_for_managers_and_each_sign_in_for_whoever_began_it(run, alice, bob, olivia, vera, client_set, here, database):
    run(here, google.begin_sign_in)
    for person, own in ((alice, 1), (bob, 0), (olivia, 0), (vera, 0)):
        with unit_of_work(person, "tests.look") as session:
            assert session.connection().execute(text("select count(*) from oauth_state")).scalar() == own
    for person in (alice, vera):
        with unit_of_work(person, "tests.try") as session:
            assert [session.connection().execute(text(way)).rowcount for way in ("update oauth_client set client_id = 'x'", "delete from oauth_client")] == [0, 0]
        with pytest.raises(ProgrammingError, match="row-level security"), unit_of_work(person, "tests.try") as session:
            session.connection().execute(text("insert into oauth_client (id, provider, client_id, sealed, key_id) values (gen_random_uuid(), 'google', 'x', '', '')"))


@counted(10, 100, "races")
def test_tok_05_two_workers_renew_a_token_once_and_both_end_with_the_valid_one(run, here, connected, fake, count):
    fake.rotates = True
    key = key_of(connected())
    old = run(here, fresh_access, key).get_secret_value()
    with ThreadPoolExecutor(2) as workers:
        for _race in range(count):
            gate, renewals = threading.Barrier(2), len(fake.asked)

            def renew(gate=gate, refused=old):
                gate.wait()
                return run(here, fresh_access, key, refused).get_secret_value()

            one, other = (each.result() for each in [workers.submit(renew) for _worker in range(2)])
            assert one == other != old and len(fake.asked) == renewals + 1, "asked once"
            old = one
    assert run(here, fresh_access, key, old), "no token was used twice, which would have ended the grant"


def test_tok_05_the_stand_in_would_catch_a_token_that_is_used_twice(connected, fake):
    fake.rotates = True
    connected()
    used = next(iter(fake._grants))
    authority, client = GoogleAuthority(lambda: fake), Client(CLIENT_ID, SecretStr(SECRET))
    fresh = authority.renew(client, SecretStr(used)).refresh
    for token in (SecretStr(used), fresh):
        with pytest.raises(SignInNeeded):
            authority.renew(client, token)
