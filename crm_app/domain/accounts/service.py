"""A person's own account: profile, appearance, password, signed-in browsers, keys for programs."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts import passwords, queries, rules
from crm_app.domain.accounts.access import password_fault
from crm_app.domain.accounts.models import ApiToken
from crm_app.domain.accounts.views import (
    PasswordChange,
    PersonView,
    ProfileUpdate,
    ProfileView,
    SecurityView,
    SessionView,
    ShellFacts,
    Theme,
    TokenView,
    Whose,
)
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.editing import clean_line
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission

TOKEN_PREFIX = "mcrm_"  # noqa: S105  the public beginning, by which secret scanners know our keys
MOST_TOKENS = 50


def get_team_name(session: Session, actor: Actor) -> str:
    """The team's name, for the top of the sidebar."""
    team = queries.get_team(session)
    return team.name if team else ""


def get_shell_facts(session: Session, actor: Actor) -> ShellFacts:
    """What the frame around every page needs, in one go."""
    user = queries.get_user(session, actor.user_id)
    return ShellFacts(team_name=get_team_name(session, actor), whose=user.whose if user else "", alone=queries.is_alone(session))


def get_profile(session: Session, actor: Actor) -> ProfileView:
    """The signed-in person."""
    user = queries.get_user(session, actor.user_id)
    if user is None:
        raise NotFound
    return ProfileView.model_validate(user)


def list_people(session: Session, actor: Actor) -> tuple[PersonView, ...]:
    """Everyone in the team who can sign in, by name: whom a task can be given to."""
    return tuple(PersonView.model_validate(user) for user in queries.list_users(session))


def update_profile(session: Session, actor: Actor, data: ProfileUpdate) -> ProfileView:
    """Change one's own name, time zone, language and week start."""
    return _change_user(session, actor, **data.model_dump())


def set_theme(session: Session, actor: Actor, theme: Theme) -> ProfileView:
    """Light, dark, or as the system has it."""
    if theme not in ("system", "light", "dark"):
        raise Invalid(fields={"theme": _("Choose system, light or dark.")})
    return _change_user(session, actor, theme=theme)


def set_whose(session: Session, actor: Actor, whose: Whose) -> ProfileView:
    """Remember whether one looks at one's own things or at the team's; every list begins with it from now on."""
    if whose not in ("mine", "team"):
        raise Invalid(fields={"whose": _("Choose mine or team.")})
    return _change_user(session, actor, whose=whose)


def set_sidebar(session: Session, actor: Actor, collapsed: bool) -> ProfileView:
    """Remember whether the sidebar is narrow."""
    return _change_user(session, actor, sidebar_collapsed=bool(collapsed))


def _change_user(session: Session, actor: Actor, **values: object) -> ProfileView:
    actor.require(Permission.PROFILE_WRITE)
    user = queries.get_user(session, actor.user_id)
    if user is None:
        raise NotFound
    for name, value in values.items():
        setattr(user, name, value)
    session.add(user)
    session.flush()
    return ProfileView.model_validate(user)


def change_password(session: Session, actor: Actor, current: str, new: str) -> PasswordChange:
    """Replace one's password, which takes the current one, and sign out every other browser.

    A wrong current password is an outcome and no error: it is counted like any guess, and what ends in an error leaves
    no count behind.
    """
    actor.require(Permission.PROFILE_WRITE)
    if fault := password_fault(session, actor, current, "account.password_changed"):
        return PasswordChange(faults={"current": fault})
    team = queries.get_team(session)
    if problem := rules.password_problem(new, [actor.name, actor.email, team.name if team else ""]):
        raise Invalid(fields={"new": problem})
    queries.call(session, "select auth_set_password(:who, :hash)", who=actor.user_id, hash=passwords.hash_password(new))
    note(session, actor, "account.password_changed", "person", actor.user_id)
    revoke_other_sessions(session, actor)
    return PasswordChange()


def get_security(session: Session, actor: Actor) -> SecurityView:
    """Signed-in browsers and keys, for the security page."""
    return SecurityView(sessions=list_sessions(session, actor), tokens=list_tokens(session, actor))


def list_sessions(session: Session, actor: Actor) -> tuple[SessionView, ...]:
    """One's signed-in browsers, the latest used first."""
    return tuple(
        SessionView(
            id=row.id, device=rules.device_name(row.user_agent), address=row.address, created_at=row.created_at,
            last_seen_at=row.last_seen_at, remembered=row.remembered, current=row.id == actor.session_id,
        )
        for row in queries.list_live_sessions(session, actor.user_id)
    )  # fmt: skip


def revoke_session(session: Session, actor: Actor, session_id: UUID) -> None:
    """Sign out one of one's browsers; its open pages close within a second."""
    actor.require(Permission.PROFILE_WRITE)
    if not queries.call(session, "select auth_close_session(:id, :who)", id=session_id, who=actor.user_id):
        raise NotFound(_("That browser is signed out already."))
    note(session, actor, "account.signed_out", "session", session_id)


def revoke_other_sessions(session: Session, actor: Actor) -> int:
    """Sign out every browser but this one; returns how many."""
    actor.require(Permission.PROFILE_WRITE)
    closed = int(queries.call(session, "select auth_close_user_sessions(:who, :here)", who=actor.user_id, here=actor.session_id))
    if closed:
        note(session, actor, "account.signed_out", "person", actor.user_id, sessions=closed)
    return closed


def list_tokens(session: Session, actor: Actor) -> tuple[TokenView, ...]:
    """One's live keys, the newest first."""
    return tuple(
        TokenView.model_validate({**row._mapping, "scopes": tuple(row.scopes.split())})
        for row in queries.list_live_tokens(session, actor.user_id)
    )


def create_token(
    session: Session, actor: Actor, name: str, scopes: Collection[str] = (), expires_at: datetime | None = None
) -> tuple[TokenView, str]:
    """Make a key that acts as this person, at most within ``scopes``; the second value is its secret, shown this once."""
    actor.require(Permission.TOKEN_MANAGE)
    label = clean_line(name)[:120]
    if not label:
        raise Invalid(fields={"name": _("Say what this key is for.")})
    known = {permission.value for permission in Permission}
    if unknown := set(scopes) - known:
        raise Invalid(fields={"scopes": _("There is no permission called %s.") % sorted(unknown)[0]})
    if actor.scopes and not (set(scopes) and set(scopes) <= actor.scopes):
        raise Invalid(fields={"scopes": _("A key can't make another that may do more than itself.")})
    if len(queries.list_live_tokens(session, actor.user_id)) >= MOST_TOKENS:
        raise Invalid(_("You have %d keys already. Revoke one that is no longer used.") % MOST_TOKENS)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=actor.user_id, name=label, prefix=secret[:12], token_hash=rules.hash_token(secret),
        scopes=" ".join(sorted(scopes)), expires_at=expires_at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note(session, actor, "token.made", "token", row.id, scopes=row.scopes)
    view = TokenView(
        id=row.id, name=row.name, prefix=row.prefix, scopes=tuple(sorted(scopes)), created_at=row.created_at,
        expires_at=expires_at, last_used_at=None,
    )  # fmt: skip
    return view, secret


def revoke_token(session: Session, actor: Actor, token_id: UUID) -> None:
    """End one of one's keys at once."""
    actor.require(Permission.TOKEN_MANAGE)
    if not queries.revoke_token_row(session, actor.user_id, token_id):
        raise NotFound(_("That key is revoked already."))
    note(session, actor, "token.revoked", "token", token_id)
