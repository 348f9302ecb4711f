"""Where the audit log stood, written down outside the database: a log that was cut off at its end betrays itself here.

A line of the file is a moment, a number of entries and the seal of the last one. Whoever shortens or rewrites the log in the
database would have to change this file as well, without the key that signs its lines.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from crm_app.infrastructure.ownership import give_to_owner_of_folder

ANCHOR_FILE = "audit-anchors.jsonl"
KEPT = 2_000
_PURPOSE = b"anchor of the audit log"

Head = tuple[int, bytes]


class Anchors:
    """The file in the data folder. ``key`` is the audit log's own."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._path = folder / ANCHOR_FILE
        self._key = key

    def write(self, head: Head | None, *, restored: bool = False) -> None:
        """Note where the log stands, unless the last line says so already. ``restored``: what was noted before no longer binds."""
        seq, mac = head or (0, b"")
        lines = self._lines()
        if not restored and (seq == 0 or (lines and lines[-1]["entries"] == seq)):
            return
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "entries": seq, "seal": mac.hex(), "restored": restored}
        lines = [*lines, line | {"signed": self._sign(line)}][-KEPT:]
        draft = self._path.with_suffix(".part")
        draft.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
        draft.chmod(0o600)
        give_to_owner_of_folder(draft)
        draft.replace(self._path)

    def fault(self, seal_of: Callable[[int], bytes | None]) -> str:
        """Why the log is not the one that was anchored, in one sentence; empty when it is. ``seal_of`` reads the log."""
        lines = self._lines()
        begun = max((number for number, line in enumerate(lines) if line["restored"]), default=0)
        for line in lines[begun:]:
            if not hmac.compare_digest(str(line.get("signed", "")), self._sign({name: line[name] for name in ("at", "entries", "seal", "restored")})):
                return f"the line of {line['at']} in {self._path.name} was not written by this deployment"
            found = seal_of(line["entries"]) if line["entries"] else b""
            if found is None:
                return f"it had {line['entries']} entries on {line['at']}, and the last of them are gone"
            if found.hex() != line["seal"]:
                return f"entry {line['entries']} is not the one that stood there on {line['at']}"
        return ""

    def _sign(self, line: dict[str, Any]) -> str:
        return hmac.new(self._key, _PURPOSE + json.dumps(line, sort_keys=True).encode(), sha256).hexdigest()

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines() if line.strip()]
