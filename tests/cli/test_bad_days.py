"""What a host meets on a bad day, through the real command: one clear sentence, a status that is not zero, and nothing left running."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from crm_app.infrastructure.database import open_database
from tests.commands import begin, run, text_of
from tests.e2e.conftest import stop_database
from tests.e2e.server import Server
from tests.infrastructure.servers import settings_for
from tests.practice import copy_practice

pytestmark = pytest.mark.timeout(300)


def servers_over(data: Path) -> list[psutil.Process]:
    """The live PostgreSQL processes that stand in this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == data / "postgres" / "pgdata":
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host's folder with a practice in it."""
    folder = tmp_path_factory.mktemp("host")
    copy_practice(folder / "data", tmp_path_factory)
    return folder


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["as a service manager", "as a person"])
def test_ending_it_leaves_no_database_behind(host: Path, sign: signal.Signals) -> None:
    server = Server(host / "data", cold=True).start()
    assert server.process and servers_over(host / "data")
    server.process.send_signal(sign)
    assert server.process.wait(30) == 0
    assert servers_over(host / "data") == []
    assert not [line for line in server.lines if "Traceback" in line or "Aborted" in line]


def test_a_start_that_is_refused_leaves_no_database_behind(host: Path) -> None:
    with open_database(settings_for(host / "data", secret_key=(host / "data" / "secret.key").read_text())) as database, database.owner_connection() as connection:
        row = connection.execute("select version_num from alembic_version").fetchone()
        connection.execute("update alembic_version set version_num = '9999'")
    try:
        for words in (("run", "--no-browser", "--port", "0"), ("backup", "--out", str(host / "x.backup")), ("migrate",)):
            assert "last used by a newer MindfulCRM (schema 9999;" in run(host, *words, fails=True)
            assert servers_over(host / "data") == []
    finally:
        with open_database(settings_for(host / "data", secret_key=(host / "data" / "secret.key").read_text())) as database, database.owner_connection() as connection:
            connection.execute("update alembic_version set version_num = %s", row)


