"""Signing in with a password, and out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from crm_app.domain.accounts import passwords, rules
from crm_app.domain.accounts.guessing import Attempt, SignInLimits
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.ports import SessionStore
from crm_app.web.forms import read_form
from crm_app.web.metrics import SIGN_INS
from crm_app.web.plain import render
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import OpenedSession, client_address

log = structlog.get_logger(__name__)

QUEUE = 20  # sign-ins that may wait for a hash; more would hold threads that pages need


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What was typed."""

    email: str
    password: str
    remember: bool
    next: str
    token: str

    @classmethod
    async def read(cls, request: Request) -> SignInForm:
        """Read the form that was posted."""
        form = await read_form(request)
        return cls(
            email=form.get("email", "")[:254].strip(), password=form.get("password", ""), remember=form.get("remember") == "yes",
            next=rules.own_path(form.get("next")), token=form.get("form_token", ""),
        )


def make_router(services: EdgeServices) -> APIRouter:
    """``GET`` and ``POST /signin``, ``POST /signout``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/signin")
    async def show(request: Request) -> Response:
        target = rules.own_path(request.query_params.get("next"))
        if request.scope.get("crm_session") is not None:
            return RedirectResponse(target, status_code=303)
        if await asyncio.to_thread(services.store.is_first_run):
            return RedirectResponse("/setup", status_code=303)
        return await _page(services, request, target)

    @router.post("/signin")
    async def sign_in(request: Request) -> Response:
        return await _sign_in(services, request, await SignInForm.read(request))

    @router.post("/signout")
    async def sign_out(request: Request) -> Response:
        return await _sign_out(services, request)

    return router


async def _page(
    services: EdgeServices, request: Request, target: str, form: SignInForm | None = None, notice: str = "", status: int = 200, retry: int = 0
) -> Response:
    team = await asyncio.to_thread(services.store.team_name)
    return render(
        request.scope, "signin.html", status=status, headers={"retry-after": str(retry)} if retry else None,
        team=team, notice=notice, next=target, email=form.email if form else "", remember=form.remember if form else False,
        form_token=services.forms.make("signin"), version=services.config.version,
    )


async def _sign_in(services: EdgeServices, request: Request, form: SignInForm) -> Response:
    if not services.forms.fits(form.token, "signin"):
        return await _page(services, request, form.next, form, _("This page was open for very long. Try once more."), 403)
    attempt = Attempt.of(form.email, client_address(request.scope))
    wait = await asyncio.to_thread(services.sign_in_limits.wait, attempt)
    if wait:
        return await _too_often(services, request, form, wait)
    if services.waiting >= QUEUE:
        SIGN_INS.labels("busy").inc()
        return await _page(services, request, form.next, form, _("Many people are signing in right now. Try again in a moment."), 503, 5)
    services.waiting += 1
    try:
        async with services.hashing:
            # Others may have failed while this one stood in the queue: asked again, or a crowd of guesses would pass as one.
            wait = await asyncio.to_thread(services.sign_in_limits.held, attempt)
            opened = None if wait else await asyncio.to_thread(_check, services, request, form, attempt)
    finally:
        services.waiting -= 1
    if wait:
        return await _too_often(services, request, form, wait)
    if opened is None:
        SIGN_INS.labels("wrong").inc()
        return await _page(services, request, form.next, form, _("That address and password do not belong together. Check both and try again."), 401)
    SIGN_INS.labels("ok").inc()
    response = RedirectResponse(form.next, status_code=303)
    services.sessions.set_cookie(response, opened, form.remember)
    return response


async def _too_often(services: EdgeServices, request: Request, form: SignInForm, wait: int) -> Response:
    SIGN_INS.labels("limited").inc()
    minutes = max(1, round(wait / 60))
    sentence = ngettext("Too many tries. Wait %(n)d minute, then try again.", "Too many tries. Wait %(n)d minutes, then try again.", minutes)
    return await _page(services, request, form.next, form, sentence % {"n": minutes}, 429, wait)


def _check(services: EdgeServices, request: Request, form: SignInForm, attempt: Attempt) -> OpenedSession | None:
    """In a worker thread: the password, then the session. Every way to fail takes the same time and says the same."""
    found = services.store.user_by_email(form.email) if form.email else None
    usable = found is not None and not found.disabled and len(form.password) <= rules.MAX_PASSWORD
    if not passwords.verify_password(found.password_hash if found is not None and usable else None, form.password[: rules.MAX_PASSWORD]):
        _failed(services.sign_in_limits, attempt)
        services.store.sign_in_refused(found.user_id if found is not None else None, attempt.address)
        return None
    assert found is not None
    services.sign_in_limits.succeeded(attempt)
    _renew_hash(services.store, found.user_id, found.password_hash, form.password)
    log.info("signed in", user=str(found.user_id))
    try:
        return services.sessions.open(found.user_id, request.scope, form.remember)
    except LookupError:  # disabled in this very moment
        return None


def _failed(limits: SignInLimits, attempt: Attempt) -> None:
    limits.failed(attempt)
    log.info("sign-in refused", account=attempt.account[:8])


def _renew_hash(store: SessionStore, user_id: UUID, stored: str, password: str) -> None:
    """Settings rise with the years; only now is the password here to be hashed anew."""
    if passwords.needs_rehash(stored):
        store.set_password(user_id, passwords.hash_password(password))


async def _sign_out(services: EdgeServices, request: Request) -> Response:
    record = request.scope.get("crm_session")
    if record is not None:
        await asyncio.to_thread(services.store.close_session, record.session_id, record.user_id)
        await services.session_closed(record.session_id)
        request.scope["session"] = record.data  # nothing is written to a row that has ended
    response = RedirectResponse("/signin", status_code=303, headers={"clear-site-data": '"cache", "cookies", "storage"'})
    services.sessions.clear_cookie(response)
    return response
