"""What Gmail's answers say of messages, and of what has happened to them. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from crm_app.domain.i18n import _
from crm_app.domain.mail.limits import MOST_BYTES
from crm_app.domain.mail.source import RemoteHead

_MARKED: Final = {"STARRED": "\\Flagged", "DRAFT": "\\Draft"}


@dataclass(slots=True)
class History:
    """What has happened since a place: ``came`` are messages that may be in another folder now, ``marked`` those that were only flagged otherwise."""

    newest: str
    came: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    def take(self, record: Mapping[str, Any]) -> None:
        """One thing that has happened, as Gmail tells it."""
        for kind, where in (("messagesAdded", self.came), ("messagesDeleted", self.deleted)):
            where.update(_id(one) for one in listed(record, kind))
        for kind in ("labelsAdded", "labelsRemoved"):
            for one in listed(record, kind):
                labels = one.get("labelIds")
                only_marks = isinstance(labels, list) and set(labels) <= {"UNREAD", "STARRED", "IMPORTANT"}
                (self.marked if only_marks else self.came).add(_id(one))
        for ids in (self.came, self.marked, self.deleted):
            ids.discard("")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands now."""

    head: RemoteHead
    labels: frozenset[str]


def _id(one: Mapping[str, Any]) -> str:
    message = one.get("message")
    ref = str(message.get("id") or "") if isinstance(message, Mapping) else ""
    return ref if is_id(ref) else ""


def is_id(text: str) -> bool:
    """Whether it is a number that the tables take."""
    return re.fullmatch(r"[0-7]?[0-9a-f]{1,15}", text) is not None


def uid_of(ref: str) -> int:
    """The number that a message is kept under."""
    return int(ref, 16)


def read_message(ref: str, told: Mapping[str, Any]) -> Message:
    """A message by its head, as Gmail describes it."""
    labels = frozenset(map(str, told.get("labelIds") or ()))
    flags = {mark for label, mark in _MARKED.items() if label in labels} | (set() if "UNREAD" in labels else {"\\Seen"})
    payload = told.get("payload")
    lines = [_line(one) for one in listed(payload, "headers")] if isinstance(payload, Mapping) else []
    stamp = str(told.get("internalDate") or "")
    came = datetime.fromtimestamp(int(stamp) / 1000, UTC) if stamp.isdecimal() and len(stamp) < 15 else None
    size = told.get("sizeEstimate")
    return Message(RemoteHead(uid_of(ref), frozenset(flags), size if isinstance(size, int) else 0, b"".join(lines) + b"\r\n", came), labels)


def _line(one: Mapping[str, Any]) -> bytes:
    """A field of the head on one line, whatever stands in it."""
    name = "".join(sign for sign in str(one.get("name") or "") if sign.isascii() and (sign.isalnum() or sign == "-"))
    return f"{name}: {' '.join(str(one.get('value') or '').split())}\r\n".encode() if name else b""


def unpacked(raw: Any) -> bytes | str:
    """A whole message as it came; a sentence when there is none, or when it is too large."""
    try:
        content = base64.urlsafe_b64decode(str(raw or "") + "===")
    except (binascii.Error, ValueError):
        content = b""
    if not content:
        return _("The server does not hand it over.")
    return content if len(content) <= MOST_BYTES else _("It is larger than 25 MB.")


def listed(page: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list that stands in an answer, without what is none of its things; empty when there is none."""
    found = page.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
