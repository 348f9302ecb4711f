"""Which model answers: each rule as a story, and whatever is tried, never one that breaks a rule."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.domain.ai.features import Feature, ModelTier, Tier
from crm_app.domain.ai.selector import MARGIN, Candidate, Need, Selection, Terms, select_models

KEYS = [UUID(int=number) for number in range(1, 7)]


def model(number: int = 1, label: str = "Sonnet", **values) -> Candidate:
    """A model that can do everything, of a provider that keeps its word, at 3 and 15 dollars for a million tokens."""
    known = {
        "model_id": KEYS[number - 1], "provider_id": KEYS[0], "provider": "anthropic", "base_url": "", "inner_allowed": False, "name": label.lower(), "label": label,
        "tier": ModelTier.BALANCED, "input_price": 3_000_000, "output_price": 15_000_000, "context_tokens": 200_000, "max_output": 8_000, "tools": True,
        "structured": True, "vision": True, "embedding": False, "local": False, "region": "us", "trains": False, "own": False,
    }  # fmt: skip
    return Candidate(**known | values)


NEED = Need(feature=Feature.ASSISTANT, input_tokens=2_000, max_output=1_000)
TERMS = Terms(enabled=True, feature_enabled=True, tier=Tier.BALANCED, local_only=False, may_train=False, region="")
SONNET, HAIKU, OPUS = model(), model(2, "Haiku", tier=ModelTier.FAST, input_price=1_000_000), model(3, "Opus", tier=ModelTier.BEST, input_price=5_000_000)
HOME = model(4, "Qwen at home", local=True, input_price=None, output_price=None, trains=True, region="")


def chosen(*models: Candidate, need: Need = NEED, terms: Terms = TERMS) -> list[str]:
    return [choice.label for choice in select_models(models, need, terms).choices]


def why(*models: Candidate, need: Need = NEED, terms: Terms = TERMS) -> str:
    return select_models(models, need, terms).choices[0].why


def refused(*models: Candidate, need: Need = NEED, terms: Terms = TERMS) -> str:
    selection = select_models(models, need, terms)
    assert selection.choices == ()
    return selection.reason


def test_the_wanted_kind_is_asked_first_and_the_nearest_ones_after_it():
    assert chosen(OPUS, HAIKU, SONNET) == ["Sonnet", "Haiku", "Opus"]
    assert why(OPUS, HAIKU, SONNET) == "A balanced model is right for this."
    assert chosen(OPUS, HAIKU, SONNET, terms=replace(TERMS, tier=Tier.FAST)) == ["Haiku", "Sonnet", "Opus"]
    assert chosen(OPUS, HAIKU, SONNET, terms=replace(TERMS, tier=Tier.BEST)) == ["Opus", "Sonnet", "Haiku"]
    assert why(HAIKU) == "No model of the wanted kind can do this, so the nearest is used."
    assert why(HAIKU, terms=replace(TERMS, tier=Tier.FAST)) == "A fast model is enough for this."
    assert why(OPUS, terms=replace(TERMS, tier=Tier.BEST)) == "This is worth the best model."


def test_what_is_wished_this_once_goes_before_what_was_decided():
    assert chosen(OPUS, HAIKU, SONNET, need=replace(NEED, tier=Tier.BEST))[0] == "Opus"
    asked = replace(NEED, model_id=HAIKU.model_id)
    assert chosen(OPUS, HAIKU, SONNET, need=asked) == ["Haiku"] and why(OPUS, HAIKU, need=asked) == "It was asked for by name."
    assert refused(OPUS, need=asked) == "The model that was asked for is not there any more."


def test_nothing_is_asked_while_it_is_switched_off():
    assert "switched off. The owner of this team or an admin can switch it on" in refused(SONNET, terms=replace(TERMS, enabled=False))
    assert "switched off for this" in refused(SONNET, terms=replace(TERMS, feature_enabled=False))
    assert "An admin adds one" in refused()


def test_what_stays_at_home_goes_nowhere_else_whatever_is_wished():
    for need, terms in ((NEED, replace(TERMS, local_only=True)), (replace(NEED, local_only=True), TERMS), (replace(NEED, tier=Tier.LOCAL), TERMS), (NEED, replace(TERMS, tier=Tier.LOCAL))):
        assert chosen(SONNET, HOME, need=need, terms=terms) == ["Qwen at home"]
        assert refused(SONNET, need=need, terms=terms) == "This stays on machines of the practice, and no model is set up there."
    wished = replace(NEED, tier=Tier.BEST)
    assert chosen(OPUS, HOME, need=wished, terms=replace(TERMS, local_only=True)) == ["Qwen at home"]
    assert chosen(OPUS, HOME, need=replace(wished, model_id=OPUS.model_id), terms=replace(TERMS, local_only=True)) == []
    assert why(HOME, need=replace(NEED, tier=Tier.LOCAL)) == "It runs on a machine of the practice."


def test_who_learns_from_what_is_sent_is_not_told_unless_the_team_allows_it():
    curious = model(5, "Curious", trains=True)
    assert refused(curious) == "Curious may learn from what it is sent, which the team does not allow."
    assert chosen(curious, terms=replace(TERMS, may_train=True)) == ["Curious"]
    assert chosen(HOME) == ["Qwen at home"], "what learns at home learns for nobody else"


def test_only_the_region_that_the_team_has_chosen():
    here = model(5, "Mistral", region="eu")
    terms = replace(TERMS, region="eu")
    assert chosen(SONNET, here, HOME, terms=terms) == ["Qwen at home", "Mistral"]
    assert refused(SONNET, terms=terms) == "Sonnet does not work in the region that the team has chosen."
    assert refused(replace(SONNET, region=""), terms=terms).startswith("Sonnet does not work"), "what nobody has said is not what was chosen"


def test_an_unknown_price_is_refused_until_an_admin_enters_one():
    unknown = model(5, "Newest", input_price=None, output_price=None)
    assert refused(unknown) == "Nobody knows what Newest costs. An admin can enter its price under Settings, AI & budgets."
    assert refused(replace(unknown, input_price=1)) == refused(unknown), "half a price is none"
    assert chosen(replace(unknown, input_price=1, output_price=0)) == ["Newest"]
    (home,) = select_models([HOME], NEED, TERMS).choices
    assert (home.input_price, home.output_price) == (0, 0), "a machine of one's own costs nothing for a question"


@pytest.mark.parametrize(
    ("lacking", "need", "sentence"),
    [
        ({"tools": False}, {"tools": True}, "cannot look things up here"),
        ({"structured": False}, {"structured": True}, "cannot answer in a fixed form"),
        ({"vision": False}, {"vision": True}, "cannot look at pictures"),
        ({"max_output": 999}, {}, "does not answer at such length"),
        ({"context_tokens": 3_000 + MARGIN - 1}, {}, "more than Sonnet can read at once"),
        ({"embedding": True}, {}, "No model is set up that can do this"),
        ({}, {"embedding": True}, "No model is set up that can do this"),
    ],
)
def test_who_cannot_do_it_is_not_asked(lacking, need, sentence):
    assert sentence in refused(replace(SONNET, **lacking), need=replace(NEED, **need))
    assert chosen(replace(SONNET, **lacking), HAIKU if "embedding" not in need else model(5, "Embed", embedding=True, output_price=None), need=replace(NEED, **need))


def test_the_context_is_enough_to_the_last_token():
    assert chosen(replace(SONNET, context_tokens=3_000 + MARGIN)) == ["Sonnet"]


def test_who_is_nearest_to_being_fit_says_what_is_missing():
    """Of three models one only lacks a price: that is the one thing that an admin has to do."""
    assert "Nobody knows what Newest costs" in refused(model(5, "Newest", input_price=None), model(6, "Curious", trains=True), need=NEED)


def cost(tokens: int, output: int, price_in: int, price_out: int) -> int:
    return -(-(tokens * price_in + output * price_out) // 1_000_000)


def test_what_does_not_fit_into_what_is_left_is_skipped_and_said():
    terms = replace(TERMS, room=cost(2_000, 1_000, 1_000_000, 15_000_000), cost=cost)
    assert chosen(SONNET, HAIKU, OPUS, terms=terms) == ["Haiku"]
    assert why(SONNET, HAIKU, terms=terms).endswith("A dearer one does not fit into what is left to spend.")
    broke = replace(terms, room=0)
    assert select_models([SONNET, HAIKU], NEED, broke) == Selection((), "This would cost more than what is left to spend.", only_money=True)
    assert chosen(SONNET, HOME, terms=broke) == ["Qwen at home"], "what costs nothing goes on"


def test_who_failed_just_now_goes_last_and_is_not_left_out():
    need = replace(NEED, failed=frozenset({SONNET.model_id}))
    assert chosen(SONNET, OPUS, need=need) == ["Opus", "Sonnet"]
    assert why(SONNET, need=need) == "A balanced model is right for this. It gave no answer a moment ago."


def test_ones_own_goes_before_the_teams_and_the_cheaper_before_the_dearer():
    mine, cheap = model(5, "Mine", own=True, input_price=9_000_000), model(6, "Cheap", input_price=1)
    assert chosen(SONNET, mine, cheap) == ["Mine", "Cheap", "Sonnet"]


prices = st.none() | st.integers(0, 10**8)
candidates = st.lists(
    st.builds(
        model, st.integers(1, 6), st.sampled_from(["A", "B"]), tier=st.sampled_from(ModelTier), input_price=prices, output_price=prices,
        context_tokens=st.integers(1, 20_000), max_output=st.integers(0, 5_000), tools=st.booleans(), structured=st.booleans(), vision=st.booleans(),
        embedding=st.booleans(), local=st.booleans(), region=st.sampled_from(["", "eu", "us", "other"]), trains=st.booleans(), own=st.booleans(),
    ), max_size=8, unique_by=lambda one: one.model_id,
)  # fmt: skip
needs = st.builds(
    Need, feature=st.sampled_from(Feature), input_tokens=st.integers(0, 20_000), max_output=st.integers(0, 5_000), tools=st.booleans(), structured=st.booleans(),
    vision=st.booleans(), embedding=st.booleans(), tier=st.none() | st.sampled_from(Tier), model_id=st.none() | st.sampled_from(KEYS), local_only=st.booleans(),
    failed=st.frozensets(st.sampled_from(KEYS)),
)  # fmt: skip
decided = st.builds(
    Terms, enabled=st.booleans(), feature_enabled=st.booleans(), tier=st.sampled_from(Tier), local_only=st.booleans(), may_train=st.booleans(),
    region=st.sampled_from(["", "eu", "us"]), room=st.none() | st.integers(0, 10**6), cost=st.just(cost),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(candidates, needs, decided)
def test_whatever_there_is_no_choice_breaks_a_rule(models, need, terms):
    selection, by_id = select_models(models, need, terms), {one.model_id: one for one in models}
    assert selection.choices or selection.reason
    home = Tier.LOCAL in (need.tier or terms.tier,) or need.local_only or terms.local_only
    for choice in selection.choices:
        one = by_id[choice.model_id]
        assert terms.enabled and terms.feature_enabled and choice.why
        assert one.local or (not home and (terms.may_train or not one.trains) and terms.region in ("", one.region))
        assert one.embedding == need.embedding and need.model_id in (None, one.model_id)
        assert (one.tools, one.structured, one.vision) >= (False, False, False) and not any((need.tools and not one.tools, need.structured and not one.structured, need.vision and not one.vision))
        assert need.input_tokens + need.max_output + MARGIN <= one.context_tokens and (need.embedding or need.max_output <= one.max_output)
        assert one.local or one.input_price is not None and (need.embedding or one.output_price is not None)
        assert terms.room is None or cost(need.input_tokens, need.max_output, choice.input_price, choice.output_price) <= terms.room
    assert len({choice.model_id for choice in selection.choices}) == len(selection.choices)
    fresh = [choice.model_id not in need.failed for choice in selection.choices]
    assert fresh == sorted(fresh, reverse=True)


@settings(max_examples=200, deadline=None)
@given(candidates, needs, decided, st.randoms())
def test_the_order_in_which_models_are_kept_changes_nothing(models, need, terms, chance):
    mixed = list(models)
    chance.shuffle(mixed)
    assert select_models(models, need, terms).choices == select_models(mixed, need, terms).choices
