"""Mails are looked at again: when a contact gains an address, when their owner says something of a sender, and when no folder holds them any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.mail import entries, missed_queries, sweep_queries, weighing
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.models import Email
from crm_app.domain.permissions import Permission

MOST_AT_ONCE = 1_000
CLOCKS_APART = timedelta(minutes=1)


def match_mail(session: Session, actor: Actor) -> int:
    """After contacts were written: have those of the actor's mails find them that name one of their new addresses; how many mails that were."""
    if not actor.can(Permission.MAIL_WRITE):
        return 0
    return _look_again(session, actor, queries.list_unmatched(session, actor, MOST_AT_ONCE))


def match_missed(session: Session, actor: Actor, since: datetime) -> int:
    """Some while after: have the actor's mails of ``since`` then find those who became contacts while they came; how many mails that were."""
    if not actor.can(Permission.MAIL_WRITE):
        return 0
    own = queries.list_own_addresses(session, actor)
    return _look_again(session, actor, missed_queries.list_missed(session, actor, own, since, MOST_AT_ONCE))


def weigh_again(session: Session, actor: Actor, email_ids: Collection[UUID]) -> int:
    """Weigh these mails of the actor's anew, and have their entries follow."""
    return _look_again(session, actor, queries.list_emails(session, actor, email_ids))


def sweep_gone(session: Session, actor: Actor, since: datetime, first: date) -> int:
    """Forget the mails that no folder has held since ``since``, from when on every folder was looked at; how many that were.

    Of mails from before ``first`` it is not told where they lie now, so they stay. So do entries that somebody has written in. The database's
    clock may be a little behind this one.
    """
    actor.require(Permission.MAIL_WRITE)
    queries.lock_mail(session, actor)
    gone = 0
    while rows := sweep_queries.list_gone(session, actor, since - CLOCKS_APART, first, MOST_AT_ONCE):
        forget(session, actor, rows)
        gone += len(rows)
        if len(rows) < MOST_AT_ONCE:
            break
    return gone


def forget(session: Session, actor: Actor, rows: Sequence[Email]) -> None:
    """Remove these mails, and their entries that nobody has touched. Of erased ones their fingerprint stays."""
    entries.take_away(session, actor, rows)
    sweep_queries.let_go(session, [row.id for row in rows])
    for row in rows:
        session.expunge(row)


def _look_again(session: Session, actor: Actor, rows: Sequence[Email]) -> int:
    alive = [row for row in rows if not row.forgotten]
    if alive:
        parties = queries.list_parties(session, [row.id for row in alive])
        known = weighing.look_around(session, actor, alive, parties, own=queries.list_own_addresses(session, actor))
        people = weighing.weigh_all(known)
        weighing.write_links(session, known)
        entries.follow(session, actor, alive, people=people)
    for row in rows:
        if not row.matched:
            row.matched = True
    session.flush()
    return len(rows)
