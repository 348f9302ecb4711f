"""Calendars of strangers, read where they can do no harm: what whoever syncs them calls.

The bytes go to the sandbox (``work.py`` runs there); what comes back is a ``ReadItem`` or a sentence that says why there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm_app.domain.calendar.reading_schemas import ReadItem
from crm_app.domain.calendar.recurring import Window
from crm_app.domain.i18n import _, current_locale
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import Sandbox, SandboxRefused, SandboxTimeout

__all__ = [
    "AHEAD_DAYS", "Feed", "FeedItem", "ItemFailed", "ItemRefused", "ItemSkipped", "Window", "read_item", "read_items", "rewrite_item", "split_feed", "window_around",
]  # fmt: skip

AHEAD_DAYS = 365
LARGEST_ITEM, LARGEST_FEED = 20_000_000, 20_000_000
SECONDS, FEED_SECONDS = 2.0, 10.0
PIECE, PIECE_BYTES = 40, 400_000
SERIES = 50_000
"""What a rule weighs in a piece: following one takes as long as reading many plain events."""
_WORK = "crm_app.domain.calendar.work:"
_REWRITE = "crm_app.domain.calendar.rewriting:rewrite"


class ItemRefused(Exception):
    """There is nothing to take in. ``reason`` is a sentence for the connection's owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ItemSkipped(ItemRefused):
    """It is nothing that is kept here: a task, a journal, something without a start. Reading it again would change nothing."""


class ItemFailed(ItemRefused):
    """It is an event, and it cannot be read, or not in the time that one may take."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item of a feed; see ``source.RemoteItem``."""

    ref: str
    etag: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in its items. ``found``: it is a calendar at all. ``closed``: it is there to its end; if not, what is missing is not gone."""

    found: bool
    closed: bool
    name: str
    home: str
    colour: str
    items: tuple[FeedItem, ...]


def window_around(today: date, history_months: int, ahead_days: int = AHEAD_DAYS) -> Window:
    """The days that are of interest: so many months of 30.5 days back, and a year ahead."""
    return Window(today - timedelta(days=round(history_months * 30.5)), today + timedelta(days=ahead_days), today)


def read_item(content: bytes, *, window: Window, zone: str, sandbox: Sandbox | None = None) -> ReadItem:
    """The events of one item within the window; times without a zone are meant in the file's own, else in ``zone``. Raises ``ItemRefused``."""
    answer = _read([content], window, zone, sandbox or bound_sandbox())[0]
    if isinstance(answer, ItemRefused):
        raise answer
    return answer


def read_items(contents: Sequence[bytes], *, window: Window, zone: str, sandbox: Sandbox | None = None) -> list[ReadItem | ItemRefused]:
    """The same for many, several at a time: one answer for each, in their order. What one of them does to the reader costs that one alone."""
    place = sandbox or bound_sandbox()
    return [answer for piece in _pieces(contents) for answer in _read(piece, window, zone, place)]


def _pieces(contents: Sequence[bytes]) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for content in contents:
        weight = len(content) + SERIES * content.count(b"RRULE")
        if piece and (len(piece) >= PIECE or size + weight > PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(content)
        size += weight
    if piece:
        yield piece


def _read(contents: Sequence[bytes], window: Window, zone: str, sandbox: Sandbox) -> list[ReadItem | ItemRefused]:
    """Read a piece; when it does not come back, each half of it, down to the one that is the reason."""
    sent = [content if len(content) <= LARGEST_ITEM else b"" for content in contents]
    days = {name: getattr(window, name).isoformat() for name in ("first", "last", "today")}
    options = {"lengths": list(map(len, sent)), "zone": zone, "locale": current_locale(), **days}
    try:
        answers = json.loads(sandbox.run(_WORK + "read", b"".join(sent), options, seconds=SECONDS))
        return [_made(answer) if content or not given else _too_large() for answer, content, given in zip(answers, sent, contents, strict=True)]
    except SandboxTimeout:
        reason = _("It takes too long to find out when this event takes place.")
    except SandboxRefused as refusal:
        reason = refusal.reason
    if len(contents) == 1:
        return [ItemFailed(reason)]
    middle = len(contents) // 2
    return _read(contents[:middle], window, zone, sandbox) + _read(contents[middle:], window, zone, sandbox)


def _made(answer: dict) -> ReadItem | ItemRefused:
    if "read" in answer:
        return ReadItem.model_validate(answer["read"])
    return ItemSkipped(answer["skipped"]) if "skipped" in answer else ItemFailed(answer["failed"])


def _too_large() -> ItemRefused:
    return ItemFailed(_("This entry is larger than any that can be read."))


def rewrite_item(content: bytes, options: Mapping[str, Any], *, sandbox: Sandbox | None = None) -> bytes:
    """The whole of a thing with one of its events changed; nothing when nothing of it is left. See ``rewriting``. Raises ``ItemRefused``."""
    if len(content) > LARGEST_ITEM:
        raise _too_large()
    try:
        return (sandbox or bound_sandbox()).run(_REWRITE, content, {**options, "locale": current_locale()}, seconds=SECONDS)
    except SandboxTimeout:
        raise ItemFailed(_("It takes too long to change this entry.")) from None
    except SandboxRefused as refusal:
        raise ItemFailed(refusal.reason) from refusal


def split_feed(content: bytes, *, sandbox: Sandbox | None = None) -> Feed:
    """A whole feed in its items. Raises ``ItemRefused`` when it cannot even be cut."""
    if len(content) > LARGEST_FEED:
        raise ItemFailed(_("This calendar is larger than any that can be read."))
    try:
        answer = (sandbox or bound_sandbox()).run(_WORK + "split", content, {"locale": current_locale()}, seconds=FEED_SECONDS)
    except SandboxTimeout:
        raise ItemFailed(_("This calendar takes too long to read.")) from None
    except SandboxRefused as refusal:
        raise ItemFailed(refusal.reason) from refusal
    line, _end, contents = answer.partition(b"\n")
    head = json.loads(line)
    items, at = [], 0
    for ref, etag, length in head["items"]:
        items.append(FeedItem(ref, etag, contents[at : at + length]))
        at += length
    return Feed(head["found"], head["closed"], head["name"], head["home"], head["colour"], tuple(items))
