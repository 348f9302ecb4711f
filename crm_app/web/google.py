"""Where Google sends people who have signed in there: the code that they bring is exchanged at once, and they go on to their connection."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from crm_app.domain.actor import Actor
from crm_app.domain.connections.source import NotThatKind, SignInNeeded, SourceError
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.google import signing_in
from crm_app.domain.google.authority import Granted, bound_authority
from crm_app.domain.google.service import BACK
from crm_app.domain.google.signing_in import Claim, NotSignedIn, Why
from crm_app.domain.links import absolute
from crm_app.domain.unit_of_work import run_service
from crm_app.web.sessions import current_actor

_ERRORS = {"access_denied": Why.DENIED, "server_error": Why.NO_ANSWER, "temporarily_unavailable": Why.NO_ANSWER}
log = structlog.get_logger(__name__)


def make_router() -> APIRouter:
    """``GET /oauth/google/callback``. Whatever comes of it, a page of ours says so; the code and the state stand in no address after this."""
    router = APIRouter(include_in_schema=False)

    @router.get(BACK)
    async def come_back(request: Request) -> Response:
        given = request.query_params
        place = await run_in_threadpool(_taken, current_actor(request), given.get("state", ""), SecretStr(given.get("code", "")), given.get("error", ""))
        return RedirectResponse(place, status_code=303, headers={"cache-control": "no-store"})

    return router


def _taken(actor: Actor, state: str, code: SecretStr, error: str = "") -> str:
    """Where the person goes on. ``error`` is why Google sent no code."""
    try:
        claim = run_service(actor, signing_in.take_up, state)
        if not code.get_secret_value():
            raise claim.refused(_ERRORS.get(error, Why.REFUSED))
        return _kept(actor, claim, _granted(claim, code))
    except NotSignedIn as failure:
        log.info("a sign-in at Google came to nothing", why=failure.why.value)
        return failure.place


def _granted(claim: Claim, code: SecretStr) -> Granted:
    try:
        return bound_authority().exchange(claim.client, code, verifier=claim.verifier, back=absolute(BACK))
    except (SignInNeeded, NotThatKind) as refusal:
        raise claim.refused(Why.REFUSED) from refusal
    except SourceError as failure:
        raise claim.refused(Why.NO_ANSWER) from failure


def _kept(actor: Actor, claim: Claim, granted: Granted) -> str:
    """Keep it. Where it cannot be kept it is forgotten, and not given back: that would end everything that the account allows the practice."""
    signing_in.check(claim, granted)
    try:
        email = bound_authority().who(granted.access)
    except SourceError as failure:
        raise claim.refused(Why.NO_ANSWER) from failure
    try:
        return run_service(actor, signing_in.finish, claim, granted, email)
    except (NotFound, Conflict) as change:
        raise NotSignedIn(Why.MEANWHILE, wants=claim.wants) from change
