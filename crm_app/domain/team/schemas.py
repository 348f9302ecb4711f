"""What goes into the team and what comes out of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import SQLModel

from crm_app.domain.editing import Line

SHOWN = ConfigDict(frozen=True)
GivenRole = Literal["admin", "member", "viewer"]


class TeamUpdate(SQLModel):
    """What an admin may change of the team itself."""

    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]

    name: Line = Field(min_length=1, max_length=120, title="Team name")
    country: str = Field(default="", max_length=2, title="Country")


class TeamView(BaseModel):
    """The team as its admins see it."""

    model_config = SHOWN

    name: str
    country: str


class Invite(SQLModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]

    email: str = Field(max_length=254, title="Email")
    role: GivenRole = Field(default="member", title="Role")


class MemberView(BaseModel):
    """A person of the team. ``email`` and ``seen_at`` are for those who manage the team, None for others."""

    model_config = SHOWN

    id: UUID
    name: str
    role: str
    email: str | None
    seen_at: datetime | None
    disabled_at: datetime | None
    joined_at: datetime
    may_manage: bool


class InvitationView(BaseModel):
    """An invitation that is still open."""

    model_config = SHOWN

    id: UUID
    email: str
    role: str
    invited_by: UUID
    inviter_name: str
    created_at: datetime
    expires_at: datetime


class TeamPage(BaseModel):
    """Everything on the team's page in one answer. ``mails``: links can be sent by mail."""

    model_config = SHOWN

    team: TeamView
    members: tuple[MemberView, ...]
    invitations: tuple[InvitationView, ...]
    mails: bool = False


class HandedOn(BaseModel):
    """What came of handing the team on: a sentence for each field at fault, and nothing at all when it is done."""

    model_config = SHOWN

    faults: dict[str, str] = {}


class HandOver(BaseModel):
    """Whose things go to whom. ``private``: what only the leaver sees goes along; ``reason`` is kept where it is another's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leaver_id: UUID
    heir_id: UUID
    private: bool = False
    reason: Line = Field(default="", max_length=500, title="Reason")


class HandOverCount(BaseModel):
    """How many things of one kind would go along, or went."""

    model_config = SHOWN

    kind: str
    shared: int
    private: int


class HandOverPreview(BaseModel):
    """What would change hands. ``private`` figures are zero where the asker may not hand private things over.

    ``private_because`` says who may: ``own`` one's own things, ``reason`` a disabled person's with a reason, ``no`` not these.
    """

    model_config = SHOWN

    leaver_id: UUID
    leaver_name: str
    counts: tuple[HandOverCount, ...]
    private_because: Literal["own", "reason", "no"]

    @property
    def shared(self) -> int:
        """How many things of the team's there are."""
        return sum(count.shared for count in self.counts)

    @property
    def private(self) -> int:
        """How many private ones could go along."""
        return sum(count.private for count in self.counts)
