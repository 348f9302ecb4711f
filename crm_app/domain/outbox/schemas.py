"""What the settings show about mail: whether it is sent, a test of it, and what has not arrived for certain."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm_app.domain.outbox.models import MailState


class TroubleView(BaseModel):
    """A mail that failed, or of which nobody knows. Its words are its owner's, so an admin sees none of them."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    owner_name: str
    kind: str
    to_address: str
    state: MailState
    reason: str
    created_at: datetime
    can_resend: bool


class TestView(BaseModel):
    """The latest mail that the asker sent themselves to try it out. ``reason`` says why it has not been taken yet, or never will be."""

    model_config = ConfigDict(frozen=True)
    __test__ = False

    state: MailState
    to_address: str
    reason: str
    created_at: datetime
    sent_at: datetime | None


class MailPage(BaseModel):
    """Whether this server sends mail, from which address (``""``: it sends none), how much waits, and what went wrong lately."""

    model_config = ConfigDict(frozen=True)

    address: str
    waiting: int
    test: TestView | None
    troubles: tuple[TroubleView, ...]
