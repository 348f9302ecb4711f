"""The columns that every table shares, so that ownership, versions and times mean the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, FetchedValue, Integer, Text, text
from sqlmodel import Field, SQLModel

from crm_app.domain.ids import new_id


def now() -> datetime:
    """This moment, in UTC, with its zone."""
    return datetime.now(UTC)


class Audience(StrEnum):
    """Who may see a row: its owner alone, or everyone in the team."""

    PRIVATE = "private"
    TEAM = "team"


class Keyed(SQLModel):
    """A row with a time-sorted key."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("now()")})


class Versioned(Keyed):
    """A row that people edit. ``version`` and ``updated_at`` are moved by the trigger ``touch_row``."""

    updated_at: datetime = Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()"), "server_onupdate": FetchedValue()},
    )
    version: int = Field(default=1, sa_type=Integer, sa_column_kwargs={"server_default": text("1"), "server_onupdate": FetchedValue()})


class Owned(SQLModel):
    """A row that belongs to one person and is seen by them or by the team."""

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="RESTRICT", index=False)
    audience: str = Field(default=Audience.TEAM.value, sa_type=Text, sa_column_kwargs={"server_default": text("'team'")})


class Trashable(SQLModel):
    """A row that goes to the trash for 30 days before it is gone."""

    deleted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


def one_of(column: str, values: type[StrEnum] | tuple[str, ...], table: str, optional: bool = False) -> CheckConstraint:
    """A CHECK that stands in for an enum type, which would blind the indexes under row-level security."""
    listed = ", ".join(f"'{value}'" for value in values)
    null = f"{column} is null or " if optional else ""
    return CheckConstraint(f"{null}{column} in ({listed})", name=f"{table}_{column}_known")


def audience_known(table: str) -> CheckConstraint:
    """The CHECK of every owned table."""
    return one_of("audience", Audience, table)
