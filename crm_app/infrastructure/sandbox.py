"""A place where bytes from strangers are read: child processes with a clock, little memory and no network.

A thread cannot be stopped, so a photo that unpacks to a gigabyte or a file that sends a parser into a spin would take the
application with it. Here such work is done by a warm child that is ended when its time is up, and replaced at the next call.
Its time is the processor time that it used itself, so a busy machine refuses nothing that a quiet one reads; only somewhat later
does the wall clock end it too. The child inherits neither environment nor files; answers come back as length-prefixed bytes, never as pickles.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from crm_app.domain.isolation import SandboxRefused, SandboxTimeout
from crm_app.infrastructure.sandbox_worker import UNREADABLE, pack_frame

log = structlog.get_logger(__name__)

MEMORY = 512 * 1024 * 1024
LARGEST_ANSWER = 256 * 1024 * 1024
START_SECONDS = 60.0
PATIENCE = 10
"""A child gets this many times its own time by the wall clock: others may hold the processor meanwhile."""
_LENGTHS = struct.Struct(">II")
_PIECE = 1 << 16
_SELECTOR: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.DefaultSelector)  # the former takes no file handle, of which none may be left
NOT_STARTED = "The protected reader could not be started."
TOO_LONG = "It took longer than a single item may take."


class ProcessSandbox:
    """At most ``size`` children, started when first needed. ``close`` (or leaving the ``with`` block) ends them."""

    def __init__(self, size: int = 2, *, memory: int = MEMORY) -> None:
        self._memory = memory
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._closed = False
        self._warming: threading.Thread | None = None

    def warm(self) -> None:
        """Begin to start a first child, so that it is there when it is needed: importing what it reads with takes it a second."""
        self._warming = threading.Thread(target=self._warm, name="sandbox-warming")
        self._warming.start()

    def run(self, task: str, data: bytes, options: Mapping[str, Any] | None = None, *, seconds: float = 2.0) -> bytes:
        """See ``ports.Sandbox``. Waiting for a free child, and starting one, does not count as the task's time."""
        frame = pack_frame({"task": task, "options": dict(options or {}), "seconds": seconds}, data)
        with self._slots:
            worker = self._take()
            healthy = False
            try:
                head, body = worker.ask(frame, seconds)
                healthy = not head.get("last")
            finally:
                self._give_back(worker, healthy)
        if head["ok"]:
            return body
        raise SandboxRefused(str(head["reason"]))

    def close(self) -> None:
        """End the idle children; one that is working is ended when its task is done."""
        if self._warming is not None:
            self._warming.join()
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def __enter__(self) -> ProcessSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _warm(self) -> None:
        with contextlib.suppress(SandboxRefused):  # whoever needs a child will be told why there is none
            self._give_back(_Worker(self._memory), True)

    def _take(self) -> _Worker:
        if self._warming is not None:
            self._warming.join()
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _Worker(self._memory)
            if worker.alive:
                return worker
            worker.end()

    def _give_back(self, worker: _Worker, healthy: bool) -> None:
        with self._lock:
            if healthy and not self._closed:
                self._idle.append(worker)
                return
        worker.end()


def _begin(memory: int) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("sandbox_worker.py")
    return subprocess.Popen(  # noqa: S603 - our own interpreter and script, no shell, nothing from outside
        [sys.executable, "-I", str(script), str(memory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "TZ": "UTC"}, cwd="/", start_new_session=True, bufsize=0,
    )  # fmt: skip


class _Worker:
    """One child process and its two pipes."""

    def __init__(self, memory: int) -> None:
        try:
            self._process = _begin(memory)
        except OSError as failure:  # no file handle, process or memory left on this machine
            log.error("the protected reader could not be started", reason=failure.strerror)
            raise SandboxRefused(NOT_STARTED) from failure
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        try:
            self._exchange(b"", 1, time.monotonic() + START_SECONDS)
        except (SandboxTimeout, SandboxRefused) as failure:
            self.end()
            raise SandboxRefused(NOT_STARTED) from failure

    @property
    def alive(self) -> bool:
        """Whether the process is still there to be asked."""
        return self._process.poll() is None

    def ask(self, frame: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for the whole answer."""
        deadline = time.monotonic() + seconds * PATIENCE
        start = self._exchange(frame, _LENGTHS.size, deadline)
        head_length, body_length = _LENGTHS.unpack(start)
        if head_length + body_length > LARGEST_ANSWER:
            raise SandboxRefused(UNREADABLE)
        rest = self._exchange(b"", head_length + body_length, deadline)
        return json.loads(rest[:head_length]), rest[head_length:]

    def end(self) -> None:
        """Kill it, close the pipes, collect its exit."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _exchange(self, outgoing: bytes, wanted: int, deadline: float) -> bytes:
        """Write all of ``outgoing`` and read exactly ``wanted`` bytes, or raise when the clock or the child ends."""
        waiting = memoryview(outgoing)
        answer = bytearray()
        with _SELECTOR() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if waiting:
                selector.register(self._in, selectors.EVENT_WRITE)
            while waiting or len(answer) < wanted:
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise SandboxTimeout(TOO_LONG)
                for key, _ in ready:
                    if key.fd == self._out:
                        answer += self._read(wanted - len(answer))
                    else:
                        waiting = waiting[self._write(waiting) :]
                        if not waiting:
                            selector.unregister(self._in)
        return bytes(answer)

    def _read(self, missing: int) -> bytes:
        piece = os.read(self._out, min(max(missing, 1), _PIECE * 16))
        if not piece:
            raise self._death()
        return piece

    def _write(self, waiting: memoryview) -> int:
        try:
            return os.write(self._in, waiting[:_PIECE])
        except BrokenPipeError as gone:
            raise self._death() from gone

    def _death(self) -> SandboxRefused | SandboxTimeout:
        """Why the child is gone: its time was up, or memory ran out in a library, or it crashed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(5) in (-signal.SIGPROF, -signal.SIGALRM):
                return SandboxTimeout(TOO_LONG)
        return SandboxRefused(UNREADABLE)
