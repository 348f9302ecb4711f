"""Changing the keys: everything ends under the new one, whatever happens on the way, and opens at every moment of it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections.models import Connection, ConnectionSecret
from crm_app.domain.errors import Unavailable
from crm_app.domain.ids import new_id
from crm_app.domain.sealing import CONNECTION_PASSWORD, SealedColumn, bind_box, bound_box
from crm_app.domain.secret_box import Sealed
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure import rotation, sealed_records
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.key_ring import KEY_BYTES, KeyRing, read_ring, ring_key, write_ring
from crm_app.infrastructure.rotation import forget_lost, remove_old_keys, rotate_keys
from crm_app.infrastructure.sealed_records import count_by_key, lost_in, open_box
from crm_app.settings import Settings, load_settings
from tests.commands import Talking, talk_to_python
from tests.security.counts import counted

OTHER = ring_key(bytes([9]) * KEY_BYTES)


@pytest.fixture
def house(database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, Settings]]:
    """The test's database as a host has it, with a key ring of this machine's own, and its box bound."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings = load_settings(_env_file=None, data_dir=tmp_path, database_url=None)
    hosted = Database(database.server.owner_dsn(database.name), database.server.app_dsn(database.name), database.app, 18, True)
    box = open_box(hosted, settings)
    bind_box(lambda: box)
    yield hosted, settings


def keep(alice, number: int, password: str = "") -> list[UUID]:
    """``number`` connections of hers, each with a password of its own."""
    made = []
    with unit_of_work(alice, "test") as session:
        for each in range(number):
            connection = Connection(owner_id=alice.user_id, audience="private", kind="caldav", name=f"{new_id()}", url="https://dav.example.org/", username="alice")
            session.add(connection)
            session.flush()
            sealed = bound_box().seal(CONNECTION_PASSWORD.of(connection.id), SecretStr(password or f"password {each} of {connection.id}"))
            session.add(ConnectionSecret(owner_id=alice.user_id, audience="private", connection_id=connection.id, sealed=sealed.content, key_id=sealed.key_id))
            made.append(connection.id)
    return made


def opened(alice) -> dict[UUID, str]:
    """What all her connections' passwords are, as the application reads them."""
    with unit_of_work(alice, "test") as session:
        rows = session.connection().execute(text("select connection_id, sealed, key_id from connection_secret")).all()
    return {row.connection_id: bound_box().open(CONNECTION_PASSWORD.of(row.connection_id), Sealed(bytes(row.sealed), row.key_id)).get_secret_value() for row in rows}


def used(hosted: Database) -> dict[str, int]:
    with hosted.owner_connection() as connection:
        return dict(count_by_key(connection))


def test_tok_03_everything_goes_under_the_new_key_and_opens_without_a_restart(house, alice) -> None:
    hosted, settings = house
    keep(alice, 25)
    before, old = opened(alice), read_ring(settings.ring_path)
    heard: list[int] = []
    made = rotate_keys(hosted, settings, batch=10, told=heard.append)
    ring = read_ring(settings.ring_path)
    assert (made.changed, made.left, made.resumed, made.older, made.key_id) == (25, 0, False, 1, ring.newest.id)
    assert ring.keys[1:] == old.keys and used(hosted) == {ring.newest.id: 25} and heard == [10, 20, 25]
    assert opened(alice) == before and len(before) == 25
    keep(alice, 1)
    assert used(hosted) == {ring.newest.id: 26}


def test_tok_03_what_was_cut_off_goes_on_and_makes_no_further_key(house, alice) -> None:
    hosted, settings = house
    keep(alice, 5)
    ring = read_ring(settings.ring_path).with_new_key()
    write_ring(settings.ring_path, ring)  # killed right after that
    keep(alice, 3)
    made = rotate_keys(hosted, settings)
    assert made.resumed and made.changed == 5 and read_ring(settings.ring_path) == ring and len(opened(alice)) == 8


def test_tok_03_an_old_key_goes_when_nothing_needs_it_and_not_at_once(house, alice) -> None:
    hosted, settings = house
    keep(alice, 3)
    rotate_keys(hosted, settings)
    with pytest.raises(Unavailable, match="less than five minutes ago"):
        remove_old_keys(hosted, settings)
    assert len(read_ring(settings.ring_path).keys) == 2
    earlier = time.time() - 400
    os.utime(settings.ring_path, (earlier, earlier))
    assert remove_old_keys(hosted, settings) == 1
    assert [key.id for key in read_ring(settings.ring_path).keys] == list(used(hosted)) and len(opened(alice)) == 3
    assert remove_old_keys(hosted, settings, settled=0) == 0


