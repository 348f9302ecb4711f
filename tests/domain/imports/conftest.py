"""A real sandbox for the whole session, and one that runs in this process for tests that call it ten thousand times."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crm_app.infrastructure.sandbox import ProcessSandbox

CORPUS = Path(__file__).parents[2] / "corpus"


class InlineSandbox:
    """The same contract without a second process: no clock, no limit."""

    def run(self, task: str, data: bytes, options: Mapping[str, Any] | None = None, *, seconds: float = 2.0) -> bytes:
        module, _, name = task.partition(":")
        return getattr(importlib.import_module(module), name)(data, dict(options or {}))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[ProcessSandbox]:
    with ProcessSandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def inline() -> InlineSandbox:
    return InlineSandbox()


@pytest.fixture(scope="session")
def corpus() -> Path:
    return CORPUS
