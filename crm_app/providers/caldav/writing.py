"""Writing into a calendar over WebDAV (RFC 4791, 5.3): one thing at a time, and never over what somebody else has changed."""

from __future__ import annotations

from crm_app.domain.connections.source import Changed, RemoteItem, SourceDown, WriteRefused
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.asking import problem
from crm_app.providers.caldav.davxml import path_of
from crm_app.providers.caldav.fetching import fetch
from crm_app.providers.caldav.speaking import Voice

_TYPE = "text/calendar; charset=utf-8"


def find_one(voice: Voice, calendar: str, href: str) -> RemoteItem | None:
    """The whole of one thing, or None when it is not there. ``WriteRefused`` when the server does not hand it over."""
    batch = fetch(voice, calendar, [href])
    if batch.unread:
        raise WriteRefused(batch.unread[0][1])
    found = batch.found.get(path_of(href))
    return RemoteItem(path_of(href), *found) if found is not None else None


def put(voice: Voice, url: str, etag: str, content: bytes) -> None:
    """Write over what has ``etag``, or where there is nothing."""
    condition = {"if-match": etag} if etag else {"if-none-match": "*"}
    _judge(voice.ask("PUT", url, content, more={"content-type": _TYPE, **condition}), 200, 201, 204)


def delete(voice: Voice, url: str, etag: str) -> None:
    """Take out what has ``etag``."""
    _judge(voice.ask("DELETE", url, more={"if-match": etag}), 200, 202, 204, 404, 410)


def _judge(answer: Fetched, *good: int) -> None:
    if answer.status in good:
        return
    if answer.status == 412:
        raise Changed
    if answer.status == 423:
        raise SourceDown(_("The server asks to try again later."))
    if answer.status in (413, 507):
        raise WriteRefused(_("There is no room for it in your calendar."))
    if answer.status == 403:
        raise WriteRefused(_("The server does not let you change this calendar."))
    failure = problem(answer.status, answer.headers)
    if answer.status == 401 or (isinstance(failure, SourceDown) and answer.status != 501):
        raise failure
    raise WriteRefused(_("Your calendar does not take this change."))
