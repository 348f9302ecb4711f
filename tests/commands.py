"""``mindfulcrm`` as a host types it, and other processes that tests begin: each is one of its own.

The first time that a test run uses a command, Python starts anew for it, as it does for a person; so each is seen to have all that it needs. From
then on it is split off from a process that has the libraries loaded already (``tests/fork_server.py``), which saves what would otherwise be most of
the time. ``cold=True`` is for tests of the start itself. What tests alone run (``begin_python``, ``talk_to_python``) is always split off.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, TextIO

OURS = ("MINDFULCRM_", "DATABASE_", "PUBLIC_URL", "SECRET_KEY", "COV_", "PYTEST_", "NICEGUI_")
PATIENCE = 150.0
ROOT = Path(__file__).parents[1]
STARTED: Path | None = None
"""Where the whole test run notes which commands have started anew; ``tests/conftest.py`` says it."""


def run(folder: Path, *words: str, given: str = "", fails: bool = False, cold: bool = False, **environment: str) -> str:
    """What ``mindfulcrm`` prints; with ``fails`` the sentence on stderr of a command that must not work."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(given.encode())
        stdin.seek(0)
        process = begin(folder, *words, files=(stdin, stdout, stderr), cold=cold, **environment)
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        said, complaint = (text_of(file) for file in (stdout, stderr))
    if fails:
        assert status != 0, said
        assert "Traceback" not in complaint
        assert len(complaint.strip().splitlines()) == 1 or complaint.startswith("Usage:"), complaint
        return complaint.strip()
    assert status == 0, complaint
    return said.strip()


def begin(folder: Path, *words: str, files: tuple[IO[bytes], IO[bytes], IO[bytes]], cold: bool = False, **given: str) -> subprocess.Popen[bytes] | Split:
    """Begin ``mindfulcrm`` with these words over the data in ``folder/data``, and do not wait. ``files`` are its three standard files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**kept, "MINDFULCRM_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1", **given}
    return begin_python("-m", "crm_app.cli", *words, files=files, folder=folder, environment=environment, cold=cold or _is_first(words))


def begin_python(
    *words: str, files: tuple[IO[bytes] | int, IO[bytes] | int, IO[bytes] | int], folder: Path = ROOT, environment: Mapping[str, str] | None = None, cold: bool = False
) -> subprocess.Popen[bytes] | Split:
    """Begin ``python`` with these words (``-m`` and a module, or ``-c`` and a program; then what it is told), and do not wait. ``files`` are its three standard files."""
    environment = dict(os.environ if environment is None else environment)
    if cold or "COVERAGE_PROCESS_START" in os.environ or "COVERAGE_PROCESS_CONFIG" in os.environ:
        stdin, stdout, stderr = files
        return subprocess.Popen([sys.executable, *words], env=environment, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr)
    return Split(words, folder, environment, [file if isinstance(file, int) else file.fileno() for file in files])


@contextmanager
def talk_to_python(*words: str, environment: Mapping[str, str] | None = None) -> Iterator[Talking]:
    """``python`` with these words as long as the block lasts, a line of text to it and one from it. It is asked to end by the end of its input, and ended if it does not."""
    (theirs, to), (of, told) = os.pipe(), os.pipe()
    with open(to, "w", encoding="utf-8") as stdin, open(of, encoding="utf-8") as stdout:
        process = begin_python(*words, files=(theirs, told, 2), environment=environment)
        os.close(theirs)
        os.close(told)
        talking = Talking(process, stdin, stdout)
        try:
            yield talking
        finally:
            with suppress(BrokenPipeError):
                stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True)
class Talking:
    """A process that answers line by line."""

    process: subprocess.Popen[bytes] | Split
    stdin: TextIO
    stdout: TextIO

    def hear(self) -> str:
        """The next line it says, without its end; nothing once it has ended."""
        return self.stdout.readline().strip()

    def ask(self, line: str) -> str:
        """Tell it a line; what it answers."""
        self.stdin.write(line + "\n")
        self.stdin.flush()
        return self.hear()

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self.process.kill()
        self.process.wait(10)


class Split:
    """A process that was split off; as much of ``subprocess.Popen`` as tests ask for."""

    def __init__(self, words: tuple[str, ...], folder: Path, environment: dict[str, str], files: list[int]) -> None:
        self.returncode: int | None = None
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(_fork_server())
        request = json.dumps({"words": words, "folder": str(folder), "environment": environment}).encode() + b"\n"
        sent = socket.send_fds(self._line, [request], files)
        self._line.sendall(request[sent:])
        self.pid = int.from_bytes(self._line.recv(8), "little")

    def poll(self) -> int | None:
        """The status, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The status, once it has ended. Raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            self._line.settimeout(timeout if timeout is None else max(timeout, 0.0001))
            try:
                told = self._line.recv(8)
            except TimeoutError:
                raise subprocess.TimeoutExpired("python", timeout or 0) from None
            assert told, "the process that others are split off from has ended"
            self.returncode = int.from_bytes(told, "little", signed=True)
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def text_of(file: IO[bytes]) -> str:
    """All that was written to a file."""
    file.seek(0)
    return file.read().decode()


def _is_first(words: tuple[str, ...]) -> bool:
    """True for one process of the whole test run, for each command."""
    if STARTED is None:
        return True
    command = [word for word in words[:2] if word.replace("-", "").isalpha() and not word.startswith("-")]
    try:
        (STARTED / "-".join(command)).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@cache
def _fork_server() -> str:
    """The address of this test process's own, which ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="crm-fork-"))
    address = folder / "socket"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    server: Any = subprocess.Popen([sys.executable, "-m", "tests.fork_server", str(address)], cwd=ROOT, env=environment, stdin=subprocess.PIPE)
    ends = time.monotonic() + 90
    while not address.exists():
        assert server.poll() is None and time.monotonic() < ends, "the process that others are split off from did not start"
        time.sleep(0.02)

    def end() -> None:
        server.stdin.close()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return str(address)
