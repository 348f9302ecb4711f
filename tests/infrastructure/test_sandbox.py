"""The sandbox stops what does not end, refuses what it must not do, and goes on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image

from crm_app.domain.isolation import SandboxRefused, SandboxTimeout
from crm_app.infrastructure import sandbox_worker
from crm_app.infrastructure.sandbox import MEMORY, ProcessSandbox

PHOTO = "crm_app.domain.imports.photos:shrink"
RELAY = "crm_app.domain.imports.work:relay_json"


@pytest.fixture(scope="module")
def sandbox():
    with ProcessSandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 99, 200)).save(out, "PNG")
    return out.getvalue()


def _workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "sandbox_worker" in " ".join(child.cmdline())]


@contextmanager
def _one_child(png: bytes, **options: int) -> Iterator[tuple[ProcessSandbox, psutil.Process]]:
    """A sandbox of its own, and its only child."""
    others = {child.pid for child in _workers()}
    with ProcessSandbox(1, **options) as sandbox:
        sandbox.run(PHOTO, png)
        (child,) = (child for child in _workers() if child.pid not in others)
        yield sandbox, child


def test_a_pure_function_runs_on_bytes(sandbox, png):
    assert sandbox.run(PHOTO, png)[:4] == b"RIFF"


def test_a_refusal_comes_with_its_sentence(sandbox):
    with pytest.raises(SandboxRefused) as refused:
        sandbox.run(PHOTO, b"no picture")
    assert "damaged" in refused.value.reason


@pytest.mark.parametrize("task", ["os:system", "crm_app.settings:Settings", "crm_app.domain.imports.photos:_see_through", "nonsense", "crm_app.domain.nowhere:x"])
def test_only_public_functions_of_the_domain_are_tasks(sandbox, task):
    with pytest.raises(SandboxRefused):
        sandbox.run(task, b"")


def test_a_task_that_takes_too_long_is_ended_and_the_next_one_runs(png):
    with _one_child(png) as (sandbox, child):
        begun = time.monotonic()
        with pytest.raises(SandboxTimeout):
            sandbox.run(RELAY, b'{"contacts":[' + b"[]," * 4_000_000 + b"[]]}", seconds=0.1)
        assert time.monotonic() - begun < 2
        assert not child.is_running()
        assert sandbox.run(PHOTO, png)


def test_a_busy_machine_refuses_nothing_that_a_quiet_one_reads(png):
    with _one_child(png) as (sandbox, child):
        child.suspend()  # as if others held the processor
        threading.Timer(1.5, child.resume).start()
        assert sandbox.run(PHOTO, png, seconds=2)


def test_a_child_that_never_gets_a_turn_is_given_up(png):
    with _one_child(png) as (sandbox, child):
        child.suspend()
        with pytest.raises(SandboxTimeout):
            sandbox.run(PHOTO, png, seconds=0.05)
        assert not child.is_running()
        assert sandbox.run(PHOTO, png)


def test_a_task_that_wants_too_much_memory_is_refused_and_the_next_one_runs(png):
    with ProcessSandbox(1, memory=200 * 1024 * 1024) as sandbox:
        with pytest.raises(SandboxRefused):
            sandbox.run(RELAY, b'{"contacts":[' + b"[[]]," * 4_000_000 + b"[]]}", seconds=20)
        assert sandbox.run(PHOTO, png)


def test_a_child_that_dies_is_replaced(png):
    with _one_child(png) as (sandbox, child):
        child.kill()
        time.sleep(0.1)
        assert sandbox.run(PHOTO, png)


def test_a_child_is_kept_warm(sandbox, png):
    sandbox.run(PHOTO, png)
    before = {child.pid for child in _workers()}
    for _ in range(5):
        sandbox.run(PHOTO, png)
    assert {child.pid for child in _workers()} == before


def test_many_threads_share_two_children(png):
    with ProcessSandbox(2) as sandbox:
        _run_in_threads(sandbox, png)


def _run_in_threads(sandbox: ProcessSandbox, png: bytes) -> None:
    results: list[bytes] = []
    others = len(_workers())
    threads = [threading.Thread(target=lambda: results.append(sandbox.run(PHOTO, png, seconds=10))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 12 and len(set(results)) == 1
    assert len(_workers()) <= others + 2


def test_the_child_inherits_no_secret_and_no_open_file(monkeypatch, png, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "do-not-pass-on")
    with open(tmp_path / "open", "wb") as held:
        os.set_inheritable(held.fileno(), True)
        with _one_child(png) as (_, child):
            assert "SECRET_KEY" not in child.environ()
            assert str(tmp_path / "open") not in [entry.path for entry in child.open_files()]
            assert child.rlimit(psutil.RLIMIT_AS) == (MEMORY, MEMORY)


def test_closing_ends_the_children(png):
    with _one_child(png) as (_, child):
        assert child.is_running()
    assert not child.is_running()


FORBIDDEN = {
    "a connection": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "a name look-up": "import socket; socket.getaddrinfo('localhost', 80)",
    "a process": "import subprocess; subprocess.run(['true'])",
    "a shell": "import os; os.system('true')",
    "a fork": "import os; os.fork()",
    "reading a file": "open('/etc/passwd').read()",
    "writing a file": "open('/tmp/mindfulcrm-escape', 'w')",
    "a low-level write": "import os; os.open('/tmp/mindfulcrm-escape', os.O_CREAT | os.O_WRONLY)",
    "removing a file": "import os; os.remove('/tmp/mindfulcrm-none')",
    "a signal": "import os; os.kill(1, 0)",
    "foreign code": "import ctypes; ctypes.CDLL(None)",
}


@pytest.mark.parametrize("code", FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_a_task_may_not_do(code):
    """The guard that the child installs, tried in a process of its own with code that no task would hold."""
    program = textwrap.dedent(f"""
        import sys, ctypes, socket, subprocess
        sys.path.insert(0, {str(Path(sandbox_worker.__file__).parents[2])!r})
        from crm_app.infrastructure import sandbox_worker
        sandbox_worker._install_guard()
        try:
            {code}
        except PermissionError:
            print("refused")
    """)
    result = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=30)
    assert result.stdout.strip() == "refused", result.stderr


def test_a_library_may_lie_beside_the_environment(tmp_path):
    """A file ``.pth`` or a distribution may put libraries anywhere; one that is first asked for in the middle of a task is found there."""
    (tmp_path / "late_library.py").write_text("ANSWER = 42")
    program = textwrap.dedent(f"""
        import sys
        sys.path[:0] = [{str(Path(sandbox_worker.__file__).parents[2])!r}, {str(tmp_path)!r}]
        from crm_app.infrastructure import sandbox_worker
        sandbox_worker._install_guard()
        import late_library
        print(late_library.ANSWER)
    """)
    result = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=30)
    assert result.stdout.strip() == "42", result.stderr


def test_a_frame_is_lengths_json_and_bytes():
    frame = sandbox_worker.pack_frame({"a": 1}, b"xyz")
    assert sandbox_worker.read_frame(io.BytesIO(frame)) == ({"a": 1}, b"xyz")
    assert sandbox_worker.read_frame(io.BytesIO(b"")) is None
    assert json.loads(frame[8:16]) == {"a": 1}


def test_a_child_starts_without_the_tables_of_the_database():
    """They would more than double what each start takes, and a child is started anew after every file that misbehaves."""
    given = f"import sys, importlib; [importlib.import_module(name) for name in {sandbox_worker._WARM}]; print({{'sqlalchemy', 'sqlmodel'}} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", given], cwd=sandbox_worker.ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
