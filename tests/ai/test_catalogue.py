"""What is known of models comes from a file, in units of ours."""

from __future__ import annotations

from crm_app.ai.catalogue import known_models
from crm_app.ai.providers import PROVIDERS


def test_models_come_with_price_size_and_abilities() -> None:
    known = {model.name: model for model in known_models("openai")}
    small = known["gpt-4o-mini"]
    assert (small.input_price, small.output_price) == (150_000, 600_000) and small.context_tokens == 128_000 and small.max_output == 16_384
    assert small.tools and small.structured and small.vision and not small.embedding
    vectors = known["text-embedding-3-small"]
    assert vectors.embedding and vectors.output_price == 0 and vectors.input_price == 20_000 and vectors.max_output == 0
    assert list(known) == sorted(known) and not any(name.startswith("openai/") for name in known)


def test_a_price_that_nobody_knows_is_none() -> None:
    assert {model.input_price for model in known_models("ollama")} == {None}
    assert known_models("no-such-provider") == ()
    for provider in PROVIDERS:
        assert all(model.context_tokens > 0 and (model.input_price is None or model.input_price > 0) for model in known_models(provider))
