"""What the clock, and whoever writes to contacts, has done about a person's own events."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import landing_queries, linking, meetings, missed_queries
from crm_app.domain.calendar.meetings import Traces
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

MOST_NAMES = 500
"""For how many names and addresses of new contacts the words of earlier events are searched; who is asked by address is found in any case."""


def settle_events(session: Session, actor: Actor, moment: datetime) -> int:
    """Match the actor's events that are to be matched again, and make meetings of those that have ended; how many events that were."""
    actor.require(Permission.CALENDAR_WRITE)
    return match_events(session, actor, moment=moment) + meetings.settle_due(session, actor, moment)


def match_events(session: Session, actor: Actor, names: Collection[str] = (), *, moment: datetime | None = None) -> int:
    """After contacts were written: have those of the actor's events find them that ask one of their new addresses, or have one of ``names`` (addresses
    too) among their words.
    """
    if not actor.can(Permission.CALENDAR_WRITE):
        return 0
    traces = Traces()
    looked = linking.match_again(session, actor, traces, [name for name in names if " " in name.strip() or "@" in name][:MOST_NAMES])
    if looked:
        meetings.follow(session, actor, traces, moment or now())
    return looked


def match_missed(session: Session, actor: Actor, since: datetime) -> int:
    """Some while after: have the actor's events of ``since`` then find those who became contacts while they came; how many events that were."""
    if not actor.can(Permission.CALENDAR_WRITE):
        return 0
    own = landing_queries.list_own_addresses(session, actor)
    missed = missed_queries.list_missed(session, actor, own, since, linking.MOST_AT_ONCE)
    for row in missed:
        row.matched = False
    session.flush()
    return match_events(session, actor) if missed else 0
