"""The contract of the sandbox, alone in a file so that its child process loads nothing else of the house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class SandboxTimeout(Exception):
    """The work took longer than it was given; the process that did it has been ended."""


class SandboxRefused(Exception):
    """The bytes cannot be taken. ``reason`` is one sentence that is safe to show.

    A task raises this itself; the sandbox raises it for a task that needs too much memory, fails, or dies.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sandbox(Protocol):
    """Runs a pure function on untrusted bytes where it can do no harm and can be stopped."""

    def run(self, task: str, data: bytes, options: Mapping[str, Any] | None = None, *, seconds: float = 2.0) -> bytes:
        """Run ``task`` (``crm_app.domain.…:function``, called with data and options) and return its bytes.

        ``options`` must be plain JSON. Raises ``SandboxTimeout`` or ``SandboxRefused``. Any thread may call it.
        """
        ...
