"""What is known of models before anybody asks one: LiteLLM's own list of them, as it lies on this machine.

The list is a file; reading it imports nothing and asks nobody. It is as old as the LiteLLM that is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

_FILE = "litellm/model_prices_and_context_window_backup.json"
_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of a provider. ``name`` is the provider's own for it. Prices are millionths of a US dollar for a million tokens; None: not known.

    ``structured``: it can be held to a JSON schema.
    """

    name: str
    input_price: int | None
    output_price: int | None
    context_tokens: int
    max_output: int
    tools: bool
    structured: bool
    vision: bool
    embedding: bool


def known_models(provider: str) -> tuple[KnownModel, ...]:
    """Models of a provider, by LiteLLM's name for it, that answer in words or make vectors, in the order of their names. A tenth of a second, the first time."""
    return _by_provider().get(provider, ())


@lru_cache(maxsize=1)
def _by_provider() -> Mapping[str, tuple[KnownModel, ...]]:
    told: dict[str, dict[str, Any]] = json.loads(Path(str(distribution("litellm").locate_file(_FILE))).read_text(encoding="utf-8"))
    found: dict[str, dict[str, KnownModel]] = {}
    for name, facts in told.items():
        provider, model = str(facts.get("litellm_provider", "")), _read(name, facts)
        if model:
            found.setdefault(provider, {}).setdefault(model.name, model)
    return {provider: tuple(models[name] for name in sorted(models)) for provider, models in found.items()}


def _read(name: str, facts: Mapping[str, Any]) -> KnownModel | None:
    if facts.get("mode") not in ("chat", "embedding"):
        return None
    embedding = facts["mode"] == "embedding"
    given = _price(facts.get("input_cost_per_token"))
    came = 0 if embedding else _price(facts.get("output_cost_per_token"))
    context = _tokens(facts.get("max_input_tokens")) or _tokens(facts.get("max_tokens"))
    most = 0 if embedding else _tokens(facts.get("max_output_tokens")) or _tokens(facts.get("max_tokens"))
    if not context or not (most or embedding):
        return None
    return KnownModel(
        name=name.removeprefix(f"{facts['litellm_provider']}/"), input_price=given, output_price=came, context_tokens=context, max_output=most,
        tools=facts.get("supports_function_calling") is True, structured=facts.get("supports_response_schema") is True,
        vision=facts.get("supports_vision") is True, embedding=embedding,
    )  # fmt: skip


def _price(dollars: Any) -> int | None:
    """Dollars for a token, as millionths of a dollar for a million tokens. Nought is what LiteLLM writes when it does not know, so it is not known."""
    return round(dollars * 10**12) if isinstance(dollars, int | float) and dollars > 0 else None


def _tokens(told: Any) -> int:
    return int(told) if isinstance(told, int | float) and 0 < told <= _MOST else 0
