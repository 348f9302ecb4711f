"""How much one person and one address may ask, by the engine that the whole edge uses."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from crm_app.domain.accounts.rules import address_group
from crm_app.domain.actor import Actor

REQUESTS = RateLimitItemPerMinute(6_000)  # 100 a second, which is what one process carries
FAILURES = RateLimitItemPerMinute(30)


class MemoryRateLimit:
    """Counts in this process: 6,000 requests a person and 30 wrong tokens an address (IPv6 /64), each in a minute."""

    def __init__(self, requests: RateLimitItemPerMinute = REQUESTS, failures: RateLimitItemPerMinute = FAILURES) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._requests = requests
        self._failures = failures

    def count_request(self, actor: Actor) -> int | None:
        """Seconds to wait when this person has asked too often."""
        return self._count(self._requests, str(actor.user_id))

    def count_failure(self, address: str) -> int | None:
        """Seconds to wait when this address has shown too many wrong tokens."""
        return self._count(self._failures, address_group(address))

    def is_blocked(self, address: str) -> int | None:
        """The same question without counting."""
        key = address_group(address)
        return None if self._limiter.test(self._failures, key) else self._wait(self._failures, key)

    def _count(self, limit: RateLimitItemPerMinute, key: str) -> int | None:
        return None if self._limiter.hit(limit, key) else self._wait(limit, key)

    def _wait(self, limit: RateLimitItemPerMinute, key: str) -> int:
        resets_at = self._limiter.get_window_stats(limit, key).reset_time
        return max(1, round(resets_at - time.time()))
