"""A gateway that asks again where that helps, leaves alone who does not answer, and asks no more at once than this machine can wait for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TypeVar

from crm_app.ai.breaker import Breaker
from crm_app.ai.errors import AiError, HungUp, ModelBusy
from crm_app.ai.types import Embedded, Endpoint, Gateway, Message, Piece, Reply, Request, ToolSpec
from crm_app.domain.i18n import _

T = TypeVar("T")
Key = tuple[Endpoint, str]
"""Whoever is asked with a key that is asked too often rests alone: somebody else's is none the worse for it."""

AT_ONCE = 16
TRIES = 3
FIRST_WAIT = 0.4
LONGEST_WAIT = 5.0
"""Who wants to be left alone for longer is not waited for: another model may answer at once."""


class PatientGateway:
    """``crm_app.ai.types.Gateway`` around another one.

    What failed is asked again only when the provider cannot have begun to work on it, so that nothing is paid twice inside one reservation.
    """

    def __init__(
        self, inner: Gateway, *, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._inner, self._clock, self._sleep = inner, clock, sleep
        self._breaker, self._seats = Breaker(clock), BoundedSemaphore(at_once)

    def count_tokens(self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
        """How many tokens that is at most."""
        return self._inner.count_tokens(model, messages, tools)

    def complete(self, request: Request) -> Reply:
        """Ask, and wait for the whole answer."""
        key = request.endpoint, request.model
        with self._seat(request.seconds):
            return self._again(key, request.seconds, lambda left: self._inner.complete(replace(request, seconds=left)))

    def stream(self, request: Request) -> Generator[Piece, None, None]:
        """Ask, and hand on what comes. Once something has come, nobody is asked again."""
        key = request.endpoint, request.model
        with self._seat(request.seconds):
            ends, tried = self._clock() + request.seconds, 0
            while True:
                tried += 1
                coming = self._inner.stream(replace(request, seconds=max(0.1, ends - self._clock())))
                try:
                    first = self._once(key, lambda coming=coming: next(coming), whole=False)  # type: ignore[misc]
                    break
                except AiError as error:
                    self._wait(error, tried, ends)
            failed = False
            try:
                yield first
                yield from coming
            except AiError as error:
                failed = not isinstance(error, HungUp)
                raise
            finally:
                coming.close()
                (self._breaker.failed if failed else self._breaker.succeeded)(key)  # what broke off was no answer, however well it began

    def embed(self, endpoint: Endpoint, model: str, texts: Sequence[str], seconds: float = 60.0) -> Embedded:
        """Meaning as vectors."""
        with self._seat(seconds):
            return self._again((endpoint, model), seconds, lambda left: self._inner.embed(endpoint, model, texts, left))

    def _again(self, key: Key, seconds: float, ask: Callable[[float], T]) -> T:
        ends, tried = self._clock() + seconds, 0
        while True:
            tried += 1
            try:
                return self._once(key, lambda: ask(max(0.1, ends - self._clock())))
            except AiError as error:
                self._wait(error, tried, ends)

    def _once(self, key: Key, ask: Callable[[], T], *, whole: bool = True) -> T:
        """Ask now, or raise ``Resting``. Of a stream, which is not ``whole`` yet, its end says whether that was an answer."""
        if not self._breaker.may_ask(key):
            raise Resting
        told = False
        try:
            answer = ask()
            told = True
            if whole:
                self._breaker.succeeded(key)
            return answer
        except HungUp:
            raise
        except AiError as error:
            told = True
            (self._breaker.failed if error.may_retry else self._breaker.succeeded)(key)
            raise
        finally:
            if not told:
                self._breaker.gave_up(key)

    def _wait(self, error: AiError, tried: int, ends: float) -> None:
        """Wait until it may be asked again, or raise the error."""
        wait = error.wait if error.wait is not None else FIRST_WAIT * 2 ** (tried - 1)
        wait *= random.uniform(1.0, 1.5)  # noqa: S311  so that those who failed together do not ask again together
        if not error.may_retry or error.maybe_charged or tried >= TRIES or wait > LONGEST_WAIT or self._clock() + wait >= ends:
            raise error
        self._sleep(wait)

    @contextmanager
    def _seat(self, seconds: float) -> Iterator[None]:
        if not self._seats.acquire(timeout=seconds):
            raise ModelBusy
        try:
            yield
        finally:
            self._seats.release()


class Resting(AiError):
    """It did not answer several times, and is left alone for a while. Nobody was asked."""

    word = "resting"

    def sentence(self) -> str:
        """What a person reads about this kind."""
        return _("The model has not answered several times in a row. It is asked again in half a minute.")
