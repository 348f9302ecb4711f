"""The board of tasks: for each bucket of its reader's calendar the most urgent rows, and how many there are.

One statement each, however many tasks there are: a bucket is a range of an index of open tasks, which is read no further
than what is shown or counted. The statements are put together once for each shape; a call only fills in its values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Date, DateTime, Integer, Text, Uuid, bindparam, case, cast, column, func, literal, literal_column
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.rows import Audience
from crm_app.domain.tasks.models import Task, TaskTime
from crm_app.domain.tasks.overview_schemas import OwnTimer, SideFacts
from crm_app.domain.tasks.queries import OPEN, Scope, narrow, row_values, with_names
from crm_app.domain.tasks.rules import URGENCY, WHOLE_DAY, bucket_days, in_order, task_row
from crm_app.domain.tasks.schemas import Bucket, TaskBoard, TaskRow

MOST_COUNTED = 1_000
Shape = tuple[str, ...]
_DAY: Any = literal_column("least(task.due_date, 'infinity'::date)")
"""A task without a day comes last."""
FURTHEST = timedelta(days=2)
"""No two zones are further apart than 26 hours, so a moment lies at most so many days from the day it was written as."""
_SECONDS: Any = literal_column(f"case when task.due_time is null then {WHOLE_DAY} else floor(extract(epoch from task.due_time))::int end")
_RANK = func.coalesce(col(Task.place_rank), _SECONDS * 4 + case(URGENCY, value=col(Task.priority)))
URGENT_FIRST = (_DAY, _RANK, func.coalesce(col(Task.place_beside), col(Task.id)), func.coalesce(col(Task.place_turn), 0), col(Task.id))
"""As ``rules.in_order``."""
PLACE = (col(Task.place_rank), col(Task.place_beside), col(Task.place_turn))
_MINE = col(Task.owner_id) == bindparam("asker", type_=Uuid)
_TEAMS = col(Task.audience) == literal_column(f"'{Audience.TEAM.value}'")
_SPAN: dict[str, Any] = {
    "bucket": Text(), "nearest": Date(), "first": Date(), "begins": DateTime(timezone=True),
    "furthest": Date(), "last": Date(), "ends": DateTime(timezone=True), "most": Integer(),
}  # fmt: skip


class OpenTasks(NamedTuple):
    """For each bucket its most urgent tasks, and how many there are; ``capped`` are those of which counting stopped at 1,000."""

    rows: dict[Bucket, tuple[TaskRow, ...]]
    counts: dict[Bucket, int]
    capped: frozenset[Bucket]


def get_board(session: Session, actor: Actor, scope: Scope, buckets: Collection[Bucket], most: int) -> TaskBoard:
    """Up to ``most`` rows of each of ``buckets``, and the counts of all. ``done`` shows what was closed last."""
    found = list_open(session, actor, scope, dict.fromkeys(buckets, most))
    done = _list_closed(session, actor, scope, most + 1) if Bucket.DONE in buckets else ()
    return TaskBoard(
        today=today_of(actor),
        buckets={**found.rows, Bucket.DONE: done[:most]},
        counts={**found.counts, Bucket.DONE: len(done[:most])},
        capped=found.capped | ({Bucket.DONE} if len(done) > most else frozenset()),
    )


def list_open(session: Session, actor: Actor, scope: Scope, most: Mapping[Bucket, int]) -> OpenTasks:
    """Open tasks in the buckets of the actor's calendar: all are counted, and of each up to ``most`` are listed. One statement."""
    days = bucket_days(today_of(actor), actor.week_start)
    rows: dict[Bucket, list[TaskRow]] = {bucket: [] for bucket in days}
    found = session.connection().execute(_most_urgent(scope.shape), _values(actor, scope, days, most)).all()
    counts = {Bucket(row.bucket): row.total for row in found}
    for row in sorted((row for row in found if row.id is not None), key=in_order):
        bucket = Bucket(row.bucket)
        rows[bucket].append(task_row(actor, row_values(row), bucket))
    return OpenTasks(
        {bucket: tuple(listed) for bucket, listed in rows.items()},
        {bucket: min(number, MOST_COUNTED) for bucket, number in counts.items()},
        frozenset(bucket for bucket, number in counts.items() if number > MOST_COUNTED),
    )


def count_open(session: Session, actor: Actor, scope: Scope, until: date | None = None) -> int:
    """How many tasks are open, or due before ``until``: up to 1,000, which stands for any more than that. One statement."""
    values = _values(actor, scope, {Bucket.OVERDUE: (None, until)}, {})
    return min(session.connection().execute(_count(scope.shape), values).scalar_one(), MOST_COUNTED)


