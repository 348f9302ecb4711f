"""The questions about one row that a role alone cannot answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden
from crm_app.domain.i18n import _
from crm_app.domain.permissions import REFUSALS, Permission


class Owned(Protocol):
    """A row with an owner and an audience."""

    owner_id: UUID
    audience: str


@dataclass(slots=True)
class Whose:
    """What of a row these questions need, where a list has read no more of it."""

    owner_id: UUID
    audience: str


def may_edit(actor: Actor, row: Owned) -> bool:
    """The owner may; a colleague may while the row is the team's and its owner has not locked it."""
    return row.owner_id == actor.user_id or (row.audience == "team" and not getattr(row, "locked", False))


def may_own(actor: Actor, row: Owned) -> bool:
    """Deleting and changing who may see it is for the owner, and for an admin where the row is the team's."""
    return row.owner_id == actor.user_id or (row.audience == "team" and actor.is_admin)


def require_edit(actor: Actor, row: Owned, permission: Permission) -> None:
    """Raise ``Forbidden`` unless the actor has ``permission`` and may edit this row."""
    actor.require(permission)
    if not may_edit(actor, row):
        raise Forbidden(_("The person who owns this has locked it, so only they can change it."))


def require_own(actor: Actor, row: Owned, permission: Permission) -> None:
    """Raise ``Forbidden`` unless the actor has ``permission`` and owns this row (or is an admin, for the team's)."""
    actor.require(permission)
    if not may_own(actor, row):
        deleting = permission is Permission.CONTACT_DELETE
        raise Forbidden(_(REFUSALS[permission]) if deleting else _("Only the person who owns this, or an admin, can do that."))


def require_hideable(actor: Actor, row: Owned, audience: str) -> None:
    """Raise ``Forbidden`` where someone would make another's row private: not even an admin could see or undo it afterwards."""
    if audience == "private" and row.owner_id != actor.user_id:
        raise Forbidden(_("Only the person who owns this can make it private."))
