"""A person's own account: nobody else's can be changed, and secrets are shown once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from crm_app.cli.acting import acting_as
from crm_app.domain.accounts import passwords, rules, service
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.accounts.views import ProfileUpdate
from crm_app.domain.cadence import feeds
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.unit_of_work import anonymous_work

LIMITS = rules.session_limits(False)


def _sign_in(actor) -> tuple:
    token = rules.new_token()
    new = NewSession(user_id=actor.user_id, token_hash=rules.hash_token(token), remembered=False, user_agent="Mozilla Firefox Linux", address="127.0.0.1")
    return SqlSessionStore().open_session(new, LIMITS), rules.hash_token(token)


def test_by_which_clock_one_reads_times_goes_wherever_one_acts(run, alice):
    assert run(alice, service.get_profile).clock == ""
    assert run(alice, service.update_profile, ProfileUpdate(name="Alice", clock="12")).clock == "12"
    _, token = _sign_in(alice)
    store = SqlSessionStore()
    assert store.session(token).actor().clock == store.peek_session(token).actor().clock == "12"
    with anonymous_work() as session:
        assert find_owner(session, alice.user_id).clock == "12"
    assert acting_as(alice.email).clock == "12"
    _, secret = run(alice, service.create_token, "script")
    assert store.token(rules.hash_token(secret)).actor().clock == "12"
    assert store.feed_reader(rules.hash_token(run(alice, feeds.create_feed))).clock == "12"


def test_a_person_changes_their_own_profile(run, alice, vera):
    view = run(alice, service.update_profile, ProfileUpdate(name="Alice Ferreira", time_zone="Europe/Lisbon", locale="pt", week_start=6))
    assert (view.name, view.time_zone, view.week_start) == ("Alice Ferreira", "Europe/Lisbon", 6)
    assert run(vera, service.set_theme, "dark").theme == "dark"
    assert run(vera, service.set_whose, "mine") is not None and run(vera, service.get_shell_facts).whose == "mine"
    assert not run(vera, service.get_shell_facts).alone
    assert run(alice, service.get_profile).theme == "system"


@pytest.mark.parametrize("bad", [{"time_zone": "Mars/Olympus"}, {"locale": "zz-nope"}, {"week_start": 9}, {"clock": "13"}, {"name": ""}, {"role": "owner"}])
def test_a_profile_is_checked_field_by_field(bad):
    with pytest.raises(ValueError):
        ProfileUpdate(**{"name": "Alice", **bad})


def test_sessions_are_listed_and_revoked_by_their_owner_alone(run, alice, bob):
    mine, hashed = _sign_in(alice)
    assert [view.id for view in run(alice, service.list_sessions)] == [mine]
    with pytest.raises(NotFound):
        run(bob, service.revoke_session, mine)
    assert SqlSessionStore().session(hashed) is not None
    run(alice, service.revoke_session, mine)
    assert SqlSessionStore().session(hashed) is None
    assert run(alice, service.list_sessions) == ()


def test_a_token_is_shown_once_works_and_can_be_revoked(run, alice, bob):
    view, secret = run(alice, service.create_token, "Backup script", ("contact:read",))
    assert secret.startswith(service.TOKEN_PREFIX)
    record = SqlSessionStore().token(rules.hash_token(secret))
    assert record is not None
    assert record.user_id == alice.user_id
    assert record.scopes == frozenset({"contact:read"})
    assert secret not in repr(run(alice, service.list_tokens))
    with pytest.raises(NotFound):
        run(bob, service.revoke_token, view.id)
    run(alice, service.revoke_token, view.id)
    assert SqlSessionStore().token(rules.hash_token(secret)) is None


def test_a_token_expires(run, alice):
    from crm_app.domain.rows import now

    _, secret = run(alice, service.create_token, "Short", (), now() - timedelta(seconds=1))
    assert SqlSessionStore().token(rules.hash_token(secret)) is None


def test_bad_token_requests_say_which_field(run, alice):
    with pytest.raises(Invalid) as nameless:
        run(alice, service.create_token, "  ")
    assert "name" in nameless.value.fields
    with pytest.raises(Invalid) as scoped:
        run(alice, service.create_token, "x", ("contact:everything",))
    assert "scopes" in scoped.value.fields


def test_a_limited_key_makes_no_wider_one(run, alice):
    limited = replace(alice, via="api", scopes=frozenset({"token:manage", "contact:read"}))
    for scopes in ((), ("contact:write",)):
        with pytest.raises(Invalid):
            run(limited, service.create_token, "Wider", scopes)
    view, _ = run(limited, service.create_token, "Narrower", ("contact:read",))
    assert view.scopes == ("contact:read",)


def test_a_password_changes_only_with_the_current_one_and_signs_out_others(run, alice, database):
    with database.owner.begin() as connection:
        hashed = passwords.hash_password("correct horse battery")
        connection.execute(text("insert into credential (user_id, password_hash, changed_at) values (:id, :hash, now())"), {"id": alice.user_id, "hash": hashed})
    _, hashed = _sign_in(alice)
    assert run(alice, service.change_password, "wrong", "violet kettle marching").faults.keys() == {"current"}
    with pytest.raises(Invalid) as weak:
        run(alice, service.change_password, "correct horse battery", "password1")
    assert "new" in weak.value.fields
    assert SqlSessionStore().session(hashed) is not None
    assert run(alice, service.change_password, "correct horse battery", "violet kettle marching").faults == {}
    assert SqlSessionStore().session(hashed) is None
    stored = SqlSessionStore().user_by_email(alice.email)
    assert stored is not None
    assert passwords.verify_password(stored.password_hash, "violet kettle marching")


def test_nobody_sets_anothers_password(alice, bob, database):
    from crm_app.domain.unit_of_work import unit_of_work

    with unit_of_work(bob, "attack") as session:
        assert session.connection().execute(text("select auth_set_password(:who, 'x')"), {"who": alice.user_id}).scalar() is False


def test_people_of_the_team_without_the_disabled(run, alice):
    names = {person.name for person in run(alice, service.list_people)}
    assert any("lice" in name for name in names)
    assert all("harlie" not in name for name in names)


def test_missing_user_is_not_found(run, alice):
    with pytest.raises(NotFound):
        run(replace(alice, user_id=uuid4()), service.get_profile)
