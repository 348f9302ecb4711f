"""The team: who is in it, what they may do, who comes and who goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts import rules as account_rules
from crm_app.domain.accounts.access import password_fault
from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.outbox.posting import mail_address
from crm_app.domain.permissions import Permission, Role
from crm_app.domain.team import mailing, queries, rules
from crm_app.domain.team.handing_over import preview_hand_over, run_hand_over, start_hand_over
from crm_app.domain.team.invitations import invite, list_invitations, revoke_invitation
from crm_app.domain.team.schemas import HandedOn, MemberView, TeamPage, TeamUpdate, TeamView

__all__ = [
    "change_role", "disable_member", "enable_member", "get_team", "invite", "list_invitations", "list_members", "load_team_page", "offer_reset",
    "preview_hand_over", "revoke_invitation", "run_hand_over", "sign_out_member", "start_hand_over", "transfer_team", "update_team",
]  # fmt: skip


def get_team(session: Session, actor: Actor) -> TeamView:
    """The team itself."""
    actor.require(Permission.TEAM_READ)
    team = queries.get_team(session)
    if team is None:
        raise NotFound
    return TeamView.model_validate(team, from_attributes=True)


def update_team(session: Session, actor: Actor, data: TeamUpdate) -> TeamView:
    """Change the team's name and its country."""
    actor.require(Permission.TEAM_MANAGE)
    team = queries.get_team(session)
    if team is None:
        raise NotFound
    if data.country and data.country not in account_rules.countries():
        raise Invalid(fields={"country": _("Choose a country: phone numbers are read by its rules.")})
    changed = {name: value for name, value in data.model_dump().items() if getattr(team, name) != value}
    team.sqlmodel_update(changed)
    session.add(team)
    session.flush()
    if changed:
        note(session, actor, "team.changed", fields=" ".join(sorted(changed)))
    return TeamView.model_validate(team, from_attributes=True)


def list_members(session: Session, actor: Actor) -> tuple[MemberView, ...]:
    """Everyone in the team. Addresses, and when somebody was last there, are for those who manage it; so are the disabled."""
    actor.require(Permission.TEAM_READ)
    manages = actor.can(Permission.TEAM_MANAGE)
    seen = queries.list_seen(session) if manages else {}
    return tuple(
        MemberView(
            id=person.id, name=person.name, role=person.role, email=person.email if manages else None, seen_at=seen.get(person.id),
            disabled_at=person.disabled_at, joined_at=person.created_at, may_manage=rules.may_manage(actor, person.id, person.role),
        )
        for person in queries.list_everyone(session)
        if manages or person.disabled_at is None
    )  # fmt: skip


def load_team_page(session: Session, actor: Actor) -> TeamPage:
    """Everything on the team's page."""
    actor.require(Permission.TEAM_MANAGE)
    invited = list_invitations(session, actor)
    return TeamPage(team=get_team(session, actor), members=list_members(session, actor), invitations=invited, mails=bool(mail_address()))


def change_role(session: Session, actor: Actor, user_id: UUID, role: str) -> MemberView:
    """Give somebody another role. They are signed out everywhere, so that nothing goes on under the old one."""
    person = _managed(session, actor, user_id)
    rules.require_role(actor, role)
    if person.role != role:
        was = person.role
        queries.call(session, "select team_set_role(:who, :role)", who=user_id, role=role)
        note(session, actor, "team.role_changed", "person", user_id, before=was, after=role)
    return _member(session, actor, user_id)


def disable_member(session: Session, actor: Actor, user_id: UUID) -> MemberView:
    """Keep somebody out: their browsers, keys, links and waiting jobs end at once; what is theirs stays as it is."""
    person = _managed(session, actor, user_id)
    if person.disabled_at is None:
        queries.call(session, "select team_disable(:who)", who=user_id)
        note(session, actor, "team.disabled", "person", user_id)
    return _member(session, actor, user_id)


def enable_member(session: Session, actor: Actor, user_id: UUID) -> MemberView:
    """Let somebody in again with their old password. Keys and links that ended stay ended."""
    person = _managed(session, actor, user_id)
    if person.disabled_at is not None:
        queries.call(session, "select team_enable(:who)", who=user_id)
        note(session, actor, "team.enabled", "person", user_id)
    return _member(session, actor, user_id)


def sign_out_member(session: Session, actor: Actor, user_id: UUID) -> int:
    """Sign somebody out of every browser; returns of how many."""
    _managed(session, actor, user_id)
    closed = int(queries.call(session, "select team_sign_out(:who)", who=user_id))
    note(session, actor, "account.signed_out", "person", user_id, sessions=closed)
    return closed


def offer_reset(session: Session, actor: Actor, user_id: UUID, *, by_mail: bool = False) -> str:
    """The secret of a link by which somebody chooses a new password, once and within ten minutes; an earlier one ends.

    ``""`` when the link goes to them ``by_mail``; Unavailable when there is no mail to send it by.
    """
    person = _managed(session, actor, user_id)
    if by_mail:
        mailing.require_mail()
    if person.disabled_at is not None:
        raise Invalid(_("This person is disabled. Let them in again first."))
    secret = account_rules.new_token()
    values: dict[str, Any] = {"id": new_id(), "who": user_id, "hash": account_rules.hash_token(secret), "life": rules.RESET_LIFE}
    queries.call(session, "select team_offer_reset(:id, :who, :hash, :life)", **values)
    note(session, actor, "account.reset_offered", "person", user_id)
    if by_mail:
        mailing.mail_reset(session, actor, person, values["id"], secret)
    return "" if by_mail else secret


def transfer_team(session: Session, actor: Actor, heir_id: UUID, password: str) -> HandedOn:
    """Make somebody else the owner and oneself an admin, which takes one's password. Both are signed out everywhere.

    A wrong password is an outcome with its sentence and no error, and is counted like any guess.
    """
    actor.require(Permission.TEAM_MANAGE)
    if actor.role is not Role.OWNER:
        raise Forbidden(_("Only the owner hands the team on."))
    heir = queries.get_person(session, heir_id)
    if heir is None:
        raise NotFound
    if heir_id == actor.user_id or heir.disabled_at is not None:
        raise Invalid(fields={"heir_id": _("Choose somebody else who can sign in.")})
    if fault := password_fault(session, actor, password, "team.handed_on"):
        return HandedOn(faults={"password": fault})
    queries.call(session, "select team_transfer(:heir)", heir=heir_id)
    note(session, actor, "team.handed_on", "person", heir_id)
    return HandedOn()


def _managed(session: Session, actor: Actor, user_id: UUID) -> UserAccount:
    """The person, if the actor may manage them; whoever may not manage the team does not learn who is in it."""
    actor.require(Permission.TEAM_MANAGE)
    person = queries.get_person(session, user_id)
    if person is None:
        raise NotFound(_("That person is not in the team."))
    rules.require_manage(actor, user_id, person.role)
    return person


def _member(session: Session, actor: Actor, user_id: UUID) -> MemberView:
    session.expire_all()
    return next(member for member in list_members(session, actor) if member.id == user_id)
