"""What runs inside the sandbox for mail: bytes of messages in, ``ReadMail``s out, as JSON.

Parsed with the old, lenient policy of Python's parser: the newer one decodes every header as it goes, and a hostile head keeps
it busy for minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from html import escape
from typing import Any

from crm_app.domain.charsets import decode_text
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
        found = {place: _bytes(part) for part, place, _choice in _leaves(message) if place in options["parts"]}
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
    for part, place, choice in _leaves(message):
        bodies.take(part, place, choice)
    text, html, problems = bodies.result()
    attachments = bodies.attachments()
    ids = heads.message_ids(message, "Message-ID", 1)
    return ReadMail(
        message_id=ids[0] if ids else "", in_reply_to=heads.message_ids(message, "In-Reply-To"), references=heads.message_ids(message, "References"),
        sent_at=heads.sent_at(message), senders=heads.mailboxes(message, "From") or heads.mailboxes(message, "Sender"),
        reply_to=heads.mailboxes(message, "Reply-To"), to=heads.mailboxes(message, "To"), cc=heads.mailboxes(message, "Cc"), bcc=heads.mailboxes(message, "Bcc"),
        subject=heads.words(message.get("Subject"), message.get_content_charset())[:MOST_SUBJECT], text=text, html=html,
        remote=cleaning.loads_remote(html), snippet=snippet(text),
        attachments=attachments, marks=heads.marks(message), verified=heads.verdict(message), problems=problems,
    )  # fmt: skip


def snippet(text: str, most: int = 200) -> str:
    """The first words that are not somebody else's, nor the line that says whose words follow, unless there are no others."""
    own = _own_lines(_WHO_WROTE.sub("\n", text)) or _own_lines(text)
    return " ".join(" ".join(own).split())[:most]


def _own_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(">")]


def _leaves(message: Message, place: str = "", depth: int = 0, choice: str = "") -> Iterator[tuple[Message, str, str]]:
    """Every part that holds no others, with its place as IMAP counts it, and the place of those that say the same as it; a message within is one part."""
    inside = message.get_payload() if message.is_multipart() else ()
    if not isinstance(inside, list) or not inside or message.get_content_maintype() == "message" or depth >= MOST_DEPTH:
        yield heads.in_plain_words(message), place or "1", choice
        return
    if message.get_content_type() == "multipart/alternative":
        choice = choice or place or "0"
    for number, part in enumerate([*inside, *_left_over(message)], 1):
        if isinstance(part, Message):
            if part.get_content_type() == "multipart/alternative" and not part.is_multipart():
                choice = choice or f"{place}.{number}"  # its boundary is that of what it is in: its parts follow it
            yield from _leaves(part, f"{place}.{number}" if place else str(number), depth + 1, choice if number <= len(inside) else "")


def _left_over(message: Message) -> Sequence[Message]:
    """Parts behind the end of all parts: a message within it had the same boundary, and its end was taken for this one's."""
    rest, boundary = message.epilogue, message.get_boundary()
    if not (boundary and isinstance(rest, str) and f"\n--{boundary}" in f"\n{rest}"):
        return ()
    found = BytesParser(policy=policy.compat32).parsebytes(
        f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n{rest}'.encode("ascii", "surrogateescape"),
    )  # fmt: skip
    return [found] if found.is_multipart() else ()


@dataclass(frozen=True, slots=True)
class _Body:
    """Some words of a message, plain or a page; those of the same ``choice`` say the same in another way."""

    text: str
    page: bool
    choice: str


class _Bodies:
    """Gathers the words of a message from its parts; what is no words is an attachment."""

    def __init__(self, with_html: bool) -> None:
        self._with_html = with_html
        self._found: list[_Body] = []
        self._problems: list[str] = []
        self._attached: list[Attachment] = []

    def take(self, part: Message, place: str, choice: str) -> None:
        """Look at one part."""
        kind = part.get_content_type() if part.get_content_maintype() != "multipart" else "text/plain"  # one without parts is what it holds
        name = heads.file_name(part)
        apart = part.get_content_disposition() == "attachment" or bool(name)
        if kind in ("text/plain", "text/html") and not apart:
            self._found.append(_Body(_text(part), kind == "text/html", choice))
        elif kind != "message/delivery-status":
            self._attach(part, place, kind, name)

    def result(self) -> tuple[str, str, tuple[str, ...]]:
        """Text, cleaned HTML and what was wrong. A message that is a page alone has its text from there; where words and pages follow each other, both have all."""
        pages = [body.text for body in self._found if body.page]
        texts = [body.text for body in self._found if not body.page and body.text.strip()]
        page = self._cut("\n".join(self._told(as_page=True)), MOST_HTML) if pages else ""
        html = cleaning.clean(page) if self._with_html else ""
        words = cleaning.text_of(html or cleaning.without_tags(page)) if not (texts and html) else ""
        if words and not html:
            self._problems.append(_("Its page could not be made harmless, so only its words are shown."))
        plain = cleaning.tidy(self._cut("\n\n".join(self._told(as_page=False)), MOST_TEXT)) if texts else ""
        return plain or self._cut(words, MOST_TEXT), html, tuple(dict.fromkeys(self._problems))

    def _told(self, *, as_page: bool) -> Iterator[str]:
        """Everything that is said, in order, once: as a page where there is one, or as plain words where there are some."""
        known = {body.choice for body in self._found if body.choice and body.page == as_page and body.text.strip()}
        for body in self._found:
            if body.page == as_page:
                yield body.text
            elif body.choice in known or not body.text.strip():
                continue
            elif as_page:
                yield f'<div style="white-space:pre-wrap">{escape(body.text[:MOST_TEXT])}</div>'
            else:
                yield cleaning.text_of(cleaning.clean(body.text[:MOST_HTML])) if self._with_html else ""

    def attachments(self) -> tuple[Attachment, ...]:
        """What came along. A picture that the page itself shows is told from one that somebody attached, whatever its own head says."""
        pages = "\n".join(body.text for body in self._found if body.page)
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
    inside = part.get_payload() if part.is_multipart() else ()
    return inside[0] if isinstance(inside, list) and inside and isinstance(inside[0], Message) else None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = decode_text(content, part.get_content_charset())[: 2 * MOST_HTML] if isinstance(content, bytes) else ""
    if part.get_content_type() == "text/plain" and str(part.get_param("format", "")).lower() == "flowed":
        return cleaning.unflowed(text[: 2 * MOST_TEXT], joined=str(part.get_param("delsp", "")).lower() == "yes")
    return text


def _safe_name(name: str) -> str:
    """A name and never a path."""
    return name.replace("\\", "/").rpartition("/")[2].strip(". ")[:200]
