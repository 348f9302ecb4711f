"""What the sandbox reads out of the bytes of a message."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Mailbox(BaseModel):
    """Somebody in a head: an address in its one comparable form (lower case), and the name beside it."""

    model_config = ConfigDict(frozen=True)

    address: str
    name: str = ""


class Attachment(BaseModel):
    """Something that came along. ``part`` is its place in the message (``1.2``), by which it is fetched when somebody opens it; ``size`` is in bytes;
    ``inline``: the message's page shows it itself, by ``content_id``.
    """

    model_config = ConfigDict(frozen=True)

    part: str
    name: str
    kind: str
    size: int
    content_id: str = ""
    inline: bool = False


class ReadMail(BaseModel):
    """One message. ``html`` has been cleaned; ``remote`` says that it would load something from elsewhere. ``sent_at`` is None where the head has no usable date.

    ``marks`` are the head's lines by which automatic mail is known, their names in lower case. ``problems`` are sentences about what could not be read.
    """

    model_config = ConfigDict(frozen=True)

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sent_at: datetime | None = None
    senders: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    remote: bool = False
    snippet: str = ""
    attachments: tuple[Attachment, ...] = ()
    marks: dict[str, str] = {}
    verified: str = ""
    problems: tuple[str, ...] = ()
