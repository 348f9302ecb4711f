"""The bell: what one is told, marking it as read, and choosing what to be told of and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.queries import find_away_today
from crm_app.domain.days import today_of
from crm_app.domain.editing import given_fields
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.notifications import notify, queries, rules, wording
from crm_app.domain.notifications.kinds import KINDS, Channels, Kind
from crm_app.domain.notifications.schemas import (
    Calls,
    ChannelsView,
    NotificationFilter,
    NotificationPage,
    SettingsUpdate,
    SettingsView,
    UnreadCount,
)  # fmt: skip
from crm_app.domain.notifications.stopping import stop_digest as stop_digest  # one of these services
from crm_app.domain.outbox.posting import mail_address
from crm_app.domain.paging import encode_cursor
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

MOST_CALLS = 20


def list_notifications(session: Session, actor: Actor, wanted: NotificationFilter) -> NotificationPage:
    """A page of what the actor was told, newest first, without what they may no longer see."""
    actor.require(Permission.NOTIFICATION_READ)
    rows = queries.list_rows(session, actor, _kinds(session, actor, "in_app"), unread=wanted.unread, after=wanted.after, limit=wanted.limit)
    shown = rows[: wanted.limit]
    return NotificationPage(notifications=wording.get_views(session, actor, shown), next_cursor=encode_cursor(shown[-1].id) if len(rows) > wanted.limit else None)


def count_unread(session: Session, actor: Actor) -> UnreadCount:
    """How many the bell shows; counting stops at a hundred."""
    actor.require(Permission.NOTIFICATION_READ)
    return UnreadCount(unread=queries.count_unread(session, actor, _kinds(session, actor, "in_app")))


def list_calls(session: Session, actor: Actor, since: datetime, said: Collection[UUID] = ()) -> Calls:
    """What the browser should say aloud of what came after ``since`` and is not among ``said``. While it is quiet that is nothing, but when to ask again."""
    actor.require(Permission.NOTIFICATION_READ)
    ends = _quiet_end(session, actor)
    if ends is not None:
        return Calls(notifications=(), ask_again_at=ends)
    rows = queries.list_calling(session, actor, _kinds(session, actor, "browser"), since, said, MOST_CALLS)
    return Calls(notifications=wording.get_views(session, actor, rows), ask_again_at=None)


def mark_read(session: Session, actor: Actor, ids: Sequence[UUID]) -> None:
    """Mark as read. NotFound when one is not the actor's own, and then none changes."""
    actor.require(Permission.NOTIFICATION_WRITE)
    queries.set_read(session, actor, ids, now())


def mark_unread(session: Session, actor: Actor, ids: Sequence[UUID]) -> None:
    """Put back among the unread."""
    actor.require(Permission.NOTIFICATION_WRITE)
    queries.set_read(session, actor, ids, None)


def mark_all_read(session: Session, actor: Actor) -> tuple[UUID, ...]:
    """Mark everything as read; which ones were not, so that it can be taken back."""
    actor.require(Permission.NOTIFICATION_WRITE)
    return queries.read_all(session, actor, _kinds(session, actor, "in_app"), now())


def get_notification_settings(session: Session, actor: Actor) -> SettingsView:
    """What the actor wants to be told of, by which ways, and when."""
    actor.require(Permission.NOTIFICATION_READ)
    profile = queries.get_profile(session, actor)
    channels = queries.get_channels(session, actor)
    kinds = tuple(
        ChannelsView(
            kind=kind, label=_(rule.label), hint=_(rule.hint), icon=rule.icon, in_app=channels[kind].in_app,
            browser=channels[kind].browser, mail=channels[kind].mail,
        )
        for kind, rule in KINDS.items()
        if rule.listed
    )  # fmt: skip
    return SettingsView(kinds=kinds, mail_available=bool(mail_address()), **profile.model_dump(include=set(SettingsView.model_fields)))


def update_notification_settings(session: Session, actor: Actor, data: SettingsUpdate) -> SettingsView:
    """Change what is given. Invalid for quiet hours that never end."""
    actor.require(Permission.NOTIFICATION_WRITE)
    given = given_fields(data)
    kinds = given.pop("kinds", None) or {}
    profile = queries.get_profile(session, actor, lock=True)
    if given.get("digest") and not profile.digest:
        profile.stop_nonce = uuid4()  # the links of earlier mails end
    profile.sqlmodel_update(given)
    if profile.quiet and profile.quiet_from == profile.quiet_until:
        raise Invalid(fields={"quiet_until": _("Quiet hours need an end that differs from their beginning.")})
    session.flush()
    known = queries.get_channels(session, actor)
    for kind, changed in kinds.items():
        ways = {name: getattr(changed, name) if getattr(changed, name) is not None else getattr(known[kind], name) for name in ("in_app", "browser", "mail")}
        queries.save_channels(session, actor, kind, Channels(**ways))
    return get_notification_settings(session, actor)


def send_test(session: Session, actor: Actor) -> datetime | None:
    """Tell the actor something, to see how it looks. Returns when their quiet ends, if it is quiet and the browser therefore waits."""
    actor.require(Permission.NOTIFICATION_WRITE)
    notify.notify_self(session, actor, Kind.TEST)
    return _quiet_end(session, actor)


def _quiet_end(session: Session, actor: Actor) -> datetime | None:
    away = find_away_today(session, actor, today_of(actor))
    return rules.quiet_end(queries.get_profile(session, actor), now(), actor.zone, away.ends_on if away else None)


def _kinds(session: Session, actor: Actor, way: str) -> list[Kind]:
    return [kind for kind, channels in queries.get_channels(session, actor).items() if getattr(channels, way)]
