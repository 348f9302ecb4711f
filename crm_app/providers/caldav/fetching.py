"""The contents of things in a calendar, many at a time, and one by one where a server cannot do that or one of them is very large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crm_app.domain.connections.source import NotACalendar, SignInNeeded
from crm_app.domain.i18n import _
from crm_app.providers.asking import judge
from crm_app.providers.caldav.davxml import CAL, DAV, multiget, path_of
from crm_app.providers.caldav.speaking import Voice, understood

BATCH = 100
"""What one question asks for, and one transaction takes in."""


@dataclass(slots=True)
class Batch:
    """``found``: etag and content by ref; ``gone``: what is not there any more; ``unread``: what could not be handed over, with the reason."""

    found: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unread: list[tuple[str, str]] = field(default_factory=list)


def fetch(voice: Voice, url: str, hrefs: Sequence[str], space: str = CAL) -> Batch:
    """The contents of these hrefs, in a calendar or an address book (``space``). Raises ``SourceError`` only when the server as a whole cannot be asked."""
    batch = Batch()
    _together(voice, url, hrefs, batch, space)
    for href in hrefs:
        if path_of(href) not in batch.found and path_of(href) not in batch.gone:
            _alone(voice, url, href, batch)
    return batch


def _together(voice: Voice, url: str, hrefs: Sequence[str], batch: Batch, space: str) -> None:
    """All in one answer; when that becomes too large, each half for itself. What does not come is left for later."""
    try:
        answer = voice.ask("REPORT", url, multiget(hrefs, space), depth=1)
    except NotACalendar:
        if len(hrefs) > 1:
            middle = len(hrefs) // 2
            _together(voice, url, hrefs[:middle], batch, space)
            _together(voice, url, hrefs[middle:], batch, space)
        return
    if answer.status in (400, 403, 404, 405, 409, 412, 415, 422, 501):
        return
    for entry in understood(judge(answer, 207)).entries:
        content = entry.content()
        if content is not None:
            batch.found[entry.path] = (entry.text(DAV, "getetag"), content)
        elif entry.status in (404, 410):
            batch.gone.add(entry.path)


def _alone(voice: Voice, url: str, href: str, batch: Batch) -> None:
    ref = path_of(href)
    try:
        answer = voice.ask("GET", voice.place(href, url))
        if answer.status in (404, 410):
            batch.gone.add(ref)
            return
        batch.found[ref] = (_etag(judge(answer, 200).headers), answer.body)
    except (NotACalendar, SignInNeeded) as refusal:
        batch.unread.append((ref, refusal.reason if isinstance(refusal, NotACalendar) else _("The server does not hand this entry over.")))


def _etag(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "etag"), "")
