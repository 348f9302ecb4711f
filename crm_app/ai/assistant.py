"""The assistant: a question, what is read for it as whoever asks, and an answer that cites what it rests on.

A model is asked in rounds. In each it says something or asks for tools; what they find goes into the next. It changes nothing: what it would change
is proposed, and decided by a person. What came of it is kept however it ended (``conversations.settle_turn``), so that nothing that was paid for is lost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from uuid import UUID

from crm_app.ai import calling, tools
from crm_app.ai.citing import settle_citations
from crm_app.ai.errors import HungUp
from crm_app.ai.prompting import FULL, REMEMBERED, REMEMBERED_CHARACTERS, ROOM, first_messages, rules, specs
from crm_app.ai.tools.handles import Handles
from crm_app.ai.tools.reading import LONGEST_RESULT, Reading
from crm_app.ai.types import Answer, Ask, Estimate, Message, Piece, ToolCall, Wish
from crm_app.ai.working import FULL_TOKENS, LONGEST_ANSWER, Stop, Stopped, Work
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import LONGEST_ANSWER as LONGEST_KEPT
from crm_app.domain.conversations.schemas import Card, Talk, TurnDone, TurnView
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Ref, SourceKind
from crm_app.domain.errors import Conflict, CrmError
from crm_app.domain.i18n import _
from crm_app.domain.spending import rules as prices
from crm_app.domain.unit_of_work import run_service

ROUNDS, MOST_CALLS = 6, 8
"""Rounds for one question, and tools in one round."""
LONGEST_TOLD, LEAST_TOLD = 12_000, 150
"""Characters of what a model said in one round that it is told again in the next, and tokens below which no tool is worth its while."""
TYPICAL_READING, MOST_READING = 1_200, (ROOM + LONGEST_RESULT + REMEMBERED_CHARACTERS) // 3
"""Tokens that are read for one question: mostly, and at most, at three characters a token."""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer as far as it has come; a round that asks for tools begins it anew."""

    text: str


