"""No file handle is left: one sentence, no half file, nothing that stays open or runs on, and all of it works again as soon as there is one."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.cluster import Database
from tests.commands import talk_to_python


def test_rel_10_without_file_handles_it_is_a_sentence_and_no_half_file_and_afterwards_everything_works(database: Database, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    server = database.server
    with socket.create_server(("127.0.0.1", 0)) as somewhere:
        words = (server.owner_dsn(database.name), server.app_dsn(database.name), str(tmp_path), str(somewhere.getsockname()[1]))
        with talk_to_python("-m", "tests.infrastructure.hoarding_process", *words, "0", "1", "2", "4") as process:
            told = json.loads(process.hear())
    everything = {"file", "gate", "sandbox", "database", "backup"}
    assert told["before"] == told["after"] == dict.fromkeys(everything, "done")
    assert told["open"] == {"handles": "0", "children": "0", "threads": "1"}
    assert {place: left for place, left in told["left"].items() if left} == {}
    said = {name: set(told[name].values()) - {"done"} for name in everything}
    assert said["file"] == {"OSError: Too many open files"}
    assert said["gate"] == {"NoAnswer: no address answered"}
    assert said["sandbox"] == {"SandboxRefused: The protected reader could not be started."}
    assert said["database"] == {"CrmError: The database does not answer."}
    backup = f"Unavailable: The backup {tmp_path / 'a.backup'} cannot be written or read: Too many open files ("
    assert all(sentence == "the database is away" or sentence.startswith(backup) for sentence in said["backup"]), said["backup"]
    assert all(told[name]["0"] != "done" for name in everything)
