"""How many cases a security test tries: a seeded part in every run, all of them in the long one.

``docs/security-checks.md`` is made from these numbers and from the names of the tests, by ``scripts/write_security_checks.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LONG_SECONDS = 3 * 3_600


def counted(ci: int, full: int, of_what: str) -> Callable[[Any], Any]:
    """Give a test the argument ``count``: ``ci`` of something in every run and, marked ``long``, ``full``."""

    def twice(test: Any) -> Any:
        every = pytest.param(ci, id=f"{ci} {of_what}")
        long = pytest.param(full, id=f"{full} {of_what}", marks=[pytest.mark.long, pytest.mark.timeout(LONG_SECONDS)])
        return pytest.mark.parametrize("count", [every] if ci == full else [every, long])(test)

    return twice
