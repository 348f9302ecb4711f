"""A sandbox for what providers read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_app.domain.imports import sandbox as binding
from crm_app.infrastructure.sandbox import ProcessSandbox


@pytest.fixture(scope="session")
def reader() -> Iterator[ProcessSandbox]:
    with ProcessSandbox() as place:
        yield place


@pytest.fixture
def sandbox(reader: ProcessSandbox, monkeypatch: pytest.MonkeyPatch) -> ProcessSandbox:
    """Bound, as the composition root binds it."""
    monkeypatch.setattr(binding._Binding, "sandbox", reader)
    return reader
