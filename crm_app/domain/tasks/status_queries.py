"""The board of tasks by status: for each status its first rows, and how many there are.

One statement for what is open and one for what is closed: an index of open tasks by status is read no further than what is
shown or counted. The statements are put together once for each shape; a call only fills in its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Integer, Text, bindparam, cast, column, func, literal
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.tasks.board_queries import PLACE, URGENT_FIRST, Shape
from crm_app.domain.tasks.models import Status, Task
from crm_app.domain.tasks.queries import OPEN, Scope, narrow, row_values, with_names
from crm_app.domain.tasks.rules import in_order, task_bucket, task_row
from crm_app.domain.tasks.schemas import StatusBoard, StatusColumn, TaskRow

WAITING = (Status.PENDING, Status.IN_PROGRESS, Status.WAITING_APPROVAL)
MOST_COUNTED = 1_000


def get_status_board(session: Session, actor: Actor, scope: Scope, sizes: Mapping[str, int], most: int) -> StatusBoard:
    """As many rows of each status as ``sizes`` says, else ``most``. Nobody needs to know how much was ever done: that is not counted."""
    open_rows: dict[str, list[TaskRow]] = {status.value: [] for status in WAITING}
    values = {"status": [status.value for status in WAITING], "size": [sizes.get(status.value, most) for status in WAITING], **scope.values(actor)}
    found = session.connection().execute(_open(scope.shape), values).all()
    totals = {row.place: row.total for row in found}
    for row in sorted((row for row in found if row.id is not None), key=in_order):
        open_rows[row.place].append(_seen(actor, row))
    waiting = (
        StatusColumn(
            status=status, rows=tuple(open_rows[status.value]),
            total=min(totals[status.value], MOST_COUNTED), total_is_capped=totals[status.value] > MOST_COUNTED,
        )
        for status in WAITING
        if totals[status.value] or status is not Status.WAITING_APPROVAL
    )  # fmt: skip
    return StatusBoard(today=today_of(actor), columns=(*waiting, _done(session, actor, scope, sizes.get(Status.COMPLETED.value, most))))


def _done(session: Session, actor: Actor, scope: Scope, size: int) -> StatusColumn:
    rows = session.connection().execute(_closed(scope.shape), {**scope.values(actor), "size": size + 1}).all()
    shown = tuple(_seen(actor, row) for row in rows[:size])
    return StatusColumn(status=Status.COMPLETED, rows=shown, total=len(shown), total_is_capped=len(rows) > size)


def _seen(actor: Actor, row: Any) -> TaskRow:
    return task_row(actor, row_values(row), task_bucket(actor, row, today_of(actor)))


@cache
def _open(shape: Shape) -> Any:
    given = func.unnest(cast(bindparam("status", type_=ARRAY(Text)), ARRAY(Text)), cast(bindparam("size", type_=ARRAY(Integer)), ARRAY(Integer)))
    wanted = given.table_valued(column("status", Text), column("size", Integer)).render_derived("wanted")
    here = (OPEN, col(Task.status) == wanted.c.status)
    some = narrow(select(literal(1)).select_from(Task), shape).where(*here).limit(MOST_COUNTED + 1)
    total = select(func.count()).select_from(some.correlate(wanted).subquery()).scalar_subquery().label("total")
    counted = columns(*wanted.c, total).offset(0).subquery("counted")  # the offset keeps it from being counted for every row again
    here = (OPEN, col(Task.status) == counted.c.status)
    part = narrow(select(Task.id), shape).where(*here).order_by(*URGENT_FIRST).limit(counted.c.size).lateral("part")
    page = select(part.c.id, counted.c.status.label("place"), counted.c.total).select_from(counted.outerjoin(part, literal(True))).subquery()
    return with_names(page.c.place, page.c.total, *PLACE, joined=(page, page.c.id == col(Task.id)))


@cache
def _closed(shape: Shape) -> Any:
    order = (col(Task.completed_at).desc(), col(Task.id))
    some = narrow(select(Task.id), shape).where(~OPEN).order_by(*order).limit(bindparam("size", type_=Integer)).subquery("some")
    return with_names(joined=(some, some.c.id == col(Task.id))).order_by(*order)
