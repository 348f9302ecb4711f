"""Inviting somebody by a link that works once."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.rules import check_email, hash_token, new_token
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.team import mailing, queries, rules
from crm_app.domain.team.schemas import InvitationView, Invite


def invite(session: Session, actor: Actor, data: Invite, *, by_mail: bool = False) -> tuple[InvitationView, str]:
    """Invite an address; the second value is the link's secret, shown this once, or ``""`` when the link goes there ``by_mail``.

    An earlier invitation to the same address ends. Invalid when somebody with this address is in the team already;
    Unavailable when there is no mail to send it by.
    """
    actor.require(Permission.TEAM_MANAGE)
    if by_mail:
        mailing.require_mail()
    rules.require_role(actor, data.role)
    email, problem = check_email(data.email)
    if problem:
        raise Invalid(fields={"email": problem})
    if queries.has_address(session, email):
        raise Invalid(fields={"email": _("Somebody with this address is in the team already.")})
    queries.revoke_open(session, email=email)
    if len(queries.list_open_invitations(session)) >= rules.MOST_OPEN:
        raise Invalid(_("%d invitations are open. Revoke some that nobody will take up.") % rules.MOST_OPEN)
    secret, moment = new_token(), now()
    row = {"id": new_id(), "created_at": moment, "email": email, "role": data.role, "invited_by": actor.user_id, "expires_at": moment + rules.INVITATION_LIFE}
    queries.insert_invitation(session, {**row, "token_hash": hash_token(secret)})
    note(session, actor, "team.invited", "invitation", row["id"], role=data.role)  # type: ignore[arg-type]
    view = InvitationView(**row, inviter_name=actor.name)  # type: ignore[arg-type]
    if by_mail:
        mailing.mail_invitation(session, actor, view, secret)
    return view, "" if by_mail else secret


def list_invitations(session: Session, actor: Actor) -> tuple[InvitationView, ...]:
    """Invitations that are open, the newest first."""
    actor.require(Permission.TEAM_MANAGE)
    return tuple(InvitationView(**row._mapping) for row in queries.list_open_invitations(session))


def revoke_invitation(session: Session, actor: Actor, invitation_id: UUID) -> None:
    """Close an invitation: its link no longer works."""
    actor.require(Permission.TEAM_MANAGE)
    if not queries.revoke_open(session, invitation_id=invitation_id):
        raise NotFound(_("That invitation is not open any more."))
    note(session, actor, "team.invitation_revoked", "invitation", invitation_id)
