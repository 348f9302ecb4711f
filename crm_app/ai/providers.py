"""Whom a model can be asked of: those providers whose library takes the connections of our gate, each tried in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Provider:
    """``name`` is LiteLLM's. ``speaks``: ``openai`` for everybody who speaks as OpenAI does, ``own`` for a language of their own.

    ``address`` is where they are; empty when LiteLLM knows, or when only whoever runs it does. Any server that speaks as OpenAI does is
    ``openai`` with an address of its own.
    """

    name: str
    label: str
    speaks: Literal["openai", "own"] = "own"
    address: str = ""


_ALL: Final = (
    Provider("openai", "OpenAI", "openai", "https://api.openai.com/v1"),
    Provider("anthropic", "Anthropic"),
    Provider("gemini", "Google Gemini"),
    Provider("mistral", "Mistral"),
    Provider("openrouter", "OpenRouter"),
    Provider("groq", "Groq"),
    Provider("deepseek", "DeepSeek"),
    Provider("xai", "xAI"),
    Provider("together_ai", "Together AI"),
    Provider("fireworks_ai", "Fireworks AI"),
    Provider("perplexity", "Perplexity", "openai", "https://api.perplexity.ai"),
    Provider("cerebras", "Cerebras", "openai", "https://api.cerebras.ai/v1"),
    Provider("deepinfra", "DeepInfra", "openai", "https://api.deepinfra.com/v1/openai"),
    Provider("nebius", "Nebius", "openai", "https://api.studio.nebius.ai/v1"),
    Provider("moonshot", "Moonshot AI", "openai", "https://api.moonshot.ai/v1"),
    Provider("azure", "Azure OpenAI", "openai"),
    Provider("ollama", "Ollama", "openai"),
)

VERSIONED: Final = {"ollama": "/v1", "azure": "/openai/v1"}
"""Whose address people know without the path under which they speak as OpenAI does."""

PROVIDERS: Final = {provider.name: provider for provider in _ALL}
"""All of them by name, in the order in which they are offered."""
