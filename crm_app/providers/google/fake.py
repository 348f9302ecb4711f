"""A stand-in for Google without a network: an account with calendars, its REST interface, and its sign-in with PKCE. For tests and for trying things out.

It takes what ``outbound_http.Caller`` is asked, so the same source and the same sign-in run over it as over the gate.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from crm_app.domain.google.authority import CALENDARS, CHANGES, MAIL, SENDS
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.fake_events import instances, written
from crm_app.providers.google.masks import masked

Answer = tuple[int, dict[str, str], bytes]
Asked = Mapping[str, list[str]]


@dataclass
class _Held:
    """One calendar: what lies in it by id, what was taken out, and every change in order."""

    told: dict[str, Any]
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)


@dataclass
class _Grant:
    """What somebody allowed a client, once: the code, the token that lasts, and those for access."""

    client_id: str
    email: str
    scopes: list[str]
    back: str
    challenge: str
    refresh: str = ""
    spent: set[str] = field(default_factory=set)


class FakeGoogle:
    """``fault(path)``, where it returns something, is the answer instead. ``asked`` is every question as (method, path, query or form),
    ``written`` every change as (method, what was said).

    ``rotates``: each renewal hands out another token that lasts, and one that was used already costs the whole grant.
    """

    def __init__(self, email: str = "ana@gmail.com", endpoints: Endpoints = GOOGLE) -> None:
        self.email, self.at = email, endpoints
        self.clients: dict[str, str] = {}
        self.held: dict[str, _Held] = {}
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        self.answers: list[tuple[str, Any]] = []
        self.written: list[tuple[str, dict[str, Any]]] = []
        self.fault: Callable[[str], Answer | None] = lambda path: None
        self.rotates, self.keeps, self.page, self.lasts = False, True, 250, 3600
        self._grants: dict[str, _Grant] = {}
        self._access: dict[str, _Grant] = {}
        self._count, self._epoch = 0, 0

    def add_calendar(self, ref: str, name: str = "", *, role: str = "owner", zone: str = "Europe/Berlin", **more: Any) -> None:
        """One more calendar of the account."""
        told = {"kind": "calendar#calendarListEntry", "id": ref, "summary": name or ref, "accessRole": role, "timeZone": zone, "backgroundColor": "#0F766E", **more}
        self.held[ref] = _Held(told)

    def put(self, calendar: str, event: dict[str, Any]) -> None:
        """Write an event, or an exception of a series, as Google would keep it."""
        ref, held = str(event["id"]), self.held[calendar]
        first = held.events.get(event.get("recurringEventId", ""), {})
        usual = {"kind": "calendar#event", "status": "confirmed", "eventType": "default", "iCalUID": first.get("iCalUID") or f"{ref}@google.com"}
        held.events[ref] = {**usual, **event, "etag": f'"{self._next()}"'}
        held.changes.append(ref)

    def remove(self, calendar: str, ref: str) -> None:
        """Take an event out; of a series with everything that belongs to it."""
        held = self.held[calendar]
        for key, event in list(held.events.items()):
            if key == ref or event.get("recurringEventId") == ref:
                kept = ("kind", "id", "recurringEventId", "originalStartTime")
                held.events[key] = {**{name: event[name] for name in kept if name in event}, "status": "cancelled", "etag": f'"{self._next()}"'}
                held.changes.append(key)

    def forget_tokens(self) -> None:
        """From here on, every sync token that was given out is gone (410)."""
        self._epoch += 1

    def sign_in(self, address: str, *, allows: Callable[[str], bool] = lambda scope: True, agrees: bool = True) -> str:
        """What a person at a browser does at ``address``; returns where Google sends them."""
        asked = parse_qs(urlsplit(address).query)
        client, back, state = (asked[name][0] for name in ("client_id", "redirect_uri", "state"))
        assert client in self.clients and asked["code_challenge_method"] == ["S256"] and asked["access_type"] == ["offline"]
        if not agrees:
            return f"{back}?{urlencode({'error': 'access_denied', 'state': state})}"
        code = f"4/{self._next()}"
        mine = [grant for grant in self._grants.values() if (grant.client_id, grant.email) == (client, self.email)] if "include_granted_scopes" in asked else []
        scopes = [scope for scope in asked["scope"][0].split() if allows(scope)] + [scope for grant in mine for scope in grant.scopes]
        self._grants[code] = _Grant(client, self.email, list(dict.fromkeys(scopes)), back, asked["code_challenge"][0])
        return f"{back}?{urlencode({'state': state, 'code': code, 'scope': ' '.join(self._grants[code].scopes)})}"

    def take_back(self) -> None:
        """As somebody does who removes the access at Google."""
        self._grants.clear()
        self._access.clear()

    def end_access(self) -> None:
        """Every token for access ends now; those that last stay good."""
        self._access.clear()

    # What it answers.

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"", hops: int = 0) -> Fetched:
        """One question, one answer."""
        given = {name.lower(): value for name, value in (headers or {}).items()}
        status, said, content = self.answer(method, url, given, body)
        return Fetched(status, said, content, url)

    def close(self) -> None:
        """Nothing to hang up."""

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The same, for whoever serves it; the names of ``headers`` are in small letters."""
        parts = urlsplit(url)
        form = parts.path in (urlsplit(self.at.token).path, urlsplit(self.at.revoke).path)
        asked = parse_qs(body.decode() if form else parts.query)
        self.asked.append((method, parts.path, asked))
        spoilt = self.fault(parts.path)
        if spoilt is not None:
            return spoilt
        for place, say in ((self.at.token, self._token), (self.at.revoke, self._revoke)):
            if method == "POST" and parts.path == urlsplit(place).path:
                return say(asked)
        grant = self._access.get(headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return _error(401, "authError")
        if parts.path == urlsplit(self.at.person).path:
            return _json(200, {"sub": "1", "email": grant.email, "email_verified": True})
        if not self._may(grant, method, parts.path):
            return _error(403, "insufficientPermissions")
        return self._rest(parts.path, asked) if method == "GET" else self._write(method, parts.path, headers, body)

    def _may(self, grant: _Grant, method: str, path: str) -> bool:
        """Whether somebody allowed what is asked for here."""
        if path.startswith(urlsplit(self.at.calendars).path):
            return (CALENDARS if method == "GET" else CHANGES) in grant.scopes
        return (MAIL if method == "GET" else SENDS) in grant.scopes

    def _write(self, method: str, place: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return written(self, method, place, headers, body) if place.startswith(urlsplit(self.at.calendars).path) else self._missing()

    def _token(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in asked.items()}
        if self.clients.get(form.get("client_id", "")) != form.get("client_secret"):
            return _json(401, {"error": "invalid_client"})
        if form.get("grant_type") == "authorization_code":
            grant = self._grants.pop(form.get("code", ""), None)
            proof = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
            if grant is None or grant.back != form.get("redirect_uri") or grant.challenge != proof or grant.client_id != form["client_id"]:
                return _json(400, {"error": "invalid_grant"})
            return self._granted(grant, first=True)
        used = form.get("refresh_token", "")
        grant = self._grants.get(used)
        if grant is None:
            for other in {id(each): each for each in self._grants.values() if used in each.spent}.values():
                self._grants = {token: each for token, each in self._grants.items() if each is not other}
            return _json(400, {"error": "invalid_grant"})
        return self._granted(grant)

    def _granted(self, grant: _Grant, *, first: bool = False) -> Answer:
        access, said = f"ya29.{self._next()}", {"token_type": "Bearer", "expires_in": self.lasts, "scope": " ".join(grant.scopes)}
        self._access[access] = grant
        if (first and self.keeps) or (self.rotates and not first):
            if grant.refresh:
                grant.spent.add(grant.refresh)
                del self._grants[grant.refresh]
            grant.refresh = f"1//{self._next()}"
            self._grants[grant.refresh] = grant
            said["refresh_token"] = grant.refresh
        return _json(200, {"access_token": access, **said})

    def _revoke(self, asked: Asked) -> Answer:
        """One token stands for all that this account ever allowed this client."""
        token = asked.get("token", [""])[0]
        grant = self._grants.get(token) or self._access.get(token)
        if grant is None:
            return _json(400, {"error": "invalid_token"})
        ended = grant.client_id, grant.email
        self._grants = {key: each for key, each in self._grants.items() if (each.client_id, each.email) != ended}
        self._access = {key: each for key, each in self._access.items() if (each.client_id, each.email) != ended}
        return _json(200, {})

    def _rest(self, place: str, asked: Asked) -> Answer:
        path = place.removeprefix(urlsplit(self.at.calendars).path + "/")
        if path == "users/me/calendarList":
            return self.say(path, {"kind": "calendar#calendarList", "nextSyncToken": str(self._epoch), "items": [held.told for held in self.held.values()]}, asked)
        _calendars, ref, _events, *rest = [unquote(part) for part in path.split("/")]
        if ref not in self.held or (rest and rest[0] not in self.held[ref].events):
            return _error(404, "notFound")
        held = self.held[ref]
        if rest[1:] == ["instances"]:
            return self.say(path, {"kind": "calendar#events", "timeZone": held.told["timeZone"], "items": instances(held.events, rest[0], asked)}, asked)
        if rest:
            return self.say(path, held.events[rest[0]], asked)
        fresh, token = f"{self._epoch}-{len(held.changes)}", asked.get("syncToken", [""])[0]
        if token and token.split("-")[0] != str(self._epoch):
            return _error(410, "fullSyncRequired")
        found = list(self._found(held, asked, token))
        begin, size = int(asked.get("pageToken", ["0"])[0]), min(self.page, int(asked.get("maxResults", ["250"])[0]))
        more = {"nextPageToken": str(begin + size)} if begin + size < len(found) else {} if asked.get("iCalUID") else {"nextSyncToken": fresh}
        return self.say(path, {"kind": "calendar#events", "timeZone": held.told["timeZone"], "items": found[begin : begin + size], **more}, asked)

    def _found(self, held: _Held, asked: Asked, token: str) -> Iterator[dict[str, Any]]:
        touched = dict.fromkeys(held.changes[int(token.split("-")[1]) :]) if token else held.events
        for event in (held.events[ref] for ref in touched):
            first = held.events.get(event.get("recurringEventId", ""), event)
            there = event["status"] != "cancelled" or (event is not first and first["status"] != "cancelled")
            uid = event.get("iCalUID") or first.get("iCalUID")
            if (there or token) and asked.get("iCalUID", [uid]) == [uid] and event.get("eventType", "default") in asked.get("eventTypes", ["default"]):
                yield event

    def say(self, path: str, said: dict[str, Any], asked: Asked) -> Answer:
        """Answer with this, as far as it is asked for."""
        self.answers.append((path, said))
        return _json(200, masked(said, asked["fields"][0]) if "fields" in asked else said)

    def _missing(self, reason: str = "notFound") -> Answer:
        return _error(404, reason)

    def refused(self, status: int, reason: str) -> Answer:
        """Refuse it as Google does."""
        return _error(status, reason)

    def _next(self) -> int:
        self._count += 1
        return self._count


def _json(status: int, said: Any) -> Answer:
    return status, {"content-type": "application/json; charset=UTF-8"}, json.dumps(said).encode()


def _error(status: int, reason: str) -> Answer:
    return _json(status, {"error": {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason, "message": reason}]}})
