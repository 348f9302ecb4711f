"""Connections: accounts at providers, each private to its owner, whatever the others' roles are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.calendar.landing_queries import carry_words_of_calendars
from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.connections import queries, rules, secrets, syncing, views
from crm_app.domain.connections.access import get_own_calendar, get_own_connection
from crm_app.domain.connections.keeping import begin_again, keep_connection
from crm_app.domain.connections.models import AT_GOOGLE, Connection, ConnectionKind, ConnectionState
from crm_app.domain.connections.schemas import (
    CalendarRow,
    ConnectionCreate,
    ConnectionParts,
    ConnectionsView,
    ConnectionUpdate,
    ConnectionView,
    SyncHealth,
)
from crm_app.domain.connections.syncing import list_problems, list_runs, retry_problems, sync_now, test_connection
from crm_app.domain.editing import clean_line, given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.google import tokens
from crm_app.domain.i18n import _
from crm_app.domain.mail.sending import start_mailbox, stop_sending
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now
from crm_app.domain.secret_box import SealBroken

__all__ = [
    "choose_calendar", "count_connection_parts", "create_connection", "delete_connection", "get_connections", "get_sync_health", "list_problems", "list_runs",
    "pause_connection", "resume_connection", "retry_problems", "sync_now", "test_connection", "update_connection",
]  # fmt: skip


def get_connections(session: Session, actor: Actor) -> ConnectionsView:
    """The actor's own connections by name."""
    actor.require(Permission.CONNECTION_MANAGE)
    return ConnectionsView(connections=views.build(session, actor, queries.list_own(session, actor)))


def get_sync_health(session: Session, actor: Actor) -> SyncHealth:
    """What the sidebar says: of somebody without connections, nothing."""
    rows, moment = queries.list_own(session, actor), now()
    return SyncHealth(
        total=len(rows), running=len(queries.list_running(session, actor)) if rows else 0, troubled=sum(views.is_troubled(row, moment) for row in rows),
        failing=sum(row.state == ConnectionState.ACTIVE and row.failures > 0 and not views.is_troubled(row, moment) for row in rows),
        last_ok_at=max((row.last_ok_at for row in rows if row.last_ok_at), default=None),
    )  # fmt: skip


def create_connection(session: Session, actor: Actor, data: ConnectionCreate, *, inner_allowed: bool = False, start: bool = True) -> ConnectionView:
    """Connect an account; its first sync begins at once, or, unless ``start``, once it is resumed. Conflict when one is called so already.

    ``inner_allowed`` is the word of whoever hosts this: the account may be on this machine or in their own network.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    if queries.count_own(session, actor) >= rules.MOST:
        raise Invalid(_("At most %d accounts can be connected. Remove one first.") % rules.MOST)
    rules.require_by_hand(data.kind)
    values = data.model_dump(exclude={"password", "kind", "smtp_host", "smtp_port", "smtp_security"})
    values["name"], values["username"] = _named(data.name), clean_line(data.username)
    address = values["url"] = rules.clean_url(data.url, data.kind)
    rules.require_private(address, data.kind, secret=bool(data.password.get_secret_value()), inner=inner_allowed)
    state = ConnectionState.ACTIVE if start else ConnectionState.PAUSED
    row = Connection(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, kind=data.kind.value, state=state.value, inner_allowed=inner_allowed, **values
    )
    row.url = _shown(row, address)
    keep_connection(session, row)
    if data.kind is ConnectionKind.IMAP:
        start_mailbox(session, actor, row, data, inner=inner_allowed)
    secrets.keep(session, actor, row, secrets.Access(address, data.password))
    note(session, actor, "connection.made", "connection", row.id, kind=row.kind)
    if start:
        syncing.sync_now(session, actor, row.id)
    return _view(session, actor, row.id)


def update_connection(session: Session, actor: Actor, connection_id: UUID, data: ConnectionUpdate) -> ConnectionView:
    """Change the fields that are given. Another account or address is read anew, and needs its password anew, and a
    mailbox is asked anew how it sends. Conflict for a name that is taken.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    require_version(row, data.version, _view(session, actor, connection_id))
    given, password, kept = _given(row, data), data.password or SecretStr(""), _kept_feed(session, actor, row)
    typed, address = bool(password.get_secret_value()), given.get("url", kept.address)
    if secrets.is_feed(row) and not address and typed:
        raise Invalid(fields={"url": _("Enter the address of the calendar again, too.")})
    if "url" in given:
        given["url"] = _shown(row, address)
    changed = rules.changes_of(row, given, typed=typed, has_secret=_has_password(session, actor, row, kept))
    elsewhere = {"url", "username"} & set(changed) | ({"url"} if address != kept.address and secrets.is_feed(row) else set())
    row.sqlmodel_update(changed)
    if rules.asks_anew(changed):
        stop_sending(session, actor, row.id)
    if "writes" in changed:
        for calendar in queries.list_calendars(session, actor, [row.id]):
            calendar.writable = False
    if elsewhere or "history_months" in changed:
        queries.forget_marks(session, actor, row.id)
        row.last_full_at = None  # the next run looks at everything
    if elsewhere or typed:
        secrets.keep(session, actor, row, secrets.Access(address, password if typed else kept.password))
        if row.state != ConnectionState.PAUSED:
            begin_again(row)
    keep_connection(session, row)
    fields = sorted({*changed, *elsewhere, *(["password"] if typed else [])})
    if fields:
        note(session, actor, "connection.changed", "connection", row.id, fields=" ".join(fields))
    return _view(session, actor, row.id)


