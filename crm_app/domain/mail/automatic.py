"""Which mail no person wrote to one person: newsletters, lists, automatic answers, bounces, and addresses that take no reply.

Recognised by what its own sender says of it in the head, never by its words: a client who writes about a newsletter is a client.
A mail domain that everybody has (gmail.com) means nothing either way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Automatic(StrEnum):
    """Why a message is not from one person to another."""

    LIST = "list"
    NEWSLETTER = "newsletter"
    REPLY = "automatic_reply"
    BOUNCE = "bounce"
    NOTICE = "notice"
    NO_REPLY = "no_reply"


_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|not|do[._-]?not|dont|never|nicht|keine?|ne[._-]?pas|non)[._-]?"
    r"(?:reply|replay|answer|antworten|antwort|repondre|responder|rispondere)(?:$|[._+\d-])", re.I,
)  # fmt: skip
_MACHINE = re.compile(r"^(?:mailer-daemon|postmaster|bounces?|notifications?|notify|alerts?|automailer|newsletters?|mailings?|marketing)(?:$|[+._-])", re.I)
_BULK_PRECEDENCE = frozenset({"bulk", "list", "junk"})
_CAMPAIGN = ("feedback-id", "x-campaign", "x-campaignid", "x-mc-user")


def automatic(address: str, marks: Mapping[str, str]) -> Automatic | None:
    """What kind of automatic mail this is, if it is any. ``marks`` are those of ``ReadMail``, ``address`` its sender's.

    The order matters: a bounce is one whatever else stands in its head, and a list that people write to is no newsletter.
    """
    if _is_bounce(address, marks):
        return Automatic.BOUNCE
    if _is_reply(marks):
        return Automatic.REPLY
    if "list-id" in marks or "list-post" in marks:
        return Automatic.NEWSLETTER if _is_campaign(marks) and "list-post" not in marks else Automatic.LIST
    if "list-unsubscribe" in marks or _is_campaign(marks) or marks.get("precedence", "").lower() in _BULK_PRECEDENCE:
        return Automatic.NEWSLETTER
    local = address.partition("@")[0]
    if _NO_REPLY.search(local):
        return Automatic.NO_REPLY
    if _MACHINE.match(local) or _submitted(marks) == "auto-generated":
        return Automatic.NOTICE
    return None


def _is_bounce(address: str, marks: Mapping[str, str]) -> bool:
    kind = marks.get("content-type", "").lower()
    local = address.partition("@")[0]
    report = "multipart/report" in kind and "disposition-notification" not in kind
    return report or "x-failed-recipients" in marks or local == "mailer-daemon" or (marks.get("return-path", "x").strip() == "<>" and local == "postmaster")


def _is_reply(marks: Mapping[str, str]) -> bool:
    precedence = marks.get("precedence", "").lower()
    notification = "disposition-notification" in marks.get("content-type", "").lower()
    return _submitted(marks) in ("auto-replied", "auto-notified") or "x-autoreply" in marks or "x-autorespond" in marks or precedence == "auto_reply" or notification


def _is_campaign(marks: Mapping[str, str]) -> bool:
    return "list-unsubscribe-post" in marks or any(name in marks for name in _CAMPAIGN)


def _submitted(marks: Mapping[str, str]) -> str:
    """Its first word: what is said in brackets or behind a semicolon says more of the same."""
    return re.split(r"[;(\s]", marks.get("auto-submitted", "no").strip(), maxsplit=1)[0].lower()
