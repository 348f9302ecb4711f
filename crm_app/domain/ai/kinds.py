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
    GROQ = "groq"
    DEEPSEEK = "deepseek"
    XAI = "xai"
    TOGETHER = "together_ai"
    FIREWORKS = "fireworks_ai"
    PERPLEXITY = "perplexity"
    CEREBRAS = "cerebras"
    DEEPINFRA = "deepinfra"
    NEBIUS = "nebius"
    MOONSHOT = "moonshot"
    AZURE = "azure"
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

    @property
    def may_be_ours(self) -> bool:
        """Whether it can be a machine of the practice."""
        return self.needs_address and not self.needs_key


OFFERS: Final[Mapping[ProviderKind, Offer]] = MappingProxyType({
    ProviderKind.OPENAI: Offer("OpenAI", "openai", "https://platform.openai.com/api-keys"),
    ProviderKind.ANTHROPIC: Offer("Anthropic", "anthropic", "https://console.anthropic.com/settings/keys"),
    ProviderKind.GEMINI: Offer("Google Gemini", "gemini", "https://aistudio.google.com/apikey"),
    ProviderKind.MISTRAL: Offer("Mistral", "mistral", "https://console.mistral.ai/api-keys"),
    ProviderKind.OPENROUTER: Offer("OpenRouter", "openrouter", "https://openrouter.ai/settings/keys"),
    ProviderKind.GROQ: Offer("Groq", "groq", "https://console.groq.com/keys"),
    ProviderKind.DEEPSEEK: Offer("DeepSeek", "deepseek", "https://platform.deepseek.com/api_keys"),
    ProviderKind.XAI: Offer("xAI", "xai", "https://console.x.ai"),
    ProviderKind.TOGETHER: Offer("Together AI", "together_ai", "https://api.together.ai/settings/api-keys"),
    ProviderKind.FIREWORKS: Offer("Fireworks AI", "fireworks_ai", "https://app.fireworks.ai/settings/users/api-keys"),
    ProviderKind.PERPLEXITY: Offer("Perplexity", "perplexity", "https://www.perplexity.ai/settings/api"),
    ProviderKind.CEREBRAS: Offer("Cerebras", "cerebras", "https://cloud.cerebras.ai"),
    ProviderKind.DEEPINFRA: Offer("DeepInfra", "deepinfra", "https://deepinfra.com/dash/api_keys"),
    ProviderKind.NEBIUS: Offer("Nebius", "nebius", "https://studio.nebius.com"),
    ProviderKind.MOONSHOT: Offer("Moonshot AI", "moonshot", "https://platform.moonshot.ai/console/api-keys"),
    ProviderKind.AZURE: Offer("Azure OpenAI", "azure", "https://ai.azure.com", needs_address=True),
    ProviderKind.OLLAMA: Offer("Ollama", "ollama", needs_key=False, needs_address=True),
    ProviderKind.COMPATIBLE: Offer("OpenAI-compatible", "openai", needs_key=False, needs_address=True),
})  # fmt: skip
