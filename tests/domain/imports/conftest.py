"""A real sandbox for the whole session, and one that runs in this process for tests that call it ten thousand times."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

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


def make_picture(width: int = 40, height: int = 30, kind: str = "PNG", **options: Any) -> bytes:
    """A picture of that size, as bytes."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (120, 180, 160)).save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    return make_picture
