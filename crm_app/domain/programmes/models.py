"""Packages of sessions that a client has bought."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, Integer, Text, text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, Trashable, Versioned, audience_known


class Programme(Versioned, Owned, Trashable, table=True):
    """A package of ``sessions_total`` sessions. Owner and audience are the contact's, by trigger.

    How many are used follows from the timeline. The database's ``recount_programmes`` goes through the contact's sessions (meetings
    and class attendance that have taken place and are seen by everyone who sees the contact) in the order of time; each counts once, for
    the oldest package (by start, then by when it was made) within whose first and last day it falls, in its owner's time zone, and that has
    a session left. ``sessions_corrected`` is the sum of the corrections made by hand, which stay when later sessions come.
    """

    __tablename__ = "programme"
    __table_args__ = (
        audience_known("programme"),
        CheckConstraint("sessions_total between 1 and 10000", name="programme_sessions_total_known"),
        CheckConstraint("(price_micros is null) = (currency = '')", name="programme_price_has_currency"),
        Index("programme_by_contact", "contact_id", "starts_on", postgresql_where=text("deleted_at is null")),
        Index("programme_few_left", "sessions_left", postgresql_where=text("deleted_at is null and sessions_left between 1 and 2")),
        Index("programme_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}, postgresql_where=text("deleted_at is null")),
        Index("programme_by_end", "ends_on", postgresql_where=text("deleted_at is null and sessions_left > 0")),
    )

    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    name: str = Field(max_length=200, sa_type=Text)
    sessions_total: int
    starts_on: date
    ends_on: date | None = None
    price_micros: int | None = Field(default=None, sa_type=BigInteger)
    currency: str = Field(default="", sa_type=Text)
    note: str = Field(default="", max_length=5_000, sa_type=Text)
    sessions_counted: int = Field(default=0, sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    sessions_corrected: int = Field(default=0, sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    sessions_left: int | None = Field(
        default=None, sa_type=Integer,
        sa_column_args=(Computed("least(sessions_total, greatest(0, sessions_total - sessions_counted - sessions_corrected))", persisted=True),),
    )  # fmt: skip


class ProgrammeCorrection(Keyed, Owned, table=True):
    """Somebody said how many sessions are used: by how much that moved the figure, and why. Owner, audience and contact are the package's."""

    __tablename__ = "programme_correction"
    __table_args__ = (audience_known("programme_correction"), Index("programme_correction_by_programme", "programme_id", "id"))

    programme_id: UUID = Field(foreign_key="programme.id", ondelete="CASCADE")
    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    delta: int
    reason: str = Field(max_length=500, sa_type=Text)
    author_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
