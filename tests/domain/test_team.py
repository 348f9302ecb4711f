"""The team: roles, coming and going, and that there is always an owner."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_app.domain.accounts import passwords
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.rules import hash_token, session_limits
from crm_app.domain.accounts.schemas import NewMember, NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.jobs import service as jobs
from crm_app.domain.permissions import Role
from crm_app.domain.team import service as team
from crm_app.domain.team.schemas import Invite, TeamUpdate
from crm_app.domain.unit_of_work import unit_of_work

PASSWORD = "correct horse staple"


@pytest.fixture
def adam(database) -> Actor:
    """An admin."""
    who = Actor(user_id=uuid4(), role=Role.ADMIN, name="Adam", email="adam@example.org")
    add_person(database, who)
    return who


def add_person(database, who: Actor) -> None:
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
                "values (:id, :email, :name, :role, 'UTC', 'en', 'system', 0, false)"
            ),
            {"id": who.user_id, "email": who.email, "name": who.name, "role": who.role.value},
        )


def column(database, name: str, who: Actor):
    with database.owner.connect() as connection:
        return connection.execute(text(f"select {name} from user_account where id = :id"), {"id": who.user_id}).scalar()


def accounts_of(database) -> list:
    with database.owner.connect() as connection:
        return connection.execute(text("select id, role, disabled_at from user_account order by id")).all()


def signed_in(who: Actor) -> bytes:
    token_hash = uuid4().bytes
    SqlSessionStore().open_session(NewSession(who.user_id, token_hash, False, "Firefox", "192.0.2.1"), session_limits(False))
    return token_hash


def last_deed(database):
    with database.owner.connect() as connection:
        return connection.execute(text("select action, actor_id, subject_id, details from audit_entry order by seq desc limit 1")).one()


CHANGES = [
    ("change_role", lambda who: (who.user_id, "viewer")), ("disable_member", lambda who: (who.user_id,)), ("enable_member", lambda who: (who.user_id,)),
    ("sign_out_member", lambda who: (who.user_id,)), ("offer_reset", lambda who: (who.user_id,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CHANGES, ids=[name for name, _ in CHANGES])
def test_only_those_who_manage_the_team_may(run, database, alice, vera, bob, olivia, adam, name, arguments):
    service, before = getattr(team, name), accounts_of(database)
    for nosy in (alice, vera):
        with pytest.raises(Forbidden):
            run(nosy, service, *arguments(bob))
    for manager in (olivia, adam):
        with pytest.raises(NotFound):
            run(manager, service, uuid4(), *arguments(bob)[1:])
        with pytest.raises(Forbidden):
            run(manager, service, manager.user_id, *arguments(bob)[1:])
    with pytest.raises(Forbidden, match="owner of the team stays"):
        run(adam, service, olivia.user_id, *arguments(bob)[1:])
    second = Actor(user_id=uuid4(), role=Role.ADMIN, name="Ada", email="ada@example.org")
    add_person(database, second)
    with pytest.raises(Forbidden, match="manages its admins"):
        run(adam, service, second.user_id, *arguments(bob)[1:])
    assert [row for row in accounts_of(database) if row.id != second.user_id] == before
    for manager in (adam, olivia):
        run(manager, service, *arguments(bob))


def test_another_role_signs_its_person_out_and_is_written_down(run, database, bob, olivia):
    token_hash = signed_in(bob)
    view = run(olivia, team.change_role, bob.user_id, "viewer")
    assert (view.role, column(database, "role", bob)) == ("viewer", "viewer")
    assert SqlSessionStore().session(token_hash) is None
    assert tuple(last_deed(database)) == ("team.role_changed", olivia.user_id, bob.user_id, {"before": "member", "after": "viewer"})


def test_only_the_owner_makes_admins_and_nobody_makes_owners(run, database, bob, olivia, adam):
    with pytest.raises(Forbidden, match="makes admins"):
        run(adam, team.change_role, bob.user_id, "admin")
    for role in ("owner", "root", ""):
        with pytest.raises(Invalid):
            run(olivia, team.change_role, bob.user_id, role)
    assert run(olivia, team.change_role, bob.user_id, "admin").role == "admin"


def test_the_database_asks_once_more(database, alice, bob, adam, olivia):
    """A defect in a service must not let anybody past: each function refuses by itself."""
    attempts = [
        (alice, f"select team_set_role('{bob.user_id}', 'viewer')"), (alice, f"select team_disable('{bob.user_id}')"), (adam, f"select team_disable('{olivia.user_id}')"),
        (adam, f"select team_set_role('{bob.user_id}', 'admin')"), (olivia, f"select team_set_role('{bob.user_id}', 'owner')"), (adam, f"select team_set_role('{adam.user_id}', 'member')"),
        (adam, f"select team_transfer('{bob.user_id}')"), (olivia, f"select team_transfer('{olivia.user_id}')"), (olivia, f"select team_transfer('{uuid4()}')"),
        (alice, f"select team_offer_reset('{uuid4()}', '{bob.user_id}', '\\x00', interval '1 day')"), (alice, f"select team_sign_out('{bob.user_id}')"),
        (alice, f"select end_capabilities('{bob.user_id}')"), (olivia, f"select end_capabilities('{bob.user_id}')"),
        (alice, f"insert into invitation (id, created_at, email, role, token_hash, invited_by, expires_at) values (gen_random_uuid(), now(), 'x@y.z', 'viewer', '\\x01', '{alice.user_id}', now())"),
        (adam, f"insert into invitation (id, created_at, email, role, token_hash, invited_by, expires_at) values (gen_random_uuid(), now(), 'x@y.z', 'admin', '\\x01', '{adam.user_id}', now())"),
        (adam, f"insert into invitation (id, created_at, email, role, token_hash, invited_by, expires_at) values (gen_random_uuid(), now(), 'x@y.z', 'viewer', '\\x01', '{olivia.user_id}', now())"),
        (olivia, "select token_hash from invitation"), (olivia, "select token_hash from password_reset"), (olivia, "update user_account set role = 'member'"),
    ]  # fmt: skip
    before = accounts_of(database)
    for actor, statement in attempts:
        with pytest.raises(ProgrammingError), unit_of_work(actor, "test") as session:
            session.connection().execute(text(statement))
    assert accounts_of(database) == before


def test_there_is_always_an_owner(database, olivia):
    for change in ("role = 'member'", "disabled_at = now()"):
        with pytest.raises(ProgrammingError, match="always an owner"), database.owner.begin() as connection:
            connection.execute(text(f"set local app.user_id = '{olivia.user_id}'"))
            connection.execute(text(f"update user_account set {change} where id = :id"), {"id": olivia.user_id})


def test_a_disabled_person_can_do_nothing_from_that_moment_on(run, database, bob, olivia):
    store = SqlSessionStore()
    sessions = [signed_in(bob) for _ in range(3)]
    _, secret = run(bob, accounts.create_token, "for a script")
    job = run(bob, jobs.enqueue_job, "contacts.import", {})
    assert store.token(hash_token(secret)) is not None
    run(olivia, team.offer_reset, bob.user_id)
    view = run(olivia, team.disable_member, bob.user_id)
    assert view.disabled_at is not None
    assert [store.session(token_hash) for token_hash in sessions] == [None] * 3
    assert store.token(hash_token(secret)) is None
    assert run(bob, jobs.get_job, job.id).state == "cancelled"
    with pytest.raises(LookupError):
        signed_in(bob)
    run(olivia, team.enable_member, bob.user_id)
    assert store.token(hash_token(secret)) is None, "what ended stays ended"
    assert [store.session(token_hash) for token_hash in sessions] == [None] * 3
    signed_in(bob)


HARMLESS = {
    ("setup_code", "code_hash"): "only while nobody is there", ("credential", "password_hash"): "looked at only for people who are not disabled",
    ("idempotency_key", "fingerprint"): "of a request, not a secret", ("calendar", "token"): "how far a provider's calendar has been read",
    ("mail_folder", "token"): "how far a folder has been read", ("address_book", "token"): "how far a book has been read", ("oauth_state", "state_hash"): "good for ten minutes in the session that began it, which ends",
}  # fmt: skip


def test_priv_04_every_table_that_holds_a_secret_to_act_with_is_emptied_of_it(run, database, bob, olivia):
    """By schema scan: a table that comes later and holds such a secret is found here, and must end it as well."""
    with database.owner.connect() as connection:
        found = connection.execute(
            text(
                "select table_name, column_name from information_schema.columns where table_schema = 'public' "
                "and (column_name ~ '(hash|token|secret|key)$' or column_name ~ '^(hash|token|secret)') and column_name not in ('scopes') and table_name not in ('rate_counter', 'audit_entry')"
            )
        ).all()
        capabilities = [
            table for table, name in found
            if (table, name) not in HARMLESS and connection.execute(
                text("select data_type from information_schema.columns where table_schema = 'public' and table_name = :t and column_name = :c"), {"t": table, "c": name}
            ).scalar() in ("bytea",)
        ]  # fmt: skip
        text_secrets = [(table, name) for table, name in found if (table, name) not in HARMLESS and table not in capabilities]
    assert {"user_session", "api_token", "invitation", "password_reset"} <= set(capabilities)
    assert not [pair for pair in text_secrets if pair[1].endswith(("token", "secret"))], "a secret that is not hashed"
    run(olivia, team.change_role, bob.user_id, "admin")
    boss = Actor(user_id=bob.user_id, role=Role.ADMIN, name="Bob", email=bob.email)
    signed_in(boss)
    run(boss, accounts.create_token, "for a script")
    run(boss, team.invite, Invite(email="new@example.org", role="viewer"))
    run(boss, team.offer_reset, _another(database).user_id)
    run(olivia, team.disable_member, bob.user_id)
    with database.owner.connect() as connection:
        for table in capabilities:
            people = connection.execute(
                text(
                    "select column_name from information_schema.columns where table_schema = 'public' and table_name = :t "
                    "and column_name in ('user_id', 'owner_id', 'invited_by', 'made_by')"
                ),
                {"t": table},
            ).scalars().all()  # fmt: skip
            assert people, f"whose is a row of {table}?"
            for person in people:
                total, live = connection.execute(text(f"select count(*), count(*) filter (where revoked_at is null) from {table} where {person} = :who"), {"who": bob.user_id}).one()
                assert live == 0, f"{table} still lets a disabled person act"
                assert total or person == "user_id", f"the test made nothing in {table}"


def _another(database) -> Actor:
    who = Actor(user_id=uuid4(), role=Role.MEMBER, name="Mia", email="mia@example.org")
    add_person(database, who)
    return who


def test_the_team_is_handed_on_with_the_password_and_both_sign_in_anew(run, database, alice, olivia, adam):
    with database.owner.begin() as connection:
        connection.execute(
            text("insert into credential (user_id, password_hash, changed_at) values (:id, :hash, now())"), {"id": olivia.user_id, "hash": passwords.hash_password(PASSWORD)}
        )
    mine, theirs = signed_in(olivia), signed_in(alice)
    before = accounts_of(database)
    assert run(olivia, team.transfer_team, alice.user_id, "wrong").faults == {"password": "This is not your current password."}
    assert tuple(last_deed(database))[:2] == ("team.handed_on", olivia.user_id)
    with pytest.raises(Forbidden, match="Only the owner"):
        run(adam, team.transfer_team, alice.user_id, PASSWORD)
    with pytest.raises(Forbidden):
        run(alice, team.transfer_team, alice.user_id, PASSWORD)
    with pytest.raises(NotFound):
        run(olivia, team.transfer_team, uuid4(), PASSWORD)
    for nobody in (olivia, Actor(user_id=_charlie(), role=Role.MEMBER)):
        with pytest.raises(Invalid):
            run(olivia, team.transfer_team, nobody.user_id, PASSWORD)
    assert accounts_of(database) == before
    assert run(olivia, team.transfer_team, alice.user_id, PASSWORD).faults == {}
    assert (column(database, "role", olivia), column(database, "role", alice)) == ("admin", "owner")
    assert SqlSessionStore().session(mine) is None and SqlSessionStore().session(theirs) is None


def _charlie():
    from tests.conftest import PEOPLE

    return PEOPLE["charlie"][0]


def test_everyone_sees_who_is_there_and_managers_see_more(run, alice, vera, olivia):
    signed_in(alice)
    for reader in (alice, vera):
        members = run(reader, team.list_members)
        assert [member.name for member in members] == ["Alice", "Bob", "Olivia", "Vera"]
        assert all(member.email is None and member.seen_at is None and not member.may_manage for member in members)
    members = {member.name: member for member in run(olivia, team.list_members)}
    assert set(members) == {"Alice", "Bob", "Charlie", "Olivia", "Vera"}
    assert members["Alice"].email == "alice@example.org" and members["Alice"].seen_at is not None and members["Bob"].seen_at is None
    assert members["Charlie"].disabled_at is not None and not members["Olivia"].may_manage and members["Vera"].may_manage


def test_the_teams_own_settings(run, database, alice, olivia):
    with pytest.raises(Forbidden):
        run(alice, team.update_team, TeamUpdate(name="Mine"))
    with pytest.raises(Invalid):
        run(olivia, team.update_team, TeamUpdate(name="Harbour", country="ZZ"))
    view = run(olivia, team.update_team, TeamUpdate(name=" Harbour ", country="PT"))
    assert (view.name, view.country) == ("Harbour", "PT")
    assert run(alice, team.get_team).name == "Harbour"
    assert tuple(last_deed(database))[0] == "team.changed"


def test_an_invitation_is_open_once_to_one_address(run, database, alice, vera, olivia, adam):
    for nosy in (alice, vera):
        for call in ((team.invite, Invite(email="new@example.org")), (team.list_invitations,), (team.revoke_invitation, uuid4())):
            with pytest.raises(Forbidden):
                run(nosy, *call)
    with pytest.raises(Forbidden, match="makes admins"):
        run(adam, team.invite, Invite(email="new@example.org", role="admin"))
    for email in ("nope", "ALICE@example.org", "charlie@example.org"):
        with pytest.raises(Invalid) as refusal:
            run(olivia, team.invite, Invite(email=email))
        assert set(refusal.value.fields) == {"email"}
    store = SqlSessionStore()
    view, first = run(adam, team.invite, Invite(email="New@Example.org", role="member"))
    assert [(open_.email, open_.role, open_.inviter_name) for open_ in run(olivia, team.list_invitations)] == [("New@example.org", "member", "Adam")]
    assert store.invitation(hash_token(first)).state == "open"
    _, second = run(olivia, team.invite, Invite(email="new@example.org", role="admin"))
    assert store.invitation(hash_token(first)).state == "revoked", "the newer one replaces it"
    assert len(run(olivia, team.list_invitations)) == 1
    new = NewMember("Nina", passwords.hash_password(PASSWORD), "Europe/Lisbon", "pt", 0, "192.0.2.5")
    assert store.accept_invitation(hash_token(first), new) is None
    user_id = store.accept_invitation(hash_token(second), new)
    assert user_id is not None and store.accept_invitation(hash_token(second), new) is None
    nina = Actor(user_id=user_id, role=Role.ADMIN)
    assert (column(database, "email", nina), column(database, "role", nina), column(database, "time_zone", nina)) == ("new@example.org", "admin", "Europe/Lisbon")
    assert run(olivia, team.list_invitations) == ()
    with pytest.raises(NotFound):
        run(olivia, team.revoke_invitation, view.id)
    assert tuple(last_deed(database))[:3] == ("team.joined", user_id, user_id)


def test_an_invitation_ends_when_it_is_revoked_when_it_is_old_and_with_whoever_made_it(run, database, olivia, adam):
    store = SqlSessionStore()
    view, secret = run(adam, team.invite, Invite(email="a@example.org"))
    run(olivia, team.revoke_invitation, view.id)
    assert store.invitation(hash_token(secret)).state == "revoked"
    _, secret = run(adam, team.invite, Invite(email="b@example.org"))
    with database.owner.begin() as connection:
        connection.execute(text("update invitation set expires_at = expires_at - interval '7 days'"))
    assert store.invitation(hash_token(secret)).state == "expired" and run(olivia, team.list_invitations) == ()
    _, secret = run(adam, team.invite, Invite(email="c@example.org"))
    run(olivia, team.change_role, adam.user_id, "member")
    assert store.invitation(hash_token(secret)).state == "revoked", "who no longer manages the team has invited nobody"
    assert store.invitation(hash_token("nonsense")) is None


def test_no_secret_of_a_link_is_kept(run, database, olivia, bob):
    _, invitation = run(olivia, team.invite, Invite(email="a@example.org"))
    reset = run(olivia, team.offer_reset, bob.user_id)
    with database.owner.connect() as connection:
        for table in ("invitation", "password_reset", "audit_entry", "change"):
            dump = str(connection.execute(text(f"select coalesce(string_agg(t::text, ' '), '') from {table} t")).scalar())
            assert invitation not in dump and reset not in dump


def test_a_reset_link_works_once_within_ten_minutes_and_signs_everybody_out(run, database, bob, olivia):
    store = SqlSessionStore()
    first, second = run(olivia, team.offer_reset, bob.user_id), run(olivia, team.offer_reset, bob.user_id)
    assert [store.password_reset(hash_token(secret)).state for secret in (first, second)] == ["revoked", "open"]
    token_hash = signed_in(bob)
    assert store.use_password_reset(hash_token(first), "x", "") is None
    fresh = passwords.hash_password("another long horse battery")
    assert store.use_password_reset(hash_token(second), fresh, "192.0.2.9") == bob.user_id
    assert store.use_password_reset(hash_token(second), fresh, "192.0.2.9") is None
    assert store.session(token_hash) is None
    assert passwords.verify_password(store.user_by_email(bob.email).password_hash, "another long horse battery")
    late = run(olivia, team.offer_reset, bob.user_id)
    with database.owner.begin() as connection:
        connection.execute(text("update password_reset set expires_at = expires_at - interval '10 minutes'"))
    assert store.password_reset(hash_token(late)).state == "expired" and store.use_password_reset(hash_token(late), fresh, "") is None
    gone = run(olivia, team.offer_reset, bob.user_id)
    run(olivia, team.disable_member, bob.user_id)
    assert store.password_reset(hash_token(gone)).state == "revoked" and store.use_password_reset(hash_token(gone), fresh, "") is None
    with pytest.raises(Invalid, match="disabled"):
        run(olivia, team.offer_reset, bob.user_id)
    assert timedelta(minutes=10) == team.rules.RESET_LIFE
