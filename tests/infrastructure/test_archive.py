"""BAK-02: the log of every change outlives the machine, and any moment can be gone back to."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from crm_app.cli.doctor import _archive
from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup import archive as archiving
from crm_app.infrastructure.backup.archive import READY, Archive, forget_waiting, waiting
from crm_app.infrastructure.backup.base import take_base, timeline_of
from crm_app.infrastructure.backup.pieces import PIECE_BYTES, following, read_piece, write_piece
from crm_app.infrastructure.backup.schedule import kept_files
from crm_app.infrastructure.backup.switch import begin_anew, carry_rest, switch_off, switch_on, system_of
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.embedded_postgres.upgrading import NEXT
from crm_app.infrastructure.key_ring import KEY_BYTES, KeyRing, derived_ring, read_ring, ring_key, write_ring
from crm_app.infrastructure.point_in_time import parse_moment, restore_to_time
from crm_app.settings import Settings, SettingsError
from tests.commands import run
from tests.e2e.server import Server
from tests.infrastructure.servers import KEY, own_folder, settings_for
from tests.practice import copy_schema

pytestmark = pytest.mark.timeout(400)
WORDS = "correct horse battery staple"


@pytest.fixture
def settings(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A host who archives to another folder, encrypted."""
    (tmp_path / "archive").mkdir()
    with own_folder() as folder:
        yield settings_for(copy_schema(folder, tmp_path_factory), archive_dir=tmp_path / "archive", backup_key=WORDS)


def data_of(settings: Settings) -> Path:
    return settings.data_dir.resolve() / "postgres" / "pgdata"


def archive_of(settings: Settings) -> Archive:
    assert settings.archive_dir
    return Archive(settings.archive_dir, system_of(data_of(settings)), WORDS.encode())


def mark(database: Database, name: str) -> datetime:
    """Write a row; the moment just after it was committed."""
    with database.owner_connection() as connection:
        connection.execute("insert into tag (id, name, folded) values (gen_random_uuid(), %s, %s)", (name, name))
    time.sleep(0.02)
    moment = datetime.now(UTC)
    time.sleep(0.02)
    return moment


def marks(settings: Settings) -> set[str]:
    with open_database(settings) as database, database.owner_connection() as connection:
        return {name for (name,) in connection.execute("select name from tag").fetchall()}


def begun(database: Database, settings: Settings) -> Archive:
    """Archiving as a server begins it."""
    switch_on(database, data_of(settings))
    archive = archive_of(settings)
    take_base(database, archive, data_of(settings), kept_files(settings, encrypted=archive.key is not None))
    return archive


def test_bak_02_back_to_a_moment_and_forth_again(settings: Settings) -> None:
    with open_database(settings) as database:
        archive = begun(database, settings)
        first = mark(database, "one")
        second = mark(database, "two")
        mark(database, "three")
        assert not archive.needs_base(timeline_of(database), datetime.now(UTC))
    carry_rest(settings)
    assert list((data_of(settings) / READY).iterdir()) == []
    assert [path.name for path in archive.root.iterdir() if path.name.startswith(".")] == [] and archive.root.stat().st_mode & 0o077 == 0
    assert all(b"one" not in path.read_bytes() for path in archive.wal.iterdir())

    said = restore_to_time(settings, archive.folder, first, WORDS.encode())
    assert "The database is as it was at" in said and "pgdata.before-restore" in said
    assert marks(settings) == {"one"}
    with open_database(settings) as database:
        assert archive.needs_base(timeline_of(database), datetime.now(UTC)), "a new history needs a copy of its own"
        with database.owner_connection() as connection:
            connection.execute("select pg_switch_wal()")
        assert begin_anew(database, settings) == "", "also while nobody writes anything"
        assert not archive.needs_base(timeline_of(database), datetime.now(UTC))
        mark(database, "another")
    carry_rest(settings)
    restore_to_time(settings, archive.folder, None, WORDS.encode())
    assert marks(settings) == {"one", "another"}
    for _ in range(2):
        restore_to_time(settings, archive.folder, second, WORDS.encode())
        assert marks(settings) == {"one", "two"}, "the history that was left is still there"
        with open_database(settings) as database:
            assert begin_anew(database, settings) == ""


