"""One contract for the store in memory and the one in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain.accounts import passwords, rules
from crm_app.domain.accounts.schemas import FirstOwner, NewMember, NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.ports import SessionStore
from tests.cluster import Database
from tests.conftest import PEOPLE
from tests.web.fake_store import FakeSessionStore, Person

ALICE = PEOPLE["alice"][0]
HASH = passwords.hash_password("correct horse staple")


@dataclass
class World:
    store: SessionStore
    later: Callable[[timedelta], None]
    disable: Callable[[], None]
    empty: Callable[[], None]
    invite: Callable[[bytes, str], None]
    offer: Callable[[bytes], None]


@pytest.fixture
def fake_world() -> World:
    store = FakeSessionStore(team="Stillwater")
    store.people[ALICE] = Person(ALICE, "alice@example.org", "Alice", "member", HASH)

    def disable() -> None:
        store.people[ALICE].disabled = True

    return World(store, store.turn_clock, disable, store.people.clear, store.add_invitation, lambda token_hash: store.add_reset(token_hash, ALICE))


@pytest.fixture
def real_world(database: Database) -> World:
    def owner(sql: str, **values: Any) -> None:
        with database.owner.begin() as connection:
            connection.execute(text(sql), values)

    owner("insert into credential (user_id, password_hash, changed_at) values (:who, :hash, now())", who=ALICE, hash=HASH)

    def later(by: timedelta) -> None:
        owner("update user_session set last_seen_at = last_seen_at - :by, expires_at = expires_at - :by", by=by)
        owner("update rate_counter set window_ends_at = window_ends_at - :by", by=by)
        owner("update setup_code set expires_at = expires_at - :by", by=by)
        owner("update invitation set expires_at = expires_at - :by", by=by)
        owner("update password_reset set expires_at = expires_at - :by", by=by)

    def disable() -> None:
        owner("update user_account set disabled_at = now() where id = :who", who=ALICE)

    def invite(token_hash: bytes, email: str) -> None:
        owner(
            "insert into invitation (id, email, role, token_hash, invited_by, expires_at) values (gen_random_uuid(), :email, 'member', :hash, :who, now() + interval '7 days')",
            email=email, hash=token_hash, who=PEOPLE["olivia"][0],
        )  # fmt: skip

    def offer(token_hash: bytes) -> None:
        owner(
            "insert into password_reset (id, user_id, token_hash, made_by, expires_at) values (gen_random_uuid(), :who, :hash, :by, now() + interval '10 minutes')",
            who=ALICE, hash=token_hash, by=PEOPLE["olivia"][0],
        )  # fmt: skip

    return World(SqlSessionStore(), later, disable, lambda: owner("truncate user_account, team cascade"), invite, offer)


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest, database: Database) -> World:
    return request.getfixturevalue(f"{request.param}_world")


def _open(store: SessionStore, remembered: bool = False) -> tuple[UUID, bytes]:
    token_hash = rules.hash_token(rules.new_token())
    new = NewSession(user_id=ALICE, token_hash=token_hash, remembered=remembered, user_agent="Firefox", address="127.0.0.1")
    return store.open_session(new, rules.session_limits(remembered)), token_hash


def test_a_person_is_found_by_address_whatever_its_case(world: World) -> None:
    found = world.store.user_by_email("ALICE@example.org")
    assert found is not None and found.user_id == ALICE and passwords.verify_password(found.password_hash, "correct horse staple")
    assert world.store.user_by_email("nobody@example.org") is None


def test_a_session_opens_keeps_its_data_and_closes_once(world: World) -> None:
    session_id, token_hash = _open(world.store)
    record = world.store.session(token_hash)
    assert record is not None and (record.session_id, record.user_id, record.name, record.data) == (session_id, ALICE, "Alice", {})
    world.store.save_session_data(token_hash, {"seen": [1, 2]})
    assert world.store.session(token_hash).data == {"seen": [1, 2]}
    world.store.close_session(session_id, PEOPLE["bob"][0])
    assert world.store.session(token_hash) is not None, "another person may not close it"
    world.store.close_session(session_id, ALICE)
    assert world.store.session(token_hash) is None


def test_a_session_ends_by_idling_and_by_age(world: World) -> None:
    _, token_hash = _open(world.store)
    for _ in range(11):
        world.later(timedelta(minutes=59))
        assert world.store.session(token_hash) is not None
    world.later(timedelta(minutes=61))
    assert world.store.session(token_hash) is None
    _, token_hash = _open(world.store)
    for _ in range(13):
        world.later(timedelta(minutes=55))
        world.store.session(token_hash)
    world.later(timedelta(minutes=30))
    assert world.store.session(token_hash) is None, "12 hours are over although it was used all the time"


def test_looking_at_a_session_does_not_keep_it_awake(world: World) -> None:
    _, token_hash = _open(world.store)
    for _ in range(2):
        world.later(timedelta(minutes=25))
        assert world.store.peek_session(token_hash) == world.store.peek_session(token_hash) is not None
    world.later(timedelta(minutes=25))
    assert world.store.peek_session(token_hash) is None and world.store.session(token_hash) is None


def test_a_remembered_session_lives_for_days(world: World) -> None:
    _, token_hash = _open(world.store, remembered=True)
    world.later(timedelta(days=13))
    record = world.store.session(token_hash)
    assert record is not None and record.remembered
    world.later(timedelta(days=15))
    assert world.store.session(token_hash) is None


def test_a_disabled_person_has_no_session_and_gets_none(world: World) -> None:
    _, token_hash = _open(world.store)
    world.disable()
    assert world.store.session(token_hash) is None
    with pytest.raises(LookupError):
        _open(world.store)


def test_all_sessions_but_one_can_be_closed(world: World) -> None:
    kept, kept_hash = _open(world.store)
    others = [_open(world.store)[1] for _ in range(3)]
    world.store.close_user_sessions(ALICE, kept)
    assert world.store.session(kept_hash) is not None
    assert [world.store.session(other) for other in others] == [None] * 3
    world.store.close_user_sessions(ALICE)
    assert world.store.session(kept_hash) is None


def test_counters_have_windows(world: World) -> None:
    assert [world.store.rate_hit("k", 60) for _ in range(3)] == [1, 2, 3]
    hits, left = world.store.rate_peek("k")
    assert hits == 3 and 55 <= left <= 60
    world.later(timedelta(seconds=61))
    assert world.store.rate_peek("k") == (0, 0)
    assert world.store.rate_hit("k", 60) == 1
    world.store.rate_clear("k")
    assert world.store.rate_peek("k") == (0, 0)


def test_a_password_can_be_replaced(world: World) -> None:
    world.store.set_password(ALICE, passwords.hash_password("another long one"))
    assert passwords.verify_password(world.store.user_by_email("alice@example.org").password_hash, "another long one")


def test_the_first_owner_is_made_once_with_a_fresh_code(world: World) -> None:
    owner = FirstOwner("o@example.org", "Olivia", HASH, "Harbour", "PT", "Europe/Lisbon", "en")
    assert not world.store.is_first_run() and world.store.first_owner(b"x", owner) is None
    assert world.store.team_name() == "Stillwater"
    world.empty()
    assert world.store.is_first_run()
    code = rules.hash_setup_code("7KQM-2XWA-9PTD")
    world.store.put_setup_code(code, rules.SETUP_CODE_LIFE)
    assert world.store.first_owner(rules.hash_setup_code("WRONG"), owner) is None
    world.later(timedelta(minutes=31))
    assert world.store.first_owner(code, owner) is None, "half an hour is over"
    world.store.put_setup_code(code, rules.SETUP_CODE_LIFE)
    made = world.store.first_owner(rules.hash_setup_code(" 7kqm 2xwa-9ptd"), owner)
    assert made is not None and not world.store.is_first_run() and world.store.team_name() == "Harbour"
    assert world.store.first_owner(code, owner) is None, "a code is used once"


NINA = NewMember("Nina", HASH, "Europe/Lisbon", "pt", 0, "192.0.2.5")


def test_an_invitation_makes_one_account(world: World) -> None:
    world.invite(b"first", "nina@example.org")
    offer = world.store.invitation(b"first")
    assert offer is not None and (offer.state, offer.email, offer.role, offer.team, offer.inviter) == ("open", "nina@example.org", "member", "Stillwater", "Olivia")
    assert world.store.invitation(b"none") is None and world.store.accept_invitation(b"none", NINA) is None
    made = world.store.accept_invitation(b"first", NINA)
    assert made is not None and world.store.user_by_email("Nina@example.org").user_id == made
    assert world.store.accept_invitation(b"first", NINA) is None and world.store.invitation(b"first").state == "used"
    world.invite(b"second", "NINA@example.org")
    assert world.store.accept_invitation(b"second", NINA) is None, "the address has an account by now"
    world.invite(b"third", "noah@example.org")
    world.later(timedelta(days=7))
    assert world.store.invitation(b"third").state == "expired" and world.store.accept_invitation(b"third", NINA) is None


def test_a_reset_link_replaces_a_password_once(world: World) -> None:
    _, token_hash = _open(world.store)
    world.offer(b"first")
    world.offer(b"second")
    offer = world.store.password_reset(b"first")
    assert offer is not None and (offer.state, offer.email, offer.name) == ("open", "alice@example.org", "Alice")
    fresh = passwords.hash_password("another long one")
    assert world.store.use_password_reset(b"first", fresh, "192.0.2.5") == ALICE
    assert world.store.use_password_reset(b"first", fresh, "192.0.2.5") is None and world.store.password_reset(b"first").state == "used"
    assert world.store.use_password_reset(b"second", fresh, "192.0.2.5") is None and world.store.password_reset(b"second").state == "revoked"
    assert world.store.session(token_hash) is None, "whoever was signed in is not any more"
    assert passwords.verify_password(world.store.user_by_email("alice@example.org").password_hash, "another long one")
    world.offer(b"third")
    world.later(timedelta(minutes=10))
    assert world.store.password_reset(b"third").state == "expired" and world.store.use_password_reset(b"third", fresh, "") is None
    world.offer(b"fourth")
    world.disable()
    assert world.store.password_reset(b"fourth").state == "revoked" and world.store.use_password_reset(b"fourth", fresh, "") is None
    assert world.store.password_reset(b"none") is None
