"""The two links that let a stranger in: an invitation becomes an account, a reset link a new password. Each works once.

Their secrets are 256 random bits, of which the database keeps hashes; every wrong one counts against whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from crm_app.domain.accounts import passwords, rules
from crm_app.domain.accounts.guessing import Attempt
from crm_app.domain.accounts.schemas import LinkOffer, NewMember
from crm_app.domain.i18n import _, ngettext
from crm_app.web.errors import plain_error
from crm_app.web.forms import read_form
from crm_app.web.plain import render
from crm_app.web.services import EdgeServices
from crm_app.web.sessions import client_address

QUEUE = 20


class OneTimeLink:
    """What both links have in common: who may try how often, what is said when a link is over, how a password is taken."""

    form = ""
    asks_zone = False

    def __init__(self, services: EdgeServices) -> None:
        self.services = services

    def look_up(self, token_hash: bytes) -> LinkOffer | None:
        """What the link offers; None when there is no such link. In a worker thread."""
        raise LookupError

    async def accept(self, request: Request, token_hash: bytes, offer: LinkOffer, values: Mapping[str, str], hashed: str) -> Response | None:
        """Do what the link is for; None when somebody was faster."""
        raise LookupError

    def over(self, offer: LinkOffer | None) -> tuple[str, str]:
        """Title and sentence for a link that leads nowhere."""
        raise LookupError

    async def show(self, request: Request, token: str) -> Response:
        """The form, or why there is none."""
        offer = await self._open_offer(token)
        if offer is not None and offer.state == "open":
            return self._page(request, offer, {})
        wait = await asyncio.to_thread(self.services.sign_in_limits.wait, self._attempt(request, token))
        return self._too_many(request, wait) if wait else self._over(request, offer)

    async def submit(self, request: Request, token: str) -> Response:
        """The form's answers."""
        values = {name: value[:300] for name, value in (await read_form(request)).items()}
        attempt = self._attempt(request, token)
        wait = await asyncio.to_thread(self.services.sign_in_limits.wait, attempt)
        if wait:
            return self._too_many(request, wait)
        offer = await self._open_offer(token)
        if offer is None or offer.state != "open":
            await asyncio.to_thread(self.services.sign_in_limits.failed, attempt)
            return self._over(request, offer)
        if not self.services.forms.fits(values.get("form_token", ""), self.form):
            return self._page(request, offer, values, notice=_("This page was open for very long. Try once more."), status=403)
        problems = await self._problems(offer, values)
        if any(problems.values()):
            return self._page(request, offer, values, problems, status=422)
        if self.services.waiting >= QUEUE:
            return self._page(request, offer, values, notice=_("Many people are signing in right now. Try again in a moment."), status=503)
        async with self.services.hashing:
            hashed = await asyncio.to_thread(passwords.hash_password, values["password"])
        done = await self.accept(request, rules.hash_token(token), offer, values, hashed)
        return done or self._over(request, await self._open_offer(token))

    async def _open_offer(self, token: str) -> LinkOffer | None:
        return await asyncio.to_thread(self.look_up, rules.hash_token(token)) if rules.is_token(token) else None

    async def _problems(self, offer: LinkOffer, values: Mapping[str, str]) -> dict[str, str]:
        hints = [self._name(offer, values), offer.email, offer.team]
        return {"password": await asyncio.to_thread(rules.password_problem, values.get("password", ""), hints) or ""}

    def _name(self, offer: LinkOffer, values: Mapping[str, str]) -> str:
        return offer.name

    def _attempt(self, request: Request, token: str) -> Attempt:
        # Each link is an account of its own here: a stranger who guesses holds up nobody's real one.
        return Attempt.of(f"{self.form}:{token[:100]}", client_address(request.scope))

    def _too_many(self, request: Request, wait: int) -> Response:
        minutes = max(1, round(wait / 60))
        sentence = ngettext("Wait %(n)d minute, then open the link again.", "Wait %(n)d minutes, then open the link again.", minutes) % {"n": minutes}
        response = plain_error(request.scope, 429, _("Too many tries"), sentence)
        response.headers["retry-after"] = str(wait)
        return response

    def _over(self, request: Request, offer: LinkOffer | None) -> Response:
        return plain_error(request.scope, 404 if offer is None else 410, *self.over(offer))

    def _page(
        self, request: Request, offer: LinkOffer, values: Mapping[str, str], problems: Mapping[str, str] | None = None, notice: str = "", status: int = 200
    ) -> Response:
        record = request.scope.get("crm_session")
        return render(
            request.scope, f"{self.form}.html", status=status, offer=offer, name=values.get("name", ""), notice=notice,
            problems={name: (problems or {}).get(name, "") for name in ("name", "password")}, action=request.scope["path"],
            signed_in_as=record.name if record is not None else "", form_token=self.services.forms.make(self.form), zone_script=self.asks_zone,
        )  # fmt: skip