def delete_connection(session: Session, actor: Actor, connection_id: UUID) -> Callable[[], bool]:
    """Let go of an account: its password, its calendars and their events go. Meetings that stand on timelines stay there, and so do contacts.

    What is returned is to be called once that stands: with the last connection of an account at Google, what was granted there is given back.
    False when Google could not be told, so that it stands there until somebody takes it away.
    """
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    syncing.stop_job(session, actor, row.id)
    note(session, actor, "connection.removed", "connection", row.id, kind=row.kind)
    rest = tokens.giving_back(session, actor, row.id) if row.kind in AT_GOOGLE and not rules.is_invented(row.url) else lambda: True
    carry_words_of_calendars(session, [one.id for one in queries.list_calendars(session, actor, [row.id])])
    session.delete(row)
    session.flush()
    return rest


def count_connection_parts(session: Session, actor: Actor, connection_id: UUID) -> ConnectionParts:
    """What would go with a connection, and what would stay."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id)
    calendars, events, meetings = queries.count_parts(session, actor, row.id)
    threads, mails, entries = queries.count_mail(session, actor, row.id)
    people = sum(book.people for book in _view(session, actor, row.id).books)
    return ConnectionParts(people=people, calendars=calendars, events=events, meetings=meetings, threads=threads, mails=mails, entries=entries)


def pause_connection(session: Session, actor: Actor, connection_id: UUID) -> ConnectionView:
    """Bring nothing in until it is resumed; what runs stops at its next step."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    if row.state != ConnectionState.PAUSED:
        row.state = ConnectionState.PAUSED.value
        syncing.stop_job(session, actor, row.id)
        note(session, actor, "connection.paused", "connection", row.id)
        session.flush()
    return _view(session, actor, connection_id)


def resume_connection(session: Session, actor: Actor, connection_id: UUID) -> ConnectionView:
    """Sync it again, from now on."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_connection(session, actor, connection_id, lock=True)
    if row.state != ConnectionState.ACTIVE:
        begin_again(row)
        note(session, actor, "connection.resumed", "connection", row.id)
        session.flush()
    return _view(session, actor, connection_id)


def choose_calendar(session: Session, actor: Actor, calendar_id: UUID, choice: CalendarChoice) -> CalendarRow:
    """Whether a calendar is synced and shown, and its colour. One that is no longer synced loses its events here; one that is again gets them anew."""
    actor.require(Permission.CONNECTION_MANAGE)
    row = get_own_calendar(session, actor, calendar_id, lock=True)
    require_version(row, choice.version, CalendarRow.model_validate(row))
    given = given_fields(choice)
    if "hue" in given and given["hue"] not in rules.HUES:
        raise Invalid(fields={"hue": _("Choose one of the colours.")})
    turned = given.get("synced", row.synced) != row.synced
    row.sqlmodel_update(given)
    if turned:
        row.token = ""
    session.flush()
    if turned:
        connection = get_own_connection(session, actor, row.connection_id, lock=True)
        if row.synced and connection.state == ConnectionState.ACTIVE:
            connection.next_run_at = now()
        elif not row.synced:
            queries.forget_items(session, actor, row.id)
            queries.forget_problems(session, actor, row.connection_id, row.external_id)
    session.flush()
    return CalendarRow.model_validate(get_own_calendar(session, actor, calendar_id))


def _given(row: Connection, data: ConnectionUpdate) -> dict[str, Any]:
    given = given_fields(data, may_be_empty={"password"})
    if {"url", "username", "password"} & set(given):
        rules.require_by_hand(ConnectionKind(row.kind))
    given.pop("password", None)
    clean: dict[str, Callable[[str], str]] = {"name": _named, "username": clean_line, "url": partial(rules.clean_url, kind=ConnectionKind(row.kind))}
    return {name: clean[name](value) if name in clean else value for name, value in given.items()}


def _shown(row: Connection, address: str) -> str:
    """What of an address stands beside the connection, readable: of a feed no more than its server."""
    return rules.server_of(address) if secrets.is_feed(row) else address


def _kept_feed(session: Session, actor: Actor, row: Connection) -> secrets.Access:
    """What is sealed of a feed, so that changing one half of it leaves the other; nothing where it no longer opens, nor of an account."""
    try:
        return secrets.read(session, actor, row) if secrets.is_feed(row) else secrets.Access("")
    except SealBroken:
        return secrets.Access("")


def _has_password(session: Session, actor: Actor, row: Connection, kept: secrets.Access) -> bool:
    if secrets.is_feed(row):
        return bool(row.username or kept.password.get_secret_value())
    return queries.find_secret(session, actor, row.id) is not None


def _named(name: str) -> str:
    clean = clean_line(name)
    if not clean:
        raise Invalid(fields={"name": _("Give it a name.")})
    return clean


def _view(session: Session, actor: Actor, connection_id: UUID) -> ConnectionView:
    return views.build(session, actor, [get_own_connection(session, actor, connection_id)])[0]
