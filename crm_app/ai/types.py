"""What goes to a language model and what comes back, in words of ours: nothing here knows any provider or library."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, SecretStr

from crm_app.domain.ai.features import Feature, Tier


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model is told of it. ``parameters`` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a model asks for. ``arguments`` is JSON as the model wrote it: nothing of it is trusted."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. A tool's answer has role ``tool`` and the ``tool_call_id`` that it answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None where it did not say."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is asked. ``provider`` is LiteLLM's name for it; ``base_url`` is empty for the provider's own address.

    ``inner_allowed``: the host of this deployment has opened that very address of its own network.
    """

    provider: str
    base_url: str = ""
    key: SecretStr = SecretStr("")
    inner_allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to one model. ``model`` is the provider's own name for it; ``seconds`` is for the whole answer.

    ``given_up`` is asked while a stream says nothing: true hangs up.
    """

    endpoint: Endpoint
    model: str
    messages: tuple[Message, ...]
    max_output: int
    tools: tuple[ToolSpec, ...] = ()
    schema: type[BaseModel] | None = None
    temperature: float | None = None
    seconds: float = 60.0
    given_up: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, as it came: text is untrusted. ``cut`` when it ended at ``max_output``."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a streamed answer; the last one has ``reply``, which holds everything."""

    text: str = ""
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Embedded:
    """One vector for each text, in order, each of length one."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None = None


class Gateway(Protocol):
    """Speaks to models. Blocking: call it in a worker thread, never inside a transaction. Raises ``crm_app.ai.errors.AiError`` alone."""

    def count_tokens(self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
        """How many tokens that is at most, as well as can be told without asking anybody."""
        ...

    def complete(self, request: Request) -> Reply:
        """Ask, and wait for the whole answer."""
        ...

    def stream(self, request: Request) -> Generator[Piece, None, None]:
        """Ask, and hand on what comes. ``close()`` hangs up."""
        ...

    def embed(self, endpoint: Endpoint, model: str, texts: Sequence[str], seconds: float = 60.0) -> Embedded:
        """Meaning as vectors; ``seconds`` is for all of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for this once: a tier, or one model by its id; ``local_only`` keeps it on machines of the practice."""

    tier: Tier | None = None
    model_id: UUID | None = None
    local_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to whichever model the settings, the budget and the moment allow: see ``crm_app.ai.calling``.

    ``contact_ids`` are all whom the messages speak of; each must agree to it, which is asked again right before it is sent.
    ``skill`` names the finer thing for the ledger. ``given_up`` is asked while a stream says nothing: true hangs up, and ``HungUp`` is raised.
    ``paid`` hears what each call of a stream has cost in millionths of a US dollar, also of one that was left or failed.
    """

    feature: Feature
    messages: tuple[Message, ...]
    max_output: int
    skill: str = ""
    schema: type[BaseModel] | None = None
    tools: tuple[ToolSpec, ...] = ()
    contact_ids: frozenset[UUID] = field(default_factory=frozenset)
    wish: Wish = Wish()
    temperature: float | None = None
    seconds: float = 60.0
    job_id: UUID | None = None
    given_up: Callable[[], bool] | None = None
    paid: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with what it cost. ``value`` is an instance of the schema that was asked for, validated. ``cost_micros`` is in millionths of a US dollar.

    ``context_tokens`` is how much whoever gave it can hold.
    """

    text: str
    value: BaseModel | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: UUID
    model_label: str
    cost_micros: int
    seconds: float
    why: str
    context_tokens: int
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a question would mostly cost and what at most, and which model would be asked, with the reason. Nothing was sent or reserved."""

    usual_micros: int
    most_micros: int
    model_label: str
    why: str
