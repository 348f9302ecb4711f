"""Writing over WebDAV (RFC 4791, 5.3; RFC 6352, 6.3.2): one thing at a time, and never over what somebody else has changed."""

from __future__ import annotations

from dataclasses import dataclass

from crm_app.domain.connections.source import Changed, RemoteItem, SourceDown, WriteRefused
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.asking import problem
from crm_app.providers.caldav.davxml import CAL, path_of
from crm_app.providers.caldav.fetching import fetch
from crm_app.providers.caldav.speaking import Voice


@dataclass(frozen=True, slots=True)
class Refusals:
    """How a server's no is said: of what has no ``room``, of a collection that is ``closed`` to us, and of any ``other``."""

    room: str
    closed: WriteRefused
    other: str


def of_calendars() -> Refusals:
    """In the words of calendars."""
    closed = WriteRefused(_("The server does not let you change this calendar."))
    return Refusals(_("There is no room for it in your calendar."), closed, _("Your calendar does not take this change."))


def find_one(voice: Voice, collection: str, href: str, space: str = CAL, unread: str = "") -> RemoteItem | None:
    """The whole of one thing, or None when it is not there. ``WriteRefused`` when the server does not hand it over, in the words of ``unread`` if any."""
    batch = fetch(voice, collection, [href], space)
    if batch.unread:
        raise WriteRefused(unread or batch.unread[0][1])
    found = batch.found.get(path_of(href))
    return RemoteItem(path_of(href), *found) if found is not None else None


def put(voice: Voice, url: str, etag: str, content: bytes, refusals: Refusals, kind: str = "text/calendar") -> None:
    """Write over what has ``etag``, or where there is nothing."""
    condition = {"if-match": etag} if etag else {"if-none-match": "*"}
    _judge(voice.ask("PUT", url, content, more={"content-type": f"{kind}; charset=utf-8", **condition}), refusals, 200, 201, 204)


def delete(voice: Voice, url: str, etag: str, refusals: Refusals) -> None:
    """Take out what has ``etag``."""
    _judge(voice.ask("DELETE", url, more={"if-match": etag}), refusals, 200, 202, 204, 404, 410)


def _judge(answer: Fetched, refusals: Refusals, *good: int) -> None:
    if answer.status in good:
        return
    if answer.status == 412:
        raise Changed
    if answer.status == 423:
        raise SourceDown(_("The server asks to try again later."))
    if answer.status in (413, 507):
        raise WriteRefused(refusals.room)
    if answer.status in (403, 405):
        raise refusals.closed
    failure = problem(answer.status, answer.headers)
    if answer.status == 401 or (isinstance(failure, SourceDown) and answer.status != 501):
        raise failure
    raise WriteRefused(refusals.other)
