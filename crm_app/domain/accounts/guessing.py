"""How often someone may guess a password or a code: counters in the database, so that a restart forgives nothing.

Per account a delay that doubles to 15 minutes (never a lock), per address (IPv4 /32, IPv6 /64) 10 tries in 5 minutes, in all
1,000 in 5 minutes. A device that has signed in to an account before has a count of its own there, so that a stranger who
guesses cannot keep the owner out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from time import time
from uuid import UUID

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from crm_app.domain.accounts.rules import address_group
from crm_app.domain.ports import RateStore
from crm_app.domain.text import fold

PER_ADDRESS = RateLimitItemPerMinute(10, 5, namespace="signin-address")
PER_DEVICE = RateLimitItemPerMinute(10, 5, namespace="signin-device")
GLOBAL = RateLimitItemPerMinute(1000, 5, namespace="signin-all")

FREE_FAILURES = 3
LONGEST_DELAY = 900
FAILURE_MEMORY = 86_400
DEVICE_MEMORY = 60 * 86_400


class DatabaseStorage(Storage):
    """``limits`` on top of our counters in PostgreSQL."""

    STORAGE_SCHEME = None
    base_exceptions = ()

    def __init__(self, store: RateStore) -> None:
        super().__init__()
        self._store = store

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count ``amount`` more in a window of ``expiry`` seconds."""
        count = 0
        for _ in range(amount):
            count = self._store.rate_hit(key, int(expiry))
        return count

    def get(self, key: str) -> int:
        """The count of the window that is open."""
        return self._store.rate_peek(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the open window ends, in seconds since 1970."""
        return time() + self._store.rate_peek(key)[1]

    def check(self) -> bool:
        """The database answers, or its error says why not."""
        return self._store.rate_peek("check")[0] >= 0

    def reset(self) -> int | None:
        """Counters of other keys are never reset at once."""
        return None

    def clear(self, key: str) -> None:
        """Forget one key."""
        self._store.rate_clear(key)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guess: at which account, from where. Addresses of people are hashed before they become keys.

    ``inside``: made by somebody who is signed in to this account, and so from a device that is known there.
    """

    account: str
    address: str
    inside: bool = False

    @classmethod
    def of(cls, email: str, address: str) -> Attempt:
        """The attempt for what was typed, known or not."""
        return cls(_account(email), address_group(address))

    @classmethod
    def of_session(cls, email: str, session_id: UUID | None) -> Attempt:
        """The attempt of somebody who is signed in already, and shows once more that it is they."""
        return cls(_account(email), f"session {session_id}", inside=True)

    @property
    def device(self) -> str:
        """Account and address together."""
        return f"{self.account}:{self.address}"


class SignInLimits:
    """The three limits of a guess. ``wait`` (or ``held``) before the secret is looked at, then ``failed`` or ``succeeded``."""

    def __init__(self, store: RateStore) -> None:
        self._store = store
        self._limiter = FixedWindowRateLimiter(DatabaseStorage(store))

    def wait(self, attempt: Attempt) -> int:
        """Seconds to wait before this try, 0 to go on. Counts the try."""
        if not self._limiter.hit(GLOBAL, "all"):
            return self._left(GLOBAL, "all")
        item, subject = (PER_DEVICE, attempt.device) if self._knows(attempt) else (PER_ADDRESS, attempt.address)
        if not self._limiter.hit(item, subject):
            return self._left(item, subject)
        return self.held(attempt)

    def held(self, attempt: Attempt) -> int:
        """Seconds by which earlier failures hold this up; for a program that shows the right secret all day long. Counts nothing."""
        return self._store.rate_peek(f"signin-held:{attempt.device if self._knows(attempt) else attempt.account}")[1]

    def failed(self, attempt: Attempt) -> None:
        """Lengthen the account's delay, and that of the device."""
        for subject in (attempt.account, attempt.device):
            failures = self._store.rate_hit(f"signin-failed:{subject}", FAILURE_MEMORY)
            delay = delay_after(failures)
            if delay:
                self._store.rate_clear(f"signin-held:{subject}")
                self._store.rate_hit(f"signin-held:{subject}", delay)

    def succeeded(self, attempt: Attempt) -> None:
        """Forget this device's failures and remember the device. The account's own count stands: others made it."""
        self._store.rate_clear(f"signin-failed:{attempt.device}")
        self._store.rate_clear(f"signin-held:{attempt.device}")
        self._store.rate_clear(f"signin-known:{attempt.device}")
        self._store.rate_hit(f"signin-known:{attempt.device}", DEVICE_MEMORY)

    def _knows(self, attempt: Attempt) -> bool:
        return attempt.inside or self._store.rate_peek(f"signin-known:{attempt.device}")[0] > 0

    def _left(self, item: RateLimitItem, subject: str) -> int:
        return max(1, round(self._limiter.get_window_stats(item, subject).reset_time - time()))


def _account(email: str) -> str:
    return hashlib.sha256(fold(email).encode()).hexdigest()[:32]


def delay_after(failures: int) -> int:
    """Seconds to wait after so many failures: none for three, then 1, 2, 4 … up to 15 minutes."""
    return 0 if failures <= FREE_FAILURES else int(min(LONGEST_DELAY, 2 ** min(failures - FREE_FAILURES - 1, 20)))