def test_a_port_that_cannot_be_had(host: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run(host, "run", "--no-browser", "--port", port, fails=True)
    assert f"Port {port} on 127.0.0.1 cannot be used (Address already in use). Another program may have it: choose one with --port" in said
    for address in ("203.0.113.9", "no-such-name.invalid"):
        said = run(host, "run", "--no-browser", "--host", address, fails=True, PUBLIC_URL="https://crm.example.org", SECRET_KEY="k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg")
        assert said == f"Error: {address} is no address of this machine: check --host or MINDFULCRM_HOST."
    assert servers_over(host / "data") == []


def test_a_folder_with_every_sign_in_its_name(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path / "Ärzte & Söhne, 100% 'quoted' \"x\" $HOME"
    (folder / "new").mkdir(parents=True)
    run(folder / "new", "migrate")
    copy_practice(folder / "data", tmp_path_factory)
    run(folder, "backup", "--out", str(folder / "b ü.backup"))
    run(folder, "restore", str(folder / "b ü.backup"))
    assert "46 contacts" in run(folder, "export", "--as", "mara@stillwater.example", "--format", "csv", "--out", str(folder / "o.csv"))


def test_a_data_folder_that_is_none_a_secret_cut_short_and_settings_in_another_encoding(host: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert "is a file and not a folder: set MINDFULCRM_DATA_DIR" in run(tmp_path, "run", "--no-browser", fails=True)
    kept = (host / "data" / "secret.key").read_text()
    try:
        for cut in ("", kept[:20]):
            (host / "data" / "secret.key").write_text(cut)
            assert "secret.key is not whole although there is a database beside it: put the file back" in run(host, "migrate", fails=True)
    finally:
        (host / "data" / "secret.key").write_text(kept)
    (tmp_path / ".env").write_bytes("MINDFULCRM_PORT=8081\n".encode("utf-16"))
    assert run(tmp_path, "migrate", fails=True) == "Error: The file .env in this folder is no text in UTF-8: save it again in that encoding."


def test_a_secret_cut_short_before_there_was_anything_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_text("half")
    run(tmp_path, "migrate")
    assert len((tmp_path / "data" / "secret.key").read_text()) >= 32
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith(".")] == []


def test_several_first_starts_at_once(tmp_path: Path) -> None:
    starts = [Begun(tmp_path, "migrate") for _ in range(3)]
    answers = [each.answer(200) for each in starts]
    assert [status for status, _, _ in answers] == [0, 0, 0], answers
    assert sum("Applied 0001" in said for _, said, _ in answers) == 1
    assert servers_over(tmp_path / "data") == []


class Begun:
    """``mindfulcrm`` with these words, not waited for."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._said, self._complaint = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        with open(os.devnull, "rb") as nothing:
            self._process = begin(folder, *words, files=(nothing, self._said, self._complaint))

    def answer(self, within: float) -> tuple[int, str, str]:
        """Its status, what it said, and what it complained about. Killed, and ``subprocess.TimeoutExpired``, when that takes longer."""
        with self._said, self._complaint:
            try:
                return self._process.wait(within), text_of(self._said), text_of(self._complaint)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise


def killed_until_it_is_done(folder: Path, *words: str) -> Iterator[bool]:
    """Kill -9, each time half as late again; True when it was killed, False when it got to its end before."""
    for seconds in (0.2 * 1.5**number for number in range(17)):
        try:
            status, said, complaint = Begun(folder, *words).answer(seconds)
        except subprocess.TimeoutExpired:
            yield True
            continue
        assert status == 0, said + complaint
        yield False
        return
    raise AssertionError("it never got to its end")


def test_a_first_start_that_is_killed_again_and_again_gets_there(tmp_path: Path) -> None:
    assert sum(killed_until_it_is_done(tmp_path, "migrate")) >= 1
    report = json.loads(run(tmp_path, "doctor", "--json"))
    assert report["ok"], report
    assert servers_over(tmp_path / "data") == []


def people_in(folder: Path) -> int:
    """How many contacts the host's Mara has."""
    out = folder / "people.json"
    return int(run(folder, "export", "--as", "mara@stillwater.example", "--format", "csv", "--out", str(out)).split()[0])


@pytest.mark.long
def test_an_import_that_is_killed_leaves_all_or_nothing(host: Path) -> None:
    before = people_in(host)
    lines = [f"Kim{number},Seedling{number},kim{number}@mail.example" for number in range(1_500)]
    (host / "people.csv").write_text("\n".join(["First Name,Last Name,E-mail Address", *lines]))
    kills = 0
    for killed in killed_until_it_is_done(host, "import", str(host / "people.csv"), "--as", "mara@stillwater.example"):
        kills += killed
        assert people_in(host) in ({before, before + 1_500} if killed else {before + 1_500})
    assert kills >= 1


@pytest.mark.long
def test_a_backup_and_a_restore_that_are_killed(host: Path) -> None:
    out, before = host / "killed.backup", people_in(host)
    for killed in killed_until_it_is_done(host, "backup", "--out", str(out)):
        assert out.exists() or killed
        if out.exists():
            run(host, "restore", str(out), "--verify")  # killed when it was done; what is there is whole
        if killed:
            out.unlink(missing_ok=True)
    run(host, "demo", fails=True)
    (host / "one.csv").write_text("First Name,Last Name,E-mail Address\nOne,More,one@more.example")
    run(host, "import", str(host / "one.csv"), "--as", "mara@stillwater.example")
    for killed in killed_until_it_is_done(host, "restore", str(out)):
        assert people_in(host) in ({before, before + 1} if killed else {before})
    assert json.loads(run(host, "doctor", "--json"))["ok"]
    assert servers_over(host / "data") == []


def test_a_backup_whose_key_is_another_or_that_is_damaged_changes_nothing(host: Path, tmp_path: Path) -> None:
    before, out, key, other = people_in(host), host / "sealed.backup", tmp_path / "key", tmp_path / "other"
    key.write_text("correct horse battery staple")
    other.write_text("another horse battery staple")
    run(host, "backup", "--out", str(out), "--key-file", str(key))
    assert "The key does not open" in run(host, "restore", str(out), "--key-file", str(other), fails=True)
    assert "is encrypted: name the file with its key by --key-file" in run(host, "restore", str(out), fails=True)
    for cut in (out.read_bytes()[:-1], out.read_bytes()[:50], b""):
        (tmp_path / "cut.backup").write_bytes(cut)
        said = run(host, "restore", str(tmp_path / "cut.backup"), "--key-file", str(key), fails=True)
        assert "nothing was restored" in said or "was changed at its beginning" in said
    (tmp_path / "weak").write_text("password")
    assert "is too weak" in run(host, "backup", "--out", str(host / "weak.backup"), "--key-file", str(tmp_path / "weak"), fails=True)
    assert people_in(host) == before


def test_two_servers_that_start_at_once_in_a_new_folder(tmp_path: Path) -> None:
    servers = [Server(tmp_path / "data"), Server(tmp_path / "data")]
    threads = [threading.Thread(target=server.start) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    try:
        assert [httpx.get(f"{server.address}/healthz").status_code for server in servers] == [200, 200]
        servers[0].kill()
        time.sleep(1)
        assert httpx.get(f"{servers[1].address}/readyz").status_code == 200, "the other goes on"
    finally:
        for server in servers:
            server.stop()
    assert servers_over(tmp_path / "data") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 MB. It needs the right to mount, which a container without privileges has not."""
    place = tmp_path / "disk"
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() or libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, b"size=400m,mode=755"):
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield place
    finally:
        try:
            stop_database(place / "data")
        finally:
            libc.umount2(os.fsencode(place), 2)


def test_a_full_disk_and_one_that_is_read_only(host: Path, small_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy_practice(small_disk / "data", tmp_path_factory)
    with (small_disk / "fill").open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 1_000_000)
                file.flush()
        except OSError:
            pass
    for words in (("run", "--no-browser", "--port", "0"), ("migrate",)):
        assert "is full, so the database cannot start; free some space and start again." in run(small_disk, *words, fails=True)
    assert "cannot be written or read: No space left on device (0 MB are free)" in run(host, "backup", "--out", str(small_disk / "x.backup"), fails=True)
    assert [path.name for path in small_disk.iterdir() if "x.backup" in path.name] == []
    (small_disk / "fill").unlink()
    run(small_disk, "migrate")
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", os.fsencode(small_disk), b"", 32 | 1, b"") == 0  # MS_REMOUNT | MS_RDONLY
    assert "cannot be written to (the disk is read-only), so the database cannot start there" in run(small_disk, "migrate", fails=True)
    assert "cannot be written or read: Read-only file system" in run(host, "backup", "--out", str(small_disk / "x.backup"), fails=True)


def test_root_leaves_an_ordinary_users_folder_usable(tmp_path: Path) -> None:
    """Everything that root makes in somebody's data folder belongs to them."""
    if os.geteuid():
        pytest.skip("only root can look after somebody else's folder")
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "data" / "postgres").mkdir()
    for path in (data, data / "postgres"):
        os.chown(path, 65534, 65534)
    run(tmp_path, "migrate")
    run(tmp_path, "backup", "--out", str(tmp_path / "x.backup"))
    run(tmp_path, "restore", str(tmp_path / "x.backup"))
    assert [path.name for path in data.rglob("*") if path.stat().st_uid != 65534] == []
