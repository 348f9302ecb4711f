"""Leaving somebody alone who does not answer: after five failures in a row nobody is asked for half a minute, then one may try."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

FAILURES = 5
REST_SECONDS = 30.0


@dataclass
class _State:
    failures: int = 0
    rests_until: float = 0.0
    trying: bool = False


class Breaker:
    """One for everybody who is asked, told apart by a key. Safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._states, self._lock = clock, dict[Hashable, _State](), Lock()

    def may_ask(self, key: Hashable) -> bool:
        """Whether to ask now. Who is told so after a rest is the one who tries: all others wait for ``succeeded`` or ``failed``."""
        with self._lock:
            state = self._states.get(key)
            if state is None or state.failures < FAILURES:
                return True
            if state.trying or self._clock() < state.rests_until:
                return False
            state.trying = True
            return True

    def succeeded(self, key: Hashable) -> None:
        """They answered, if only to say no."""
        with self._lock:
            self._states.pop(key, None)

    def failed(self, key: Hashable) -> None:
        """They did not answer."""
        with self._lock:
            state = self._states.setdefault(key, _State())
            state.failures, state.trying = state.failures + 1, False
            if state.failures >= FAILURES:
                state.rests_until = self._clock() + REST_SECONDS

    def gave_up(self, key: Hashable) -> None:
        """Whoever asked went away before anything could be told."""
        with self._lock:
            if key in self._states:
                self._states[key].trying = False
