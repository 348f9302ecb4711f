"""Coming back from Google: whether it is the one who left, and the connection that comes of it.

Between the two steps the web edge asks Google what the code is good for, outside of any transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.connections import queries as connection_queries
from crm_app.domain.connections import rules, syncing
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.keeping import begin_again, keep_connection
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES, Connection, ConnectionKind, ConnectionState
from crm_app.domain.errors import TooMany
from crm_app.domain.google import clients, queries, tokens
from crm_app.domain.google.authority import Client, Granted, Wants
from crm_app.domain.mail.folders import make_mailbox
from crm_app.domain.mail.sending import start_at_gmail
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now

LIST = "/settings/connections"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of an account by its kind, before anybody has said otherwise. ``way`` is the page on which one connects it."""

    kind: ConnectionKind
    name: str
    address: str
    way: str


_KEPT = {
    Wants.CALENDARS: _Kept(ConnectionKind.GOOGLE, "Google", "https://calendar.google.com/", "google"),
    Wants.MAIL: _Kept(ConnectionKind.GMAIL, "Gmail", "https://mail.google.com/", "google-mail"),
    Wants.CONTACTS: _Kept(ConnectionKind.GOOGLE_PEOPLE, "Google Contacts", "https://contacts.google.com/", "google-people"),
    Wants.FILES: _Kept(ConnectionKind.GOOGLE_DRIVE, "Google Drive", "https://drive.google.com/", "google-drive"),
}
_KEPT |= {Wants.WRITING: _KEPT[Wants.CALENDARS], Wants.SENDING: _KEPT[Wants.MAIL]}


class Why(StrEnum):
    """Why a sign-in did not come to its end; the page has the words."""

    STALE = "stale"
    DENIED = "denied"
    FEWER = "fewer"
    NOT_KEPT = "not_kept"
    OTHER = "other"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    MANY = "many"
    MEANWHILE = "meanwhile"


class NotSignedIn(Exception):
    """It came to nothing. ``connection_id`` is what was to be signed in to again, ``wants`` what for."""

    def __init__(self, why: Why, connection_id: UUID | None = None, wants: Wants = Wants.CALENDARS) -> None:
        super().__init__(why.value)
        self.why, self.connection_id, self.wants = why, connection_id, wants

    @property
    def place(self) -> str:
        """Where the page says so."""
        return f"{LIST}/{self.connection_id}?edit=1&google={self.why}" if self.connection_id else f"{LIST}?add={_KEPT[self.wants].way}&google={self.why}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sign-in that somebody came back to, in time and in the browser in which it began."""

    client: Client
    verifier: str
    connection_id: UUID | None
    wants: Wants

    def refused(self, why: Why) -> NotSignedIn:
        """That it came to nothing."""
        return NotSignedIn(why, self.connection_id, self.wants)


def take_up(session: Session, actor: Actor, state: str) -> Claim:
    """Whoever comes back with ``state`` left with it: this person, from this session, a few minutes ago. It is good once. Raises ``NotSignedIn``."""
    actor.require(Permission.CONNECTION_MANAGE)
    row, client = queries.take_state(session, actor, hash_token(state), now()), clients.find(session)
    if row is None:
        raise NotSignedIn(Why.STALE)
    wants = Wants(row.wants)
    if client is None:
        raise NotSignedIn(Why.REFUSED, row.connection_id, wants)
    return Claim(client, row.verifier, row.connection_id, wants)


def check(claim: Claim, granted: Granted) -> None:
    """Whether Google handed out what was asked for. Raises ``NotSignedIn``."""
    if not granted.scopes.issuperset(claim.wants.scopes):
        raise claim.refused(Why.FEWER)
    if not granted.refresh.get_secret_value():
        raise claim.refused(Why.NOT_KEPT)


def finish(session: Session, actor: Actor, claim: Claim, granted: Granted, email: str) -> str:
    """Keep the account, and return where it goes on. One that is connected already keeps its place in its calendars. Raises ``NotSignedIn``.

    NotFound when what was to be signed in to again is gone meanwhile; Conflict when the same account, or another, was connected at the same moment.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    row = _known(session, actor, claim, email)
    again = row is not None
    if row is None:
        row = _made(session, actor, claim, email)
    tokens.keep(session, actor, row, granted)
    if row.kind == ConnectionKind.GOOGLE:
        _allow(session, actor, row, granted.scopes.issuperset(Wants.WRITING.scopes) and (row.writes or claim.wants is Wants.WRITING))
    if claim.wants is Wants.SENDING:
        start_at_gmail(session, actor, row)
    note(session, actor, "connection.changed" if again else "connection.made", "connection", row.id, **({"fields": "sign_in"} if again else {"kind": row.kind}))
    if row.last_ok_at is None and row.state == ConnectionState.PAUSED:
        return f"{LIST}/{row.id}{_tried(session, actor, row)}"
    if row.state != ConnectionState.PAUSED:
        begin_again(row)
        session.flush()
        syncing.sync_now(session, actor, row.id)
    return f"{LIST}/{row.id}"


def _allow(session: Session, actor: Actor, row: Connection, writes: bool) -> None:
    """Whether its calendars are changed from here. With the first time everything is read anew, so that it is known of each event whose it is."""
    if writes and not row.writes:
        connection_queries.forget_marks(session, actor, row.id)
    row.writes = writes


def _tried(session: Session, actor: Actor, row: Connection) -> str:
    """Have it tried, and say where to look for what comes of it; nowhere where somebody has tried too often just now."""
    try:
        return f"?job={syncing.enqueue_test(session, actor, row).id}"
    except TooMany:
        return ""


def _known(session: Session, actor: Actor, claim: Claim, email: str) -> Connection | None:
    """The connection that is signed in to again: the one that was meant, or the one that this account has already."""
    if claim.connection_id is None:
        return queries.find_account(session, actor, _KEPT[claim.wants].kind, email)
    row = get_own_connection(session, actor, claim.connection_id, lock=True)
    if row.username.lower() != email.lower():
        raise claim.refused(Why.OTHER)
    return row


def _made(session: Session, actor: Actor, claim: Claim, email: str) -> Connection:
    kept = _KEPT[claim.wants]
    taken = [one.name for one in connection_queries.list_own(session, actor)]
    if len(taken) >= rules.MOST:
        raise claim.refused(Why.MANY)
    row = Connection(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, kind=kept.kind.value, state=ConnectionState.PAUSED.value, url=kept.address,
        username=email, name=rules.free_name(kept.name, taken),
    )  # fmt: skip
    if row.kind in ADDRESS_BOOKS:  # nobody has been asked yet, and whoever is in there may be anybody
        row.meetings_audience = Audience.PRIVATE.value
    if row.kind in DRIVES:  # nothing comes in before somebody chooses it for a contact
        row.state = ConnectionState.ACTIVE.value
    keep_connection(session, row)
    if row.kind in MAILBOXES:
        make_mailbox(session, actor, row)
    return row
