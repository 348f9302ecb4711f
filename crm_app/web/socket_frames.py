"""The few frames that a NiceGUI page sends, read strictly: anything else is not a page of ours.

JSON is read by the very parser that will read it again behind us: another one might take what that one stumbles over.
"""

from __future__ import annotations

import re
from enum import Enum

from nicegui import json

MAX_FRAME = 64_000

# Engine.IO type, then for messages Socket.IO type, an optional acknowledgement id, and JSON.
_EVENT = re.compile(r"42(\d{0,9})(\[.*\])\Z", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_LEVELS = frozenset({"debug", "info", "warning", "error"})


class Frame(Enum):
    """What a frame is to us."""

    PONG = "pong"
    CONNECT = "connect"
    LEAVE = "leave"
    DEED = "deed"  # something a person did
    REPORT = "report"  # something the page says by itself


class BadFrame(ValueError):
    """``args[0]`` is a short reason for the metrics."""


def read_frame(text: str | None) -> Frame:
    """The kind of one websocket message; ``BadFrame`` for what no page sends. Binary (None) is never ours."""
    if text is None:
        raise BadFrame("binary")
    if len(text) > MAX_FRAME:
        raise BadFrame("too large")
    if text == "3":
        return Frame.PONG
    if text == "40":
        return Frame.CONNECT
    if text in ("1", "41"):
        return Frame.LEAVE
    event = _EVENT.match(text)
    if event is None:
        raise BadFrame("not an event")
    return Frame.DEED if _check_event(event[2]) == "event" else Frame.REPORT


def _check_event(payload: str) -> str:
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise BadFrame("not json") from error
    if len(parsed) != 2 or not isinstance(parsed[0], str) or not isinstance(parsed[1], dict):
        raise BadFrame("not an event")
    name, message = parsed
    check = _CHECKS.get(name)
    if check is None or not is_id(message.get("client_id")) or not check(message):
        raise BadFrame("wrong shape")
    return name


def is_id(value: object) -> bool:
    """Whether ``value`` is a UUID as NiceGUI writes them."""
    return isinstance(value, str) and _UUID.match(value) is not None


def _is_ui_event(message: dict[str, object]) -> bool:
    args = message.get("args", [])
    return (
        isinstance(message.get("id"), int)
        and isinstance(message.get("listener_id"), str)
        and isinstance(args, list)
        and all(arg is None or (isinstance(arg, str) and _is_json(arg)) for arg in args)
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_CHECKS = {
    "event": _is_ui_event,
    "ack": lambda message: isinstance(message.get("next_message_id"), int),
    "log": lambda message: message.get("level") in _LEVELS and isinstance(message.get("message"), str),
    "javascript_response": lambda message: is_id(message.get("request_id")),
    "handshake": lambda message: all(isinstance(message.get(key), str) for key in ("tab_id", "document_id")),
}
