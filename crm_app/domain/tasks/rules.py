"""Pure rules of tasks: days, buckets, order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm_app.domain.access import Whose, may_edit, may_own
from crm_app.domain.accounts.rules import time_zones
from crm_app.domain.actor import Actor
from crm_app.domain.days import week_begins
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.tasks.models import Priority, Status, Task
from crm_app.domain.tasks.recurrence import checked_rule
from crm_app.domain.tasks.schemas import Bucket, TaskRow

CLOSED = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})
OWN_FIELDS = tuple(name for name in TaskRow.model_fields if name in Task.model_fields)
WHOLE_DAY = 86_400
URGENCY = {Priority.URGENT.value: 0, Priority.HIGH.value: 1, Priority.MEDIUM.value: 2, Priority.LOW.value: 3}


def due_day(due_date: date | None, due_time: time | None, due_zone: str | None, zone: ZoneInfo) -> date | None:
    """The day on which a task is due where its reader is: a task with a time may fall on another day than where it was written."""
    return due_here(due_date, due_time, due_zone, zone)[0]


def due_here(due_date: date | None, due_time: time | None, due_zone: str | None, zone: ZoneInfo) -> tuple[date | None, time | None]:
    """Day and time at which a task is due where its reader is."""
    if due_date is None or due_time is None or not due_zone or due_date.year in (1, 9999):  # no zone may push a date out of the calendar
        return due_date, due_time
    here = datetime.combine(due_date, due_time, ZoneInfo(due_zone)).astimezone(zone)
    return here.date(), here.time()


def written_day(task: Task | TaskRow, day: date, zone: ZoneInfo) -> date:
    """The day to write into a task so that it is due on ``day`` where its reader is: one with a time may have been written in another zone."""
    near = (day + timedelta(days=by) for by in (0, -1, 1))
    return next((one for one in near if due_day(one, task.due_time, task.due_zone, zone) == day), day)


def bucket_days(today: date, week_start: int) -> dict[Bucket, tuple[date | None, date | None]]:
    """For each bucket of open tasks its first day and the day after its last; None has no end.

    Nothing is left for "this week" on its last two days: tomorrow is still tomorrow.
    """
    tomorrow, after = today + timedelta(days=1), today + timedelta(days=2)
    later = max(after, week_begins(today, week_start) + timedelta(days=7))
    return {
        Bucket.OVERDUE: (None, today), Bucket.TODAY: (today, tomorrow), Bucket.TOMORROW: (tomorrow, after),
        Bucket.THIS_WEEK: (after, later), Bucket.LATER: (later, None),
    }  # fmt: skip


def day_for(bucket: Bucket, today: date, week_start: int) -> date | None:
    """The day that brings a task into a bucket: the last one of this week, else its first.

    None where no day may: in the past, in what is done, and in a week that has nothing left.
    """
    begins, ends = bucket_days(today, week_start).get(bucket, (None, None))
    if begins is None or begins == ends:
        return None
    return ends - timedelta(days=1) if ends else begins


def bucket_of(due_date: date | None, today: date, week_start: int, completed: bool) -> Bucket:
    """Where a task belongs. Without a day it is for later."""
    if completed:
        return Bucket.DONE
    days = bucket_days(today, week_start).items()
    return next((bucket for bucket, (_, end) in days if due_date is not None and (end is None or due_date < end)), Bucket.LATER)


def task_bucket(actor: Actor, task: Any, today: date) -> Bucket:
    """The bucket of a task in the actor's calendar."""
    return bucket_of(due_day(task.due_date, task.due_time, task.due_zone, actor.zone), today, actor.week_start, task.status in CLOSED)


def postponed(due_date: date | None, today: date, days: int) -> date:
    """``days`` after the due day, or after today when that is past or missing: postponing must lead out of "overdue"."""
    return max(due_date or today, today) + timedelta(days=days)


def urgency(task: Task | TaskRow) -> tuple[date, time, int, str]:
    """Sort key of tasks that nobody has put in order: day, time, priority, then age."""
    return task.due_date or date.max, task.due_time or time.max, URGENCY[task.priority], task.id.hex


def in_order(task: Any) -> tuple[date, int, UUID, float, UUID]:
    """Sort key within a bucket: the day, in it the place by hand, and without one time, priority and age. As ``board_queries.URGENT_FIRST``."""
    return task.due_date or date.max, *place_of(task), task.id


def place_of(task: Any) -> tuple[int, UUID, float]:
    """Where a task stands in its day: the rank of what it stands beside, which task that is, and its turn there. One that nobody has put
    anywhere stands beside itself; its rank is four for every second of the day until it is due (all of them without a time), plus its urgency.
    """
    if task.place_rank is not None:
        return task.place_rank, task.place_beside, task.place_turn
    at = task.due_time
    return 4 * (at.hour * 3600 + at.minute * 60 + at.second if at else WHOLE_DAY) + URGENCY[task.priority], task.id, 0.0


def check_due(task: Task, actor: Actor) -> None:
    """Give a timed task its zone. Raises Invalid for a time without a day and for an unknown zone."""
    if task.due_time is None:
        task.due_zone = None
        return
    if task.due_date is None:
        raise Invalid(fields={"due_time": _("Choose a day as well.")})
    if task.due_time.tzinfo is not None:
        raise Invalid(fields={"due_time": _("Give the time without an offset, and the zone by its name in due_zone.")})
    task.due_zone = task.due_zone or actor.time_zone
    if task.due_zone not in time_zones():
        raise Invalid(fields={"due_zone": _("This is not a known time zone. Write it like Europe/Berlin.")})


def check_repeat(task: Task, anew: bool) -> None:
    """Write a rule that was given ``anew`` in one way. Raises Invalid for one that cannot be taken, and for one without a day to begin with."""
    if task.recurrence and task.due_date is None:
        raise Invalid(fields={"due_date": _("A task that comes again needs a day.")})
    if anew and task.due_date is not None:
        task.recurrence = checked_rule(task.recurrence, task.due_date)


def moves(status: str, wanted: Status) -> bool:
    """True when closing or reopening changes this task: reopening leaves alone what is open in some other way."""
    return status in CLOSED if wanted is Status.PENDING else status != wanted.value


def set_status(task: Task, status: Status) -> None:
    """Change the status and keep ``completed_at``, the moment it was closed, in step."""
    task.status = status.value
    task.completed_at = (task.completed_at or now()) if status.value in CLOSED else None


def task_row(actor: Actor, values: dict[str, Any], bucket: Bucket) -> TaskRow:
    """A task as ``actor`` sees it. ``values`` are its ``OWN_FIELDS`` and what ``queries.with_names`` adds to them."""
    may_write, owned = actor.can(Permission.TASK_WRITE), Whose(values["owner_id"], values["audience"])
    for name, empty in (("assignee_name", ""), ("contacts", ()), ("mentions", ()), ("tags", ()), ("project_hue", "")):
        values[name] = values[name] or empty
    if values["project_title"] is None:  # a project that they do not see is none
        values |= {"project_title": "", "project_id": None}
    values["steps_done"], values["steps_all"] = values.pop("steps") or (0, 0)
    counted, running = values.pop("time") or (0, None)
    values |= {"actual_minutes": counted, "timers": running or ()}
    return TaskRow(**values, bucket=bucket, may_edit=may_write and may_edit(actor, owned), may_delete=may_write and may_own(actor, owned))