def test_tok_03_an_old_key_that_is_needed_stays(house, alice) -> None:
    hosted, settings = house
    keep(alice, 1)
    ring = read_ring(settings.ring_path)
    write_ring(settings.ring_path, KeyRing((*ring.with_new_key().keys, OTHER)))
    assert remove_old_keys(hosted, settings, settled=0) == 1
    assert [key.id for key in read_ring(settings.ring_path).keys][1:] == [ring.newest.id]


def test_tok_03_a_key_that_follows_from_the_secret_key_is_changed_for_one_in_a_file(house, alice, tmp_path) -> None:
    hosted, _ = house
    settings = load_settings(_env_file=None, data_dir=tmp_path / "given", database_url=None, secret_key="k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg")
    (tmp_path / "given").mkdir()
    box = open_box(hosted, settings)
    bind_box(lambda: box)
    keep(alice, 2)
    before = opened(alice)
    assert remove_old_keys(hosted, settings) == 0 and not settings.ring_path.exists()
    assert rotate_keys(hosted, settings).changed == 2 and len(read_ring(settings.ring_path).keys) == 2
    assert opened(alice) == before


def test_tok_03_what_somebody_holds_is_not_waited_for_and_not_forgotten(house, alice) -> None:
    hosted, settings = house
    made = keep(alice, 4)
    with psycopg.connect(hosted.owner_dsn) as other:
        other.execute("select 1 from connection_secret where connection_id = %s for update", [made[1]])
        threading.Timer(0.5, other.rollback).start()
        assert rotate_keys(hosted, settings).changed == 4
    with psycopg.connect(hosted.owner_dsn) as other:
        other.execute("select 1 from connection_secret where connection_id = %s for update", [made[1]])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rotation, "PATIENCE", 0.2)
            held = rotate_keys(hosted, settings)
    assert (held.changed, held.left) == (3, 1) and len(opened(alice)) == 4
    assert rotate_keys(hosted, settings).changed == 1


def test_tok_03_what_was_changed_by_hand_keeps_nothing_else_back(house, alice) -> None:
    hosted, settings = house
    made = keep(alice, 4)
    with hosted.owner_connection() as connection:
        connection.execute("update connection_secret set sealed = (select sealed from connection_secret where connection_id = %s) where connection_id = %s", made[:2])
        ring = read_ring(settings.ring_path)
        assert lost_in(connection, CONNECTION_PASSWORD, ring) == [made[1]] and len(lost_in(connection, CONNECTION_PASSWORD, KeyRing((OTHER,)))) == 4
        done = rotate_keys(hosted, settings)
        assert (done.changed, done.left) == (3, 1)
        assert lost_in(connection, CONNECTION_PASSWORD, read_ring(settings.ring_path)) == [made[1]]
        assert forget_lost(hosted, settings) == 1 and set(opened(alice)) == {*made} - {made[1]}
        assert not rotate_keys(hosted, settings).resumed


def test_a_table_that_an_older_schema_lacks_holds_nothing(house, monkeypatch) -> None:
    hosted, _ = house
    monkeypatch.setattr(sealed_records, "SEALED_COLUMNS", (SealedColumn("of_a_later_version", "id"), CONNECTION_PASSWORD))
    assert used(hosted) == {}


def test_tok_03_two_at_once_is_one_too_many(house) -> None:
    hosted, settings = house
    with psycopg.connect(hosted.owner_dsn, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [rotation.ROTATION_LOCK])
        for act in (rotate_keys, remove_old_keys, forget_lost):
            with pytest.raises(Unavailable, match="Another process is changing the keys"):
                act(hosted, settings)
    assert len(read_ring(settings.ring_path).keys) == 1


def test_tok_06_nothing_is_changed_while_a_key_is_missing_and_what_is_lost_goes_only_when_asked(house, alice) -> None:
    hosted, settings = house
    keep(alice, 2)
    lost = read_ring(settings.ring_path)
    settings.ring_path.unlink()
    for act in (rotate_keys, remove_old_keys, open_box):
        with pytest.raises(Unavailable, match=f"is missing, and with it the key that seals stored passwords \\({lost.newest.id}\\)"):
            act(hosted, settings)
    assert not settings.ring_path.exists() and sum(used(hosted).values()) == 2
    assert forget_lost(hosted, settings) == 2 and used(hosted) == {}
    fresh = read_ring(settings.ring_path)
    assert fresh.newest != lost.newest and forget_lost(hosted, settings) == 0 and read_ring(settings.ring_path) == fresh
    assert open_box(hosted, settings)


