"""LLM-07: who does not answer is asked again where that helps, left alone where it does not, and never in a storm."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import suppress

import pytest

from crm_app.ai.errors import AiError, HungUp, KeyRefused, ModelBusy, ModelDown
from crm_app.ai.fake import Broken, FakeGateway
from crm_app.ai.patience import PatientGateway, Resting
from crm_app.ai.types import Endpoint, Message, Piece, Request


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def question(model: str = "small", seconds: float = 60.0) -> Request:
    return Request(endpoint=Endpoint("openai"), model=model, messages=(Message("user", "How was it?"),), max_output=50, seconds=seconds)


def patient(fake: FakeGateway, at_once: int = 8) -> tuple[PatientGateway, Time]:
    clock = Time()
    return PatientGateway(fake, at_once=at_once, clock=clock, sleep=clock.sleep), clock


def test_llm_07_what_nobody_began_to_answer_is_asked_again() -> None:
    gateway, clock = patient(fake := FakeGateway(ModelDown(), ModelBusy(wait=2), "At last.", ModelDown(), "In pieces."))
    assert gateway.complete(question()).text == "At last." and len(fake.requests) == 3
    assert 0.4 <= clock.slept[0] <= 0.6 and 2 <= clock.slept[1] <= 3
    assert "".join(piece.text for piece in gateway.stream(question())) == "In pieces." and len(fake.requests) == 5
    gateway, _clock = patient(FakeGateway(ModelDown(), "Vectors need none."))
    assert len(gateway.embed(Endpoint("openai"), "small", ["a"]).vectors) == 1


@pytest.mark.parametrize("error", [KeyRefused(), ModelDown(maybe_charged=True), ModelBusy(wait=20)])
def test_llm_07_what_would_not_help_or_be_paid_twice_is_not_asked_again(error: AiError) -> None:
    gateway, clock = patient(fake := FakeGateway(error, error))
    with pytest.raises(type(error)):
        gateway.complete(question())
    with pytest.raises(type(error)):
        list(gateway.stream(question()))
    assert len(fake.requests) == 2 and clock.slept == []


def test_llm_07_three_tries_and_no_more_and_never_past_the_end() -> None:
    gateway, _clock = patient(fake := FakeGateway(always=ModelDown()))
    with pytest.raises(ModelDown):
        gateway.complete(question())
    assert len(fake.requests) == 3
    gateway, clock = patient(fake := FakeGateway(always=ModelDown()))
    with pytest.raises(ModelDown):
        gateway.complete(question(seconds=0.3))
    assert len(fake.requests) == 1 and clock.slept == []


def test_llm_07_those_who_failed_together_do_not_ask_again_together_and_wait_longer_each_time() -> None:
    waits: list[list[float]] = []
    for number in range(20):
        gateway, clock = patient(fake := FakeGateway(ModelDown(), ModelDown(), "At last."))
        assert (list(gateway.stream(question())) if number % 2 else gateway.complete(question()))
        waits.append(clock.slept)
        left = [request.seconds for request in fake.requests]
        assert left == pytest.approx([60, 60 - clock.slept[0], 60 - sum(clock.slept)]), "what was waited is not waited once more"
    assert all(0.4 <= first <= 0.6 and 0.8 <= second <= 1.2 for first, second in waits)
    assert len({first for first, _second in waits}) > 1 < len({second for _first, second in waits})


def test_llm_07_a_stream_that_has_begun_is_not_begun_again() -> None:
    gateway, _clock = patient(fake := FakeGateway(Broken("Half an"), "never"))
    came: list[str] = []
    with pytest.raises(ModelDown):
        for piece in gateway.stream(question()):
            came.append(piece.text)
    assert came == ["Half ", "an"] and len(fake.requests) == 1


def test_llm_07_after_five_failures_it_rests_and_then_one_tries() -> None:
    gateway, clock = patient(fake := FakeGateway(*[ModelDown(maybe_charged=True)] * 5))
    for _ in range(5):
        with pytest.raises(ModelDown):
            gateway.complete(question())
    for _ in range(100):
        with pytest.raises(Resting):
            gateway.complete(question())
        with pytest.raises(Resting):
            list(gateway.stream(question()))
    assert len(fake.requests) == 5, "a hundred questions later nobody was asked"
    fake.add("Another model still answers.")
    assert gateway.complete(question("large")).text.startswith("Another")
    clock.now += 29
    with pytest.raises(Resting):
        gateway.complete(question())
    clock.now += 1
    fake.add(ModelDown(maybe_charged=True), lambda _request: _refused_meanwhile(gateway), "Well again.")
    with pytest.raises(ModelDown):
        gateway.complete(question())
    with pytest.raises(Resting):
        gateway.complete(question())
    clock.now += 30
    assert gateway.complete(question()).text == "I tried alone."
    assert gateway.complete(question()).text == "Well again."


def test_llm_07_who_says_no_has_answered_and_who_was_hung_up_on_has_not() -> None:
    gateway, _clock = patient(fake := FakeGateway(*[KeyRefused()] * 6, *[ModelDown(maybe_charged=True)] * 2, HungUp(), *[Broken("Half an")] * 3))
    for wanted in (*[KeyRefused] * 6, *[ModelDown] * 2, HungUp):
        with pytest.raises(wanted):
            gateway.complete(question())
    for _ in range(3):
        with pytest.raises(ModelDown):
            list(gateway.stream(question()))
    with pytest.raises(Resting):
        gateway.complete(question())
    assert len(fake.requests) == 12, "streams that broke off are failures too, and hanging up made none good"
    fake.add(*[ModelDown(maybe_charged=True)] * 4, "In pieces.", *[ModelDown(maybe_charged=True)] * 4, "Still asked.")
    for ask in (*[gateway.complete] * 4, lambda whole: list(gateway.stream(whole)), *[gateway.complete] * 4):
        with suppress(ModelDown):
            ask(question("large"))
    assert gateway.complete(question("large")).text == "Still asked.", "a stream that came to its end has answered"


def test_llm_07_hanging_up_on_a_stream_is_no_failure_of_whoever_is_asked() -> None:
    class Silent(FakeGateway):
        """Says a word and no more, and is hung up on."""

        def stream(self, request: Request) -> Generator[Piece, None, None]:
            yield Piece(text="Well")
            raise HungUp

    gateway, _clock = patient(Silent("Still asked."))
    for _ in range(6):
        with pytest.raises(HungUp):
            list(gateway.stream(question()))
    assert gateway.complete(question()).text == "Still asked."


def _refused_meanwhile(gateway: PatientGateway) -> str:
    with pytest.raises(Resting):
        gateway.complete(question())
    return "I tried alone."


def test_llm_07_whoever_hangs_up_while_trying_leaves_the_try_to_the_next() -> None:
    class Gone(BaseException):
        """As when the process is told to end."""

    def leave(_request: Request) -> str:
        raise Gone

    gateway, clock = patient(fake := FakeGateway(*[ModelDown(maybe_charged=True)] * 5, leave, "Well again."))
    for _ in range(5):
        with pytest.raises(ModelDown):
            gateway.complete(question())
    clock.now += 30
    with pytest.raises(Gone):
        gateway.complete(question())
    assert gateway.complete(question()).text == "Well again."


def test_llm_07_no_more_are_asked_at_once_than_there_are_seats() -> None:
    going, most, lock, leave = 0, 0, threading.Lock(), threading.Event()

    def busy(_request: Request) -> str:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
        leave.wait(5)
        with lock:
            going -= 1
        return "Done."

    gateway = PatientGateway(FakeGateway(always=busy), at_once=3)
    threads = [threading.Thread(target=gateway.complete, args=(question(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    with pytest.raises(ModelBusy):
        gateway.complete(question(seconds=0.05))
    leave.set()
    for thread in threads:
        thread.join()
    assert most == 3


def test_llm_07_sixteen_are_asked_at_once_where_nothing_else_is_said() -> None:
    gateway = PatientGateway(FakeGateway(always="One two three."))
    coming = [gateway.stream(question(seconds=0.05)) for _ in range(17)]
    for stream in coming[:16]:
        assert next(stream)
    with pytest.raises(ModelBusy):
        next(coming[16])
    for stream in coming:
        stream.close()


def test_llm_07_a_stream_has_its_seat_until_it_ends_and_vectors_need_one_too() -> None:
    gateway, _clock = patient(FakeGateway("One two three.", always="Done."), at_once=1)
    coming = gateway.stream(question())
    next(coming)
    for ask in (lambda: list(gateway.stream(question(seconds=0.05))), lambda: gateway.embed(Endpoint("openai"), "small", ["a"], 0.05)):
        with pytest.raises(ModelBusy):
            ask()
    coming.close()
    assert len(gateway.embed(Endpoint("openai"), "small", ["a"], 0.05).vectors) == 1 and gateway.complete(question(seconds=0.05)).text == "Done."
