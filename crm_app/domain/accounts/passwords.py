"""Passwords: argon2id with 46 MiB, one pass; never more than two at once; a stranger costs what a member costs."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice (46 MiB, t=1, p=1): 71 ms on the reference machine, where the library's default takes 230 ms.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)

# Each hash takes 46 MiB and a core: more than two at a time would let a flood of guesses starve the pages.
_AT_ONCE = threading.BoundedSemaphore(2)

# The hash of a random secret that was thrown away, so that an unknown address takes as long as a known one.
# A constant, because making one costs 46 MiB and 50 ms at every start; a test keeps its settings equal to the hasher's.
NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$M2J3LCUCygBM4hemjT8cmQ$Ac+sL3Bl1dofEhmXMGh6IP1CWtW8BxDBJ/rb0nIZ8eg"


def hash_password(password: str) -> str:
    """The argon2id hash in PHC form, with its own random salt."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one behind ``stored``. ``None`` (no such person) takes the same time and is False."""
    with _AT_ONCE:
        try:
            matches = _HASHER.verify(stored or NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """True when ``stored`` was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(stored)
