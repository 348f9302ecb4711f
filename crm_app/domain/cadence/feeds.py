"""The calendar address: a secret link by which one's own calendar program shows who is due, and birthdays."""

from __future__ import annotations

import secrets

from sqlmodel import Session

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.actor import Actor
from crm_app.domain.cadence import queries
from crm_app.domain.cadence.models import CalendarFeed
from crm_app.domain.cadence.rules import next_birthday
from crm_app.domain.cadence.schemas import DueFilter, FeedItem, FeedView
from crm_app.domain.days import today_of
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

AHEAD, MOST = 90, 200


def get_feed(session: Session, actor: Actor) -> FeedView | None:
    """The asker's calendar address, without its secret; None when there is none."""
    row = queries.get_feed(session, actor)
    return FeedView.model_validate(row) if row else None


def create_feed(session: Session, actor: Actor) -> str:
    """A new secret for the asker's calendar address; an earlier one ends. It is returned once and never again."""
    actor.require(Permission.PROFILE_WRITE)
    queries.revoke_feeds(session, actor)
    token = secrets.token_urlsafe(32)
    session.add(CalendarFeed(user_id=actor.user_id, token_hash=hash_token(token)))
    session.flush()
    return token


def revoke_feed(session: Session, actor: Actor) -> None:
    """End the calendar address. NotFound when there is none."""
    actor.require(Permission.PROFILE_WRITE)
    if not queries.revoke_feeds(session, actor):
        raise NotFound(_("There is no calendar address to switch off."))


def list_feed_items(session: Session, actor: Actor) -> tuple[FeedItem, ...]:
    """Which of the asker's own contacts are due until 90 days ahead (whoever is late stands on today), and every birthday of the coming year."""
    actor.require(Permission.CONTACT_READ)
    today, moment = today_of(actor), now()
    found, _total = queries.list_due(session, actor, today, DueFilter(within_days=AHEAD, limit=MOST))
    items = [
        FeedItem(
            uid=f"due-{row.id}", on=max(today, row.due_at.astimezone(actor.zone).date(), row.snoozed_until or today),
            title=_("Be in touch with %s") % row.display_name, path=f"/contacts/{row.id}", yearly=False, changed_at=moment,
        )
        for row in found[:MOST]
    ]  # fmt: skip
    for row in queries.list_birthdays(session, actor, today, 366, True, 1_000):
        on, title = next_birthday(row.birth_month, row.birth_day, today), _("Birthday: %s") % row.display_name
        items.append(FeedItem(uid=f"birthday-{row.id}", on=on, title=title, path=f"/contacts/{row.id}", yearly=True, changed_at=moment))
    return tuple(items)
