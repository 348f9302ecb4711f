"""Questions to Google as one account: at a pace below its quota, with a token that is renewed once when it is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final, Protocol
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, NotThatKind, SignInNeeded, SourceDown, SourceError
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.asking import asking, problem

A_MINUTE: Final = 480
"""Google publishes 600 questions a minute for one person; four fifths of that are asked at most."""
BUSY: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"})
OFF: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
SCOPE: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
EXPIRED: Final = "EXPIRED_SYNC_TOKEN"
CALENDAR: Final = "Google Calendar API"
_AGENT: Final = {"user-agent": "MindfulCRM (gzip)", "accept": "application/json"}

Access = Callable[[str], SecretStr]
"""Hands out a token for access that is good now; it is given the one that was refused, or ``""``."""


class Gone(SourceDown):
    """Google no longer knows the place in the list (410, of contacts 400): everything is looked at once."""

    def __init__(self) -> None:
        super().__init__(_("Google asks to begin anew."))


class NotAllowed(NotACalendar):
    """Whoever signed in is known, and may not see this one thing (403)."""

    def __init__(self) -> None:
        super().__init__(_("Google does not let this account read it."))


class Asks(Protocol):
    """Asks one address; see ``outbound_http.Caller``."""

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"", hops: int = 0) -> Fetched:
        """One question, one answer. Raises ``OutboundError``."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Pace:
    """Waits so that no more is asked than ``a_minute``. Any number of threads may keep to the same one."""

    def __init__(self, a_minute: int = A_MINUTE, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._step, self._clock, self._sleep, self._next = 60 / a_minute, clock, sleep, 0.0
        self._turn = Lock()

    def wait(self) -> None:
        """Until the next question may be asked."""
        with self._turn:
            moment = self._clock()
            turn = max(self._next, moment)
            self._next = turn + self._step
        if turn > moment:
            self._sleep(turn - moment)


_PACES: WeakValueDictionary[tuple[str, int], Pace] = WeakValueDictionary()
_MAKING = Lock()


def pace_of(account: str, a_minute: int = A_MINUTE) -> Pace:
    """The one pace of this process for what may be asked of an account so often, whoever has connected it: Google counts by all of them together."""
    with _MAKING:
        return _PACES.setdefault((account.lower(), a_minute), Pace(a_minute))


class Voice:
    """Asks as one account. Any thread may, one at a time."""

    def __init__(self, home: str, access: Access, caller: Asks, pace: Pace | None = None, *, of: str = CALENDAR) -> None:
        self._home, self._access, self._caller, self._pace, self._of = home, access, caller, pace or Pace(), of
        self._token = ""

    def get(self, path: str, **asked: Any) -> dict[str, Any] | None:
        """The object at a path; None when there is none (404). Raises ``Gone`` or ``SourceError``."""
        answer = self.tell("GET", self.place(path, **asked))
        if answer.status == 404:
            return None
        if answer.status == 410 or (answer.status == 400 and EXPIRED in reasons_of(said_by(answer) or {})):
            raise Gone
        if answer.status != 200:
            raise meant(answer, self._of)
        said = said_by(answer)
        if said is None:
            raise no_sense()
        return said

    def place(self, path: str, **asked: Any) -> str:
        """The whole address of a path, with what is asked there."""
        return f"{self._home}/{path}?{urlencode({name: value for name, value in asked.items() if value}, doseq=True)}"

    def tell(self, method: str, url: str, body: bytes = b"", more: Mapping[str, str] | None = None) -> Fetched:
        """What a whole address answers, with a token that is renewed once when it is refused. An answer that never came is a ``SourceDown``."""
        answer = self._told(method, url, body, more or {})
        if answer.status == 401:
            self._token = self._access(self._token).get_secret_value()
            answer = self._told(method, url, body, more or {})
        return answer

    def _told(self, method: str, url: str, body: bytes, more: Mapping[str, str]) -> Fetched:
        self._token = self._token or self._access("").get_secret_value()
        self._pace.wait()
        with asking():
            return self._caller.ask(url, method=method, headers={**_AGENT, **more, "authorization": f"Bearer {self._token}"}, body=body, hops=0)

    def close(self) -> None:
        """Hang up."""
        self._caller.close()


def no_sense() -> SourceDown:
    """What was answered is none of Google's answers."""
    return SourceDown(_("What Google answered makes no sense."))


def meant(answer: Fetched, of: str = CALENDAR) -> SourceError:
    """What a refusal means: Google says 403 for five different things."""
    reasons = reasons_of(said_by(answer) or {})
    if answer.status == 429 or (answer.status == 403 and reasons & BUSY):
        return problem(429, answer.headers)
    if answer.status == 403 and reasons & OFF:
        return NotThatKind(_("The %s is not switched on for the practice's client. Whoever manages the team switches it on at Google (step 2).") % of)
    if answer.status == 401:
        return SignInNeeded(_("Google no longer accepts this sign-in. Sign in with Google again."))
    if answer.status == 403:
        return fewer() if reasons & SCOPE else NotAllowed()
    failure = problem(answer.status, answer.headers)
    return SourceDown(_("Google did not answer as it should.")) if isinstance(failure, NotACalendar) else failure


def fewer() -> SignInNeeded:
    """Whoever signed in allowed less than what is asked for."""
    return SignInNeeded(_("Google does not let us read this. Sign in with Google again, and tick the box for it."))


def reasons_of(said: Mapping[str, Any]) -> set[str]:
    """Google's words for why it refuses something."""
    error = said.get("error")
    parts = [part for key in ("errors", "details") for part in (error.get(key) or []) if isinstance(error.get(key), list)] if isinstance(error, Mapping) else []
    return {str(part.get("reason")) for part in parts if isinstance(part, Mapping)}


def said_by(answer: Fetched) -> dict[str, Any] | None:
    """The object that an answer holds, if it holds one."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
