"""The practice's client at Google, and sending somebody there to sign in."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.accounts.rules import hash_token, new_token
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import AT_GOOGLE, Connection, ConnectionKind
from crm_app.domain.errors import Conflict, Invalid, NotFound, Unavailable
from crm_app.domain.google import clients, queries
from crm_app.domain.google.authority import Wants, bound_authority, hosts_client
from crm_app.domain.google.models import OAuthClient, OAuthState
from crm_app.domain.google.schemas import GoogleClientUpdate, GoogleView, SignInPlace
from crm_app.domain.i18n import _
from crm_app.domain.links import absolute
from crm_app.domain.mail.landing_queries import find_mailbox
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.sealing import OAUTH_CLIENT, bound_box

__all__ = ["begin_sign_in", "get_google", "remove_google_client", "set_google_client"]

BACK = "/oauth/google/callback"
LIFE = timedelta(minutes=10)
MORE = {ConnectionKind.GOOGLE: Wants.WRITING, ConnectionKind.GMAIL: Wants.SENDING}
"""What else an account that is read can be signed in to for."""
MOST_OPEN = 5
"""So many sign-ins may have begun and not ended, for one person; an older one ends."""
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]+\.apps\.googleusercontent\.com")


def get_google(session: Session, actor: Actor) -> GoogleView:
    """Whether accounts at Google can be connected here."""
    actor.require(Permission.CONNECTION_MANAGE)
    return GoogleView(client_id=clients.find_id(session), by_host=hosts_client() is not None, back=absolute(BACK))


def set_google_client(session: Session, actor: Actor, data: GoogleClientUpdate) -> GoogleView:
    """Enter the practice's client, in place of one that is there: accounts that were signed in to by another are to be signed in to anew."""
    actor.require(Permission.TEAM_MANAGE)
    _require_free()
    client_id, secret = data.client_id.strip(), data.secret.get_secret_value().strip()
    wrong = {}
    if not _CLIENT_ID.fullmatch(client_id):
        wrong["client_id"] = _("This is no client ID: it ends in .apps.googleusercontent.com")
    if len(secret) < 8 or not re.fullmatch(r"[!-~]+", secret):
        wrong["secret"] = _("This is no client secret: it is one word, and mostly begins with GOCSPX-")
    if wrong:
        raise Invalid(fields=wrong)
    row = queries.find_client(session, lock=True) or OAuthClient(provider=queries.GOOGLE, client_id="", sealed=b"", key_id="")
    sealed = bound_box().seal(OAUTH_CLIENT.of(row.id), SecretStr(secret))
    row.client_id, row.sealed, row.key_id = client_id, sealed.content, sealed.key_id
    session.add(row)
    session.flush()
    note(session, actor, "google.client_set")
    return get_google(session, actor)


def remove_google_client(session: Session, actor: Actor) -> GoogleView:
    """Forget the practice's client: no account at Google is connected or read any more until one is entered again. NotFound without one."""
    actor.require(Permission.TEAM_MANAGE)
    _require_free()
    row = queries.find_client(session, lock=True)
    if row is None:
        raise NotFound
    session.delete(row)
    session.flush()
    note(session, actor, "google.client_removed")
    return get_google(session, actor)


def begin_sign_in(session: Session, actor: Actor, connection_id: UUID | None = None, wants: Wants = Wants.CALENDARS) -> SignInPlace:
    """Remember that the actor leaves for Google, to connect what they want of an account or to sign in again to a connection of theirs, and say where to.

    Unavailable while there is no client; NotFound for a connection that is not an own one at Google.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    hint = ""
    if connection_id is not None:
        row = get_own_connection(session, actor, connection_id)
        if row.kind not in AT_GOOGLE:
            raise NotFound
        hint, wants = row.username, wants if wants is MORE.get(ConnectionKind(row.kind)) else _wanted_of(session, actor, row)
    client_id = clients.find_id(session)
    if not client_id:
        raise Unavailable(_("Accounts at Google cannot be connected yet: the practice's own client there is still to be set up."))
    moment, state, verifier = now(), new_token(), secrets.token_urlsafe(64)
    queries.forget_states(session, actor, moment, MOST_OPEN - 1)
    begun = OAuthState(
        state_hash=hash_token(state), user_id=actor.user_id, session_id=actor.session_id, connection_id=connection_id, wants=wants.value, verifier=verifier,
        expires_at=moment + LIFE,
    )  # fmt: skip
    session.add(begun)
    session.flush()
    place = bound_authority().address(client_id, back=absolute(BACK), state=state, verifier=verifier, scopes=wants.scopes, hint=hint)
    return SignInPlace(address=place)


def _wanted_of(session: Session, actor: Actor, row: Connection) -> Wants:
    """What an own connection to an account at Google needs of it as it stands."""
    if row.kind == ConnectionKind.GOOGLE_PEOPLE:
        return Wants.CONTACTS
    if row.kind == ConnectionKind.GOOGLE_DRIVE:
        return Wants.FILES
    if row.kind != ConnectionKind.GMAIL:
        return Wants.WRITING if row.writes else Wants.CALENDARS
    mailbox = find_mailbox(session, actor, row.id)
    return Wants.SENDING if mailbox is not None and mailbox.smtp_host else Wants.MAIL


def _require_free() -> None:
    if hosts_client() is not None:
        raise Conflict(_("Whoever hosts this has set the client, and it is changed there."))
