"""Who asks. An actor is resolved for every event and passed to every service; nothing is asked of a global."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from crm_app.domain.errors import Forbidden
from crm_app.domain.i18n import _
from crm_app.domain.permissions import GRANTS, REFUSALS, Permission, Role

Via = Literal["web", "api", "cli", "job"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, or a job or token acting for one.

    ``scopes`` narrows what a token may do: empty means everything that the role may do. ``clock`` is 12 or 24; empty: as the language writes times.
    """

    user_id: UUID
    role: Role
    name: str = ""
    email: str = ""
    via: Via = "web"
    time_zone: str = "UTC"
    locale: str = "en"
    week_start: int = 0
    clock: str = ""
    theme: str = "system"
    session_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    def can(self, permission: Permission) -> bool:
        """True when the role, and the token's scopes if it has any, allow ``permission``."""
        return permission in GRANTS[self.role] and (not self.scopes or permission.value in self.scopes)

    def require(self, permission: Permission) -> None:
        """Raise ``Forbidden`` with the permission's own sentence unless ``can(permission)``."""
        if not self.can(permission):
            raise Forbidden(_(REFUSALS[permission]))

    @property
    def is_admin(self) -> bool:
        """True for owner and admin: they manage the team's shared rows, and never see another's private ones."""
        return self.role in (Role.OWNER, Role.ADMIN)

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone, in which days begin and end."""
        return ZoneInfo(self.time_zone)

    def on_behalf(self, via: Via) -> Actor:
        """The same person, acting through ``via`` (a job acts for the one who asked for it)."""
        return replace(self, via=via)
