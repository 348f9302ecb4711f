"""What the clock tells somebody of their own things, each once, by their own wall clock.

A person's reminders have been given up to a moment. Looking again gives those between that moment and now, and moves the
moment in the same transaction; every reminder has a key as well, so that a clock that was set back says nothing twice.

Most looks find nothing and write nothing (``find_due``): then the moment moves in the memory of whoever looks, and is written down
about every hour, so that a process that takes over begins not far behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.queries import find_away_today
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.notifications import queries, reminder_queries
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.models import NotificationProfile
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.notifications.rules import at
from crm_app.domain.notifications.subject_queries import due_moment
from crm_app.domain.programmes.queries import list_running_out
from crm_app.domain.programmes.rules import FEW_SESSIONS
from crm_app.domain.tasks.models import Task
from crm_app.domain.times import short_date

LOOK_BACK: Final = timedelta(days=3)
"""What was due while no server ran for longer than this is left to the overdue list."""
MOST_PROGRAMMES: Final = 50
"""How many programmes somebody is told of on one morning."""
LONGEST_LEAD: Final = timedelta(days=8)
WRITTEN_DOWN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """After ``since`` and not after ``until``."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether a reminder of this moment is to be given now."""
        return self.since < moment <= self.until

    def days(self, actor: Actor, before: timedelta = timedelta(), after: timedelta = timedelta()) -> Iterator[date]:
        """The days of the actor's calendar that it touches, and some around it."""
        day = (self.since - before).astimezone(actor.zone).date()
        while day <= (self.until + after).astimezone(actor.zone).date():
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to say. ``key`` tells it from every other reminder of the same thing."""

    kind: Kind
    about: tuple[str, UUID] | None
    key: str
    due_at: datetime
    detail: str = ""


Source = Callable[[Session, Actor, NotificationProfile, Window], Iterator[Reminder]]


def find_due(session: Session, actor: Actor, moment: datetime, looked: datetime | None = None) -> bool:
    """Whether there is anything to give or to write down at ``moment``; up to ``looked`` there was nothing more."""
    profile = queries.find_profile(session, actor)
    if profile is None or not timedelta() <= moment - profile.reminded_until < WRITTEN_DOWN:
        return True
    window = _window(profile, moment, looked)
    return any(True for source in SOURCES for _reminder in source(session, actor, profile, window))


def _window(profile: NotificationProfile, moment: datetime, looked: datetime | None) -> Window:
    since = max(profile.reminded_until, looked) if looked and looked <= moment else profile.reminded_until
    return Window(max(min(since, moment), moment - LOOK_BACK), moment)


def give_reminders(session: Session, actor: Actor, moment: datetime, looked: datetime | None = None) -> int:
    """Give the actor what has become due up to ``moment``; how many there were. Two who do this at once wait for each other.

    What was written too late, for a moment up to ``looked``, calls nobody. ``looked`` is what this process remembers: after a restart, such a
    moment of the last hour still calls, once.
    """
    profile = queries.get_profile(session, actor, lock=True)
    window = _window(profile, moment, looked)
    given = 0
    for source in SOURCES:
        for reminder in source(session, actor, profile, window):
            given += notify_self(session, actor, reminder.kind, about=reminder.about, key=reminder.key, due_at=reminder.due_at, detail=reminder.detail)
    profile.reminded_until = moment
    session.flush()
    return given


def due_tasks(session: Session, actor: Actor, profile: NotificationProfile, window: Window) -> Iterator[Reminder]:
    """One's open tasks: some minutes before their time, or on the morning of their day when they have none."""
    days = list(window.days(actor, before=timedelta(days=2), after=LONGEST_LEAD))
    for task in reminder_queries.list_open_tasks(session, actor, days[0], days[-1]):
        due, moment = task_moments(task, profile, actor)
        if window.holds(moment):
            yield Reminder(Kind.TASK_DUE, ("task", task.id), due.isoformat(), due)


def task_moments(task: Task, profile: NotificationProfile, actor: Actor) -> tuple[datetime, datetime]:
    """When a task with a day is due, and when its reader is reminded of it."""
    timed = due_moment(task)
    if timed is None:
        assert task.due_date is not None
        morning = at(task.due_date, profile.day_starts, actor.zone)
        return morning, morning
    lead = profile.remind_minutes if task.remind_minutes is None else task.remind_minutes
    return timed, timed - timedelta(minutes=lead)


def birthdays(session: Session, actor: Actor, profile: NotificationProfile, window: Window) -> Iterator[Reminder]:
    """Of the people whom one looks after: on the morning of the day, or as many days before as one chose."""
    for day in window.days(actor):
        if window.holds(at(day, profile.day_starts, actor.zone)):
            birthday = day + timedelta(days=profile.birthday_days)
            for contact_id in reminder_queries.list_birthdays(session, actor, birthday):
                yield Reminder(Kind.BIRTHDAY, ("contact", contact_id), str(birthday.year), at(birthday, time(12), actor.zone))


def to_reconnect(session: Session, actor: Actor, profile: NotificationProfile, window: Window) -> Iterator[Reminder]:
    """Of the people whom one looks after: how many become due on this day, in its morning, as one. On days away nobody is due."""
    for day in window.days(actor):
        morning = at(day, profile.day_starts, actor.zone)
        if window.holds(morning) and find_away_today(session, actor, day) is None:
            number = reminder_queries.count_becoming_due(session, actor, day)
            if number:
                yield Reminder(Kind.RECONNECT_DUE, None, day.isoformat(), morning, str(number))


def running_out(session: Session, actor: Actor, profile: NotificationProfile, window: Window) -> Iterator[Reminder]:
    """Programmes of the people whom one looks after, on the first morning on which few sessions or days are left: once for either."""
    for day in window.days(actor):
        morning = at(day, profile.day_starts, actor.zone)
        if not window.holds(morning):
            continue
        for row in list_running_out(session, actor, MOST_PROGRAMMES, mine=True):
            few = row.sessions_left <= FEW_SESSIONS
            left = ngettext("%d session left", "%d sessions left", row.sessions_left) % row.sessions_left
            said = left if few or row.ends_on is None else _("%(left)s, until %(day)s") % {"left": left, "day": short_date(row.ends_on, actor)}
            yield Reminder(Kind.PROGRAMME_ENDING, ("programme", row.id), "sessions" if few else f"days {row.ends_on}", morning, f"{row.contact_name}: {said}")


SOURCES: Final[tuple[Source, ...]] = (due_tasks, birthdays, to_reconnect, running_out)
"""Whoever brings another kind of reminder adds its source here."""
