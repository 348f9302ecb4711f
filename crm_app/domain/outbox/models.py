"""What is to leave by mail. A row is written in the transaction of what it tells of, and sent by a job afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Keyed, now, one_of


class MailState(StrEnum):
    """``queued`` may be sent; ``sending`` has been handed over and not been answered; ``unknown`` never was, and is not sent again by itself."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outbox(Keyed, table=True):
    """One mail. Its words are forgotten once it has been sent, and once ``expires_at`` has passed, after which nobody has any use for it.

    ``key`` is unique for each owner, so that the same mail is written once.

    ``attempts`` numbers the holders of its lease and only grows; ``tries`` counts what failed since somebody last wanted it sent.

    A ``letter`` is a person's own: it leaves by the mailbox of its ``connection_id``, and ``letter`` holds who writes, who else is to get it, and what it answers.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("state", MailState, "outbox"),
        Index("outbox_key", "owner_id", "key", unique=True),
        Index("outbox_waiting", "run_after", "id", postgresql_where=text("state in ('queued', 'sending')")),
        Index("outbox_troubles", text("id desc"), postgresql_where=text("state in ('failed', 'unknown')")),
        Index("outbox_by_connection", "connection_id", postgresql_where=text("connection_id is not null")),
    )

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    kind: str = Field(max_length=60, sa_type=Text)
    key: str = Field(max_length=200, sa_type=Text)
    state: str = Field(default=MailState.QUEUED.value, sa_type=Text)
    to_address: str = Field(max_length=254, sa_type=Text)
    to_name: str = Field(default="", max_length=240, sa_type=Text)
    subject: str = Field(default="", max_length=500, sa_type=Text)
    text: str = Field(default="", sa_type=Text)
    html: str = Field(default="", sa_type=Text)
    unsubscribe: str = Field(default="", sa_type=Text)
    run_after: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    lease_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    attempts: int = 0
    tries: int = 0
    reason: str = Field(default="", sa_type=Text)
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    connection_id: UUID | None = Field(default=None, foreign_key="connection.id", ondelete="SET NULL")
    letter: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


LETTER = "letter"
"""The kind of a mail that a person writes themselves. It is nobody's to decide about but theirs."""