def test_on_a_fresh_machine(settings: Settings, tmp_path: Path) -> None:
    keys = KeyRing((ring_key(bytes(range(KEY_BYTES))),))
    write_ring(settings.ring_path, keys)
    with open_database(settings) as database:
        archive = begun(database, settings)
        mark(database, "one")
    carry_rest(settings)
    with own_folder() as elsewhere:
        new = settings_for(elsewhere, archive_dir=archive.folder, backup_key=WORDS)
        said = restore_to_time(new, archive.folder, None, WORDS.encode())
        assert "kept" not in said and marks(new) == {"one"}
        assert read_ring(new.ring_path) == derived_ring(new.key).joined(keys), "the keys came along"
        with open_database(new) as database:
            assert migrate(database) == []


def test_through_the_command_line(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a command changed is carried as it ends, the server or not; and a return is archived at once."""
    (tmp_path / "archive").mkdir()
    settings = settings_for(copy_schema(tmp_path / "data", tmp_path_factory), archive_dir=tmp_path / "archive", backup_key=WORDS)
    given = {"SECRET_KEY": KEY, "MINDFULCRM_ARCHIVE_DIR": str(tmp_path / "archive"), "MINDFULCRM_BACKUP_KEY": WORDS}
    with open_database(settings) as database:
        archive = begun(database, settings)
        moment = mark(database, "one")
    run(tmp_path, "user", "create", "--email", "mara@team.example", "--name", "Mara", "--role", "owner", "--password-stdin", given=f"{WORDS} in a stable\n", **given)
    assert waiting(data_of(settings)) == []
    said = run(tmp_path, "restore", str(archive.folder), "--at", moment.isoformat(), **given)
    assert "has no copy of it yet" not in said and marks(settings) == {"one"}
    assert [base.timeline for base in archive.bases()] == [1, 2]
    assert json.loads(run(tmp_path, "doctor", "--json", **given))["ok"]


HARMS = {
    "a flipped bit": "was changed or cut short", "a flipped bit before the moment": "was changed or cut short", "a piece missing": "does not reach that moment; `--at latest`",
    "another key": "The key does not open", "no key": "is encrypted: name the file with its key", "too early": "The archive cannot go back to", "too late": "does not reach that moment",
}  # fmt: skip


def test_what_cannot_be_restored_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    with open_database(settings) as database:
        archive = begun(database, settings)
        mark(database, "one")
        with database.owner_connection() as connection:
            connection.execute("select pg_switch_wal()")
        mark(database, "two")
    carry_rest(settings)
    whole = shutil.copytree(archive.folder, tmp_path / "whole")
    for harm, sentence in HARMS.items():
        shutil.rmtree(archive.folder)
        shutil.copytree(whole, archive.folder)
        moment, key = harmed(archive, harm)
        with pytest.raises(Unavailable, match=sentence) as refusal:
            restore_to_time(settings, archive.folder, moment, key)
        assert "\n" not in refusal.value.message, harm
        assert not [path for path in data_of(settings).parent.iterdir() if path.name.startswith(("pgdata.", f"run-{NEXT}"))], harm
    assert marks(settings) == {"one", "two"}


def harmed(archive: Archive, harm: str) -> tuple[datetime | None, bytes | None]:
    """Do this to an archive; the moment and the key to go back with."""
    pieces, now, key = sorted(path for path in archive.wal.iterdir() if len(path.name) == 24), datetime.now(UTC), WORDS.encode()
    if harm.startswith("a flipped bit"):
        changed = bytearray(pieces[-1].read_bytes())
        changed[len(changed) // 2] ^= 4
        pieces[-1].write_bytes(changed)
        return (now if "before" in harm else None), key
    if harm == "a piece missing":
        pieces[-2].unlink()
        return now, key
    moments = {"too early": now - timedelta(days=1), "too late": now + timedelta(hours=1)}
    return moments.get(harm), {"another key": b"another horse battery staple", "no key": None}.get(harm, key)


def test_a_folder_that_is_away_keeps_the_log_here_until_it_is_back(settings: Settings) -> None:
    with open_database(settings) as database:
        archive = begun(database, settings)
        mark(database, "one")
        away = archive.folder.rename(archive.folder.with_name("away"))
        with database.owner_connection() as connection:
            connection.execute("select pg_switch_wal()")
        deadline = time.monotonic() + 60
        while not list((data_of(settings) / READY).glob("0*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(Unavailable, match="of MINDFULCRM_ARCHIVE_DIR does not exist"):
            archive.ship(data_of(settings))
        assert not archive.folder.exists(), "it may be a disk that is not mounted"
        assert not _archive(data_of(settings), archive.folder).ok
        assert forget_waiting(data_of(settings)) == 0, "there is room"
        away.rename(archive.folder)
        assert archive.ship(data_of(settings)) > 0
        found = _archive(data_of(settings), archive.folder)
        assert found.ok and found.detail.startswith("any moment from 20") and found.detail.endswith("UTC can be gone back to")
        switch_off(database, data_of(settings))
        assert not (data_of(settings) / READY).exists()


@pytest.mark.parametrize(
    ("piece", "after"),
    [
        ("000000010000000000000001", "000000010000000000000002"), ("0000000100000000000000FF", "000000010000000100000000"),
        ("00000002000000FF000000FF", "000000020000010000000000"),
    ],
)  # fmt: skip
def test_pieces_follow_one_another(piece: str, after: str) -> None:
    assert following(piece) == after


def test_a_gap_a_week_much_log_and_another_history_ask_for_a_copy_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, now = Archive(tmp_path, "1", None), datetime(2026, 11, 25, 12, tzinfo=UTC)
    archive.prepare()

    def piece(number: int) -> str:
        return f"00000001{0:08X}{number:08X}"

    def write(*numbers: int) -> None:
        for number in numbers:
            (archive.wal / piece(number)).touch()

    assert archive.needs_base("00000001", now)
    archive.base_path(now, piece(3)).touch()
    write(1, 2, 3, 4, 5)
    assert not archive.needs_base("00000001", now + timedelta(days=6, hours=23))
    assert archive.needs_base("00000001", now + timedelta(days=7))
    assert archive.needs_base("00000002", now)
    write(7)
    assert archive.needs_base("00000001", now), "piece 6 was lost"
    write(6)
    assert not archive.needs_base("00000001", now)
    monkeypatch.setattr(archiving, "LOG_ROOM", 99)
    (archive.wal / piece(4)).write_bytes(b"." * 100)
    assert archive.needs_base("00000001", now), "so much log has come together that a new copy is cheaper"
    (archive.wal / "00000002.history").touch()
    for days, number in ((1, 5), (2, 7)):
        archive.base_path(now + timedelta(days=days), piece(number)).touch()
    archive.prune(now)
    assert [base.piece for base in archive.bases()] == [piece(5), piece(7)]
    assert sorted(path.name for path in archive.wal.iterdir()) == [piece(5), piece(6), piece(7), "00000002.history"]


def test_when_a_piece_last_arrived_is_known_without_looking_at_every_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path / "archive", "1", None)
    archive.folder.mkdir()
    assert archive.last_shipped() is None
    archive.prepare()
    assert archive.last_shipped() is None
    for number in range(1, 301):
        (archive.wal / f"00000001{0:08X}{number:08X}").touch()
    newest = archive.wal / f"00000001{0:08X}{300:08X}"
    os.utime(newest, (1_000_000, 1_000_000))
    looks = []
    stat, listdir = Path.stat, os.listdir
    monkeypatch.setattr(Path, "stat", lambda path, **more: looks.append(path) or stat(path, **more))
    monkeypatch.setattr(os, "listdir", lambda path: looks.append("all") or listdir(path))
    assert archive.last_shipped() == datetime.fromtimestamp(1_000_000, UTC)
    assert looks.count("all") == 1 and len([look for look in looks if look != "all" and look.parent == archive.wal]) == 1
    for _ in range(5):
        archive.last_shipped()
    assert looks.count("all") == 1
    data = tmp_path / "pgdata"
    (data / READY).mkdir(parents=True)
    (data / READY / f"00000001{0:08X}{301:08X}").write_bytes(bytes(PIECE_BYTES))
    assert archive.ship(data) == 1
    shipped = archive.last_shipped()
    assert shipped and datetime.now(UTC) - shipped < timedelta(minutes=1) and looks.count("all") == 1


def test_doctor_says_which_moments_a_missing_piece_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_app.cli.doctor.system_of", lambda data: "1")
    archive, now = Archive(tmp_path, "1", None), datetime(2026, 11, 25, 12, tzinfo=UTC)
    archive.prepare()

    def piece(number: int) -> str:
        return f"00000001{0:08X}{number:08X}"

    for number in range(1, 10):
        (archive.wal / piece(number)).touch()
    archive.base_path(now, piece(1)).touch()
    archive.base_path(now + timedelta(days=7), piece(6)).touch()
    found = _archive(tmp_path / "pgdata", tmp_path)
    assert found.ok and "any moment from 2026-11-25 12:00 UTC to " in found.detail and "missing" not in found.detail
    (archive.wal / piece(3)).unlink()
    found = _archive(tmp_path / "pgdata", tmp_path)
    assert found.ok and "any moment from 2026-12-02 12:00 UTC" in found.detail and "back to 2026-11-25 12:00 UTC, a piece of the log is missing" in found.detail
    (archive.wal / piece(8)).unlink()
    found = _archive(tmp_path / "pgdata", tmp_path)
    assert not found.ok and "no moment after 2026-12-02 12:00 UTC can be gone back to for certain" in found.detail


def test_a_history_that_was_left_stays_for_two_weeks(tmp_path: Path) -> None:
    archive, now = Archive(tmp_path, "1", None), datetime(2026, 11, 25, 12, tzinfo=UTC)
    archive.prepare()

    def copies() -> list[tuple[int, str]]:
        return [(base.timeline, base.piece[-2:]) for base in archive.bases()]

    for days, timeline, number in ((0, 1, 1), (1, 1, 2), (2, 1, 3), (3, 2, 4), (4, 3, 5), (5, 3, 6), (6, 3, 7)):
        moment, piece = now + timedelta(days=days), f"{timeline:08X}{0:08X}{number:08X}"
        archive.base_path(moment, piece).touch()
        (archive.wal / piece).touch()
        archive.prune(moment)
    assert copies() == [(1, "02"), (1, "03"), (2, "04"), (3, "06"), (3, "07")]
    assert sorted(path.name[-2:] for path in archive.wal.iterdir()) == ["02", "03", "04", "05", "06", "07"]
    archive.prune(now + timedelta(days=2 + 14))
    assert copies() == [(2, "04"), (3, "06"), (3, "07")]
    archive.prune(now + timedelta(days=99))
    assert copies() == [(3, "06"), (3, "07")]
    assert sorted(path.name[-2:] for path in archive.wal.iterdir()) == ["06", "07"]


def test_what_waits_is_bounded_and_a_piece_cut_short_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, archive = tmp_path / "pgdata", Archive(tmp_path, "1", None)
    (data / READY).mkdir(parents=True)
    for number in range(1, 5):
        (data / READY / f"00000001{0:08X}{number:08X}").touch()
    monkeypatch.setattr(archiving, "LEAST_ROOM", 0)
    monkeypatch.setattr(archiving, "MOST_WAITING", 4)
    assert forget_waiting(data) == 0
    monkeypatch.setattr(archiving, "MOST_WAITING", 3)
    assert forget_waiting(data) == 4
    assert list((data / READY).iterdir()) == []
    monkeypatch.setattr(archiving, "LEAST_ROOM", 1 << 60)
    assert forget_waiting(data) == 0
    cut = data / READY / f"00000001{0:08X}{5:08X}"
    cut.write_bytes(b"half")
    assert archive.ship(data) == 1
    assert not cut.exists() and list(archive.wal.iterdir()) == []
    cut.write_bytes(b"half")
    assert forget_waiting(data) == 1, "the disk of the data is full"


@pytest.mark.parametrize("key", [None, WORDS.encode()])
def test_a_piece_comes_back_as_it_was_and_its_zeros_take_no_room(tmp_path: Path, key: bytes | None) -> None:
    plain = random.Random(1).randbytes(200_000) + bytes(100_000) + b"x"
    plain += bytes(PIECE_BYTES - len(plain))
    (tmp_path / "plain").write_bytes(plain)
    piece = tmp_path / ("0" * 24)
    write_piece(tmp_path / "plain", piece, key)
    assert 200_000 < piece.stat().st_size < 202_000
    read_piece(piece, tmp_path / "back", key)
    assert (tmp_path / "back").read_bytes() == plain
    assert (tmp_path / "back").stat().st_blocks * 512 < 1_000_000
    kept = piece.read_bytes()
    for cut in (kept[:-1], kept[: len(kept) // 2], kept[:200]):
        piece.write_bytes(cut)
        with pytest.raises(Unavailable, match="changed or cut short"):
            read_piece(piece, tmp_path / "cut", key)
        assert not (tmp_path / "cut").exists()


def test_the_settings_and_the_moments_that_are_understood(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MINDFULCRM_ARCHIVE_DIR is for the database that comes along"):
        settings_for(tmp_path, archive_dir=tmp_path, database_url="postgresql://a:b@c/d")
    assert parse_moment("latest") is None
    assert parse_moment("2026-11-26T14:05:00+01:00") == datetime(2026, 11, 26, 13, 5, tzinfo=UTC)
    with pytest.raises(Unavailable, match="is no moment: write it as 2026-11-26 14:05"):
        parse_moment("yesterday")
    with pytest.raises(Unavailable, match="There is no archive in"):
        restore_to_time(settings_for(tmp_path), tmp_path, None, None)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bak_02_at_most_a_minute_is_lost_when_the_machine_is(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server under load; its whole data folder is destroyed at a moment that nobody chose."""
    drawn = random.Random(seed)
    (tmp_path / "archive").mkdir()
    (tmp_path / "data").mkdir()
    server = ArchivingServer(tmp_path / "data", tmp_path / "archive").start()
    settings = settings_for(tmp_path / "data", secret_key=(tmp_path / "data" / "secret.key").read_text(), archive_dir=tmp_path / "archive")
    archive = Archive(tmp_path / "archive", system_of(data_of(settings)), None)
    wait(lambda: bool(archive.bases()), 120)
    database = open_database(settings)
    until, written = time.monotonic() + drawn.uniform(70, 160), 0
    with database.owner_connection() as connection:
        while time.monotonic() < until:
            connection.execute("insert into tag (id, name, folded) values (gen_random_uuid(), clock_timestamp()::text, gen_random_uuid()::text)")
            written += 1
            time.sleep(drawn.uniform(0, 0.05))
        destroyed = datetime.now(UTC)
        destroy(server, tmp_path / "data")
    database.app_engine.dispose()
    with own_folder() as elsewhere:
        new = settings_for(elsewhere, archive_dir=tmp_path / "archive")
        restore_to_time(new, tmp_path / "archive", None, None)
        found = sorted(datetime.fromisoformat(name) for name in marks(new))
    lost = (destroyed - found[-1]).total_seconds()
    print(f"BAK-02: {written} rows, {len(found)} came back, {lost:.1f} s lost")
    assert lost <= 60


class ArchivingServer(Server):
    """A server of a host who archives."""

    def __init__(self, data_dir: Path, archive: Path) -> None:
        super().__init__(data_dir)
        (data_dir.parent / ".env").write_text(f"MINDFULCRM_ARCHIVE_DIR={archive}\n")


def wait(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


def destroy(server: Server, data: Path) -> None:
    """Everything on this disk at once: the server, the database, the folder."""
    server.kill()
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and Path(process.cwd()).is_relative_to(data):
                process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue
    shutil.rmtree(data)
    assert not data.exists()
    with pytest.raises(psycopg.Error), psycopg.connect(f"host={data / 'postgres' / 'run'} user=nobody dbname=x"):
        pass
