"""The REST interface as one application, which the composition root mounts at ``API_PREFIX``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, FastAPI

from crm_app.api import (
    address_books,
    ai,
    ai_models,
    changes,
    connections,
    consents,
    contacts,
    delegations,
    documents,
    events,
    goals,
    interactions,
    letters,
    mail,
    notifications,
    programmes,
    projects,
    suggestions,
    tags,
    tasks,
)
from crm_app.api.errors import ErrorBody, handle_errors
from crm_app.api.gate import Gate, GateConfig, RateLimit
from crm_app.api.limits import MemoryRateLimit
from crm_app.api.receiving import Receiving
from crm_app.domain.actor import Actor

API_PREFIX = "/api"
VERSION = "1.0.0"
DOCS_PATH = "/v1/openapi.json"
SECURITY_SCHEME = {"type": "http", "scheme": "bearer", "description": "A token that you make in Settings. It acts as you."}
DESCRIPTION = """\
Everything that a page can do, a program can do, as the same person and under the same rules.

* Send `Authorization: Bearer …` with a token that you made in Settings. Bodies are JSON; a file may be sent as it is, up to 25 MB.
* Every refusal is `{"error": {"code", "message", "fields", "reference"}}`.
* Lists go on with `after=<next_cursor>`. Ids sort by the time they were made.
* A change needs the version it starts from, as `version` in the body or as `If-Match` with the `ETag` that you were given; a stale one is a conflict (409).
* An answer that changed something names its `Change-Set`; `POST /v1/changes/{id}/undo` takes it back.
* Send an `Idempotency-Key` with a change, and it is carried out once in 24 hours however often it is sent; the same key with another body is refused (422).
* What you may not see is `404`; what you may see but not do is `403`. Nothing is changed by a request that is refused.
"""
ROUTERS = (
    contacts.router, consents.router, documents.files, documents.router, interactions.router, tags.router, tasks.router, tasks.steps_router,
    delegations.router, projects.router, goals.router, goals.check_ins, programmes.router, events.router, events.changes_router, mail.router, letters.router,
    letters.templates_router, changes.router, notifications.router, connections.router,
    address_books.router, ai.router, suggestions.router, ai_models.router,
)  # fmt: skip
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": words}
    for status, words in (
        (400, "The body is not JSON."), (401, "No valid token."), (403, "You may see this but not do that."), (404, "Not there, or not yours to see."),
        (409, "Someone changed it meanwhile."), (413, "The body is larger than 1 MB."), (415, "The body is of another type than JSON."),
        (422, "Something in the request cannot be taken."), (429, "Too much at once: rate_limited, with Retry-After where it is known when there is room again."),
    )
}  # fmt: skip
WALL_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"


class Api(FastAPI):
    """Describes times of day as what they are here: of a clock on a wall. The standard's ``time`` would have an offset."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        document = super().openapi()
        for schema in document["components"]["schemas"].values():
            for field in schema.get("properties", {}).values():
                for kind in (field, *field.get("anyOf", ())):
                    if kind.get("format") == "time":
                        del kind["format"]
                        kind["pattern"] = WALL_TIME
        return document


def build_api(
    resolve_token: Callable[[str], Actor | None],
    *,
    executor: Executor | None = None,
    rate_limit: RateLimit | None = None,
    docs: bool = False,
    threads: int = 8,
) -> FastAPI:
    """The application. ``resolve_token`` runs in a thread and knows the person behind a token, or None.

    ``executor`` should have no more threads than there are connections for programs; without one the application makes its own
    of ``threads``. ``docs`` serves the description at ``/api/v1/openapi.json``.
    """
    pool = executor or ThreadPoolExecutor(threads, thread_name_prefix="api")
    api = Api(
        title="MindfulCRM", version=VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None,
        openapi_url=DOCS_PATH if docs else None, servers=[{"url": API_PREFIX}], root_path_in_servers=False, redirect_slashes=False,
    )  # fmt: skip
    api.state.executor = pool
    api.state.receiving = Receiving()
    for router in ROUTERS:
        api.include_router(router, responses=_REFUSALS)
    handle_errors(api)
    public = frozenset({API_PREFIX + DOCS_PATH, DOCS_PATH}) if docs else frozenset()
    config = GateConfig(resolve_token, rate_limit or MemoryRateLimit(), pool, lambda: api.router.routes, public, tuple(documents.files.routes))
    api.add_middleware(Gate, config=config)
    return api


def api_router(
    resolve_token: Callable[[str], Actor | None], *, executor: Executor | None = None, rate_limit: RateLimit | None = None, docs: bool = False
) -> APIRouter:
    """``build_api`` mounted at ``/api``, as the web edge takes routers."""
    router = APIRouter()
    router.mount(API_PREFIX, build_api(resolve_token, executor=executor, rate_limit=rate_limit, docs=docs))
    return router


def describe_api() -> dict[str, Any]:
    """The OpenAPI description, as ``docs/openapi.json`` holds it."""
    api = build_api(lambda token: None, threads=1)
    document = api.openapi()
    document["components"].setdefault("securitySchemes", {})["token"] = SECURITY_SCHEME
    document["security"] = [{"token": []}]
    return document
