"""What was written into the calendars of the demo: one small file beside its data, or nothing that outlives the process."""

from __future__ import annotations

import json
import threading
from pathlib import Path

_LOCK = threading.Lock()


class Memory:
    """By calendar and ref, what stands there now; None for what was taken out. Without a ``file`` each of these remembers for itself."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._kept: dict[str, dict[str, str | None]] = {}

    def read(self, calendar: str) -> dict[str, bytes | None]:
        """Everything that was written into a calendar."""
        with _LOCK:
            return {ref: content.encode() if content is not None else None for ref, content in self._load().get(calendar, {}).items()}

    def keep(self, calendar: str, ref: str, content: bytes | None) -> None:
        """Remember one thing."""
        with _LOCK:
            kept = self._load()
            kept.setdefault(calendar, {})[ref] = content.decode() if content is not None else None
            self._kept = kept
            if self._file is not None:
                fresh = self._file.with_suffix(".new")
                fresh.write_text(json.dumps(kept), encoding="utf-8")
                fresh.replace(self._file)

    def _load(self) -> dict[str, dict[str, str | None]]:
        if self._file is None:
            return self._kept
        try:
            kept: dict[str, dict[str, str | None]] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return kept
