"""Asking a server for calendars over the gate: what its answers mean, in sentences for people that say nothing of addresses or secrets."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceDown, SourceError, SourceUntrusted
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate, NotTrusted, OutboundError
from crm_app.infrastructure.outbound_http import Fetched, TooLarge, origin

LONGEST_PATIENCE = 86_400.0


@contextmanager
def asking() -> Iterator[None]:
    """Around every question: what the gate says becomes what a source says."""
    try:
        yield
    except NotTrusted as doubt:
        raise SourceUntrusted(_("The server could not prove who it is, so nothing was sent to it.")) from doubt
    except TooLarge as much:
        raise NotACalendar(_("What the server sent is larger than any calendar that can be read.")) from much
    except OutboundError as failure:
        raise SourceDown(_("The server did not answer.")) from failure


def judge(answer: Fetched, *good: int) -> Fetched:
    """The answer, if its status is among ``good``; else the ``SourceError`` that it stands for."""
    if answer.status in good:
        return answer
    raise problem(answer.status, answer.headers)


def problem(status: int, headers: Mapping[str, str]) -> SourceError:
    """What a status other than the hoped-for means."""
    if status in (401, 403):
        return SignInNeeded(_("The server refused the sign-in. Enter the user name and password again."))
    if status in (429, 503):
        return SourceDown(_("The server asks to try again later."), _patience({name.lower(): value for name, value in headers.items()}.get("retry-after", "")))
    if status in (404, 410):
        return NotACalendar(_("There is no calendar at this address."))
    if status >= 500 or status in (408, 425):
        return SourceDown(_("The server has a problem of its own."))
    return NotACalendar(_("What answers at this address is no calendar."))


def _patience(said: str) -> float | None:
    """How many seconds a ``Retry-After`` asks for: it gives them, or a date; a day at most."""
    text = said.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_PATIENCE)
    try:
        moment = parsedate_to_datetime(text).timestamp() if text else 0.0
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(moment - time.time(), 0.0), LONGEST_PATIENCE) if moment else None


def sign_in(url: str, username: str, password: SecretStr, gate: Gate) -> dict[str, str]:
    """The header that says who we are; empty without a user name. Raises ``SignInNeeded`` where it would go in the clear through other hands."""
    if not username:
        return {}
    scheme, host, port = origin(url)
    if scheme != "https" and not gate.allows(host, port or 80):
        raise SignInNeeded(_("A password is only sent over an encrypted connection: the address must begin with https://."))
    pair = f"{username}:{password.get_secret_value()}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode("ascii")}
