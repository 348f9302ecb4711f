"""How many cases a test tries: a seeded part in every run, all of them in the long one, or the share of them that ``LONG_SHARE`` says.

``docs/security-checks.md`` is made from these numbers and from the names of the tests, by ``scripts/write_security_checks.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

LONG_SECONDS = 3 * 3_600
SHARE = float(os.environ.get("LONG_SHARE") or 1)


def counted(ci: int, full: int, of_what: str, name: str = "count") -> Callable[[Any], Any]:
    """Give a test the argument ``name``: ``ci`` of something in every run and, marked ``long``, ``full``."""

    def twice(test: Any) -> Any:
        every = pytest.param(ci, id=f"{ci} {of_what}")
        many = max(ci, round(full * SHARE))  # some tests say something only of enough cases
        long = pytest.param(many, id=f"long {many} {of_what}", marks=[pytest.mark.long, pytest.mark.timeout(LONG_SECONDS)])
        return pytest.mark.parametrize(name, [every] if ci == full else [every, long])(test)

    return twice
