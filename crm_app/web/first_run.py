"""The first run: whoever can read the terminal makes the owner's account. Afterwards these routes are not there."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from crm_app.domain.accounts import passwords, rules
from crm_app.domain.accounts.guessing import Attempt
from crm_app.domain.accounts.schemas import FirstOwner
from crm_app.domain.i18n import _
from crm_app.domain.ports import SessionStore
from crm_app.web.errors import plain_error
from crm_app.web.forms import read_form
from crm_app.web.plain import render
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import client_address

DRAFTS = 16
_LIMIT_KEY = "setup"


def issue_setup_code(store: SessionStore) -> str | None:
    """A fresh one-time code to print in the terminal, or None when an owner exists. The database keeps its hash alone."""
    if not store.is_first_run():
        return None
    code = rules.new_setup_code()
    store.put_setup_code(rules.hash_setup_code(code), rules.SETUP_CODE_LIFE)
    return code


@dataclass(frozen=True, slots=True)
class Draft:
    """The first page's answers while the second is filled in; the password is already a hash."""

    code_hash: bytes
    name: str
    email: str
    password_hash: str
    since: float


@dataclass
class Drafts:
    """A handful of drafts in memory, for half an hour: on a first run there is one person and one process."""

    kept: dict[str, Draft] = field(default_factory=dict)

    def keep(self, draft: Draft) -> str:
        """Keep it under a random name."""
        fresh = {name: old for name, old in self.kept.items() if time.monotonic() - old.since < rules.SETUP_CODE_LIFE.total_seconds()}
        self.kept = dict(list(fresh.items())[-(DRAFTS - 1) :])
        name = secrets.token_urlsafe(24)
        self.kept[name] = draft
        return name

    def find(self, name: str) -> Draft | None:
        """The draft, unless it is gone."""
        return self.kept.get(name)


class FirstRun:
    """The two pages and what happens between them."""

    def __init__(self, services: EdgeServices) -> None:
        self.services = services
        self.drafts = Drafts()
        self._turn = asyncio.Lock()  # one guess after the other, so that each finds the last one counted

    async def show(self, request: Request) -> Response:
        """The first page, as long as there is no owner."""
        if not await asyncio.to_thread(self.services.store.is_first_run):
            return plain_error(request.scope, 404)
        return self._account(request, {})

    async def submit(self, request: Request) -> Response:
        """One page's answers."""
        if not await asyncio.to_thread(self.services.store.is_first_run):
            return plain_error(request.scope, 404)
        values = {name: value[:300] for name, value in (await read_form(request)).items()}
        draft = self.drafts.find(values.get("draft", ""))
        if not self.services.forms.fits(values.get("form_token", ""), "setup"):
            return self._account(request, values, notice=_("This page was open for very long. Try once more."), status=403)
        if values.get("step") == "2" and draft is not None:
            if values.get("back"):
                return self._account(request, {"name": draft.name, "email": draft.email})
            return await self._take_team(request, values, draft)
        return await self._take_account(request, values)

    async def _take_account(self, request: Request, values: Mapping[str, str]) -> Response:
        email, email_problem = rules.check_email(values.get("email", ""))
        name, password = values.get("name", "").strip(), values.get("password", "")
        problems = {
            "code": "" if len(values.get("code", "").strip()) >= 12 else _("Enter the code from the terminal."),
            "name": "" if name else _("Enter your name."),
            "email": email_problem or "",
            "password": await asyncio.to_thread(rules.password_problem, password, [name, email]) or "",
        }
        if any(problems.values()):
            return self._account(request, values, problems, status=422)
        async with self.services.hashing:
            hashed = await asyncio.to_thread(passwords.hash_password, password)
        draft = self.drafts.keep(Draft(rules.hash_setup_code(values["code"]), name, email, hashed, time.monotonic()))
        return self._team(request, {"country": ""}, draft)

    async def _take_team(self, request: Request, values: Mapping[str, str], draft: Draft) -> Response:
        team, country, zone = values.get("team_name", "").strip()[:120], values.get("country", ""), values.get("time_zone", "")
        problems = {
            "team_name": "" if team else _("Enter a name for your team."),
            "country": "" if country in rules.countries() else _("Choose a country: phone numbers are read by its rules."),
        }
        if any(problems.values()):
            return self._team(request, values, values["draft"], problems, status=422)
        owner = FirstOwner(
            email=draft.email, name=draft.name, password_hash=draft.password_hash, team_name=team, country=country,
            time_zone=zone if zone in rules.time_zones() else rules.zone_of_country(country),
            locale=rules.preferred_locale(request.headers.get("accept-language", "")),
        )
        async with self._turn:
            user_id, wait = await asyncio.to_thread(self._make_owner, draft.code_hash, owner, client_address(request.scope))
        if wait:
            return self._team(request, values, values["draft"], notice=_("Too many tries. Wait five minutes."), status=429)
        if user_id is None:
            wrong = _("This code is wrong, used, or more than 30 minutes old. Restart MindfulCRM to get a new one.")
            return self._account(request, {"name": draft.name, "email": draft.email}, {"code": wrong}, status=422)
        self.drafts.kept.clear()
        opened = await asyncio.to_thread(self.services.sessions.open, user_id, request.scope, False)
        response = RedirectResponse("/contacts/import" if values.get("start") == "import" else "/", status_code=303)
        self.services.sessions.set_cookie(response, opened, False)
        return response

    def _make_owner(self, code_hash: bytes, owner: FirstOwner, address: str) -> tuple[UUID | None, int]:
        """In a worker thread: the owner's id, None for a wrong code, and the seconds to wait before the code is looked at."""
        limits, attempt = self.services.sign_in_limits, Attempt.of(_LIMIT_KEY, address)
        if wait := limits.wait(attempt):
            return None, wait
        user_id = self.services.store.first_owner(code_hash, owner)
        if user_id is None:
            limits.failed(attempt)
        return user_id, 0

    def _account(
        self, request: Request, values: Mapping[str, str], problems: Mapping[str, str] | None = None, notice: str = "", status: int = 200
    ) -> Response:
        known = {name: values.get(name, "") for name in ("code", "name", "email")}
        problems = {name: (problems or {}).get(name, "") for name in ("code", "name", "email", "password")}
        return render(
            request.scope, "setup_account.html", status=status, step=1, draft="", values=known, problems=problems, notice=notice,
            form_token=self.services.forms.make("setup"),
        )

    def _team(
        self, request: Request, values: Mapping[str, str], draft: str, problems: Mapping[str, str] | None = None, notice: str = "", status: int = 200
    ) -> Response:
        known = {name: values.get(name, "") for name in ("team_name", "country", "time_zone", "start")}
        problems = {name: (problems or {}).get(name, "") for name in ("team_name", "country")}
        zones = sorted(zone for zone in rules.time_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/", "right/")))
        return render(
            request.scope, "setup_team.html", status=status, step=2, draft=draft, values=known, problems=problems, notice=notice,
            countries=list(rules.countries().items()), zones=zones, form_token=self.services.forms.make("setup"), zone_script=True,
        )


def make_router(services: EdgeServices) -> APIRouter:
    """``GET`` and ``POST /setup``."""
    router = APIRouter(include_in_schema=False)
    first_run = FirstRun(services)
    router.add_api_route("/setup", first_run.show, methods=["GET"], response_model=None)
    router.add_api_route("/setup", first_run.submit, methods=["POST"], response_model=None)
    return router
