"""One published calendar: fetched whole whenever the server says that it has changed, and cut into its items in the sandbox.

Most such feeds are written anew for every request, so what has changed is told by each item's own content.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from pydantic import SecretStr

from crm_app.domain.calendar.reading import LARGEST_FEED, Feed, FeedItem, ItemRefused, split_feed
from crm_app.domain.charsets import decode_text
from crm_app.domain.connections.source import CalendarSource, NotACalendar, RemoteCalendar, RemoteChanges, RemoteItem
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate, Refused
from crm_app.infrastructure.outbound_http import Caller, Fetched, checked, origin
from crm_app.providers.asking import asking, judge, sign_in

CALENDAR = "feed"
"""The one calendar of a feed: its address may change, what it is does not."""
NO_VALIDATORS = "{}"
"""After a feed that broke off: the next one is fetched whatever the server remembers of us."""
PAGE = 200
SECONDS = 60.0
_HEAD = 32_768
_NOISE = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)[;:].*$", re.MULTILINE)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']{1,40})", re.IGNORECASE)
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_ACCEPT = {"accept": "text/calendar, */*;q=0.5", "user-agent": "MindfulCRM"}


class IcsSource:
    """See ``CalendarSource``. The token holds what the server gave to ask with next time (ETag, Last-Modified), and a fingerprint of what it sent."""

    def __init__(self, url: str, username: str, password: SecretStr, gate: Gate) -> None:
        self._url, self._username, self._password, self._gate = web_address(url), username, password, gate
        self._caller = Caller(gate, seconds=SECONDS, most=LARGEST_FEED)

    def list_calendars(self) -> Sequence[RemoteCalendar]:
        """The calendar by the name that it gives itself, else by its host's. Only its beginning is fetched for that."""
        answer = self._ask({}, enough=_HEAD)
        feed = _as_feed(answer)
        return (RemoteCalendar(CALENDAR, feed.name or origin(self._url)[1], feed.colour, feed.home),)

    def list_changes(self, calendar: str, token: str, known: Mapping[str, str]) -> Iterator[RemoteChanges]:
        """Nothing when the server says that nothing has changed, or sends the very same again; else what differs from ``known``.

        A feed that breaks off gives what is new in it: of what is kept here nothing counts as changed or gone.
        """
        answer = self._ask(_validators(token) if known else {})
        if answer.status == 304 or (known and _kept(token).get("same") == _fingerprint(answer.body)):
            yield RemoteChanges(token=token)
            return
        feed = _as_feed(answer)
        fresh = [RemoteItem(item.ref, item.etag, item.content) for item in feed.items if _is_news(item, feed, known)]
        pages = [tuple(fresh[start : start + PAGE]) for start in range(0, len(fresh), PAGE)] or [()]
        for number, page in enumerate(pages):
            coming = 0 if number else len(fresh)
            yield RemoteChanges(items=page, coming=coming) if number < len(pages) - 1 else self._last(page, feed, answer, coming)

    def _last(self, items: tuple[RemoteItem, ...], feed: Feed, answer: Fetched, coming: int) -> RemoteChanges:
        if not feed.closed:
            cut = (feed.name or CALENDAR, _("The calendar breaks off before its end: nothing was taken away here."))
            return RemoteChanges(items=items, unread=(cut,), token=NO_VALIDATORS, coming=coming)
        return RemoteChanges(items=items, present=frozenset(item.ref for item in feed.items), token=_token(answer), coming=coming)

    def _ask(self, validators: Mapping[str, str], *, enough: int = 0) -> Fetched:
        with asking():
            headers = {**_ACCEPT, **validators, **sign_in(self._url, self._username, self._password, self._gate)}
            answer = self._caller.ask(self._url, headers=headers, enough=enough)
        return judge(answer, 200, *((304,) if validators else ()))

    def close(self) -> None:
        """Hang up."""
        self._caller.close()


def web_address(url: str) -> str:
    """``webcal:`` is how calendar programs write https. Raises ``NotACalendar`` for what is no address, or holds a password."""
    address = re.sub(r"^webcals?://", "https://", url.strip(), flags=re.IGNORECASE)
    try:
        checked(address)
    except Refused as refusal:
        raise NotACalendar(_("This is no address that can be asked: it begins with https:// or webcal://, and holds no password.")) from refusal
    return address


def _as_feed(answer: Fetched) -> Feed:
    start = answer.body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        raise NotACalendar(_("What answers at this address is a web page, not a calendar. Copy the address of the calendar itself (iCal or .ics)."))
    try:
        feed = split_feed(_in_utf8(answer))
    except ItemRefused as refusal:
        raise NotACalendar(refusal.reason) from refusal
    if not feed.found:
        raise NotACalendar(_("What answers at this address is no calendar."))
    return feed


def _in_utf8(answer: Fetched) -> bytes:
    """The calendar as calendars are written (RFC 5545, 3.1.4), also when a server has it in a charset that its answer names, or in UTF-16."""
    body = answer.body
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode()
    named = _CHARSET.search(next((value for name, value in answer.headers.items() if name.lower() == "content-type"), ""))
    text = body.decode("utf-8", "replace")
    unread = text.count("\ufffd")
    if named is None or not unread or 3 * unread <= len(_FOREIGN.findall(text)):  # one line that is broken is no other charset: many servers name one by habit
        return body
    return decode_text(body, named[1]).encode()


def _is_news(item: FeedItem, feed: Feed, known: Mapping[str, str]) -> bool:
    return known.get(item.ref) != item.etag if feed.closed else item.ref not in known


def _token(answer: Fetched) -> str:
    named = {name.lower(): value for name, value in answer.headers.items()}
    kept = {key: named[header] for key, header in (("etag", "etag"), ("modified", "last-modified")) if _sendable(named.get(header, ""))}
    return json.dumps(kept | {"same": _fingerprint(answer.body)})


def _fingerprint(body: bytes) -> str:
    """The same for the same feed, whatever of it a server writes anew for every request."""
    return sha256(_NOISE.sub(b"", body)).hexdigest()


def _kept(token: str) -> dict[str, str]:
    try:
        kept = json.loads(token) if token else {}
    except ValueError:
        kept = {}
    return {str(key): str(value) for key, value in kept.items()} if isinstance(kept, dict) else {}


def _validators(token: str) -> dict[str, str]:
    kept = _kept(token)
    names = {"etag": "if-none-match", "modified": "if-modified-since"}
    return {header: kept[key] for key, header in names.items() if _sendable(kept.get(key, ""))}


def _sendable(value: str) -> bool:
    return bool(value) and len(value) < 1000 and value.isascii() and value.isprintable()


def make_source(url: str, username: str, password: SecretStr, gate: Gate) -> CalendarSource:
    """A published calendar at ``url``. Raises ``NotACalendar`` when that is no address."""
    return IcsSource(url, username, password, gate)
