"""A real MindfulCRM process for browser tests: started as a person starts it, killed as a power cut would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.commands import Split, begin

READY = re.compile(r"MindfulCRM is ready at (http://\S+)")
CODE = re.compile(r"Setup code: (\S+)")
START_SECONDS = 90


class Server:
    """``mindfulcrm run`` on a free port with its own data folder. ``address`` and ``code`` are read from its terminal.

    ``cold`` starts Python anew for it, as a person does, also when it is not the first one of the test run. ``settings`` are variables of its host.
    """

    def __init__(self, data_dir: Path, *, cold: bool = False, **settings: str) -> None:
        self.data_dir, self.settings = data_dir, settings
        self.cold = cold
        self.address = ""
        self.code = ""
        self.lines: list[str] = []
        self.process: subprocess.Popen[bytes] | Split | None = None

    def start(self, port: int = 0) -> Server:
        """Start and wait until the terminal says that it is ready."""
        self.lines.clear()
        reading, writing = os.pipe()
        with open(os.devnull, "rb") as nothing, os.fdopen(writing, "wb") as terminal:
            given = {"MINDFULCRM_DATA_DIR": str(self.data_dir), "MINDFULCRM_PORT": str(port), **self.settings}
            self.process = begin(self.data_dir.parent, "run", "--no-browser", files=(nothing, terminal, terminal), cold=self.cold, **given)
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            text = "\n".join(self.lines)
            if ready := READY.search(text):
                self.address = ready[1].rstrip("/")
                code = CODE.search(text)
                self.code = code[1] if code else ""
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError("the server did not start:\n" + "\n".join(self.lines[-40:]))

    def _read(self, terminal: int) -> None:
        with os.fdopen(terminal) as text:
            for line in text:
                self.lines.append(line.rstrip())

    @property
    def port(self) -> int:
        """The port it took."""
        return int(self.address.rsplit(":", 1)[1])

    def kill(self) -> None:
        """SIGKILL: nothing gets a chance to clean up."""
        if self.process:
            self.process.kill()
            self.process.wait(10)

    def stop(self) -> None:
        """Ask politely; the last to leave stops the embedded database."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
