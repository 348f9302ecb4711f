"""The child of the sandbox: it gives up every power that it does not need, then answers one request after another.

Run as a script, isolated from the caller's environment. On stdin comes a frame (see ``read_frame``), on stdout one goes back:
``{"ok": true}`` and the result, or ``{"ok": false, "reason": sentence}``.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]
TASK_ROOM = "crm_app.domain."
TOO_LARGE = "It needs more memory than a single item may use."
UNREADABLE = "It could not be read."
_HEADER = struct.Struct(">II")
ORPHAN = 12
"""Longer than the parent waits, so that it is the parent who says what happened."""
_WARM = (
    "crm_app.domain.calendar.work", "crm_app.domain.documents.work", "crm_app.domain.imports.work", "crm_app.domain.imports.photos",
    "crm_app.domain.imports.workbook", "crm_app.domain.mail.work", "PIL.Image", "PIL.ImageOps",
)  # fmt: skip
_FORBIDDEN = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "os.remove",
    "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.kill", "os.putenv", "os.truncate",
    "shutil.", "ctypes.", "tempfile.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "sqlite3.", "pty.", "webbrowser.",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def pack_frame(head: dict[str, Any], body: bytes) -> bytes:
    """Two big-endian lengths, then a JSON object, then raw bytes."""
    text = json.dumps(head).encode()
    return _HEADER.pack(len(text), len(body)) + text + body


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None once the other side has gone."""
    lengths = stream.read(_HEADER.size)
    if len(lengths) < _HEADER.size:
        return None
    head_length, body_length = _HEADER.unpack(lengths)
    return json.loads(stream.read(head_length)), stream.read(body_length)


def _limit(memory: int) -> None:
    """Cap memory, forbid core dumps and file writing. What a platform lacks (macOS ignores RLIMIT_AS) is left out."""
    import resource

    wanted = ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 64))
    for kind, limit in wanted:
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):
            continue


def _install_guard() -> None:
    """Refuse, by audit hook, everything but computing and importing code that is already installed."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(ROOT), *filter(None, sys.path)}  # libraries may lie beside the environment that runs
    readable = (*(str(Path(place).resolve()) for place in places), "/usr/share/zoneinfo")

    def guard(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, flags = args[0], args[2] or 0
            name = os.fsdecode(path) if isinstance(path, str | bytes) else ""
            if flags & _WRITING or not name.startswith(readable):
                raise PermissionError("a sandboxed task may not open files")
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(f"a sandboxed task may not use {event}")

    sys.addaudithook(guard)


def _perform(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Run the task that the frame names. Every failure becomes a sentence: this is the one place that must not die of one."""
    from crm_app.domain.isolation import SandboxRefused

    module, _, name = str(head["task"]).partition(":")
    if not module.startswith(TASK_ROOM) or name.startswith("_"):
        return {"ok": False, "reason": UNREADABLE, "detail": "not a task"}, b""
    try:
        return {"ok": True}, getattr(importlib.import_module(module), name)(body, head.get("options") or {})
    except SandboxRefused as refusal:
        return {"ok": False, "reason": refusal.reason}, b""
    except MemoryError:
        return {"ok": False, "reason": TOO_LARGE, "last": True}, b""
    except Exception as failure:  # noqa: BLE001 - hostile bytes make libraries fail in every way; the caller gets a sentence
        return {"ok": False, "reason": UNREADABLE, "detail": f"{type(failure).__name__}: {failure}"[:500]}, b""


def main(memory: int) -> None:
    """Answer until stdin closes. Timers of the kernel end the process: one when it has used up its own time, one when its parent is gone."""
    sys.path.insert(0, str(ROOT))
    for name in _WARM:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes nowhere, never into the answers
    _limit(memory)
    _install_guard()
    answers.write(b"R")
    answers.flush()
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        seconds = float(frame[0]["seconds"])
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * ORPHAN + 1)
        head, body = _perform(*frame)
        del frame
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(pack_frame(head, body))
        answers.flush()
        if head.get("last"):
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
