"""A real server and a real Chromium for the stories."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    return {**browser_type_launch_args, "args": FLAGS, **({"executable_path": found} if found else {})}


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has set up yet."""
    server = Server(tmp_path / "data")
    (tmp_path / "data").mkdir()
    yield server.start()
    server.stop()
    stop_database(server.data_dir)


def stop_database(data_dir: Path) -> None:
    """After a SIGKILL the embedded database lives on by design; attach once more and leave last."""
    subprocess.run(
        [sys.executable, "-c", "import sys; from pathlib import Path\n"
         "from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres\nEmbeddedPostgres(Path(sys.argv[1])).start().stop()",
         str(data_dir / "postgres")],
        check=False, timeout=60,
    )  # fmt: skip
