"""What the small team has set up of language models: they are switched on, the team has a provider, and so has everybody for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import perform

MODEL: dict[str, Any] = {"context_tokens": 8_000, "max_output": 2_000, "input_price": 1, "output_price": 1}


def set_up_ai(world: Any, other: Actor, askers: Mapping[str, Actor], words: str) -> None:
    """Everything of it; private names and keys hold ``words``."""
    perform(askers["owner"], ai.change_settings, SettingsUpdate(version=1, enabled=True, own_keys=True))
    _provider(world, askers["owner"], "team", "everybody's", own=False)
    _provider(world, other, "private", words, own=True)
    for column, asker in askers.items():  # somebody may have become a viewer after making things
        _provider(world, Actor(user_id=asker.user_id, role=Role.MEMBER), f"own:{column}", words, own=True)


def _provider(world: Any, maker: Actor, place: str, words: str, *, own: bool) -> None:
    """A provider with a key and a model."""
    data = ProviderCreate(provider="anthropic", name=words, key=SecretStr(words), own=own, trains=False)
    made = perform(maker, ai.create_provider, data).value
    made = perform(maker, ai.create_models, made.id, [ModelCreate(name=words, label=words, **MODEL)]).value
    world.put("ai_provider", place, made)
    world.put("ai_model", place, made.models[0])
