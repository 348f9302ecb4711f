"""The audit log: appended to, sealed, read by admins alone, and every kind of tampering found."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.rules import session_limits
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.audit import service as audit
from crm_app.domain.audit import writing
from crm_app.domain.audit.chain import BEGINNING, derive_key, name_of_key, seal
from crm_app.domain.audit.schemas import AuditFilter
from crm_app.domain.audit.service import check_chain
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden, Invalid
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.people import exported
from tests.security.counts import counted

KEY = derive_key(b"a secret of the tests")


def entries(database):
    with database.owner.connect() as connection:
        return [dict(row) for row in connection.execute(text("select * from audit_entry order by seq")).mappings()]


def deeds(database):
    return [(row["action"], row["outcome"], row["actor_id"]) for row in entries(database)]


def leave(actor, count=1, action="test.deed"):
    for _ in range(count):
        with unit_of_work(actor, "test") as session:
            writing.note(session, actor, action, "person", actor.user_id, number=7)


def chain(length: int, key: bytes = KEY):
    made, before = [], BEGINNING
    for seq in range(1, length + 1):
        entry = {
            "seq": seq, "at": datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=seq), "actor_id": UUID(int=seq % 5) if seq % 3 else None, "via": "web",
            "action": "test.deed", "outcome": "done", "subject": "person", "subject_id": UUID(int=seq), "address": "192.0.2.1", "details": {"number": seq, "word": "ä"},
        }  # fmt: skip
        before = seal(key, before, entry)
        made.append({**entry, "key_id": name_of_key(key), "mac": before})
    return made


def test_a_deed_stands_with_its_transaction_and_falls_with_it(database, alice):
    leave(alice)
    with pytest.raises(ZeroDivisionError), unit_of_work(alice, "test") as session:
        writing.note(session, alice, "test.undone")
        raise ZeroDivisionError
    leave(alice)
    assert [(row["seq"], row["action"], row["details"]) for row in entries(database)] == [(1, "test.deed", {"number": 7}), (2, "test.deed", {"number": 7})]
    assert check_chain(writing.bound_key(), entries(database)).whole


def test_the_application_can_neither_change_nor_remove_nor_write_past_the_end(database, olivia):
    leave(olivia, 2)
    for statement in ("update audit_entry set action = 'x'", "delete from audit_entry", "truncate audit_entry", "insert into audit_entry select * from audit_entry"):
        with pytest.raises(ProgrammingError, match="permission denied"), unit_of_work(olivia, "test") as session:
            session.connection().execute(text(statement))
    with pytest.raises(ProgrammingError, match="only ever appended"), database.owner.begin() as connection:
        connection.execute(text("delete from audit_entry"))


def test_only_admins_read_it(run, database, alice, vera, olivia):
    leave(alice)
    assert [row.actor_name for row in run(olivia, audit.list_audit, AuditFilter()).entries] == ["Alice"]
    for nosy in (alice, vera):
        for call in ((audit.list_audit, AuditFilter()), (audit.check_audit,)):
            with pytest.raises(Forbidden):
                run(nosy, *call)
        with unit_of_work(nosy, "test") as session:
            assert session.connection().execute(text("select count(*) from audit_entry")).scalar() == 0, "row security says so as well"


def test_it_is_read_in_pages_by_deed_and_by_person(run, database, alice, bob, olivia):
    leave(alice, 3)
    leave(bob, 2, "test.other")
    seen, after = [], None
    while True:
        page = run(olivia, audit.list_audit, AuditFilter(limit=2, after=after))
        seen += [row.seq for row in page.entries]
        after = page.next_cursor
        if after is None:
            break
    assert seen == [5, 4, 3, 2, 1]
    assert {row.actor_name for row in run(olivia, audit.list_audit, AuditFilter(actions=("test.other",))).entries} == {"Bob"}
    assert {row.seq for row in run(olivia, audit.list_audit, AuditFilter(about=alice.user_id)).entries} == {1, 2, 3}
    with pytest.raises(Invalid):
        run(olivia, audit.list_audit, AuditFilter(after="nonsense"))


def test_what_concerns_access_leaves_an_entry(run, database, alice, vera):
    store = SqlSessionStore()
    store.open_session(NewSession(alice.user_id, uuid4().bytes, True, "Firefox", "192.0.2.7"), session_limits(True))
    store.sign_in_refused(alice.user_id, "192.0.2.8")
    store.sign_in_refused(None, "192.0.2.9")
    view, secret = run(alice, accounts.create_token, "for a script")
    from crm_app.domain.accounts.rules import hash_token

    for _ in range(3):
        assert store.token(hash_token(secret)) is not None
    run(alice, accounts.revoke_token, view.id)
    run(alice, contacts.create_contact, ContactCreate(display_name="Canary Kim"))
    exported(run, alice, "csv")
    with pytest.raises(Forbidden):
        run(vera, contacts.create_contact, ContactCreate(display_name="No"))
    found = entries(database)
    assert [(row["action"], row["outcome"]) for row in found] == [
        ("account.signed_in", "done"), ("account.signed_in", "refused"), ("account.signed_in", "refused"), ("token.made", "done"), ("token.used", "done"),
        ("token.revoked", "done"), ("contacts.exported", "done"), ("call.refused", "refused"),
    ]  # fmt: skip
    assert [row["address"] for row in found[:3]] == ["192.0.2.7", "192.0.2.8", "192.0.2.9"] and found[1]["subject_id"] == alice.user_id
    assert found[6]["details"] == {"format": "csv", "contacts": 1} and found[7]["details"] == {"call": "contacts.create_contact"}
    assert not any(word in str(found) for word in ("Canary", "example.org", "for a script", secret)), "ids and words of ours, never content"


@pytest.mark.parametrize("writers", [50])
def test_many_writers_make_one_unbroken_chain(database, alice, writers):
    def write(_: int) -> None:
        leave(alice)

    begun = perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(400)))
    print(f"{400 / (perf_counter() - begun):.0f} entries a second")
    found = check_chain(writing.bound_key(), entries(database))
    assert (found.entries, found.whole) == (400, True)


def test_a_new_secret_goes_on_where_the_old_one_ended(database, alice):
    leave(alice, 3)
    old = writing.bound_key()
    try:
        writing.bind_key(b"another secret of this deployment")
        leave(alice, 2)
        found = check_chain(writing.bound_key(), entries(database))
        assert (found.whole, found.entries, found.other_keys) == (True, 6, 3)
        forged = entries(database)
        forged[5]["key_id"] = "12345678"
        assert not check_chain(writing.bound_key(), forged).whole, "after ours, no other key may seal"
        forged = entries(database)
        del forged[0]
        assert not check_chain(writing.bound_key(), [{**row, "seq": row["seq"] - 1} for row in forged]).whole
    finally:
        writing._Binding.key = old


def test_entries_cannot_be_passed_off_as_another_keys(database):
    made = chain(6)
    made[0]["key_id"] = made[1]["key_id"] = "12345678"
    made[1]["action"] = "test.harmless"
    assert check_chain(KEY, made).broken_at == 3


COLUMNS = ("at", "actor_id", "via", "action", "outcome", "subject", "subject_id", "address", "details", "mac")


@counted(1_000, 10_000, "logs that somebody tampered with")
def test_aud_01_every_edit_delete_swap_and_insert_is_found(count):
    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(data=st.data(), length=st.integers(2, 12))
    def tamper(data, length):
        _tamper(data, length)

    tamper()


def _tamper(data, length):
    made = chain(length)
    assert check_chain(KEY, made).whole
    broken = copy.deepcopy(made)
    place = data.draw(st.integers(0, length - 1))
    how = data.draw(st.sampled_from(("edit", "delete", "swap", "insert")))
    if how == "edit":
        column = data.draw(st.sampled_from(COLUMNS))
        other = {
            "at": made[place]["at"] + timedelta(microseconds=1), "actor_id": uuid4(), "subject_id": uuid4(), "details": {"number": -1}, "mac": bytes(32),
        }.get(column, "x")  # fmt: skip
        broken[place][column] = other
    elif how == "delete":
        del broken[place]
        if data.draw(st.booleans()):
            broken = [{**row, "seq": number} for number, row in enumerate(broken, 1)]
    elif how == "swap":
        other = data.draw(st.integers(0, length - 1).filter(lambda number: number != place))
        broken[place], broken[other] = broken[other], broken[place]
        if data.draw(st.booleans()):
            broken = [{**row, "seq": number} for number, row in enumerate(broken, 1)]
    else:
        broken.insert(place, copy.deepcopy(broken[data.draw(st.integers(0, length - 1))]))
        broken = [{**row, "seq": number} for number, row in enumerate(broken, 1)]
    if how == "delete" and place == length - 1:
        assert check_chain(KEY, broken).entries == length - 1, "a cut end is the anchor's to find"
    else:
        assert not check_chain(KEY, broken).whole


def test_a_forger_without_the_key_cannot_make_a_chain():
    assert check_chain(KEY, chain(5, derive_key(b"guessed"))).other_keys == 5
    made = chain(5, derive_key(b"guessed"))
    for row in made:
        row["key_id"] = name_of_key(KEY)
    assert check_chain(KEY, made).broken_at == 1