class Join(OneTimeLink):
    """An invitation."""

    form = "join"
    asks_zone = True

    def look_up(self, token_hash: bytes) -> LinkOffer | None:
        """The invitation behind a link."""
        return self.services.store.invitation(token_hash)

    def _name(self, offer: LinkOffer, values: Mapping[str, str]) -> str:
        return values.get("name", "").strip()

    async def _problems(self, offer: LinkOffer, values: Mapping[str, str]) -> dict[str, str]:
        name = self._name(offer, values)
        problem = "" if 0 < len(name) <= 120 else _("Enter your name.")
        return {"name": problem, **await super()._problems(offer, values)}

    async def accept(self, request: Request, token_hash: bytes, offer: LinkOffer, values: Mapping[str, str], hashed: str) -> Response | None:
        """Make the account and sign in to it."""
        zone, locale = values.get("time_zone", ""), rules.preferred_locale(request.headers.get("accept-language", ""))
        member = NewMember(
            name=self._name(offer, values), password_hash=hashed, locale=locale, week_start=rules.week_start_of(locale),
            time_zone=zone if zone in rules.time_zones() else rules.zone_of_country(offer.country), address=client_address(request.scope),
        )  # fmt: skip
        user_id = await asyncio.to_thread(self.services.store.accept_invitation, token_hash, member)
        if user_id is None:
            return None
        opened = await asyncio.to_thread(self.services.sessions.open, user_id, request.scope, False)
        response = RedirectResponse("/", status_code=303)
        self.services.sessions.set_cookie(response, opened, False)
        return response

    def over(self, offer: LinkOffer | None) -> tuple[str, str]:
        """Why this invitation leads nowhere."""
        if offer is None:
            return _("There is no such invitation"), _("Check that the whole link was copied, or ask whoever sent it for a new one.")
        who = {"inviter": offer.inviter}
        sentences = {
            "used": _("It was taken up already. Sign in with the address and the password that you chose then."),
            "revoked": _("%(inviter)s has withdrawn it, or sent you a newer one.") % who,
            "expired": _("An invitation is good for seven days. Ask %(inviter)s for a new one.") % who,
        }
        return _("This invitation is over"), sentences.get(offer.state, _("Somebody with this address is in the team already. Sign in instead."))


class Reset(OneTimeLink):
    """A link for a new password."""

    form = "reset"

    def look_up(self, token_hash: bytes) -> LinkOffer | None:
        """The reset behind a link."""
        return self.services.store.password_reset(token_hash)

    async def accept(self, request: Request, token_hash: bytes, offer: LinkOffer, values: Mapping[str, str], hashed: str) -> Response | None:
        """Replace the password; whoever it was signs in with the new one, as with any other."""
        user_id = await asyncio.to_thread(self.services.store.use_password_reset, token_hash, hashed, client_address(request.scope))
        if user_id is None:
            return None
        return render(request.scope, "reset_done.html", email=offer.email)

    def over(self, offer: LinkOffer | None) -> tuple[str, str]:
        """Why this link leads nowhere."""
        if offer is None:
            return _("There is no such link"), _("Check that the whole link was copied, or ask an admin of your team for a new one.")
        sentences = {
            "used": _("It was used already. Sign in with the password that you chose then."),
            "expired": _("Such a link is good for ten minutes. Ask an admin of your team for a new one."),
        }
        return _("This link is over"), sentences.get(offer.state, _("It was withdrawn, or there is a newer one. Ask an admin of your team."))


def make_router(services: EdgeServices) -> APIRouter:
    """``GET`` and ``POST`` of ``/join/{token}`` and ``/reset/{token}``."""
    router = APIRouter(include_in_schema=False)
    for link in (Join(services), Reset(services)):
        router.add_api_route(f"/{link.form}/{{token}}", link.show, methods=["GET"], response_model=None)
        router.add_api_route(f"/{link.form}/{{token}}", link.submit, methods=["POST"], response_model=None)
    return router
