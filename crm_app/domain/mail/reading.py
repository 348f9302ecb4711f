"""Bytes of a message → what is kept of it. ``read_mail`` is a task of the sandbox: it is given two seconds and little memory.

Parsed with the old, lenient policy of Python's parser: the newer one decodes every header as it goes, and a hostile head keeps
it busy for minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any

from crm_app.domain.isolation import SandboxRefused
from crm_app.domain.mail import cleaning, heads
from crm_app.domain.mail.limits import MOST_DEPTH, refusal
from crm_app.domain.mail.reading_schemas import Attachment, ReadMail

MOST_TEXT = 1_000_000
MOST_HTML = 2_000_000
MOST_SUBJECT = 500
_CUT = "It was too long: the end of its text is not shown."


def read_mail(data: bytes, options: Mapping[str, Any]) -> bytes:
    """A ``ReadMail`` as JSON. ``options["html"]`` is False when its page has kept the cleaner busy before: then its text alone is read.

    Raises ``SandboxRefused`` with a sentence for what may not be parsed at all.
    """
    if reason := refusal(data):
        raise SandboxRefused(reason)
    message = BytesParser(policy=policy.compat32).parsebytes(data)
    return parse(message, with_html=bool(options.get("html", True))).model_dump_json().encode()


def parse(message: Message, *, with_html: bool = True) -> ReadMail:
    """What a message says."""
    bodies = _Bodies(with_html)
    for part, place in _leaves(message):
        bodies.take(part, place)
    text, html, problems = bodies.result()
    ids = heads.message_ids(message, "Message-ID", 1)
    return ReadMail(
        message_id=ids[0] if ids else "", in_reply_to=heads.message_ids(message, "In-Reply-To"), references=heads.message_ids(message, "References"),
        sent_at=heads.sent_at(message), senders=heads.mailboxes(message, "From") or heads.mailboxes(message, "Sender"),
        reply_to=heads.mailboxes(message, "Reply-To"), to=heads.mailboxes(message, "To"), cc=heads.mailboxes(message, "Cc"), bcc=heads.mailboxes(message, "Bcc"),
        subject=heads.words(message.get("Subject"))[:MOST_SUBJECT], text=text, html=html, remote=cleaning.loads_remote(html), snippet=snippet(text),
        attachments=tuple(bodies.attachments), marks=heads.marks(message), verified=heads.verdict(message), problems=problems,
    )  # fmt: skip


def snippet(text: str, most: int = 200) -> str:
    """The first words that are not somebody else's."""
    own = [line for line in text.splitlines() if line and not line.startswith(">")]
    return " ".join(" ".join(own).split())[:most]


def _leaves(message: Message, place: str = "", depth: int = 0) -> Iterator[tuple[Message, str]]:
    """Every part that holds no others, with its place as IMAP counts it. A message within a message is one part."""
    inside = message.get_payload()
    if not isinstance(inside, list) or message.get_content_type() == "message/rfc822" or depth >= MOST_DEPTH:
        yield message, place or "1"
        return
    for number, part in enumerate(inside, 1):
        if isinstance(part, Message):
            yield from _leaves(part, f"{place}.{number}" if place else str(number), depth + 1)


class _Bodies:
    """Gathers the words of a message from its parts; what is no words is an attachment."""

    def __init__(self, with_html: bool) -> None:
        self._with_html = with_html
        self._plain: list[str] = []
        self._pages: list[str] = []
        self._problems: list[str] = []
        self.attachments: list[Attachment] = []

    def take(self, part: Message, place: str) -> None:
        """Look at one part."""
        kind = part.get_content_type()
        name = heads.words(part.get_filename())
        apart = part.get_content_disposition() == "attachment" or bool(name)
        if kind == "text/plain" and not apart:
            self._plain.append(_text(part))
        elif kind == "text/html" and not apart:
            self._pages.append(_text(part))
        elif kind != "message/delivery-status":
            self._attach(part, place, kind, name)

    def result(self) -> tuple[str, str, tuple[str, ...]]:
        """Text, cleaned HTML and what was wrong. A message that is a page alone has its text from there."""
        html = cleaning.clean(self._cut("\n".join(self._pages), MOST_HTML)) if self._with_html else ""
        plain = cleaning.tidy("\n\n".join(text for text in self._plain if text.strip()))
        text = plain or cleaning.text_of(html or ("" if self._with_html else cleaning.without_tags("\n".join(self._pages)[:MOST_HTML])))
        return self._cut(text, MOST_TEXT), html, tuple(dict.fromkeys(self._problems))

    def _attach(self, part: Message, place: str, kind: str, name: str) -> None:
        content = part.get_payload(decode=True)
        inside = part.get_payload()
        whole = isinstance(inside, list) and bool(inside) and isinstance(inside[0], Message)
        size = len(content) if isinstance(content, bytes) else len(inside[0].as_bytes()) if whole else 0
        self.attachments.append(
            Attachment(
                part=place, name=_safe_name(name), kind=kind[:100], size=size, content_id=heads.words(part.get("Content-ID")).strip("<>")[:200],
                inline=part.get_content_disposition() == "inline" or (bool(part.get("Content-ID")) and kind.startswith("image/")),
            )
        )  # fmt: skip

    def _cut(self, text: str, most: int) -> str:
        if len(text) > most:
            self._problems.append(_CUT)
        return text[:most]


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return str(part.get_payload() or "")
    return heads.decode_text(content, part.get_content_charset())


def _safe_name(name: str) -> str:
    """A name and never a path."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[:200]
