"""Asking a model the whole way through: agreed to, chosen, reserved, asked, settled, and kept for whoever asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr
from sqlalchemy import text

from crm_app.ai import calling, pending, structured
from crm_app.ai.bound import bind_gateway
from crm_app.ai.errors import BadAnswer, HungUp, KeyRefused, ModelBusy, ModelDown
from crm_app.ai.fake import GARBAGE, Broken, FakeGateway, calls
from crm_app.ai.patience import PatientGateway
from crm_app.ai.types import Answer, Ask, Message, Piece, Reply, ToolCall, ToolSpec, Usage, Wish
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature, ModelTier, Tier
from crm_app.domain.ai.schemas import FeatureUpdate, ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import BudgetExceeded, Forbidden, Invalid, NotFound, TooMany, Unavailable
from crm_app.domain.spending import queries as spending_queries

KEY = "not-to-be-seen-anywhere"
ABLE = {"input_price": 1_000_000, "output_price": 5_000_000, "context_tokens": 100_000, "max_output": 8_000, "tools": True, "structured": True}
FIND = ToolSpec("find_people", "Find people by name.", {"type": "object", "properties": {"name": {"type": "string"}}})


class Mood(BaseModel):
    """How somebody feels."""

    model_config = ConfigDict(extra="forbid")

    score: int
    note: str = ""


@dataclass
class Desk:
    """What a test holds: the model, and the ledger as it is."""

    fake: FakeGateway
    rows: Callable[[str], list[Any]]

    def ledger(self) -> list[tuple[str, str, int, int, int]]:
        """State, label, cost and tokens of each call, in the order in which they were made."""
        return [tuple(row) for row in self.rows("select state, model_label, cost_micros, input_tokens, output_tokens from ai_call order by id")]

    def reserved(self) -> int:
        """What is set aside on any meter just now."""
        return int(self.rows("select coalesce(sum(reserved), 0) from ai_meter")[0][0])


@pytest.fixture
def desk(database: Any, run: Any, olivia: Actor) -> Iterator[Desk]:
    """AI is on, and the team has two models: Small, which is asked first, and Spare."""
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    made = run(olivia, ai.create_provider, ProviderCreate(provider="anthropic", key=SecretStr(KEY), trains=False))
    run(olivia, ai.create_models, made.id, [ModelCreate(name="small-1", label="Small", tier=ModelTier.BALANCED, **ABLE), ModelCreate(name="spare-1", label="Spare", tier=ModelTier.BEST, **{**ABLE, "output_price": 9_000_000})])
    run(olivia, ai.create_models, made.id, [ModelCreate(name="vectors-1", label="Vectors", input_price=20_000, output_price=0, context_tokens=8_000, embedding=True)])
    fake = FakeGateway()
    bind_gateway(fake)
    pending.forget_failures()

    def rows(statement: str) -> list[Any]:
        with database.owner.connect() as connection:
            return list(connection.execute(text(statement)).all())

    yield Desk(fake, rows)
    bind_gateway(None)
    pending.forget_failures()


def question(said: str = "How was it?", **more: Any) -> Ask:
    return Ask(**{"feature": Feature.SUMMARIES, "messages": (Message("user", said),), "max_output": 200, **more})


def test_an_answer_is_reserved_asked_and_settled(desk: Desk, alice: Actor) -> None:
    held: list[int] = []

    def answer(_request: Any) -> Reply:
        held.append(desk.reserved())
        return Reply("It went well.", usage=Usage(1_000, 200))

    desk.fake.add(answer)
    answered = calling.ask(alice, question())
    assert answered.text == "It went well." and answered.model_label == "Small" and answered.cost_micros == 1_000 + 1_000 and answered.why.endswith(".") and answered.seconds >= 0
    assert desk.rows("select lease_until - started_at > interval '60 seconds' from ai_call")[0][0], "nobody counts it as lost while it is asked"
    assert held[0] > 0 and desk.reserved() == 0 and desk.ledger() == [("settled", "Small", 2_000, 1_000, 200)]
    [request] = desk.fake.requests
    assert request.endpoint.provider == "anthropic" and request.endpoint.key.get_secret_value() == KEY and request.model == "small-1" and (request.max_output, request.seconds) == (200, 60)
    assert KEY not in repr(request) and KEY not in desk.fake.prompts


def test_without_the_providers_count_our_own_is_what_is_paid(desk: Desk, alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.fake, "_reply", lambda request, answer: Reply(str(answer)))
    desk.fake.add("It went well, better than the time before.")
    answered = calling.ask(alice, question())
    [(_state, _label, cost, given, came)] = desk.ledger()
    assert given > 0 and came >= 9 and cost == answered.cost_micros == given + 5 * came
    assert desk.rows("select counted from ai_call")[0][0] is True


def test_what_was_sent_and_what_came_is_kept_for_whoever_asked(desk: Desk, run: Any, alice: Actor, bob: Actor) -> None:
    desk.fake.add("It went well.")
    call_id = calling.ask(alice, question("How was the walk?", messages=(Message("system", "Be brief."), Message("user", "How was the walk?")))).call_id
    [(sent, came)] = desk.rows("select sent, came from ai_call_content")
    assert sent == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How was the walk?"}] and came == "It went well."
    assert desk.rows(f"select owner_id from ai_call where id = '{call_id}'")[0][0] == alice.user_id


@pytest.mark.parametrize("error", [ModelBusy(), KeyRefused(), ModelDown(), ModelDown(maybe_charged=True)])
def test_who_gives_no_answer_is_followed_by_the_next(desk: Desk, alice: Actor, error: Any) -> None:
    desk.fake.add(error, "I stand in.", "And go on.")
    answered = calling.ask(alice, question())
    assert answered.text == "I stand in." and answered.model_label == "Spare"
    first, second = desk.ledger()
    assert first[0] == ("unknown" if error.maybe_charged else "released") and second[0] == "settled"
    assert (first[2] > 0) is error.maybe_charged and desk.reserved() == 0
    assert desk.rows("select failure from ai_call order by id")[0][0] == error.word
    assert calling.ask(alice, question()).model_label == "Spare", "who has just failed is asked last"


def test_llm_07_no_more_than_three_models_are_asked_and_none_for_whoever_hung_up(desk: Desk, run: Any, alice: Actor, olivia: Actor) -> None:
    [provider] = run(olivia, ai.list_providers)
    run(olivia, ai.create_models, provider.id, [ModelCreate(name=f"more-{number}", label=f"More {number}", tier=ModelTier.BEST, **ABLE) for number in range(3)])
    for ask in (calling.ask, lambda who, what: list(calling.stream(who, what))):
        desk.fake.requests.clear()
        desk.fake.add(*[ModelDown()] * calling.MOST_CHOICES)
        with pytest.raises(ModelDown):
            ask(alice, question())
        assert len({request.model for request in desk.fake.requests}) == len(desk.fake.requests) == 3
        desk.fake.add(HungUp())
        with pytest.raises(HungUp):
            ask(alice, question())
        assert len(desk.fake.requests) == 4 and desk.reserved() == 0


def test_llm_06_what_is_set_aside_has_room_for_tools_and_for_the_form_of_the_answer(desk: Desk, run: Any, alice: Actor) -> None:
    plain, tooled, formed = (run(alice, calling.get_offer, question(**more)).input_tokens for more in ({}, {"tools": (FIND,)}, {"schema": Mood}))
    assert tooled >= plain + 25 and formed >= plain + 25


def test_when_nobody_answers_the_last_error_is_said_and_nothing_stays_reserved(desk: Desk, alice: Actor) -> None:
    desk.fake.add(ModelBusy(), ModelDown())
    with pytest.raises(ModelDown):
        calling.ask(alice, question())
    assert [row[0] for row in desk.ledger()] == ["released", "released"] and desk.reserved() == 0
    desk.fake.add(ModelBusy())
    with pytest.raises(ModelBusy):
        calling.ask(alice, question(wish=Wish(model_id=desk.rows("select id from ai_model where label = 'Small'")[0][0])))
    assert len(desk.fake.requests) == 3, "who was asked for by name has nobody standing in"


def test_an_answer_has_the_form_that_was_asked_for(desk: Desk, alice: Actor) -> None:
    desk.fake.add(Mood(score=4), '```json\n{"score": 2, "note": "tired"}\n```')
    assert calling.ask(alice, question(schema=Mood)).value == Mood(score=4)
    assert calling.ask(alice, question(schema=Mood)).value == Mood(score=2, note="tired")
    assert desk.fake.requests[0].schema is Mood


def test_an_answer_without_the_form_is_mended_once(desk: Desk, alice: Actor) -> None:
    desk.fake.add({"score": "high", "secret_field": 1}, {"score": 3})
    answered = calling.ask(alice, question(schema=Mood))
    assert answered.value == Mood(score=3) and [row[0] for row in desk.ledger()] == ["settled", "settled"]
    assert answered.cost_micros == sum(row[2] for row in desk.ledger())
    told = desk.fake.requests[1].messages
    assert told[1].role == "assistant" and "score: int_parsing" in told[2].content and "secret_field: extra_forbidden" in told[2].content
    desk.fake.add(GARBAGE, GARBAGE)
    with pytest.raises(BadAnswer):
        calling.ask(alice, question(schema=Mood))
    assert [row[0] for row in desk.ledger()] == ["settled"] * 4 and desk.reserved() == 0


def test_a_tool_is_asked_for_before_the_form_is_filled(desk: Desk, alice: Actor) -> None:
    desk.fake.add(calls("find_people"))
    answered = calling.ask(alice, question(schema=Mood, tools=(FIND,)))
    assert answered.value is None and answered.tool_calls[0].name == "find_people"
    assert "find_people" in desk.rows("select came from ai_call_content")[0][0]


def test_a_stream_hands_on_pieces_and_ends_with_the_answer(desk: Desk, alice: Actor) -> None:
    desk.fake.add("One two three.")
    *pieces, answer = calling.stream(alice, question())
    assert [piece.text for piece in pieces if isinstance(piece, Piece)] == ["One ", "two ", "three."]
    assert isinstance(answer, Answer) and answer.text == "One two three." and answer.cost_micros == desk.ledger()[0][2] > 0
    with pytest.raises(ValueError):
        list(calling.stream(alice, question(schema=Mood)))


def test_stopping_in_mid_stream_pays_for_what_came(desk: Desk, alice: Actor) -> None:
    desk.fake.add("One two three four five six seven.")
    coming = calling.stream(alice, question())
    assert [next(coming).text, next(coming).text] == ["One ", "two "]  # type: ignore[union-attr]
    coming.close()
    [(state, _label, cost, given, came)] = desk.ledger()
    assert state == "settled" and came == 2 and cost == given + 10 and desk.reserved() == 0 and desk.fake.hung_up == 1
    assert desk.rows("select came from ai_call_content")[0][0].strip() == "One two"
    desk.fake.add("Again.")
    assert isinstance(list(calling.stream(alice, question()))[-1], Answer)


def test_a_stream_that_breaks_is_paid_as_far_as_it_came_and_nobody_else_goes_on_with_it(desk: Desk, alice: Actor) -> None:
    desk.fake.add(Broken("Half an"))
    with pytest.raises(ModelDown):
        list(calling.stream(alice, question()))
    assert [row[0] for row in desk.ledger()] == ["settled"] and len(desk.fake.requests) == 1
    pending.forget_failures()
    desk.fake.add(ModelDown(), "From the other.")
    answer = list(calling.stream(alice, question()))[-1]
    assert isinstance(answer, Answer) and answer.model_label == "Spare" and desk.reserved() == 0


def test_llm_06_what_does_not_fit_into_the_limit_asks_nobody(desk: Desk, run: Any, alice: Actor, bob: Actor, olivia: Actor) -> None:
    run(olivia, _limit_user, str(alice.user_id), 100)
    with pytest.raises(BudgetExceeded) as refusal:
        calling.ask(alice, question())
    assert "$0.0001" in refusal.value.message and desk.fake.requests == [] and desk.ledger() == [] and desk.reserved() == 0
    desk.fake.add("For Bob.")
    assert calling.ask(bob, question()).text == "For Bob."


def test_whose_limit_refuses_a_call_is_told_once(desk: Desk, run: Any, alice: Actor, olivia: Actor) -> None:
    desk.fake.add("It went well.")
    calling.ask(alice, question())
    run(olivia, _limit_user, str(alice.user_id), 1)
    for _ in range(2):
        with pytest.raises(BudgetExceeded):
            calling.ask(alice, question())
    assert [row.kind for row in desk.rows("select kind from notification")] == ["spending"]


def _limit_user(session: Any, actor: Actor, subject: str, micros: int) -> None:
    spending_queries.set_limit(session, "user", subject, "day", micros)


def test_llm_06_a_budget_that_has_room_for_the_cheap_model_alone_never_asks_the_dear_one(desk: Desk, run: Any, alice: Actor, olivia: Actor) -> None:
    best = question(wish=Wish(tier=Tier.BEST))
    most = calling.estimate(alice, best).most_micros
    run(olivia, _limit_user, str(alice.user_id), most - 1)
    desk.fake.add("From the cheap one.")
    assert calling.ask(alice, best).model_label == "Small"


@pytest.mark.parametrize("asked", [question("x" * 300_000), question(max_output=2_001), question(max_output=0), question(feature=Feature.PLANNING, max_output=4_001)])
def test_llm_06_more_than_a_model_is_asked_at_once_is_refused(desk: Desk, alice: Actor, asked: Ask) -> None:
    for ask in (calling.ask, calling.estimate, lambda who, what: list(calling.stream(who, what))):
        with pytest.raises(Invalid):
            ask(alice, asked)
    assert desk.fake.requests == [] and desk.ledger() == []


def test_llm_06_two_questions_of_one_person_at_once(desk: Desk, alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "SHORT_WAIT", 0.1)
    leave = threading.Event()
    desk.fake.add(*[lambda _request: (leave.wait(5), "Done.")[1]] * 2, "For Bob.", "For the job.")
    threads = [threading.Thread(target=calling.ask, args=(alice, question())) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(desk.fake.requests) < 2:
        time.sleep(0.01)
    with pytest.raises(TooMany):
        calling.ask(alice, question())
    assert calling.ask(bob, question()).text == "For Bob."
    waiting = threading.Thread(target=calling.ask, args=(alice.on_behalf("job"), question()))
    waiting.start()
    leave.set()
    for thread in (*threads, waiting):
        thread.join()
    assert [row[0] for row in desk.ledger()] == ["settled"] * 4 and not pending._Now.asking


def test_off_means_off(desk: Desk, run: Any, alice: Actor, olivia: Actor, vera: Actor) -> None:
    with pytest.raises(Forbidden):
        calling.ask(vera, question())
    run(olivia, ai.choose_feature, Feature.SUMMARIES, FeatureUpdate(enabled=False))
    with pytest.raises(Unavailable):
        calling.ask(alice, question())
    version = run(olivia, ai.get_settings).version
    run(olivia, ai.change_settings, SettingsUpdate(version=version, enabled=False))
    for ask in (calling.ask, calling.estimate, lambda who, what: list(calling.stream(who, what)), lambda who, what: calling.embed(who, Feature.SEARCH, ["x"])):
        with pytest.raises(Unavailable) as refusal:
            ask(alice, question(feature=Feature.ASSISTANT))
        assert "switched off" in refusal.value.message
    assert desk.fake.requests == [] and desk.fake.embedded == [] and desk.ledger() == []


def test_llm_09_whoever_does_not_agree_is_not_spoken_of(desk: Desk, run: Any, alice: Actor, bob: Actor) -> None:
    jane = run(alice, contacts.create_contact, ContactCreate(display_name="Jane Canary", audience="private"))
    asked = question("How is Jane?", contact_ids=frozenset({jane.id}))
    with pytest.raises(Forbidden):
        calling.ask(alice, asked)
    with pytest.raises(NotFound):
        calling.ask(bob, asked)
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[jane.id], purposes=["ai"]))
    desk.fake.add("She is well.")
    assert calling.ask(alice, asked).text == "She is well." and len(desk.fake.requests) == 1
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[jane.id], purposes=["ai"], action="withdrawn"))
    for ask in (calling.ask, calling.estimate):
        with pytest.raises(Forbidden):
            ask(alice, asked)
    assert len(desk.fake.requests) == 1


def test_an_estimate_sends_and_reserves_nothing(desk: Desk, alice: Actor) -> None:
    cheap, dear = calling.estimate(alice, question()), calling.estimate(alice, question("Why? " * 500))
    assert 0 < cheap.most_micros < dear.most_micros and cheap.model_label == "Small" and cheap.why
    assert desk.fake.requests == [] and desk.ledger() == []


def test_an_estimate_is_never_below_what_it_costs(desk: Desk, alice: Actor) -> None:
    desk.fake.add("word " * 100)
    assert calling.ask(alice, question()).cost_micros <= calling.estimate(alice, question()).most_micros


def test_vectors_are_paid_and_nobody_stands_in(desk: Desk, alice: Actor) -> None:
    found = calling.embed(alice, Feature.SEARCH, ["a walk", "taxes"])
    assert len(found.vectors) == 2 and found.model_label == "Vectors" and desk.fake.embedded == ["a walk", "taxes"]
    assert desk.ledger()[0][0] == "settled" and desk.ledger()[0][2] == found.cost_micros == 1
    desk.fake.embed = lambda *_, **__: (_ for _ in ()).throw(ModelDown())  # type: ignore[method-assign]
    with pytest.raises(ModelDown):
        calling.embed(alice, Feature.SEARCH, ["a walk"])
    assert desk.ledger()[1][0] == "released" and desk.reserved() == 0


def test_a_fault_of_ours_leaves_nothing_reserved(desk: Desk, alice: Actor) -> None:
    def fault(_request: Any) -> str:
        raise ZeroDivisionError

    desk.fake.add(fault)
    with pytest.raises(ZeroDivisionError):
        calling.ask(alice, question())
    assert desk.ledger()[0][0] == "unknown" and desk.reserved() == 0, "nobody knows whether it was charged, so it counts"


def test_llm_07_the_ledger_balances_whatever_a_model_does(desk: Desk, alice: Actor) -> None:
    bind_gateway(PatientGateway(desk.fake, sleep=lambda _seconds: None))
    faults: list[Any] = [ModelDown(), ModelBusy(), KeyRefused(), Broken("Half"), GARBAGE, "", Reply(""), calls("no_such_tool"), {"score": 1}, Reply("x" * 50_000, usage=Usage(10, 2_000_000))]
    for fault in faults * 2:
        desk.fake.requests.clear()
        desk.fake._script[:] = [fault] * 12
        for ask in (lambda: calling.ask(alice, question(schema=Mood)), lambda: list(calling.stream(alice, question()))):
            try:
                ask()
            except (Unavailable, BudgetExceeded):
                pass
        assert desk.reserved() == 0 and len(desk.fake.requests) <= 12
    assert {row[0] for row in desk.ledger()} <= {"settled", "released", "unknown"}
    spent = desk.rows("select sum(cost_micros) from ai_call")[0][0]
    assert desk.rows("select max(settled + overrun) from ai_meter")[0][0] == spent


def test_the_wish_for_a_model_reaches_the_choice(desk: Desk, alice: Actor) -> None:
    desk.fake.add("Best.")
    assert calling.ask(alice, question(wish=Wish(tier=Tier.BEST))).model_label == "Spare"
    with pytest.raises(Unavailable):
        calling.ask(alice, replace(question(), wish=Wish(local_only=True)))


def test_llm_09_who_is_spoken_of_goes_out_under_a_stand_in_when_the_team_wants_that(desk: Desk, run: Any, alice: Actor, olivia: Actor) -> None:
    point = {"kind": "email", "value": "jane.canary@example.org"}
    jane = run(alice, contacts.create_contact, ContactCreate(display_name="Jane Canary", given_name="Jane", family_name="Canary", points=[point]))
    run(alice, consents.record_consents, ConsentCreate(contact_ids=[jane.id], purposes=["ai"]))
    run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, pseudonymise=True))
    asked = question("How is Jane Canary (jane.canary@example.org)? Jane wrote.", contact_ids=frozenset({jane.id}))

    def echo(request: Any) -> str:
        return f"You asked: {request.messages[-1].content}"

    desk.fake.add(echo, echo, lambda request: calls("find_people", name=request.messages[-1].content), {"score": 1, "note": "Person_1"})
    assert calling.ask(alice, asked).text == f"You asked: {asked.messages[0].content}"
    *pieces, last = calling.stream(alice, asked)
    assert isinstance(last, Answer) and last.text == "".join(piece.text for piece in pieces) == f"You asked: {asked.messages[0].content}"
    assert "Jane Canary" in calling.ask(alice, replace(asked, tools=(FIND,))).tool_calls[0].arguments
    assert calling.ask(alice, replace(asked, schema=Mood)).value == Mood(score=1, note="Jane Canary")
    before = Message("assistant", "", (ToolCall("a", "find_people", '{"name": "Jane Canary"}'),)), Message("tool", "p1 Jane Canary", tool_call_id="a")
    desk.fake.add("Well.")
    calling.ask(alice, replace(asked, messages=(*asked.messages, *before), tools=(FIND,)))
    calling.embed(alice, Feature.SEARCH, ["Jane walks."], contact_ids=asked.contact_ids)
    kept = str(desk.rows("select sent from ai_call_content"))
    assert "Person_1" in desk.fake.prompts and "Person_1" in kept
    for word in ("Jane", "Canary", "jane.canary"):
        assert word not in desk.fake.prompts and word not in kept


def test_what_did_not_fit_is_sent_back_shortened(desk: Desk, alice: Actor) -> None:
    desk.fake.add("x " * 5_000, {"score": 1, "note": ""})
    calling.ask(alice, question(schema=Mood))
    assert len(desk.fake.requests[1].messages[1].content) == structured.MOST_SAID
