"""A real server and a real Chromium for the stories."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server


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
