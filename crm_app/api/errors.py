"""One shape for every refusal: ``{"error": {"code", "message", "fields", "reference"}}``."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crm_app.domain.errors import Conflict, CrmError, Invalid, TooMany

log = logging.getLogger("crm.api")

_WHERE = frozenset({"body", "query", "path", "header"})
_STATUS_CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


class ErrorDetail(BaseModel):
    """Why a request was refused."""

    code: str = Field(description="A word for programs, for example not_found, invalid, conflict.")
    message: str = Field(description="A sentence for people.")
    fields: dict[str, str] = Field(default_factory=dict, description="For each field at fault, what is wrong with it.")
    reference: str | None = Field(default=None, description="Set when something unexpected went wrong: the log has the rest under it.")


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def error_response(
    status: int,
    code: str,
    message: str,
    fields: Mapping[str, str] | None = None,
    reference: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A refusal in the one shape."""
    body = {"error": {"code": code, "message": message, "fields": dict(fields or {}), "reference": reference}}
    return Response(json.dumps(body, ensure_ascii=False), status, dict(headers or {}), "application/json")


def crm_error_response(error: CrmError) -> Response:
    """An expected refusal. A conflict names the version that stands now, too much at once when there is room again, if they know."""
    fields: Mapping[str, str] = {}
    if isinstance(error, Invalid):
        fields = error.fields
    elif isinstance(error, Conflict) and error.current.get("version") is not None:
        fields = {"version": f"Now at version {error.current['version']}."}
    headers = {"Retry-After": str(error.wait)} if isinstance(error, TooMany) and error.wait else None
    return error_response(error.status, error.code, error.message, fields, headers=headers)


def too_many_response(wait: int) -> Response:
    """More requests, or wrong tokens, than there may be; there is room again in ``wait`` seconds."""
    return crm_error_response(TooMany(f"Too many requests. Try again in {wait} s.", wait=wait))


def unexpected_response(error: BaseException) -> Response:
    """A defect: one general sentence and a reference; the log has the rest under the same reference."""
    reference = secrets.token_hex(6)
    log.error("request failed, reference %s", reference, exc_info=error)
    return error_response(500, "internal", "Something went wrong on our side. Nothing was changed.", reference=reference)


def unavailable_response(error: BaseException) -> Response:
    """The database does not answer in time."""
    log.error("database does not answer", exc_info=error)
    message = "The database does not answer at the moment. Try again shortly."
    return error_response(503, "unavailable", message, headers={"Retry-After": "5"})


def field_sentences(faults: Sequence[Any]) -> dict[str, str]:
    """Pydantic's faults as ``{"points.0.kind": "sentence."}``; the value itself is never repeated."""
    found: dict[str, str] = {}
    for fault in faults:
        place = list(fault["loc"])
        if place and place[0] in _WHERE:
            place = place[1:]
        sentence = str(fault["msg"]).removeprefix("Value error, ").rstrip(".") + "."
        found.setdefault(".".join(str(part) for part in place) or "body", sentence)
    return found


def invalid_response(faults: Sequence[Any]) -> Response:
    """422 with a sentence for each field."""
    return error_response(422, "invalid", Invalid().message, field_sentences(faults))


def handle_errors(api: FastAPI) -> None:
    """Give every exception that a route can raise the one shape. What is left over is caught by the gate."""

    async def on_crm(request: Request, error: Exception) -> Response:
        assert isinstance(error, CrmError)
        return crm_error_response(error)

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError | ValidationError)
        return invalid_response(error.errors())

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _STATUS_CODES.get(error.status_code, "error")
        return error_response(error.status_code, code, str(error.detail).rstrip(".") + ".", headers=error.headers)

    async def on_database(request: Request, error: Exception) -> Response:
        return unavailable_response(error)

    api.add_exception_handler(CrmError, on_crm)
    api.add_exception_handler(RequestValidationError, on_invalid)
    api.add_exception_handler(ValidationError, on_invalid)
    api.add_exception_handler(HTTPException, on_http)
    api.add_exception_handler(OperationalError, on_database)
    api.add_exception_handler(PoolTimeout, on_database)
