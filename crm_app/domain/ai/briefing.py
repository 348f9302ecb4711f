"""When somebody's day is told by itself: once, at the hour that they chose, where they are, and on no day on which they are away."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import queries
from crm_app.domain.cadence.queries import find_away_today
from crm_app.domain.permissions import Permission

LATEST = timedelta(hours=4)
"""A server that was away for longer than this after the hour leaves the day's briefing out: who wants it then asks for it."""


def begin_day(session: Session, actor: Actor, moment: datetime) -> bool:
    """Whether the actor's day is to be told now; each day is considered once, whatever comes of it."""
    actor.require(Permission.AI_USE)
    here = moment.astimezone(actor.zone)
    row = queries.find_preference(session, actor, lock=True)
    if row is None or not row.briefing or (row.briefed_on is not None and row.briefed_on >= here.date()):
        return False
    due = datetime.combine(here.date(), row.briefing_at, actor.zone)
    if here < due:
        return False
    row.briefed_on = here.date()
    session.flush()
    return moment <= due + LATEST and find_away_today(session, actor, here.date()) is None
