"""The board of tasks by status: for each status its first rows, and how many there are.

Two statements a column at most: an index of open tasks by status is read no further than what is shown or counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Integer, Text, bindparam, func, literal
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.tasks.board_queries import MOST_COUNTED, URGENT_FIRST, Shape
from crm_app.domain.tasks.models import Status, Task
from crm_app.domain.tasks.queries import OPEN, Scope, narrow, row_values, with_names
from crm_app.domain.tasks.rules import task_bucket, task_row
from crm_app.domain.tasks.schemas import StatusBoard, StatusColumn

COLUMNS = (Status.PENDING, Status.IN_PROGRESS, Status.WAITING_APPROVAL, Status.COMPLETED)


def get_status_board(session: Session, actor: Actor, scope: Scope, sizes: Mapping[str, int], most: int) -> StatusBoard:
    """As many rows of each status as ``sizes`` says, else ``most``."""
    columns = tuple(_column(session, actor, scope, status, sizes.get(status.value, most)) for status in COLUMNS)
    return StatusBoard(today=today_of(actor), columns=tuple(one for one in columns if one.total or one.status is not Status.WAITING_APPROVAL))


def _column(session: Session, actor: Actor, scope: Scope, status: Status, size: int) -> StatusColumn:
    closed, today, connection = status is Status.COMPLETED, today_of(actor), session.connection()
    values = {**scope.values(actor), "size": size + 1, **({} if closed else {"status": status.value})}
    rows = connection.execute(_rows(scope.shape, closed), values).all()
    total, capped = min(len(rows), size), len(rows) > size
    if capped and not closed:  # what is open is counted in its index; nobody needs to know how much was ever done
        counted = connection.execute(_total(scope.shape), values).scalar_one()
        total, capped = min(counted, MOST_COUNTED), counted > MOST_COUNTED
    return StatusColumn(
        status=status, rows=tuple(task_row(actor, row_values(row), task_bucket(actor, row, today)) for row in rows[:size]),
        total=total, total_is_capped=capped,
    )  # fmt: skip


@cache
def _rows(shape: Shape, closed: bool) -> Any:
    order = (col(Task.completed_at).desc(), col(Task.id)) if closed else URGENT_FIRST
    some = _scoped(select(Task.id), shape, closed).order_by(*order).limit(bindparam("size", type_=Integer)).subquery("some")
    return with_names(joined=(some, some.c.id == col(Task.id))).order_by(*order)


@cache
def _total(shape: Shape) -> Any:
    some = _scoped(select(literal(1)).select_from(Task), shape, closed=False).limit(MOST_COUNTED + 1)
    return select(func.count()).select_from(some.subquery())


def _scoped(found: Any, shape: Shape, closed: bool) -> Any:
    found = narrow(found, shape)
    return found.where(~OPEN) if closed else found.where(OPEN, col(Task.status) == bindparam("status", type_=Text))
