"""Error answers: a calm page for people, one JSON shape for programs, a reference id for support and the log."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.domain.errors import Conflict, CrmError, Invalid, TooMany
from crm_app.domain.i18n import _
from crm_app.web.plain import render

log = structlog.get_logger(__name__)

def _title(status: int) -> str:
    titles = {
        400: _("That request could not be read"),
        401: _("You are signed out"),
        403: _("That is not allowed"),
        404: _("There is nothing here"),
        405: _("That does not work here"),
        413: _("That is too large"),
        415: _("That kind of thing is not taken here"),
        429: _("That was a lot at once"),
        503: _("Not ready just now"),
    }
    return titles.get(status, _("That did not work"))


def _sentence(status: int) -> str:
    sentences = {
        401: _("Sign in and you are back where you were."),
        404: _("It may have been deleted, or it belongs to someone else. Everything you have is still there."),
        413: _("Nothing was saved. Send something smaller."),
        429: _("Wait a moment, then try again."),
    }
    return sentences.get(status, _("Nothing was changed."))


_CODES = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type",
    429: "rate_limited",
}  # fmt: skip


def new_reference() -> str:
    """An id that stands on the page and in the log, such as ``7f3a-91c2``."""
    digits = secrets.token_hex(4)
    return f"{digits[:4]}-{digits[4:]}"


def wants_json(scope: Scope) -> bool:
    """Programs and scripts ask below ``/api/`` and ``/uploads/``; everything else may be a person."""
    return bool(scope["path"].startswith(("/api/", "/mcp", "/uploads/")))


def api_error(status: int, code: str, message: str, fields: dict[str, str] | None = None, reference: str | None = None) -> JSONResponse:
    """The one error shape: ``{"error": {"code", "message", "fields"?, "reference"?}}``."""
    error: dict[str, object] = {"code": code, "message": message}
    if fields:
        error["fields"] = fields
    if reference:
        error["reference"] = reference
    return JSONResponse({"error": error}, status_code=status)


def plain_error(scope: Scope, status: int, title: str | None = None, sentence: str | None = None, reference: str | None = None) -> Response:
    """A page (or JSON below ``/api/``) that says what happened, what is safe, and what now."""
    title, sentence = title or _title(status), sentence or _sentence(status)
    if wants_json(scope):
        return api_error(status, _CODES.get(status, "error"), f"{title}. {sentence}", reference=reference)
    details = f"{datetime.now(UTC):%H:%M:%S} UTC · {status}" + (f" · {_('request')} {reference}" if reference else "")
    again = scope["path"] if status >= 500 and scope.get("method") == "GET" else None
    return render(
        scope, "error.html", status=status, title=title, sentence=sentence, details=details, again=again, signed_in=scope.get("crm_session") is not None
    )


def unexpected(scope: Scope, error: BaseException) -> Response:
    """Log a defect with everything, once, and show only its reference."""
    reference = scope.get("crm_reference") or new_reference()
    if "crm_reference" not in scope:
        secret = next((start for start in ("/feeds/", "/unsubscribe/") if scope["path"].startswith(start)), "")
        path = f"{secret}…" if secret else scope["path"]  # whoever has that address needs no other key
        log.error("request failed", reference=reference, method=scope.get("method"), path=path, exc_info=error)
    scope["crm_reference"] = reference
    title = _("Something went wrong on our side")
    sentence = _("Nothing you saved is lost. Try again; if it happens again, give the line below to whoever runs this server.")
    if wants_json(scope):
        return api_error(500, "internal", f"{title}. {sentence}", reference=reference)
    return plain_error(scope, 500, title, sentence, reference)


async def on_crm_error(request: Request, error: Exception) -> Response:
    """An expected refusal shows its own sentence."""
    if not isinstance(error, CrmError):
        raise error
    fields = error.fields if isinstance(error, Invalid) else None
    if not wants_json(request.scope):
        return plain_error(request.scope, error.status, sentence=error.message)
    response = api_error(error.status, error.code, error.message, fields)
    if isinstance(error, TooMany) and error.wait:
        response.headers["retry-after"] = str(error.wait)
    if isinstance(error, Conflict) and error.current:
        return JSONResponse(
            {"error": {"code": error.code, "message": error.message, "current": {k: str(v) for k, v in error.current.items()}}}, error.status
        )
    return response


async def on_http_error(request: Request, error: Exception) -> Response:
    """404, 405, 413 and the like, from routing and from libraries; their own text is for programs, not for people."""
    if not isinstance(error, HTTPException):
        raise error
    response = plain_error(request.scope, error.status_code)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def on_invalid_input(request: Request, error: Exception) -> Response:
    """A request whose shape is wrong: which field, and why, without echoing what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields = {".".join(str(part) for part in item["loc"][1:]) or "body": str(item["msg"]) for item in error.errors()}
    if wants_json(request.scope):
        return api_error(422, "invalid", _("Some of this needs another look."), fields)
    return plain_error(request.scope, 400)


async def on_defect(request: Request, error: Exception) -> Response:
    """Anything that nobody expected."""
    return unexpected(request.scope, error)


def install(app: FastAPI) -> None:
    """Every error of ``app`` goes through here."""
    app.add_exception_handler(CrmError, on_crm_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid_input)
    app.add_exception_handler(Exception, on_defect)


class Boundary:
    """Pure ASGI: no exception leaves us. Starlette raises again after it has answered, and the server would drop the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001  the last line of defence
            if "crm_reference" in scope and started:
                return
            response = unexpected(scope, error)
            if not started and scope["type"] == "http":
                await response(scope, receive, send)
