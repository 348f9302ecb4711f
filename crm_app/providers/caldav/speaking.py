"""Questions to one CalDAV server over kept connections: who we are is said to it and its own kin alone."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from pydantic import SecretStr

from crm_app.domain.connections.source import NotACalendar, SourceDown
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate, Refused
from crm_app.infrastructure.outbound_http import Caller, Fetched, joined, origin
from crm_app.providers.asking import asking, judge, sign_in
from crm_app.providers.caldav.davxml import Answers, Malformed, read_multistatus

SECONDS = 60.0
MOST_HOPS = 3
_REDIRECTS = (301, 302, 307, 308)
_SHARED = frozenset("co com net org ac gov edu or ne gob".split())
_AGENT = {"user-agent": "MindfulCRM", "accept": "application/xml, text/xml, text/calendar;q=0.9, */*;q=0.1"}


class Voice:
    """Asks as one account. ``home`` is the address that the account was given by."""

    def __init__(self, home: str, username: str, password: SecretStr, gate: Gate) -> None:
        self.home = home
        self._username, self._password, self._gate = username, password, gate
        self._caller = Caller(gate, seconds=SECONDS)

    def ask(self, method: str, url: str, body: bytes = b"", *, depth: int = 0, more: Mapping[str, str] | None = None) -> Fetched:
        """One question, and where it is sent on to within the server's own kin. Raises ``SourceError``; any status is an answer.

        ``more`` are the headers of a question that is not XML.
        """
        with asking():
            for _hop in range(MOST_HOPS + 1):
                self._judge(url)
                headers = {**_AGENT, **sign_in(url, self._username, self._password, self._gate)}
                if more:
                    headers |= more
                elif body:
                    headers |= {"content-type": 'application/xml; charset="utf-8"', "depth": str(depth)}
                answer = self._caller.ask(url, method=method, headers=headers, body=body, hops=0)
                place = {key.lower(): value for key, value in answer.headers.items()}.get("location", "")
                if answer.status not in _REDIRECTS or not place:
                    return answer
                url = joined(url, place)
        raise NotACalendar(_("The server sends us on and on."))

    def multistatus(self, method: str, url: str, body: bytes, *, depth: int = 0) -> Answers:
        """The same, where only a 207 will do."""
        answer = judge(self.ask(method, url, body, depth=depth), 207)
        return understood(answer)

    def place(self, href: str, base: str = "") -> str:
        """The address that an href means. Raises ``NotACalendar`` where it leads away from the server's kin."""
        try:
            address = joined(base or self.home, href)
            self._judge(address)
        except Refused as refusal:
            raise NotACalendar(_("The server names a calendar at an address that may not be asked.")) from refusal
        return address

    def _judge(self, url: str) -> None:
        """A server may send us on to itself, and under TLS to its neighbours (iCloud spreads its accounts over many hosts): it knows the password already."""
        here, there = origin(self.home), origin(url)
        if here != there and not (here[0] == there[0] == "https" and _kin(here[1], there[1])):
            raise Refused("sent to another server")

    def close(self) -> None:
        """Hang up."""
        self._caller.close()


def understood(answer: Fetched) -> Answers:
    """A 207 as what it says. Raises ``SourceDown`` for one that says nothing."""
    try:
        return read_multistatus(answer.body, answer.url)
    except Malformed as nonsense:
        raise SourceDown(_("What the server answered makes no sense.")) from nonsense


def _kin(one: str, other: str) -> bool:
    """Whether two hosts bear the same family name: the last two parts, or three under a country's ``co`` and the like."""
    try:
        ip_address(one)
        return False
    except ValueError:
        pass
    first, second = one.split("."), other.split(".")
    count = 3 if first[-2:][0] in _SHARED and len(first[-1]) == 2 else 2
    return len(first) >= count and first[-count:] == second[-count:]
