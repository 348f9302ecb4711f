"""A call between its reservation and its settling, and who may make one now."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition
from typing import TypeVar
from uuid import UUID

from crm_app.ai import opening
from crm_app.ai.errors import AiError
from crm_app.ai.opening import SEATS, Opened, Wanted
from crm_app.ai.tokens import count_text
from crm_app.ai.types import Answer, Endpoint, Reply
from crm_app.domain.actor import Actor
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import Busy, CallDone, LimitReached
from crm_app.domain.unit_of_work import run_service

T = TypeVar("T")

SHORT_WAIT = 3.0
LOOK_AGAIN = 0.25
FAILING_SECONDS = 120.0


class _Now:
    """What this process remembers of the moment: who is asking, and which models have just failed."""

    asking: Counter[UUID] = Counter()
    left = Condition()
    failed: dict[UUID, float] = {}


@contextmanager
def seat(actor: Actor, seconds: float) -> Iterator[None]:
    """Take one of the person's places in this process, which a job waits for and a person only for a moment. Raises TooMany.

    Who asks in other processes is known to the ledger, which ``Pending.open`` asks as it reserves.
    """
    ends = time.monotonic() + _patience(actor, seconds)
    with _Now.left:
        if not _Now.left.wait_for(lambda: _Now.asking[actor.user_id] < SEATS, timeout=ends - time.monotonic()):
            raise Busy
        _Now.asking[actor.user_id] += 1
    try:
        yield
    finally:
        with _Now.left:
            _Now.asking[actor.user_id] -= 1
            if not _Now.asking[actor.user_id]:
                del _Now.asking[actor.user_id]
            _Now.left.notify_all()


def _patience(actor: Actor, seconds: float) -> float:
    return seconds if actor.via == "job" else min(seconds, SHORT_WAIT)


def failing() -> frozenset[UUID]:
    """The models that have given no answer in the last two minutes; they are asked last."""
    since = time.monotonic() - FAILING_SECONDS
    return frozenset(model_id for model_id, when in list(_Now.failed.items()) if when > since)


def forget_failures() -> None:
    """Begin anew, as after somebody has set a model right."""
    _Now.failed.clear()


class Pending:
    """One reserved call. ``mask`` hides who is spoken of, if they are to be hidden. ``came`` is what of a streamed answer has come, ``micros`` what it cost.

    Whatever happens to it is written down once.
    """

    def __init__(self, actor: Actor, wanted: Wanted, opened: Opened) -> None:
        self._actor, self._wanted, self.choice, self.call_id, self.mask = actor, wanted, opened.choice, opened.reserved.call_id, opened.mask
        self.endpoint = Endpoint(self.choice.provider, self.choice.base_url, opened.key, self.choice.inner_allowed)
        self._reserved = opened.reserved.micros
        self.came, self.micros, self._began, self._concluded = "", 0, time.monotonic(), False

    @classmethod
    def open(cls, actor: Actor, wanted: Wanted) -> Pending | None:
        """Reserve a call, as soon as the person has a place for it; None when every model was passed over.

        Raises what ``opening.open_call`` raises; whom a full limit concerns is told once.
        """
        ends = time.monotonic() + _patience(actor, wanted.seconds)
        while True:
            try:
                opened = run_service(actor, opening.open_call, wanted)
                return cls(actor, wanted, opened) if opened else None
            except LimitReached as limit:
                run_service(actor, spending.tell_refused, limit.refusal)
                raise
            except Busy:
                if time.monotonic() >= ends:
                    raise
                time.sleep(LOOK_AGAIN)

    def guarded(self, make: Callable[[], T]) -> T:
        """What ``make`` returns; when it fails, the call is let go of first."""
        with self.kept():
            return make()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Around the call itself: when it fails or is left, what came is paid, and what did not is let go of."""
        through = False
        try:
            yield
            through = True
            _Now.failed.pop(self.choice.model_id, None)
        except AiError as error:
            through = True
            if error.other_model:
                _Now.failed[self.choice.model_id] = time.monotonic()
            self._end(error.word, charged=error.maybe_charged)
            raise
        finally:
            if not through:
                self._end("stopped", charged=True)

    def shown(self, reply: Reply) -> Reply:
        """The answer as it is for people: nobody in it is a stand-in any more."""
        if self.mask is None:
            return reply
        show = self.mask.show_json if reply.text.lstrip().startswith(("{", "[", "```json")) else self.mask.show
        return replace(reply, text=show(reply.text), tool_calls=tuple(replace(call, arguments=self.mask.show_json(call.arguments)) for call in reply.tool_calls))

    def answer(self, reply: Reply) -> Answer:
        """Write down what the call did cost, as the provider counted it, else as we do."""
        written = reply.text + "".join(f"\n{call.name} {call.arguments}" for call in reply.tool_calls)
        given, came = (reply.usage.input_tokens, reply.usage.output_tokens) if reply.usage else (self._wanted.need.input_tokens, 0)
        came = came or count_text(written)
        micros = self.settle(given, came, written.strip(), counted=reply.usage is None)
        return Answer(
            text=reply.text, tool_calls=reply.tool_calls, call_id=self.call_id, model_label=self.choice.label, cost_micros=micros,
            seconds=time.monotonic() - self._began, why=self.choice.why, cut=reply.cut,
            context_tokens=self.choice.context_tokens,
        )  # fmt: skip

    def settle(self, input_tokens: int, output_tokens: int, came: str, *, counted: bool) -> int:
        """Write down what the call was, and return its cost."""
        self._concluded = True
        done = CallDone(input_tokens=input_tokens, output_tokens=output_tokens, came=came, counted=counted)
        self.micros = run_service(self._actor, spending.settle_call, self.call_id, done).micros
        return self.micros

    def _end(self, word: str, *, charged: bool) -> None:
        if self._concluded:
            return
        if self.came:
            self.settle(self._wanted.need.input_tokens, count_text(self.came), self.came, counted=True)
            return
        self._concluded, self.micros = True, self._reserved if charged else 0
        run_service(self._actor, spending.release_call, self.call_id, word, charged=charged)
