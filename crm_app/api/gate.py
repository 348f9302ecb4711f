"""What a request must pass before a route sees it: a known path, a live token, a fair rate, and sane JSON.

In this order, so that a stranger learns nothing about what a body should look like. A file is read by its own route (``receiving``).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakValueDictionary

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.api.errors import error_response, too_many_response, unavailable_response, unexpected_response
from crm_app.api.receiving import WEIGHT
from crm_app.api.threads import in_thread
from crm_app.domain.accounts.rules import address_group
from crm_app.domain.actor import Actor

MAX_BODY = 1_000_000
MAX_TOKEN = 200
MAX_DEPTH = 20
MAX_VALUES = 10_000  # the largest contact that a form takes has some seven hundred
JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})

ResolveToken = Callable[[str], Actor | None]


class RateLimit(Protocol):
    """Counts requests and wrong tokens; what may be refused returns the seconds to wait, or None when there is room."""

    def count_request(self, actor: Actor, weight: int = 1) -> int | None:
        """One more request of a person, or one that counts as so many."""
        ...

    def count_failure(self, address: str) -> None:
        """One more wrong token from an address."""
        ...

    def count_success(self, address: str) -> None:
        """A right token from an address."""
        ...

    def is_known(self, address: str) -> bool:
        """Whether a right token came from an address lately."""
        ...

    def is_blocked(self, address: str) -> int | None:
        """Whether too many wrong tokens came from an address; counts nothing."""
        ...


@dataclass(frozen=True)
class GateConfig:
    """What the gate asks of the rest of the house."""

    resolve_token: ResolveToken
    rate_limit: RateLimit
    executor: Executor
    routes: Callable[[], list[BaseRoute]]
    public_paths: frozenset[str] = frozenset()
    files: tuple[BaseRoute, ...] = ()  # those that read their body themselves


class _Refused(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


class Gate:
    """Pure ASGI around the REST routes. Sets ``scope["state"]`` ``actor`` and ``body_hash``; answers every exception."""

    def __init__(self, app: ASGIApp, config: GateConfig) -> None:
        self.app = app
        self.config = config
        self._turns: WeakValueDictionary[tuple[Any, str], asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sender = _Sender(send)
        try:
            replay = await self._admit(scope, receive)
            await self.app(scope, replay, sender.send)
        except _Refused as refusal:
            await refusal.response(scope, receive, sender.send)
        except (OperationalError, PoolTimeout) as error:
            await sender.answer(unavailable_response(error), scope, receive)
        except Exception as error:  # noqa: BLE001  the edge of the REST interface: a defect must not show its insides
            await sender.answer(unexpected_response(error), scope, receive)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """The receive function for the route, or ``_Refused``."""
        _known_path(scope, self.config.routes())
        takes_file = any(route.matches(scope)[0] is Match.FULL for route in self.config.files)
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        if scope["path"] not in self.config.public_paths:
            state["actor"] = await self._actor(scope, headers, WEIGHT if takes_file else 1)
        if b"%00" in scope.get("query_string", b"") or "\x00" in scope["path"]:
            raise _Refused(error_response(422, "invalid", "The address contains a character that cannot be stored."))
        if takes_file:
            return receive
        body = await _read_body(headers, receive)
        if scope["method"] not in BODILESS and body:
            _check_json(headers, body)
        state["body_hash"] = hashlib.sha256(body).hexdigest()
        return _replay(body, receive)

    async def _actor(self, scope: Scope, headers: Headers, weight: int) -> Actor:
        address, limit = scope["client"][0] if scope.get("client") else "unknown", self.config.rate_limit
        if limit.is_known(address):
            actor = await self._shown(address, headers)
        else:
            # One after the other, or a thousand guesses at once would all be looked at before the first was counted.
            turn = asyncio.get_running_loop(), address_group(address)
            async with self._turns.setdefault(turn, asyncio.Lock()):
                actor = await self._shown(address, headers)
        wait = limit.count_request(actor, weight)
        if wait is not None:
            raise _Refused(too_many_response(wait))
        return actor

    async def _shown(self, address: str, headers: Headers) -> Actor:
        """The person whose token is shown, or ``_Refused``."""
        limit = self.config.rate_limit
        wait = limit.is_blocked(address)
        if wait is not None:
            raise _Refused(too_many_response(wait))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and 0 < len(token) <= MAX_TOKEN and token.isascii():
            actor = await in_thread(self.config.executor, self.config.resolve_token, token)
            if actor is not None:
                limit.count_success(address)
                return actor
            limit.count_failure(address)
        message = "Send a valid token as 'Authorization: Bearer …'. Tokens are made in Settings."
        raise _Refused(error_response(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"}))


def _known_path(scope: Scope, routes: list[BaseRoute]) -> None:
    """404 for an unknown path and 405 for an unknown method, before anyone is asked for a token."""
    matches = [route.matches(scope)[0] for route in routes]
    if Match.FULL in matches:
        return
    if Match.PARTIAL in matches:
        raise _Refused(error_response(405, "method_not_allowed", "This address does not answer to that method."))
    raise _Refused(error_response(404, "not_found", "There is nothing at this address."))


async def _read_body(headers: Headers, receive: Receive) -> bytes:
    declared = headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > MAX_BODY:
        raise _Refused(error_response(413, "too_large", "A request may have at most 1 MB."))
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _Refused(error_response(413, "too_large", "A request may have at most 1 MB."))
        if not message.get("more_body"):
            return bytes(body)


def _check_json(headers: Headers, body: bytes) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise _Refused(error_response(415, "unsupported_media_type", "Send JSON, with the content type application/json."))
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _Refused(error_response(400, "bad_json", "The body is not valid JSON.")) from None
    fault = _storable(value)
    if fault:
        raise _Refused(error_response(422, "invalid", fault))


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _storable(value: Any) -> str | None:
    """The sentence that says why this is no body of ours, or why PostgreSQL could not store it; None when there is nothing to say.

    It stops at the first fault: what is far too large must not hold up everybody else while it is counted.
    """
    waiting, seen = [(value, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if isinstance(part, str):
            if "\x00" in part or any("\ud800" <= char <= "\udfff" for char in part):
                return "The body contains a character that cannot be stored."
        elif isinstance(part, dict | list):
            if depth >= MAX_DEPTH:
                return "The body is nested too deeply."
            if seen + len(waiting) + len(part) > MAX_VALUES:
                return "The body contains too many values."
            parts = [*part.keys(), *part.values()] if isinstance(part, dict) else part
            waiting.extend((inner, depth + 1) for inner in parts)
        elif isinstance(part, int) and not isinstance(part, bool) and abs(part) > 2**63:
            return "The body contains a number that is too large."
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive function that gives the body once, then waits for the visitor to leave."""
    pending = [True]

    async def replay() -> Message:
        if pending:
            pending.clear()
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


class _Sender:
    """Remembers whether an answer has begun, after which no other can be given."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = self.started or message["type"] == "http.response.start"
        await self._send(message)

    async def answer(self, response: Response, scope: Scope, receive: Receive) -> None:
        if not self.started:
            await response(scope, receive, self.send)