def test_tok_03_whoever_rotates_never_reads_a_body(house, alice) -> None:
    """Each statement that reaches a row takes the head of what is sealed, and leaves the rest where it is."""
    for statement in (rotation._NEXT, rotation._PUT):
        reading = statement.split(" set ")[0].split(" from {table}")[0]
        assert "{sealed}" not in reading.replace("substring({sealed} from 1 for %s)", "")
    assert "{sealed} = new.head || substring(kept.{sealed} from %s)" in rotation._PUT


@counted(2, 20, "kills while keys are changed", name="kills")
def test_tok_03_killed_at_any_moment_everything_opens_and_the_next_one_goes_on(house, alice, kills: int) -> None:
    hosted, settings = house
    chance = random.Random(kills)
    keep(alice, 600)
    before = opened(alice)
    cut_off = tried = 0
    while tried < kills or not cut_off:
        assert tried < kills + 20, "no kill fell into the middle of the work"
        tried += 1
        with _rotating(hosted, settings) as process:
            assert process.hear() == "ready"
            for _line in range(chance.randrange(12)):
                process.hear()
            time.sleep(chance.uniform(0, 0.02))
            process.kill()
        _alone_again(hosted)
        found = used(hosted)
        assert opened(alice) == before and set(found) <= {key.id for key in read_ring(settings.ring_path).keys}
        cut_off += len(found) == 2
    ring = read_ring(settings.ring_path)
    assert len(ring.keys) <= 1 + tried
    done = rotate_keys(hosted, settings)
    assert not done.left and used(hosted) == {done.key_id: 600} and opened(alice) == before


def test_tok_03_people_read_and_write_passwords_while_keys_change(house, alice) -> None:
    hosted, settings = house
    keep(alice, 300)
    before, ended, faults = opened(alice), threading.Event(), []
    added: dict[UUID, str] = {}

    def work() -> None:
        while not ended.is_set():
            try:
                added.update(dict.fromkeys(keep(alice, 1, "typed meanwhile"), "typed meanwhile"))
                faults.extend(key for key, value in opened(alice).items() if value != before.get(key, "typed meanwhile"))
            except Exception as fault:  # noqa: BLE001  a thread has nobody to raise it to
                faults.append(fault)

    people = [threading.Thread(target=work) for _ in range(2)]
    for each in people:
        each.start()
    for _ in range(4):
        rotate_keys(hosted, settings, batch=20)
    ended.set()
    for each in people:
        each.join(30)
    assert faults == [] and added
    rotate_keys(hosted, settings)
    assert opened(alice) == before | added


@pytest.mark.long
@pytest.mark.timeout(600)
def test_tok_03_a_hundred_thousand_take_less_than_a_minute(house, alice) -> None:
    hosted, settings = house
    fill(hosted, settings, alice.user_id, 100_000)
    began = time.monotonic()
    assert rotate_keys(hosted, settings).changed == 100_000
    took = time.monotonic() - began
    print(f"100,000 stored passwords put under a new key in {took:.1f} s")
    assert took <= 60
    with hosted.owner_connection() as connection:
        assert lost_in(connection, CONNECTION_PASSWORD, read_ring(settings.ring_path)) == []


def fill(hosted: Database, settings: Settings, owner_id: UUID, number: int) -> None:
    """Many connections, written as a restore would."""
    box = open_box(hosted, settings)
    with hosted.owner_connection() as connection, connection.transaction(), connection.cursor() as cursor:
        ids = [new_id() for _ in range(number)]
        columns = "id, owner_id, audience, kind, name, url, username, inner_allowed, meetings_audience, state, interval_minutes, history_months, next_run_at, failures, reason"
        with cursor.copy(f"copy connection ({columns}) from stdin".encode()) as copy:
            for each in ids:
                copy.write_row((each, owner_id, "private", "caldav", str(each), "https://dav.example.org/", "alice", False, "team", "paused", 10, 12, "2026-11-01", 0, ""))
        with cursor.copy("copy connection_secret (owner_id, audience, connection_id, sealed, key_id) from stdin") as copy:
            for each in ids:
                sealed = box.seal(CONNECTION_PASSWORD.of(each), SecretStr(f"password of {each}"))
                copy.write_row((owner_id, "private", each, sealed.content, sealed.key_id))


def _rotating(hosted: Database, settings: Settings) -> AbstractContextManager[Talking]:
    kept = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "DATABASE_URL")}
    return talk_to_python("-m", "tests.security.rotating", hosted.owner_dsn, str(settings.data_dir), "25", environment=kept)


def _alone_again(hosted: Database) -> None:
    """The server notices a killed client's end a moment later, and lets go of its lock then."""
    deadline = time.monotonic() + 20
    while not _is_free(hosted):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_free(hosted: Database) -> bool:
    with hosted.owner_connection() as connection:
        return connection.execute("select pg_try_advisory_lock(%s)", [rotation.ROTATION_LOCK]).fetchone() == (True,)
