"""What runs inside the sandbox for mail: bytes of messages in, ``ReadMail``s out, as JSON.

Parsed with the old, lenient policy of Python's parser: the newer one decodes every header as it goes, and a hostile head keeps
it busy for minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Any

from crm_app.domain.i18n import _, in_locale
from crm_app.domain.mail import cleaning, heads
from crm_app.domain.mail.limits import MOST_DEPTH, refusal
from crm_app.domain.mail.reading_schemas import Attachment, ReadMail

MOST_TEXT = 1_000_000
MOST_HTML = 2_000_000
MOST_SUBJECT = 500
_WHO_WROTE = re.compile(r"^[^\n>]*:[ \t\r]*\n(?:[ \t\r]*\n)*(?=>)", re.M)


def read(data: bytes, options: dict[str, Any]) -> bytes:
    """``data``: messages, or heads of some, one after another; ``options``: their ``lengths``, the ``locale``, and ``plain``.

    ``plain`` is given when a page has kept the cleaner busy before: then its words alone are read. The answer has one object for each
    message: ``{"read": …}`` or ``{"failed": sentence}``.
    """
    answers, at = [], 0
    with in_locale(options.get("locale", "en")):
        for length in options["lengths"]:
            answers.append(_answer(data[at : at + length], plain=bool(options.get("plain"))))
            at += length
    return json.dumps(answers).encode()


def parts(data: bytes, options: dict[str, Any]) -> bytes:
    """Some parts of a message, decoded, by their places (``parts``): a line of JSON with how long each is, null for one that is not there, and then their bytes."""
    found: dict[str, bytes] = {}
    if not refusal(data):
        message = BytesParser(policy=policy.compat32).parsebytes(heads.mended(data))
        found = {place: _bytes(part) for part, place in _leaves(message) if place in options["parts"]}
    lengths = [len(found[place]) if place in found else None for place in options["parts"]]
    return b"\n".join([json.dumps(lengths).encode(), b"".join(found.get(place, b"") for place in options["parts"])])


def _bytes(part: Message) -> bytes:
    content, letter = part.get_payload(decode=True), _letter(part)
    return content if isinstance(content, bytes) else letter.as_bytes() if letter is not None else b""


def _answer(content: bytes, *, plain: bool) -> dict[str, Any]:
    if reason := refusal(content):
        return {"failed": reason}
    message = BytesParser(policy=policy.compat32).parsebytes(heads.mended(content))
    return {"read": parse(message, with_html=not plain).model_dump(mode="json", exclude_defaults=True)}


def parse(message: Message, *, with_html: bool = True) -> ReadMail:
    """What a message says."""
    bodies = _Bodies(with_html)
    for part, place in _leaves(message):
        bodies.take(part, place)
    text, html, problems = bodies.result()
    attachments = bodies.attachments()
    ids = heads.message_ids(message, "Message-ID", 1)
    return ReadMail(
        message_id=ids[0] if ids else "", in_reply_to=heads.message_ids(message, "In-Reply-To"), references=heads.message_ids(message, "References"),
        sent_at=heads.sent_at(message), senders=heads.mailboxes(message, "From") or heads.mailboxes(message, "Sender"),
        reply_to=heads.mailboxes(message, "Reply-To"), to=heads.mailboxes(message, "To"), cc=heads.mailboxes(message, "Cc"), bcc=heads.mailboxes(message, "Bcc"),
        subject=heads.words(message.get("Subject"))[:MOST_SUBJECT], text=text, html=html, remote=cleaning.loads_remote(html), snippet=snippet(text),
        attachments=attachments, marks=heads.marks(message), verified=heads.verdict(message), problems=problems,
    )  # fmt: skip


def snippet(text: str, most: int = 200) -> str:
    """The first words that are not somebody else's, nor the line that says whose words follow, unless there are no others."""
    own = _own_lines(_WHO_WROTE.sub("\n", text)) or _own_lines(text)
    return " ".join(" ".join(own).split())[:most]


def _own_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(">")]


def _leaves(message: Message, place: str = "", depth: int = 0) -> Iterator[tuple[Message, str]]:
    """Every part that holds no others, with its place as IMAP counts it. A message within a message is one part."""
    inside = message.get_payload()
    if not isinstance(inside, list) or message.get_content_maintype() == "message" or depth >= MOST_DEPTH:
        yield heads.in_plain_words(message), place or "1"
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
        self._attached: list[Attachment] = []

    def take(self, part: Message, place: str) -> None:
        """Look at one part."""
        kind = part.get_content_type() if part.get_content_maintype() != "multipart" else "text/plain"  # one without parts is what it holds
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
        page = self._cut("\n".join(self._pages), MOST_HTML)
        plain = cleaning.tidy(self._cut("\n\n".join(text for text in self._plain if text.strip()), MOST_TEXT))
        html = cleaning.clean(page) if self._with_html else ""
        words = cleaning.text_of(html or cleaning.without_tags(page)) if not (plain and html) else ""
        if words and not html:
            self._problems.append(_("Its page could not be made harmless, so only its words are shown."))
        return plain or self._cut(words, MOST_TEXT), html, tuple(dict.fromkeys(self._problems))

    def attachments(self) -> tuple[Attachment, ...]:
        """What came along. A picture that the page itself shows is told from one that somebody attached, whatever its own head says."""
        pages = "\n".join(self._pages)
        return tuple(one.model_copy(update={"inline": bool(one.content_id) and f"cid:{one.content_id}" in pages}) for one in self._attached)

    def _attach(self, part: Message, place: str, kind: str, name: str) -> None:
        content = part.get_payload(decode=True)
        letter = _letter(part)
        size = len(content) if isinstance(content, bytes) else len(letter.as_bytes()) if letter is not None else 0
        name = name or (heads.words(letter.get("Subject")) if letter is not None else "")
        self._attached.append(
            Attachment(
                part=place, name=_safe_name(name), kind=heads.words(kind)[:100], size=size, content_id=heads.words(part.get("Content-ID")).strip("<>")[:200],
            )
        )  # fmt: skip

    def _cut(self, text: str, most: int) -> str:
        if len(text) > most:
            self._problems.append(_("It was too long: the end of its text is not shown."))
        return text[:most]


def _letter(part: Message) -> Message | None:
    """The message that this part is, if it is one."""
    inside = part.get_payload()
    return inside[0] if isinstance(inside, list) and inside and isinstance(inside[0], Message) else None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = heads.decode_text(content, part.get_content_charset())[: 2 * MOST_HTML] if isinstance(content, bytes) else ""
    if part.get_content_type() == "text/plain" and str(part.get_param("format", "")).lower() == "flowed":
        return cleaning.unflowed(text[: 2 * MOST_TEXT], joined=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _safe_name(name: str) -> str:
    """A name and never a path."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[:200]
