"""What Settings shows and takes about a person's own account."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from crm_app.domain.accounts.rules import time_zones
from crm_app.domain.editing import Line


class Frozen(BaseModel):
    """A view: made once, never changed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class ProfileUpdate(BaseModel):
    """What a person may change of themselves. E-mail and role are not among it."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(min_length=1, max_length=120, title="Name")
    time_zone: str = Field(default="UTC", title="Time zone")
    locale: str = Field(default="en", title="Language of dates and numbers")
    week_start: int = Field(default=0, ge=0, le=6, title="Week starts on")
    clock: Literal["", "12", "24"] = Field(default="", title="Time of day")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in time_zones():
            raise ValueError("Choose a time zone from the list.")
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        try:
            Locale.parse(value.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            raise ValueError("Choose a language from the list.") from None
        return value


class ProfileView(Frozen):
    """The signed-in person."""

    id: UUID
    email: str
    name: str
    role: str
    time_zone: str
    locale: str
    theme: str
    week_start: int
    clock: str
    sidebar_collapsed: bool


class SessionView(Frozen):
    """A browser that is signed in."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    remembered: bool
    current: bool


class TokenView(Frozen):
    """A personal key, without its secret, which is shown once and kept nowhere."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class PersonView(Frozen):
    """A colleague, as far as everyone in the team may know."""

    id: UUID
    name: str
    role: str


class PasswordChange(Frozen):
    """What came of replacing a password: nothing but a sentence for each field at fault, and nothing at all when it is done."""

    faults: dict[str, str] = {}


class ShellFacts(Frozen):
    """What the frame around every page shows: the team's name, and whose things the person last looked at (empty: never chosen).

    ``alone`` is true while nobody else is in the team: then there is nothing to choose.
    """

    team_name: str
    whose: str
    alone: bool


class SecurityView(Frozen):
    """The security page in one read."""

    sessions: tuple[SessionView, ...]
    tokens: tuple[TokenView, ...]


Theme = Literal["system", "light", "dark"]
Whose = Literal["mine", "team"]
