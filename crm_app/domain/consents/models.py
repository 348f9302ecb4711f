"""The wordings that people agree to, and who agreed to what, when and how. Nothing here is ever changed: what is taken back is one more row."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.rows import Keyed, Owned, audience_known, one_of


class ConsentText(Keyed, table=True):
    """One version of the team's wording for a purpose. Versions count from 1."""

    __tablename__ = "consent_text"
    __table_args__ = (one_of("purpose", Purpose, "consent_text"), Index("consent_text_version", "purpose", "version", unique=True))

    purpose: str = Field(sa_type=Text)
    version: int
    wording: str = Field(max_length=5_000, sa_type=Text)
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")


class Consent(Keyed, Owned, table=True):
    """A contact agreed, or took it back. Of a purpose the latest ``happened_on`` holds, and of one day what was recorded last.

    Owner, audience, author and ``created_at`` are the trigger's ``consent_of_contact``. Whether the contact agrees to AI stands in
    ``contact.ai_consent``, which the trigger ``consent_carried`` alone writes.
    """

    __tablename__ = "consent"
    __table_args__ = (
        audience_known("consent"),
        one_of("purpose", Purpose, "consent"),
        one_of("action", Action, "consent"),
        one_of("channel", Channel, "consent"),
        CheckConstraint("action = 'withdrawn' or text_id is not null", name="consent_to_a_wording"),
        Index("consent_of_contact", "contact_id", "purpose", "happened_on", "created_at"),
        Index("consent_by_text", "text_id", postgresql_where=text("text_id is not null")),
    )

    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    purpose: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    text_id: UUID | None = Field(default=None, foreign_key="consent_text.id", ondelete="RESTRICT")
    channel: str = Field(sa_type=Text)
    happened_on: date
    evidence: str = Field(default="", max_length=2_000, sa_type=Text)
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
