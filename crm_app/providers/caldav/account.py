"""One CalDAV account: what has changed is asked for by sync-token where the server keeps one, by ctag and etags where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from pydantic import SecretStr

from crm_app.domain.calendar.cutting import slim
from crm_app.domain.connections.source import CalendarSource, RemoteCalendar, RemoteChanges, RemoteItem, SourceDown
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate
from crm_app.providers.asking import judge, problem
from crm_app.providers.caldav.davxml import CAL, DAV, SERVER, Entry, names_the_token, path_of, propfind, sync_collection
from crm_app.providers.caldav.discovery import find_calendars
from crm_app.providers.caldav.fetching import BATCH, Batch, fetch
from crm_app.providers.caldav.speaking import Voice, understood
from crm_app.providers.caldav.writing import delete, find_one, of_calendars, put
from crm_app.providers.ics.feed import web_address

MOST_ROUNDS = 200
_LISTED = ((DAV, "getetag"), (DAV, "resourcetype"))
_STATE = ((DAV, "sync-token"), (SERVER, "getctag"))


@dataclass(slots=True)
class _Changed:
    """What a server says has changed: hrefs as it writes them by ref, with their etags; what is gone; the token for the next time."""

    hrefs: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    token: str = ""


class CalDavSource:
    """See ``CalendarSource`` and ``CalendarWriter``. A token holds the server's sync-token and the calendar's ctag, as far as there are any."""

    def __init__(self, url: str, username: str, password: SecretStr, gate: Gate, space: str = CAL) -> None:
        self._voice, self._space = Voice(web_address(url), username, password, gate), space

    @property
    def voice(self) -> Voice:
        """What asks for it."""
        return self._voice

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """The account's calendars that take events, however it was named; also the test of whether we may come in."""
        return find_calendars(self._voice)

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """What has changed since ``token``; everything without one, and when the server no longer knows it."""
        url = self._address(calendar)
        kept = _opened(token)
        if kept.get("sync"):
            changed = self._since(url, kept["sync"])
            if changed is not None:
                yield from self._pages(changed, url, known, None)
                return
        state = self._state(url)
        if kept.get("ctag") and not kept.get("sync") and kept["ctag"] == state.get("ctag"):
            yield RemoteChanges(token=token)
            return
        changed = self._listed(url)
        changed.token = _closed(state)
        yield from self._pages(changed, url, known, frozenset(changed.hrefs))

    def place_of(self, calendar: str, ref: str = "") -> str:
        """The address of a calendar, or of a thing in it."""
        return self._voice.place(_path(ref), self._address(calendar)) if ref else self._address(calendar)

    def name_new(self, calendar: str, uid: str, ending: str = "ics") -> str:
        """A name of ours inside the calendar."""
        return f"{path_of(self._address(calendar)).rstrip('/')}/{uid.partition('@')[0]}.{ending}"

    def fetch(self, calendar: str, ref: str) -> RemoteItem | None:
        """A thing as it stands there now; its etag is the one by which changes are told, too."""
        return find_one(self._voice, self._address(calendar), _path(ref))

    def write(self, calendar: str, ref: str, etag: str, content: bytes) -> None:
        """Put it there, if what it is put over is still what we know."""
        put(self._voice, self.place_of(calendar, ref), etag, content, of_calendars())

    def erase(self, calendar: str, ref: str, etag: str) -> None:
        """Take it out, if it is still what we know."""
        delete(self._voice, self.place_of(calendar, ref), etag, of_calendars())

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _address(self, calendar: str) -> str:
        return self._voice.place(calendar if "://" in calendar else _path(calendar))

    def _state(self, url: str) -> dict[str, str]:
        """How the calendar stands, asked before it is listed: whatever changes meanwhile is told again next time, and nothing is missed."""
        entries = self._voice.multistatus("PROPFIND", url, propfind(*_STATE)).entries
        told = entries[0] if entries else Entry("", "")
        return {"sync": told.text(DAV, "sync-token"), "ctag": told.text(SERVER, "getctag")}

    def _listed(self, url: str) -> _Changed:
        """Everything in the calendar by name and etag. An answer that does not even name the calendar itself says nothing of what is in it."""
        entries = self._voice.multistatus("PROPFIND", url, propfind(*_LISTED), depth=1).entries
        own = path_of(url).rstrip("/")
        itself = next((entry for entry in entries if entry.path.rstrip("/") == own), None)
        if itself is None:
            raise SourceDown(_("What the server answered makes no sense."))
        _still_there(itself)
        found = _Changed()
        for entry in entries:
            if entry.path.rstrip("/") != own and entry.status == 200 and not entry.path.endswith("/"):
                found.hrefs[entry.path], found.etags[entry.path] = entry.href, entry.text(DAV, "getetag")
        return found

    def _since(self, url: str, token: str) -> _Changed | None:
        """What has changed since a sync-token, or None when the server does not know it any more, or never heard of such tokens."""
        found, own = _Changed(), path_of(url).rstrip("/")
        for _round in range(MOST_ROUNDS):
            answer = self._voice.ask("REPORT", url, sync_collection(token))
            if (400 <= answer.status < 500 and names_the_token(answer.body)) or answer.status in (400, 403, 405, 409, 410, 412, 415, 422, 501):
                return None
            told = understood(judge(answer, 207))
            for entry in told.entries:
                if entry.path.rstrip("/") == own:
                    _still_there(entry)
                    continue
                if entry.status in (404, 410):
                    found.gone.add(entry.path)
                    found.hrefs.pop(entry.path, None)
                elif not entry.path.endswith("/"):
                    found.gone.discard(entry.path)
                    found.hrefs[entry.path], found.etags[entry.path] = entry.href, entry.text(DAV, "getetag")
            if not told.token:
                return None
            found.token = _closed({"sync": told.token})
            if not told.truncated:
                return found
            token = told.token
        return None

    def _pages(self, changed: _Changed, url: str, known: Mapping[str, str], present: frozenset[str] | None) -> Iterator[RemoteChanges]:
        """Fetch what is not known in its present state, a batch to a page; what vanished meanwhile is gone."""
        wanted = [ref for ref in changed.hrefs if not changed.etags[ref] or known.get(ref) != changed.etags[ref]]
        batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)] or [[]]
        vanished: set[str] = set()
        for number, refs in enumerate(batches, 1):
            batch = fetch(self._voice, url, [changed.hrefs[ref] for ref in refs], self._space) if refs else Batch()
            vanished |= batch.gone
            found = {ref: held for ref, held in batch.found.items() if ref in changed.hrefs}
            items = tuple(RemoteItem(ref, etag or changed.etags.get(ref, ""), self._lean(content)) for ref, (etag, content) in found.items())
            coming = len(wanted) if number == 1 else 0
            if number < len(batches):
                yield RemoteChanges(items=items, unread=tuple(batch.unread), coming=coming)
                continue
            gone = tuple(sorted(ref for ref in changed.gone | vanished if ref in known))
            there = present - vanished if present is not None else None
            yield RemoteChanges(items, gone if there is None else (), tuple(batch.unread), there, changed.token, coming)

    def _lean(self, content: bytes) -> bytes:
        return slim(content) if self._space == CAL else content


def _path(ref: str) -> str:
    """A path as it is asked for."""
    return quote(ref, safe="/@:!$&'()*+,;=~-._")


def _still_there(calendar: Entry) -> None:
    """Some servers answer for what is not there too. Raises ``NotACalendar``: what was in it does not count as taken out."""
    if calendar.status != 200:
        raise problem(calendar.status, {})


def _opened(token: str) -> dict[str, str]:
    try:
        kept = json.loads(token) if token else {}
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}


def _closed(state: Mapping[str, str]) -> str:
    kept = {key: value for key, value in state.items() if value}
    return json.dumps(kept) if kept else ""


def make_source(url: str, username: str, password: SecretStr, gate: Gate) -> CalendarSource:
    """A CalDAV account at ``url``. Raises ``NotACalendar`` when that is no address."""
    return CalDavSource(url, username, password, gate)