def get_side_facts(session: Session, actor: Actor, until: date) -> SideFacts:
    """The asker's tasks that are due before ``until``, counted up to 1,000, and their running timer. One statement."""
    values = _values(actor, Scope(mine=True), {Bucket.OVERDUE: (None, until)}, {})
    row = session.connection().execute(_beside(), values).one()
    timer = OwnTimer(task_id=row.task_id, title=row.title, since=row.started_at) if row.task_id else None
    return SideFacts(due=min(row.total, MOST_COUNTED), timer=timer)


def _list_closed(session: Session, actor: Actor, scope: Scope, most: int) -> tuple[TaskRow, ...]:
    rows = session.connection().execute(_closed_last(scope.shape), {**scope.values(actor), "most": most}).all()
    return tuple(task_row(actor, row_values(row), Bucket.DONE) for row in rows)


@cache
def _most_urgent(shape: Shape) -> Any:
    span = _spans()
    counted = columns(*span.c, _total(span, shape)).offset(0).subquery("counted")  # the offset keeps it from being counted for every row again
    part = narrow(select(Task.id), shape).where(OPEN, *_within(counted)).order_by(*URGENT_FIRST).limit(counted.c.most).lateral("part")
    page = select(part.c.id, counted.c.bucket, counted.c.total).select_from(counted.outerjoin(part, literal(True))).subquery()
    return with_names(page.c.bucket, page.c.total, *PLACE, joined=(page, page.c.id == col(Task.id)))


@cache
def _count(shape: Shape) -> Any:
    span = _spans()
    return select(_total(span, shape)).select_from(span)


@cache
def _beside() -> Any:
    span = _spans()
    running = (
        columns(col(TaskTime.task_id), col(TaskTime.started_at), col(Task.title))
        .join(Task, col(Task.id) == col(TaskTime.task_id))
        .where(col(TaskTime.person_id) == bindparam("mine", type_=Uuid), col(TaskTime.minutes).is_(None), col(Task.deleted_at).is_(None))
        .subquery("running")
    )
    return columns(_total(span, ("mine",)), *running.c).select_from(span.outerjoin(running, literal(True)))


@cache
def _closed_last(shape: Shape) -> Any:
    found = narrow(with_names(), shape).where(~OPEN)
    return found.order_by(col(Task.completed_at).desc(), col(Task.id)).limit(bindparam("most", type_=Integer))


def _total(span: Any, shape: Shape) -> Any:
    """Everyone's tasks are counted in two parts, one's own and the team's others: each has an index of just these."""
    parts = ((),) if shape else ((_MINE,), (~_MINE, _TEAMS))
    return sum((_counted(span, shape, *part) for part in parts[1:]), _counted(span, shape, *parts[0])).label("total")


def _counted(span: Any, shape: Shape, *where: Any) -> Any:
    some = narrow(select(literal(1)).select_from(Task), shape).where(OPEN, *_within(span), *where).limit(MOST_COUNTED + 1)
    return select(func.count()).select_from(some.correlate(span).subquery()).scalar_subquery()


def _spans() -> Any:
    """The buckets as a table: their days as they are here, in days and in moments, and as far as zones may move them; how many to list."""
    columns = (cast(bindparam(name, type_=ARRAY(Text)), ARRAY(kind)) for name, kind in _SPAN.items())
    return func.unnest(*columns).table_valued(*(column(name, kind) for name, kind in _SPAN.items())).render_derived("span")


def _within(span: Any) -> tuple[Any, ...]:
    """Due in these days where the reader is: a range of days as they were written, in which tasks with a time are told apart by their moment."""
    moment = col(Task.due_at)
    here = case((moment.is_(None), _DAY.between(span.c.first, span.c.last)), else_=(moment >= span.c.begins) & (moment < span.c.ends))
    return _DAY >= span.c.nearest, _DAY <= span.c.furthest, here


def _values(actor: Actor, scope: Scope, days: Mapping[Bucket, tuple[date | None, date | None]], most: Mapping[Bucket, int]) -> dict[str, Any]:
    """What fills in a statement: each bucket's days, one column of the table after the other."""
    table: list[tuple[str, ...]] = []
    for bucket, (first, end) in days.items():
        begins = ("-infinity",) * 3 if first is None else (f"{first - FURTHEST}", f"{first}", f"{day_begins(first, actor.zone)}")
        last = end and end - timedelta(days=1)
        ends = ("infinity",) * 3 if last is None else (f"{last + FURTHEST}", f"{last}", f"{day_begins(last + timedelta(days=1), actor.zone)}")
        table.append((bucket.value, *begins, *ends, f"{most.get(bucket, 0)}"))
    spans = {name: list(values) for name, values in zip(_SPAN, zip(*table, strict=True), strict=True)}
    return {**spans, **scope.values(actor), **({} if scope.shape else {"asker": actor.user_id})}
