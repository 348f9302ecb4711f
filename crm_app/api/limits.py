"""How much one person and one address may ask, by the engine that the whole edge uses."""

from __future__ import annotations

import time
from collections import OrderedDict

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from crm_app.domain.accounts.rules import address_group
from crm_app.domain.actor import Actor

REQUESTS = RateLimitItemPerMinute(6_000, namespace="requests")  # 100 a second, which is what one process carries
FAILURES = RateLimitItemPerMinute(10, 5, namespace="wrong-tokens")
ALL_FAILURES = RateLimitItemPerMinute(1_000, 5, namespace="all-wrong-tokens")
KNOWN_FOR = 3_600.0
MOST_KNOWN = 10_000


class MemoryRateLimit:
    """Counts in this process: 6,000 requests a person in a minute; in five minutes 10 wrong tokens an address (IPv6 /64), and 1,000 in all.

    When strangers have used up the thousand, addresses that showed a right token within the hour go on as before.
    """

    def __init__(
        self, requests: RateLimitItem = REQUESTS, failures: RateLimitItem = FAILURES, all_failures: RateLimitItem = ALL_FAILURES
    ) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._requests = requests
        self._failures = failures
        self._all_failures = all_failures
        self._known: OrderedDict[str, float] = OrderedDict()

    def count_request(self, actor: Actor, weight: int = 1) -> int | None:
        """Seconds to wait when this person has asked too often; a request may count as several."""
        key = str(actor.user_id)
        return None if self._limiter.hit(self._requests, key, cost=weight) else self._wait(self._requests, key)

    def count_failure(self, address: str) -> None:
        """One more wrong token."""
        self._limiter.hit(self._failures, address_group(address))
        self._limiter.hit(self._all_failures, "all")

    def count_success(self, address: str) -> None:
        """A right token: this address is known for an hour."""
        group = address_group(address)
        self._known[group] = time.monotonic() + KNOWN_FOR
        self._known.move_to_end(group)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def is_known(self, address: str) -> bool:
        """Whether a right token came from this address within the hour."""
        return self._known.get(address_group(address), 0.0) > time.monotonic()

    def is_blocked(self, address: str) -> int | None:
        """Seconds to wait where too many wrong tokens came from. Counts nothing."""
        key = address_group(address)
        if not self._limiter.test(self._failures, key):
            return self._wait(self._failures, key)
        if not self.is_known(address) and not self._limiter.test(self._all_failures, "all"):
            return self._wait(self._all_failures, "all")
        return None

    def _wait(self, limit: RateLimitItem, key: str) -> int:
        resets_at = self._limiter.get_window_stats(limit, key).reset_time
        return max(1, round(resets_at - time.time()))
