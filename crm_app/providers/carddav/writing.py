"""Writing into an address book over WebDAV (RFC 6352, 6.3.2): one card at a time, and never over what somebody else has changed."""

from __future__ import annotations

from crm_app.domain.addressbooks.source import ReadOnly
from crm_app.domain.connections.source import Changed, RemoteItem, SourceDown, WriteRefused
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.providers.asking import problem
from crm_app.providers.caldav.davxml import CARD, path_of
from crm_app.providers.caldav.fetching import fetch
from crm_app.providers.caldav.speaking import Voice

_TYPE = "text/vcard; charset=utf-8"


def find_one(voice: Voice, book: str, href: str) -> RemoteItem | None:
    """The whole of one card, or None when it is not there. ``WriteRefused`` when the server does not hand it over."""
    batch = fetch(voice, book, [href], CARD)
    if batch.unread:
        raise WriteRefused(_("The server does not hand this card over, or it is too large to be read."))
    found = batch.found.get(path_of(href))
    return RemoteItem(path_of(href), *found) if found is not None else None


def put(voice: Voice, url: str, etag: str, content: bytes) -> None:
    """Write over what has ``etag``."""
    _judge(voice.ask("PUT", url, content, more={"content-type": _TYPE, "if-match": etag}))


def _judge(answer: Fetched) -> None:
    if answer.status in (200, 201, 204):
        return
    if answer.status == 412:
        raise Changed
    if answer.status == 423:
        raise SourceDown(_("The server asks to try again later."))
    if answer.status in (413, 507):
        raise WriteRefused(_("There is no room for it in your address book."))
    if answer.status in (403, 405):
        raise ReadOnly(_("The server does not let you change this address book."))
    failure = problem(answer.status, answer.headers)
    if answer.status == 401 or (isinstance(failure, SourceDown) and answer.status != 501):
        raise failure
    raise WriteRefused(_("Your address book does not take this change."))
