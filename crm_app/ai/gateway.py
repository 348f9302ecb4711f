"""The only place that speaks to a language model, through LiteLLM, and the only one that imports it: at the first question, once.

LiteLLM takes seconds to import and would call home when left alone. Here it has no network of its own, reads no file of the host's, keeps no
log of what is said, and each question goes over a line of the outbound gate that is opened for that question alone.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import structlog

from crm_app.ai import tokens
from crm_app.ai.errors import NoSuchModel
from crm_app.ai.patience import PatientGateway
from crm_app.ai.providers import PROVIDERS, VERSIONED
from crm_app.ai.translating import Gathered, error_of, read_reply, read_vectors, read_whole, sent_messages, sent_schema, sent_tools
from crm_app.ai.types import Embedded, Endpoint, Gateway, Message, Piece, Reply, Request, ToolSpec
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance, parse_host, read_allowances
from crm_app.infrastructure.outbound_httpx import Line, PatientTransport, client_errors, nowhere

log = structlog.get_logger(__name__)

_NO_KEY, _END = "none", b"[DONE]"
_QUIET = {"LITELLM_MODE": "PRODUCTION", "LITELLM_OFFLINE_MODE": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_DISABLE_BUG_REPORT_LINK": "true"}
_THEIRS = re.compile(r"LITELLM_|USE_LITELLM|OPENAI_(?:ORG|PROJECT|CUSTOM|LOG)|ANTHROPIC_(?:AUTH|CUSTOM|LOG)|\w+_(?:API_BASE|BASE_URL)\Z")
"""By what a library would be told, past our settings, to ask somewhere else, to say more of us, or to write down what is said."""
_loading = Lock()
_loaded: list[ModuleType] = []


def load_library() -> ModuleType:
    """LiteLLM, silenced before anything of it runs. Seconds the first time: never on an event loop."""
    with _loading:
        if not _loaded:
            for name in [name for name in os.environ if _THEIRS.match(name)]:
                del os.environ[name]
            os.environ.update(_QUIET)
            import litellm

            litellm.suppress_debug_info = True
            litellm.telemetry = False
            litellm.drop_params = True
            litellm.disable_streaming_logging = True
            litellm.turn_off_message_logging = True
            litellm.disable_hf_tokenizer_download = True
            for callbacks in (litellm.callbacks, litellm.success_callback, litellm.failure_callback, litellm.input_callback, litellm.service_callback):
                callbacks.clear()
            for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
            _refuse_own_connections()
            _loaded.append(litellm)
    return _loaded[0]


def _refuse_own_connections() -> None:
    """A path of LiteLLM that forgets the line it was given ends at nobody instead of outside the gate."""
    from litellm.llms.custom_httpx.http_handler import HTTPHandler

    setattr(HTTPHandler, "create_client", lambda _handler: nowhere())  # noqa: B010  no method of ours is typed as theirs


def open_gateway(inner_hosts: str) -> Gateway:
    """The gateway of this product. ``inner_hosts``: what the host has opened of their own network, as ``MINDFULCRM_INNER_HOSTS`` says it."""
    return PatientGateway(LiteLlmGateway(read_allowances(inner_hosts)))


def _gate(allowed: frozenset[Allowance]) -> Gate:
    return Gate(lambda: allowed)


class LiteLlmGateway:
    """``crm_app.ai.types.Gateway``. ``allowed`` is what the host has opened for all; an endpoint may have its own place opened besides."""

    def __init__(self, allowed: frozenset[Allowance] = frozenset(), make_gate: Callable[[frozenset[Allowance]], Gate] = _gate) -> None:
        self._allowed, self._make_gate = allowed, make_gate
        self._transports, self._lock = dict[frozenset[Allowance], PatientTransport](), Lock()

    def count_tokens(self, model: str, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
        """See ``crm_app.ai.tokens``: no vocabulary is read."""
        return tokens.count_question(messages, tools)

    def complete(self, request: Request) -> Reply:
        """Ask, and wait for the whole answer."""
        with self._line(request.endpoint, request.seconds) as line:
            answer = load_library().completion(**_question(request, line), stream=False)
            return read_reply(answer)

    def stream(self, request: Request) -> Generator[Piece, None, None]:
        """Ask, and hand on what comes."""
        with self._line(request.endpoint, request.seconds, request.given_up) as line:
            coming = load_library().completion(**_question(request, line), stream=True, stream_options={"include_usage": True})
            gathered = Gathered()
            try:
                for chunk in coming:
                    text = gathered.take(chunk)
                    if text:
                        yield Piece(text=text)
            except _failures():
                if not gathered.came or line.trouble or _END not in line.tail:
                    raise  # else it said that this was all, and forgot to say why
            reply = gathered.reply(coming.chunks) if gathered.came or not line.whole else read_whole(line.whole)
        yield Piece(reply=reply)

    def embed(self, endpoint: Endpoint, model: str, texts: Sequence[str], seconds: float = 60.0) -> Embedded:
        """Meaning as vectors."""
        with self._line(endpoint, seconds) as line:
            answer = load_library().embedding(input=list(texts), **_whom(endpoint, model, line), timeout=seconds, max_retries=0)
            return read_vectors(answer, len(texts))

    @contextmanager
    def _line(self, endpoint: Endpoint, seconds: float, given_up: Callable[[], bool] | None = None) -> Iterator[Line]:
        """A line for one question; whatever goes wrong on it comes out as an ``AiError``, and what the provider said about it stays inside."""
        line = Line(self._transport(endpoint), seconds, given_up)
        try:
            load_library()
            yield line
        except _failures() as failure:
            error = error_of(failure, line)
            log.info("a model gave no answer", provider=endpoint.provider, kind=error.word, error=type(failure).__name__, status=line.status)
            raise error from None
        finally:
            line.close()

    def _transport(self, endpoint: Endpoint) -> PatientTransport:
        """Connections that are shared with all questions that may go to the same places."""
        allowed = self._allowed | (_place(endpoint.base_url) if endpoint.inner_allowed else frozenset())
        with self._lock:
            if allowed not in self._transports:
                self._transports[allowed] = PatientTransport(self._make_gate(allowed))
            return self._transports[allowed]


def _place(base_url: str) -> frozenset[Allowance]:
    """Where an address leads; nowhere when it is none."""
    try:
        parts = urlsplit(base_url)
        return frozenset({Allowance(str(parse_host(parts.hostname or "")), parts.port or (80 if parts.scheme == "http" else 443))})
    except ValueError:
        return frozenset()


def _failures() -> tuple[type[Exception], ...]:
    """Everything that LiteLLM is known to raise about what a provider did: its own errors, OpenAI's, httpx's, and what parsing garbage raises."""
    import openai

    return openai.OpenAIError, *client_errors(), ValueError, LookupError, TypeError, AttributeError, RecursionError


def _question(request: Request, line: Line) -> dict[str, Any]:
    asked: dict[str, Any] = {
        **_whom(request.endpoint, request.model, line),
        "messages": sent_messages(request.messages),
        "max_tokens": request.max_output,
        "timeout": request.seconds,
        "num_retries": 0,
        "max_retries": 0,
    }
    if request.tools:
        asked["tools"] = sent_tools(request.tools)
    if request.schema:
        asked["response_format"] = sent_schema(request.schema)
    if request.temperature is not None:
        asked["temperature"] = request.temperature
    return asked


def _whom(endpoint: Endpoint, model: str, line: Line) -> dict[str, Any]:
    """Who is asked, with what key, over which line. Raises ``NoSuchModel`` for a provider whom we cannot route."""
    known = PROVIDERS.get(endpoint.provider)
    if known is None:
        raise NoSuchModel
    key, address = endpoint.key.get_secret_value() or _NO_KEY, endpoint.base_url or known.address
    if known.speaks == "openai":
        if not address:
            raise NoSuchModel
        path = VERSIONED.get(known.name, "")
        address = address.rstrip("/").removesuffix(path) + path
        from openai import OpenAI

        client: Any = OpenAI(api_key=key, base_url=address, http_client=line.client, max_retries=0)
        return {"model": f"openai/{model}", "api_key": key, "api_base": address, "client": client}
    from litellm.llms.custom_httpx.http_handler import HTTPHandler

    return {"model": f"{known.name}/{model}", "api_key": key, "api_base": address or None, "client": HTTPHandler(client=line.client)}
