"""Asking a model: the one way there, for pages, jobs, tools and the interface alike.

    answer = calling.ask(actor, Ask(feature=Feature.SUMMARIES, messages=(...), max_output=400, schema=Summary, contact_ids=frozenset({contact_id})))

What it can cost at most is set aside before, in a transaction of its own; the model is asked outside of any; then what it did cost is written down.
A model that gives no answer is followed by the next that may be asked. Everything here blocks: call it in a worker thread, never inside a transaction.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlmodel import Session

from crm_app.ai import opening
from crm_app.ai.bound import bound_gateway
from crm_app.ai.errors import AiError, BadAnswer, NoSuchModel
from crm_app.ai.opening import Wanted
from crm_app.ai.pending import Pending, failing, seat
from crm_app.ai.pseudonyms import Mask
from crm_app.ai.structured import Unfit, fitting, form_tokens, mending
from crm_app.ai.tokens import count_text
from crm_app.ai.types import Answer, Ask, Embedded, Estimate, Message, Piece, Reply, Request, ToolSpec, Wish
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.selector import MARGIN, Need
from crm_app.domain.errors import BudgetExceeded, Invalid, Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.spending import rules as prices
from crm_app.domain.spending.schemas import CallPlan, Turn
from crm_app.domain.unit_of_work import run_service

MOST_INPUT = 100_000
MOST_OUTPUT = 2_000
MORE_OUTPUT = {Feature.PLANNING: 4_000, Feature.DRAFTS: 4_000, Feature.ASSISTANT: 4_000}
MOST_CHOICES = 3
MENDING = 400
"""Tokens in which a model is told what is wrong with the form of its answer, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Meaning of texts, with what it cost. Vectors of two models have nothing to do with each other: ``model_id`` says whose these are."""

    vectors: tuple[tuple[float, ...], ...]
    model_id: UUID
    model_label: str
    call_id: UUID
    cost_micros: int


def ask(actor: Actor, asked: Ask) -> Answer:
    """Ask, and wait for the whole answer. With a ``schema`` the answer is held to it, with one attempt to mend it.

    Unavailable when AI is off or no model may be asked, BudgetExceeded, Forbidden or NotFound for whom it speaks of, TooMany, AiError when nobody answered.
    """
    with seat(actor, asked.seconds):
        answer, reply = _answered(actor, asked)
        if asked.schema is None or reply.tool_calls:
            return answer
        try:
            return replace(answer, value=fitting(asked.schema, reply.text))
        except Unfit as unfit:
            again = replace(asked, messages=mending(asked.messages, reply.text, unfit))
        mended, reply = _answered(actor, again)
        try:
            value = fitting(asked.schema, reply.text)
        except Unfit:
            raise BadAnswer from None
        return replace(mended, value=value, cost_micros=answer.cost_micros + mended.cost_micros, seconds=answer.seconds + mended.seconds)


def stream(actor: Actor, asked: Ask) -> Generator[Piece | Answer, None, None]:
    """Ask, and hand on each piece of text as it comes; the last thing is the ``Answer``. ``close()`` stops the model, and what came till then is paid.

    Raises what ``ask`` raises. Once a piece has come, no other model is asked.
    """
    if asked.schema is not None:
        raise ValueError("an answer that must have a form comes whole")
    with seat(actor, asked.seconds):
        failures: list[tuple[UUID, AiError]] = []
        while True:
            pending = _open(actor, asked, failures)
            try:
                try:
                    yield from _streamed(pending, asked)
                finally:
                    if asked.paid:
                        asked.paid(pending.micros)
                return
            except AiError as error:
                if pending.came or not error.other_model:
                    raise
                failures.append((pending.choice.model_id, error))


def estimate(actor: Actor, asked: Ask) -> Estimate:
    """What that would mostly cost, what at most, and who would be asked. Nothing is sent or set aside."""
    return run_service(actor, get_estimate, asked)


def get_estimate(session: Session, actor: Actor, asked: Ask) -> Estimate:
    """``estimate`` for whoever is in a transaction. At most is with an answer of another form, which is asked for once more."""
    plan = get_offer(session, actor, asked)
    again = replace(plan, input_tokens=plan.input_tokens + plan.max_output + MENDING) if asked.schema else None
    most = prices.worst_case(plan) + (prices.worst_case(again) if again else 0)
    return Estimate(usual_micros=prices.usual_case(plan), most_micros=most, model_label=plan.model_label, why=plan.why)


def get_offer(session: Session, actor: Actor, asked: Ask) -> CallPlan:
    """The call as it would be made now, with the prices of whoever would be asked. Raises what ``ask`` raises before anything is sent."""
    return opening.get_offer(session, actor, _wanted(asked))


def room_beside(context_tokens: int, messages: Sequence[Message], tools: Sequence[ToolSpec], max_output: int) -> int:
    """How many more tokens a model that holds so many can be given with these messages and tools. Below nothing where it is too much already."""
    return min(context_tokens - max_output - MARGIN, MOST_INPUT) - bound_gateway().count_tokens("", messages, tools)


def embed(
    actor: Actor, feature: Feature, texts: Sequence[str], *, contact_ids: frozenset[UUID] = frozenset(), wish: Wish = Wish(), seconds: float = 60.0  # noqa: B008  it is frozen
) -> Vectors:  # fmt: skip
    """Meaning of texts as vectors, from a model that makes such. No other model is asked when it gives none: theirs would not compare.

    Raises as ``ask``, but for TooMany: it takes a moment, and nobody's place, so that whoever searches is not told to wait for what is being read.
    """
    counts = [count_text(text) for text in texts]
    need = Need(
        feature=feature, input_tokens=sum(counts) + len(texts), at_once=max(counts, default=0), embedding=True, tier=wish.tier, model_id=wish.model_id,
        local_only=wish.local_only, failed=failing(),
    )  # fmt: skip
    sent = tuple(Turn("user", text) for text in texts)
    pending = Pending.open(actor, Wanted(need=need, sent=sent, skill="embedding", contact_ids=contact_ids, seconds=seconds, seats=None))
    if pending is None:
        raise NoSuchModel
    hidden = [pending.mask.hide(text) for text in texts] if pending.mask else texts
    found: Embedded = pending.guarded(partial(bound_gateway().embed, pending.endpoint, pending.choice.model, hidden, seconds))
    usage = found.usage
    micros = pending.settle(usage.input_tokens if usage else need.input_tokens, 0, "", counted=usage is None)
    return Vectors(vectors=found.vectors, model_id=pending.choice.model_id, model_label=pending.choice.label, call_id=pending.call_id, cost_micros=micros)


def _answered(actor: Actor, asked: Ask) -> tuple[Answer, Reply]:
    """An answer of the first model that gives one."""
    failures: list[tuple[UUID, AiError]] = []
    while True:
        pending = _open(actor, asked, failures)
        try:
            reply = pending.shown(pending.guarded(partial(bound_gateway().complete, _request(asked, pending))))
        except AiError as error:
            if not error.other_model:
                raise
            failures.append((pending.choice.model_id, error))
        else:
            return pending.answer(reply), reply


def _open(actor: Actor, asked: Ask, failures: Sequence[tuple[UUID, AiError]]) -> Pending:
    """A call of the next model. Where there is none any more, what the last one did wrong is what is said."""
    last = failures[-1][1] if failures else None
    if last and len(failures) >= MOST_CHOICES:
        raise last
    try:
        pending = Pending.open(actor, _wanted(asked, frozenset(model_id for model_id, _error in failures)))
    except (Unavailable, BudgetExceeded):
        if last:
            raise last from None
        raise
    if pending is None:
        raise last or NoSuchModel
    return pending


def _streamed(pending: Pending, asked: Ask) -> Generator[Piece | Answer, None, None]:
    with pending.kept(), closing(bound_gateway().stream(_request(asked, pending))) as coming:
        showing = pending.mask.showing() if pending.mask else None
        for piece in coming:
            pending.came += (text := (showing.feed(piece.text) if showing else piece.text))
            if piece.reply is not None and showing:
                pending.came += (text := text + showing.close())
            if text:
                yield Piece(text=text)
            if piece.reply is not None:
                yield pending.answer(pending.shown(piece.reply))
                return
        raise BadAnswer(maybe_charged=True)


def _request(asked: Ask, pending: Pending) -> Request:
    messages = tuple(_hidden(message, pending.mask) for message in asked.messages) if pending.mask else asked.messages
    return Request(
        endpoint=pending.endpoint, model=pending.choice.model, messages=messages, max_output=asked.max_output, tools=asked.tools,
        schema=asked.schema, temperature=asked.temperature, seconds=asked.seconds, given_up=asked.given_up,
    )  # fmt: skip


def _hidden(message: Message, mask: Mask) -> Message:
    calls = tuple(replace(call, arguments=mask.hide(call.arguments)) for call in message.tool_calls)
    return replace(message, content=mask.hide(message.content), tool_calls=calls)


def _wanted(asked: Ask, passed_over: frozenset[UUID] = frozenset()) -> Wanted:
    """Raises Invalid when it is more than any model is asked here."""
    given = bound_gateway().count_tokens("", asked.messages, asked.tools) + (form_tokens(asked.schema) if asked.schema else 0)
    if given > MOST_INPUT or not 0 < asked.max_output <= MORE_OUTPUT.get(asked.feature, MOST_OUTPUT):
        raise Invalid(_("This is more than a model is asked at once. Ask about less."))
    need = Need(
        feature=asked.feature, input_tokens=given, max_output=asked.max_output, tools=bool(asked.tools), structured=asked.schema is not None,
        tier=asked.wish.tier, model_id=asked.wish.model_id, local_only=asked.wish.local_only, failed=failing(),
    )  # fmt: skip
    sent = tuple(Turn(message.role, _spoken(message)) for message in asked.messages)
    return Wanted(need=need, sent=sent, skill=asked.skill, contact_ids=asked.contact_ids, job_id=asked.job_id, seconds=asked.seconds, passed_over=passed_over)


def _spoken(message: Message) -> str:
    """A turn as it is kept for whoever asks what was sent."""
    return "\n".join([message.content, *(f"{call.name} {call.arguments}" for call in message.tool_calls)]).strip()
