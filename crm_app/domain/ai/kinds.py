"""Whom a model can be asked at: the providers that are offered, and what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ProviderKind(StrEnum):
    """A provider that the gateway can reach through the gate. ``compatible`` is any address that speaks as OpenAI's does."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    MISTRAL = "mistral"
    OPENROUTER = "openrouter"
    OLLAMA = "ollama"
    COMPATIBLE = "compatible"


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider as it is offered. ``speaks`` is LiteLLM's name for how it is asked; ``console`` is the page where its keys are made."""

    title: str
    speaks: str
    console: str = ""
    needs_key: bool = True
    needs_address: bool = False


OFFERS: Final[Mapping[ProviderKind, Offer]] = MappingProxyType({
    ProviderKind.OPENAI: Offer("OpenAI", "openai", "https://platform.openai.com/api-keys"),
    ProviderKind.ANTHROPIC: Offer("Anthropic", "anthropic", "https://console.anthropic.com/settings/keys"),
    ProviderKind.GEMINI: Offer("Google Gemini", "gemini", "https://aistudio.google.com/apikey"),
    ProviderKind.MISTRAL: Offer("Mistral", "mistral", "https://console.mistral.ai/api-keys"),
    ProviderKind.OPENROUTER: Offer("OpenRouter", "openrouter", "https://openrouter.ai/settings/keys"),
    ProviderKind.OLLAMA: Offer("Ollama", "ollama", needs_key=False, needs_address=True),
    ProviderKind.COMPATIBLE: Offer("OpenAI-compatible", "openai", needs_key=False, needs_address=True),
})  # fmt: skip
