"""The dashboard, in one call, and how a person arranges it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate

from sqlmodel import Session

from crm_app.domain.accounts.queries import get_user
from crm_app.domain.actor import Actor
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import DueFilter
from crm_app.domain.calendar.queries import Span, list_span
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.dashboard import assistant, queries
from crm_app.domain.dashboard.layout import Card, Layout
from crm_app.domain.dashboard.schemas import DashboardView, Figure
from crm_app.domain.days import today_of, week_begins
from crm_app.domain.errors import NotFound
from crm_app.domain.goals.queries import list_practice_goals
from crm_app.domain.interactions import service as interactions
from crm_app.domain.permissions import Permission
from crm_app.domain.plans import keep_plans
from crm_app.domain.programmes.queries import list_running_out
from crm_app.domain.tasks.board_queries import OpenTasks, list_open
from crm_app.domain.tasks.queries import Scope
from crm_app.domain.tasks.schemas import Bucket

RECENT, DUE, RECONNECT, BIRTHDAYS, GOALS, PROGRAMMES, AGENDA = 8, 8, 5, 4, 4, 4, 20
BIRTHDAY_DAYS = 14


def load_dashboard(session: Session, actor: Actor, mine: bool = False) -> DashboardView:
    """Figures and the cards that the actor shows, for their own day, week and month; with ``mine`` only what is theirs."""
    actor.require(Permission.DASHBOARD_READ)
    today = today_of(actor)
    month, week = today.replace(day=1), week_begins(today, actor.week_start)
    people = queries.count_contacts(session, actor, month, week, mine)
    layout = Layout.parse(people.arranged)
    most = DUE if layout.has(Card.TASKS) else 0
    tasks = list_open(session, actor, Scope(mine=mine), {Bucket.OVERDUE: most, Bucket.TODAY: most})
    keep_plans(session)  # how much of the above there is hangs on whose day it is; the rest stands at the beginning of some index
    due = cadence.list_due(session, actor, DueFilter(mine=mine, limit=RECONNECT))
    whose = "whose=mine" if mine else "whose=team"
    return DashboardView(
        greeting_name=actor.name.split(" ")[0],
        today=today,
        layout=layout,
        active_contacts=Figure(value=people.active, link=f"/contacts?{whose}"),
        new_contacts=Figure(value=people.new, link=f"/contacts?created_from={month}&{whose}"),
        growth=_growth(people.active, people.made),
        contacted=Figure(value=sum(people.spoken.values()), link=f"/contacts?contacted_from={week}&{whose}"),
        contacted_by_day=_week(people.spoken, week, today),
        reconnect_due=Figure(value=due.total, link=f"/contacts?due=1&{whose}&sort=due", capped=due.total_is_capped),
        reconnect=due,
        birthdays=cadence.list_birthdays(session, actor, BIRTHDAY_DAYS, mine)[:BIRTHDAYS] if layout.has(Card.BIRTHDAYS) else (),
        birthdays_link=f"/contacts?birthday={BIRTHDAY_DAYS}&{whose}",
        tasks_open=Figure(value=sum(tasks.counts.values()), link=f"/tasks?{whose}", capped=bool(tasks.capped)),
        tasks_overdue=_due(tasks, Bucket.OVERDUE, whose),
        tasks_today=_due(tasks, Bucket.TODAY, whose),
        tasks=(*tasks.rows[Bucket.OVERDUE], *tasks.rows[Bucket.TODAY])[:DUE],
        agenda=_agenda(session, actor, today, mine) if layout.has(Card.AGENDA) else (),
        has_calendar=people.has_calendar,
        recent=interactions.list_recent(session, actor, RECENT, mine) if layout.has(Card.RECENT) else (),
        goals=list_practice_goals(session, actor, GOALS, mine) if layout.has(Card.GOALS) else (),
        programmes=list_running_out(session, actor, PROGRAMMES, mine) if layout.has(Card.PROGRAMMES) else (),
        programmes_link=f"/contacts?running_out=1&{whose}",
        assistant=assistant.load_assistant(session, actor, layout, today) if people.uses_models and actor.can(Permission.AI_USE) else None,
        has_contact=people.has_contact,
        has_note=people.has_note,
    )


def arrange_dashboard(session: Session, actor: Actor, layout: Layout) -> Layout:
    """Keep which cards the actor's own dashboard shows, and where."""
    actor.require(Permission.PROFILE_WRITE)
    user = get_user(session, actor.user_id)
    if user is None:
        raise NotFound
    kept = Layout.parse(layout.spell())
    user.dashboard = kept.spell()
    session.add(user)
    session.flush()
    return kept


def _agenda(session: Session, actor: Actor, today: date, mine: bool) -> tuple[EventRow, ...]:
    """What takes place today. The viewer's own key may be one that reads no calendars."""
    if not actor.can(Permission.CALENDAR_READ):
        return ()
    return list_span(session, actor, Span(today, today + timedelta(days=1)), mine=mine, most=AGENDA, taking_place=True)


def _growth(active: int, made: Sequence[int] | None) -> tuple[int, ...]:
    """How many of today's people there were at each week's end; nothing when fewer than three weeks brought somebody."""
    if made is None or sum(number > 0 for number in made) < 3:
        return ()
    before = active - sum(made)
    return tuple(before + grown for grown in accumulate(made))


def _week(spoken: dict[date, int], week: date, today: date) -> tuple[int, ...]:
    """The days of the week; a moment that lies ahead (entries may be dated so) counts as today's."""
    days = [0] * 7
    for day, number in spoken.items():
        days[(min(day, today) - week).days] += number
    return tuple(days)


def _due(tasks: OpenTasks, bucket: Bucket, whose: str) -> Figure:
    return Figure(value=tasks.counts[bucket], link=f"/tasks?bucket={bucket.value}&{whose}", capped=bucket in tasks.capped)
