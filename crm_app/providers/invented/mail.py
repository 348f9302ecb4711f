"""A practitioner's mailbox: a month of letters, and a few more in the days after it was invented. Served as a real account's, and read as one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Final, NamedTuple

from crm_app.providers.imap.fake import FakeImap
from crm_app.providers.invented.letters import MACHINES, STRANGERS, THREADS, Letter
from crm_app.providers.invented.people import mail_address

MAIL_HOST: Final = "mail.demo.example"
OWNER: Final = ("Mara Lindqvist", "mara@stillwater.example")
_ROOM: Final = "room@stillwater.example"
_MARKS: Final = {
    "list-unsubscribe": ("List-Unsubscribe", "<https://lists.example/off>"), "auto-submitted": ("Auto-Submitted", "auto-generated"),
    "": ("X-Mailer", "MindfulCRM demo"),
}  # fmt: skip


class _Posted(NamedTuple):
    """A letter with everything that stands around it."""

    moment: datetime
    key: str
    subject: str
    sender: tuple[str, str]
    reader: tuple[str, str]
    letter: Letter
    before: tuple[str, ...] = ()
    mark: str = ""


def invented_mail(begun: str, moment: datetime | None = None) -> FakeImap:
    """The mailbox as it is now. ``begun`` is when it was invented, in ISO form; nothing else of it is remembered from one look to the next."""
    now = moment or datetime.now(UTC)
    box = FakeImap()
    box.add("INBOX", name="Inbox", role="inbox")
    box.add("Sent", role="sent")
    for one in sorted(_posted(_moment(begun) or now), key=lambda one: (one.moment, one.key)):
        if one.moment <= now:
            sent = one.sender == OWNER
            flags = () if one.letter.unread else ("\\Seen",)
            box.put("Sent" if sent else "INBOX", _written(one), flags=flags, received_at=one.moment)
    return box


def _moment(begun: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(begun)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _posted(begun: datetime) -> Iterator[_Posted]:
    for number, (subject, name, letters) in enumerate(THREADS):
        theirs = (name, mail_address(name))
        before: tuple[str, ...] = ()
        for place, letter in enumerate(letters):
            key = f"{number}.{place}.{int(begun.timestamp())}@stillwater.example"
            sender, reader = (theirs, OWNER) if letter.sender else (OWNER, theirs)
            yield _Posted(_when(begun, letter.hours), key, f"Re: {subject}" if place else subject, sender, reader, letter, before)
            before = (*before, key)
    for number, (subject, name, address, hours, words) in enumerate(STRANGERS):
        yield _Posted(_when(begun, hours), f"s{number}.{int(begun.timestamp())}@mail.example", subject, (name, address), OWNER, Letter(hours, name, words, (), True))
    for number, (subject, name, address, hours, mark) in enumerate(MACHINES):
        key = f"m{number}.{int(begun.timestamp())}@mail.example"
        yield _Posted(_when(begun, hours), key, subject, (name, address), OWNER, Letter(hours, name, "Dear customer"), (), mark)


def _when(begun: datetime, hours: float) -> datetime:
    return begun.replace(microsecond=0) - timedelta(hours=hours, minutes=11 if hours > 0 else 0)


def _written(one: _Posted) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = formataddr(one.sender), formataddr(one.reader), one.subject
    message["Message-ID"], message["Date"] = f"<{one.key}>", format_datetime(one.moment)
    if one.before:
        message["In-Reply-To"], message["References"] = f"<{one.before[-1]}>", " ".join(f"<{key}>" for key in one.before)
    if one.sender != OWNER:
        message["Authentication-Results"] = "mx.stillwater.example; spf=pass; dkim=pass"
    name, value = _MARKS[one.mark]
    message[name] = value
    message.set_content(one.letter.text or "I sketched three options. The second feels most honest to me. What do you think?")
    if one.letter.html:
        message.add_alternative(one.letter.html, subtype="html")
        if _ROOM in one.letter.html:
            list(message.iter_parts())[-1].add_related(_picture(2_000), "image", "png", cid=f"<{_ROOM}>")  # type: ignore[attr-defined]
    for file, kind, size in one.letter.files:
        main, _slash, sub = kind.partition("/")
        message.add_attachment(_picture(size) if main == "image" else _paper(file, size), maintype=main, subtype=sub, filename=file)
    return message.as_bytes()


def _paper(name: str, size: int) -> bytes:
    """A PDF of one page that says that it is invented, made as long as it claims to be by a comment."""
    words = f"BT /F1 18 Tf 72 720 Td ({name}: an invented paper of the demo) Tj ET".encode()
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words), b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )  # fmt: skip
    file, places = bytearray(b"%PDF-1.4\n"), []
    file += b"%" + b" " * max(0, size - 1_000) + b"\n"
    for number, part in enumerate(parts, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    at = len(file)
    file += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(file + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % at)


def _picture(size: int) -> bytes:
    """A PNG with a room drawn in it, made as large as it claims to be by a chunk that nobody looks at."""
    wide, high = 320, 200
    rows = bytearray()
    for y in range(high):
        rows += b"\0" + bytes(60 if x in (20, 300, 160) or y in (20, 180) else 245 for x in range(wide))
    data = zlib.compress(bytes(rows))
    ends = _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)) + _chunk(b"IDAT", data)
    padding = _chunk(b"tEXt", b"Comment\0" + b" " * max(0, size - len(ends) - 60))
    return b"\x89PNG\r\n\x1a\n" + ends + padding + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