@dataclass(frozen=True, slots=True)
class Did:
    """A tool was used: its step in words, and what it found."""

    step: str
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer as it is kept."""

    turn: TurnView


Event = Said | Did | Ended


def answer(who: Callable[[], Actor], turn_id: UUID, *, wish: Wish = Wish(), stop: Callable[[], bool] = lambda: False) -> Generator[Event, None, None]:  # noqa: B008  it is frozen
    """Answer a question that ``conversations.begin_turn`` kept. Blocking: in a worker thread, outside any transaction.

    ``who`` resolves the asker anew before every step, so that a right that is withdrawn meanwhile is gone. ``stop`` is asked between pieces, and
    while none comes: then the answer ends where it is, as it does when ``conversations.stop_turn`` says so, or when this iterator is closed. The
    last event is ``Ended``.
    """
    began = time.monotonic()
    asker = who()
    talk = run_service(asker, talks.get_talk, turn_id)
    work = Work(who, turn_id, Reading(asker, Handles(talk.handles), set()), [])
    state, failure, kept = TurnState.FAILED, _("Something went wrong while this was answered. Ask again."), False
    try:
        try:
            _begin(work, talk)
            yield from _rounds(work, wish, Stop(work, stop))
            state, failure = TurnState.DONE, ""
        except (Stopped, HungUp):
            state, failure = TurnState.STOPPED, ""
        except CrmError as error:
            failure = error.message
        turn = _settle(work, state, failure, time.monotonic() - began)
        kept = True
        yield Ended(turn)
    finally:
        if not kept:  # closed in between, or a defect that is reported by whoever asked
            _settle(work, TurnState.STOPPED if work.text and state is not TurnState.DONE else state, failure if not work.text else "", time.monotonic() - began)


def estimate(who: Callable[[], Actor], question: str, wish: Wish = Wish()) -> Estimate:  # noqa: B008  it is frozen
    """What answering this may cost, and which model would be asked. Nothing is sent or reserved.

    Mostly it takes a round that looks something up and one that answers. At most it takes every round that there is, each with all that may be read.
    """
    asker = who()
    messages = (Message("system", rules(asker)), Message("user", question))
    plan = run_service(asker, calling.get_offer, Ask(feature=Feature.ASSISTANT, messages=messages, max_output=LONGEST_ANSWER, tools=specs(), wish=wish))
    usual = sum(prices.usual_case(replace(plan, input_tokens=plan.input_tokens + read)) for read in (0, TYPICAL_READING))
    full = replace(plan, input_tokens=plan.input_tokens + MOST_READING + (ROUNDS - 1) * LONGEST_ANSWER)
    return Estimate(usual_micros=usual, most_micros=prices.worst_case(plan) + (ROUNDS - 1) * prices.worst_case(full), model_label=plan.model_label, why=plan.why)


def _begin(work: Work, talk: Talk) -> None:
    """What the model is told first. Earlier turns that speak of somebody, or rest on a record, that AI may not read any more are left out."""
    asker = work.actor()
    spoken_of = frozenset(key for turn in talk.before for key in turn.contact_ids) | {key for kind, key in talk.handles.values() if kind == "contact"}
    readable = run_service(asker, disclosure.readable_ids, spoken_of)
    run_service(asker, disclosure.require_readable, [key for key, _name in talk.about])
    before = [turn for turn in talk.before if turn.contact_ids <= readable][-REMEMBERED:]
    cited = {Ref(SourceKind(source.kind), source.ref_id) for turn in before for source in turn.sources}
    gone = cited - run_service(asker, disclosure.get_sources, cited).keys() if cited else set()
    before = [turn for turn in before if not gone & {Ref(SourceKind(source.kind), source.ref_id) for source in turn.sources}]
    work.reading.contact_ids |= {key for turn in before for key in turn.contact_ids} | {key for key, _name in talk.about}
    work.messages = first_messages(asker, talk, before, work.reading)


def _rounds(work: Work, wish: Wish, stop: Stop) -> Iterator[Event]:
    for number in range(ROUNDS):
        offered = work.offered() if number < ROUNDS - 1 else ()
        ask = Ask(
            feature=Feature.ASSISTANT, skill="assistant", messages=tuple(work.messages), max_output=LONGEST_ANSWER,
            tools=offered, contact_ids=frozenset(work.reading.contact_ids), wish=wish, given_up=stop.given_up, paid=work.pay,
        )  # fmt: skip
        stop.look()
        said = yield from _listen(work, ask, stop)
        if not said.tool_calls or not offered:
            return
        work.round_from = len(work.messages)
        asked = tuple(map(_told_again, said.tool_calls[: 2 * MOST_CALLS]))
        work.messages.append(Message("assistant", said.text[:LONGEST_TOLD], asked))
        work.text = ""
        for place, call in enumerate(said.tool_calls[: 2 * MOST_CALLS]):
            stop.look()
            yield from _use(work, call, allowed=place < MOST_CALLS, waiting=len(asked) - place)


def _told_again(call: ToolCall) -> ToolCall:
    """A call as it stands in the next round: what is no JSON, or longer than any call of ours, no provider need take back."""
    try:
        whole = len(call.arguments) <= LONGEST_TOLD and isinstance(json.loads(call.arguments), dict)
    except (ValueError, RecursionError):
        whole = False
    return replace(call, name=call.name[:60], arguments=call.arguments if whole else "{}")


def _listen(work: Work, ask: Ask, stop: Stop) -> Generator[Event, None, Answer]:
    """One round: what the model says, as it comes. Stopping hangs up."""
    work.text = ""
    with closing(calling.stream(work.actor(), ask)) as pieces:
        for piece in pieces:
            if isinstance(piece, Piece):
                work.text += piece.text
                yield Said(work.text)
                stop.look()
            else:
                work.text = piece.text
                work.model_label, work.why, work.context = piece.model_label, piece.why, piece.context_tokens
                return piece
    raise RuntimeError("a stream ended without an answer")


def _use(work: Work, call: ToolCall, *, allowed: bool, waiting: int) -> Iterator[Event]:
    """One tool; its answer stands in the next round. ``waiting`` calls, this one among them, share what the model can still read."""
    share = work.share(waiting)
    if not allowed or work.read > ROOM or share < LEAST_TOLD:
        work.messages.append(Message("tool", FULL, tool_call_id=call.id))
        yield from _did(work, _("Left out what did not fit"))
        return
    work.reading.room, work.reading.cut = share - FULL_TOKENS, False
    work.reading.understood = tools.understand(work.actor(), call)
    found = run_service(work.actor(), tools.use_tool, call, work.reading)
    told = work.reading.fitting(found.text, share)
    work.read += len(told)
    work.messages.append(Message("tool", told, tool_call_id=call.id))
    fresh = [card for card in found.cards if card not in work.cards]
    work.cards += fresh
    yield from _did(work, found.step, fresh)
    if work.reading.cut or work.let_go:
        yield from _did(work, _("Left out what did not fit"))


def _did(work: Work, step: str, cards: Sequence[Card] = ()) -> Iterator[Event]:
    if step and step not in work.steps:
        work.steps.append(step)
    if step:
        yield Did(step, tuple(cards))


def _settle(work: Work, state: TurnState, failure: str, seconds: float) -> TurnView:
    text, sources = settle_citations(work.text[:LONGEST_KEPT], work.reading.cited.values())
    if state is TurnState.DONE and not text:
        state, failure = TurnState.FAILED, _("The model said nothing. Ask again, or ask otherwise.")
    reading = work.reading
    done = TurnDone.model_validate({
        "state": state, "answer": text[:LONGEST_KEPT], "failure": failure, "steps": tuple(work.steps), "sources": sources, "cards": tuple(work.cards),
        "suggestions": tuple(reading.suggestions), "contact_ids": frozenset(reading.contact_ids), "handles": reading.handles.given,
        "model_label": work.model_label, "why": work.why, "cost_micros": work.cost_micros, "seconds": round(seconds, 3),
    })  # fmt: skip
    try:
        return run_service(reading.actor, talks.settle_turn, work.turn_id, done)
    except Conflict:  # somebody had it stopped, and heard nothing for too long
        return run_service(reading.actor, talks.get_turn, work.turn_id)
