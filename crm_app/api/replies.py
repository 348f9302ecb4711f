"""From a route to a service and back: one unit of work in a thread, one JSON answer.

Every answer that changed something names its change set (``Change-Set``), by which it can be undone. A request with an
``Idempotency-Key`` is carried out once in 24 hours; the same request again gets the same answer.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import TypeAdapter
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.threads import in_thread
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid
from crm_app.domain.requests import service as requests
from crm_app.domain.unit_of_work import Outcome, perform

T = TypeVar("T")
Service = Callable[..., T]
Shape = Callable[[Any], Any]

MAX_KEY = 200
_JSON: TypeAdapter[Any] = TypeAdapter(Any)


async def reply(
    request: Request, service: Service[Any], *args: Any, status: int = 200, shape: Shape | None = None, **kwargs: Any
) -> Response:
    """Run ``service(session, actor, *args, **kwargs)`` as the token's person and answer with what it returned.

    ``shape`` turns the service's value into the answer's body; a 204 has none.
    """
    actor: Actor = request.state.actor
    key = request.headers.get("idempotency-key") if request.method != "GET" else None
    work = functools.partial(_answer, actor, service, args, kwargs, status, shape)
    if key is None:
        return await in_thread(request.app.state.executor, work)
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise Invalid(fields={"Idempotency-Key": f"Use 1 to {MAX_KEY} printable characters."})
    return await in_thread(request.app.state.executor, _answer_once, work, key, _fingerprint(request))


def _fingerprint(request: Request) -> str:
    """SHA-256 of method, path, query, If-Match and body: all that makes a request the same request."""
    parts = (request.method, request.scope["path"], request.scope["query_string"].decode("latin-1"), request.headers.get("if-match", ""), request.state.body_hash)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _answer(actor: Actor, service: Service[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], status: int, shape: Shape | None) -> Response:
    outcome: Outcome[Any] = perform(actor, service, *args, **kwargs)
    headers = _headers(outcome.value, str(outcome.change_set_id) if outcome.change_set_id else None)
    return _response(status, b"" if status == 204 else _body(outcome.value, shape), headers)


def _answer_once(work: functools.partial[Response], key: str, fingerprint: str) -> Response:
    """As ``_answer``, but the key is claimed and the answer is kept in the transaction of the service."""
    actor, service, args, kwargs, status, shape = work.args
    kept: list[requests.KeptAnswer] = []

    @functools.wraps(service)
    def once(session: Session, actor: Actor) -> requests.KeptAnswer:
        earlier = requests.claim_key(session, actor, key, fingerprint)
        if earlier is not None:
            kept.append(earlier)
            return earlier
        value = service(session, actor, *args, **kwargs)
        headers = _headers(value, str(session.info["change_set_id"]))
        body = None if status == 204 else json.loads(_body(value, shape))
        answer = requests.KeptAnswer(status, {"headers": headers, "body": body})
        requests.keep_answer(session, actor, key, answer)
        return answer

    answer = perform(actor, once).value
    headers = {**answer.body["headers"], **({"Idempotent-Replayed": "true"} if kept else {})}
    body = b"" if answer.status == 204 else json.dumps(answer.body["body"], ensure_ascii=False).encode()
    return _response(answer.status, body, headers)


def _headers(value: Any, change_set: str | None) -> dict[str, str]:
    headers = {"Change-Set": change_set} if change_set else {}
    version = getattr(value, "version", None)
    return {**headers, "ETag": f'"{version}"'} if isinstance(version, int) else headers


def _body(value: Any, shape: Shape | None) -> bytes:
    return _JSON.dump_json(shape(value) if shape else value)


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    kind = None if status == 204 else "application/json"
    return Response(body, status, {**headers, "Cache-Control": "no-store"}, kind)


def wanted_version(request: Request, in_body: int | None) -> int:
    """The version that a change starts from: ``version`` in the body, or ``If-Match: "7"``.

    Raises ``Invalid`` when neither is there, or when they differ: a blind overwrite is never right.
    """
    tag = request.headers.get("if-match")
    if tag is None and in_body is None:
        raise Invalid(fields={"version": "Say which version you are changing, here or as If-Match."})
    if tag is None:
        return int(in_body or 0)
    number = tag.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9 or (in_body is not None and int(number) != in_body):
        raise Invalid(fields={"version": 'If-Match must be the ETag of the version you are changing, for example "7".'})
    return int(number)
