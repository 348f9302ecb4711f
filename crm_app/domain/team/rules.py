"""Who may manage whom, as pure functions; the functions of the database say the same once more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission, Role

INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(minutes=10)
MOST_OPEN = 100
SHORTEST_REASON = 10


def may_manage(actor: Actor, user_id: UUID, role: str) -> bool:
    """The owner manages everyone else, an admin members and viewers; nobody themselves, and nobody an owner."""
    if not actor.can(Permission.TEAM_MANAGE) or user_id == actor.user_id or role == Role.OWNER:
        return False
    return actor.role is Role.OWNER or role != Role.ADMIN


def roles_to_give(actor: Actor) -> tuple[Role, ...]:
    """Which roles the actor may give to somebody. Only the owner makes admins; ownership is handed on, never given."""
    if not actor.can(Permission.TEAM_MANAGE):
        return ()
    return (Role.ADMIN, Role.MEMBER, Role.VIEWER) if actor.role is Role.OWNER else (Role.MEMBER, Role.VIEWER)


def require_manage(actor: Actor, user_id: UUID, role: str) -> None:
    """Raise ``Forbidden`` with the sentence that fits unless ``may_manage``."""
    actor.require(Permission.TEAM_MANAGE)
    if user_id == actor.user_id:
        raise Forbidden(_("You can't do this to yourself. Ask another admin, or hand the team on first."))
    if role == Role.OWNER:
        raise Forbidden(_("The owner of the team stays as they are until they hand it on themselves."))
    if not may_manage(actor, user_id, role):
        raise Forbidden(_("Only the owner of this team manages its admins."))


def require_role(actor: Actor, role: str) -> None:
    """Raise unless the actor may give ``role``."""
    if role not in (Role.ADMIN, Role.MEMBER, Role.VIEWER):
        raise Invalid(fields={"role": _("Choose admin, member or viewer.")})
    if Role(role) not in roles_to_give(actor):
        raise Forbidden(_("Only the owner of this team makes admins."))
