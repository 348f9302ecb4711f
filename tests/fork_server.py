"""A process that has the whole product's libraries loaded and splits off others: what starting Python anew takes seconds for.

A client (``tests/commands.py``) sends one line of JSON (words as after ``python``, folder, environment) and its three standard files; it is told the
process id at once and the status at the end. It ends with whoever began it, whose end of its standard input closes.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from runpy import run_module
from types import ModuleType
from typing import Any

REQUEST_BYTES = 1_000_000
LOOK_SECONDS = 0.01


def serve(address: str) -> Callable[[], None]:
    """Split off a process for each request. Returns twice: in each of those with what it is to do, and never in this one, which ends."""
    running: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as asked:
        listener.bind(address + ".new")
        listener.listen()
        os.rename(address + ".new", address)  # it stands there once somebody listens, and not a moment before
        asked.register(listener, selectors.EVENT_READ)
        asked.register(sys.stdin, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in asked.select(LOOK_SECONDS if running else None)]
            if sys.stdin in ready:
                os._exit(0)
            if listener in ready:
                client = listener.accept()[0]
                request, files = _received(client)
                if (process := os.fork()) == 0:
                    for other in (client, *running.values()):
                        other.close()
                    return lambda: _become(request, files)
                for file in files:
                    os.close(file)
                client.sendall(process.to_bytes(8, "little"))
                running[process] = client
            _tell_of_the_ended(running)


def _received(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    text, files, _, _ = socket.recv_fds(client, REQUEST_BYTES, 3)
    while not text.endswith(b"\n"):
        text += client.recv(REQUEST_BYTES)
    return json.loads(text), files


def _tell_of_the_ended(running: dict[int, socket.socket]) -> None:
    for process in list(running):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            with running.pop(process) as client:
                client.sendall(os.waitstatus_to_exitcode(status).to_bytes(8, "little", signed=True))


def _become(request: dict[str, Any], files: list[int]) -> None:
    """What ``python`` with these words is from its first line on: its own files, folder, environment and words."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    option, program, *words = request["words"]
    sys.argv = [option, *words]
    status: object = 0
    try:
        if option == "-m":
            run_module(program, run_name="__main__", alter_sys=True)
        else:
            sys.modules["__main__"] = alone = ModuleType("__main__")
            exec(compile(program, "<string>", "exec"), vars(alone))
    except SystemExit as end:
        status = end.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    os._exit(status if isinstance(status, int) else int(status is not None))  # what Python does besides is to let go of memory, page by page


if __name__ == "__main__":
    import_module("crm_app.main")
    import_module("alembic.command")
    for module in iter_modules(import_module("crm_app.cli").__path__, "crm_app.cli."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import_module("tests.unsynced").here()
    gc.freeze()
    serve(sys.argv[1])()
