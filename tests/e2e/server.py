"""A real MindfulCRM process for browser tests: started as a person starts it, killed as a power cut would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

READY = re.compile(r"MindfulCRM is ready at (http://\S+)")
CODE = re.compile(r"Setup code: (\S+)")
START_SECONDS = 90


class Server:
    """``mindfulcrm run`` on a free port with its own data folder. ``address`` and ``code`` are read from its terminal."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.address = ""
        self.code = ""
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self, port: int = 0) -> Server:
        """Start and wait until the terminal says that it is ready."""
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "NICEGUI_", "COV_", "MINDFULCRM_"))}
        environment = keep | {"MINDFULCRM_DATA_DIR": str(self.data_dir), "MINDFULCRM_PORT": str(port), "PYTHONUNBUFFERED": "1"}
        self.lines.clear()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm_app.cli", "run", "--no-browser"],
            env=environment, cwd=self.data_dir.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()
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

    def _read(self) -> None:
        process = self.process
        if process and process.stdout:
            for line in process.stdout:
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
