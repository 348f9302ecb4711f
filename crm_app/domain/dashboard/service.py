"""The dashboard, in one call."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.dashboard import queries
from crm_app.domain.dashboard.schemas import DashboardView, Figure
from crm_app.domain.interactions import service as interactions
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks.board_queries import OpenTasks, Scope, list_open
from crm_app.domain.tasks.rules import today_of, week_begins
from crm_app.domain.tasks.schemas import Bucket

RECENT, DUE = 8, 8


def load_dashboard(session: Session, actor: Actor, mine: bool = False) -> DashboardView:
    """Figures, recent entries and what is due, for the actor's own day, week and month; with ``mine`` only what is theirs."""
    actor.require(Permission.DASHBOARD_READ)
    today = today_of(actor)
    month, week = today.replace(day=1), week_begins(today, actor.week_start)
    people = queries.count_contacts(session, actor, _midnight(month, actor.zone), _midnight(week, actor.zone), mine)
    tasks = list_open(session, actor, Scope(mine=mine), {Bucket.OVERDUE: DUE, Bucket.TODAY: DUE})
    whose = "whose=mine" if mine else "whose=team"
    return DashboardView(
        greeting_name=actor.name.split(" ")[0],
        today=today,
        active_contacts=Figure(value=people.active, link=f"/contacts?{whose}"),
        new_contacts=Figure(value=people.new, link=f"/contacts?created_from={month}&{whose}"),
        contacted=Figure(value=people.contacted, link=f"/contacts?contacted_from={week}&{whose}"),
        tasks_open=Figure(value=sum(tasks.counts.values()), link=f"/tasks?{whose}", capped=bool(tasks.capped)),
        tasks_overdue=_due(tasks, Bucket.OVERDUE, whose),
        tasks_today=_due(tasks, Bucket.TODAY, whose),
        recent=interactions.list_recent(session, actor, RECENT, mine),
        tasks=(*tasks.rows[Bucket.OVERDUE], *tasks.rows[Bucket.TODAY])[:DUE],
        has_contact=people.has_contact,
        has_note=people.has_note,
    )


def _due(tasks: OpenTasks, bucket: Bucket, whose: str) -> Figure:
    return Figure(value=tasks.counts[bucket], link=f"/tasks?bucket={bucket.value}&{whose}", capped=bucket in tasks.capped)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
