"""Google's sign-in over the gate: where to send somebody, what a code is good for, and new tokens for old ones. Authlib writes the questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, NotThatKind, SignInNeeded, SourceDown, SourceError
from crm_app.domain.google.authority import WHO, Client, Granted
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_http import Caller, Fetched
from crm_app.providers.asking import asking, problem
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.speaking import Asks, no_sense

SECONDS = 10.0
MOST = 1_000_000
LONGEST_LIFE = 24 * 3600.0
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json", "user-agent": "MindfulCRM"}


class GoogleAuthority:
    """See ``domain.google.authority.Authority``. Any thread may use it."""

    def __init__(self, caller: Callable[[], Asks], endpoints: Endpoints = GOOGLE) -> None:
        self._caller, self._at = caller, endpoints

    def address(self, client_id: str, *, back: str, state: str, verifier: str, scopes: Sequence[str], hint: str = "") -> str:
        """``offline`` and ``consent``: else Google hands out a token that lasts only the first time somebody is asked.

        ``include_granted_scopes``: what the same account was connected for before stays allowed.
        """
        more = {"login_hint": hint} if hint else {}
        return str(
            prepare_grant_uri(
                self._at.sign_in, client_id, "code", redirect_uri=back, scope=" ".join((*WHO, *scopes)), state=state, access_type="offline", prompt="consent",
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256", include_granted_scopes="true", **more,
            )
        )  # fmt: skip

    def exchange(self, client: Client, code: SecretStr, *, verifier: str, back: str) -> Granted:
        """What a code is good for."""
        return self._granted(client, "authorization_code", code=code.get_secret_value(), code_verifier=verifier, redirect_uri=back)

    def renew(self, client: Client, refresh: SecretStr) -> Granted:
        """A new token for access; ``SignInNeeded`` when Google no longer knows the one that lasts."""
        return self._granted(client, "refresh_token", refresh_token=refresh.get_secret_value())

    def who(self, access: SecretStr) -> str:
        """The address of the account, as Google has it."""
        said = _read(self._ask("GET", self._at.person, headers={"authorization": f"Bearer {access.get_secret_value()}"}))
        email = said.get("email")
        if not isinstance(email, str) or "@" not in email or len(email) > 320 or not email.isprintable():
            raise SourceDown(_("Google did not say whose account this is."))
        return email

    def revoke(self, token: SecretStr) -> bool:
        """A token that Google does not know any more is given back already."""
        try:
            answer = self._ask("POST", self._at.revoke, body=urlencode({"token": token.get_secret_value()}).encode())
        except SourceError:
            return False
        return answer.status == 200 or (answer.status == 400 and b"invalid_token" in answer.body)

    def _granted(self, client: Client, grant: str, **asked: str) -> Granted:
        body = prepare_token_request(grant, client_id=client.client_id, client_secret=client.secret.get_secret_value(), **asked)
        answer = self._ask("POST", self._at.token, body=body.encode())
        if answer.status in (400, 401, 403):
            raise _refused(_said(answer))
        said = _read(answer)
        access, refresh, lasts = said.get("access_token"), said.get("refresh_token", ""), said.get("expires_in", 3600)
        if not isinstance(access, str) or not access or not isinstance(refresh, str) or not isinstance(lasts, int | float):
            raise no_sense()
        return Granted(SecretStr(access), min(float(lasts), LONGEST_LIFE), SecretStr(refresh), frozenset(str(said.get("scope", "")).split()))

    def _ask(self, method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Fetched:
        with asking(), closing(self._caller()) as caller:
            return caller.ask(url, method=method, headers={**_FORM, **(headers or {})}, body=body, hops=0)


def _refused(said: Mapping[str, Any]) -> SourceError:
    """What Google's refusal of a token means (RFC 6749, 5.2). Of a wrong client nobody's own sign-in is the cause."""
    error = str(said.get("error"))
    if error == "invalid_client":
        return NotThatKind(_("Google does not know the practice's client, or not with this secret. Whoever manages the team can enter it again."))
    known = {
        "invalid_grant": _("Google no longer accepts this sign-in: it was taken back, or it ended. Sign in with Google again."),
        "unauthorized_client": _("This account was signed in to by another client of the practice. Sign in with Google again."),
    }
    return SignInNeeded(known.get(error, _("Google refused the sign-in. Sign in with Google again.")))


def _read(answer: Fetched) -> dict[str, Any]:
    """The object that an answer holds; the ``SourceError`` of its status otherwise."""
    if answer.status != 200:
        failure = problem(answer.status, answer.headers)
        raise SourceDown(_("Google did not answer as it should.")) if isinstance(failure, NotACalendar) else failure
    said = _said(answer)
    if not said:
        raise no_sense()
    return said


def _said(answer: Fetched) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def make_authority(gate: Gate, endpoints: Endpoints = GOOGLE) -> GoogleAuthority:
    """Google's sign-in, over the gate: a connection of its own for each question."""
    return GoogleAuthority(lambda: Caller(gate, seconds=SECONDS, most=MOST, most_decoded=MOST), endpoints)
