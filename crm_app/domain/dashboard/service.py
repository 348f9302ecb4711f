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
from crm_app.domain.tasks.queries import get_due
from crm_app.domain.tasks.rules import today_of, week_begins
from crm_app.domain.tasks.schemas import Bucket

RECENT, DUE = 8, 8


def load_dashboard(session: Session, actor: Actor) -> DashboardView:
    """Figures, recent entries and what is due, for the actor's own day, week and month."""
    actor.require(Permission.DASHBOARD_READ)
    today = today_of(actor)
    month, week = today.replace(day=1), week_begins(today, actor.week_start)
    people = queries.count_contacts(session, _midnight(month, actor.zone), _midnight(week, actor.zone))
    counts, due = get_due(session, actor, DUE)
    return DashboardView(
        greeting_name=actor.name.split(" ")[0],
        today=today,
        active_contacts=Figure(value=people.active, link="/contacts"),
        new_contacts=Figure(value=people.new, link=f"/contacts?created_from={month}"),
        contacted=Figure(value=people.contacted, link=f"/contacts?contacted_from={week}"),
        tasks_open=Figure(value=counts.total() - counts[Bucket.DONE], link="/tasks"),
        tasks_overdue=Figure(value=counts[Bucket.OVERDUE], link="/tasks?bucket=overdue"),
        tasks_today=Figure(value=counts[Bucket.TODAY], link="/tasks?bucket=today"),
        recent=interactions.list_recent(session, actor, RECENT),
        tasks=due,
        has_contact=people.has_contact,
        has_note=people.has_note,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
