"""Connections as their owner sees them, put together from what hangs on them in a handful of statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import views as book_views
from crm_app.domain.connections import queries, rules
from crm_app.domain.connections.models import Connection, ConnectionKind, SyncProblem
from crm_app.domain.connections.schemas import CalendarRow, ConnectionView, ProblemView, RunView
from crm_app.domain.rows import now


def build(session: Session, actor: Actor, rows: Sequence[Connection]) -> tuple[ConnectionView, ...]:
    """These connections, in the same order."""
    ids, moment = [row.id for row in rows], now()
    if not ids:
        return ()
    secrets, running = queries.list_with_secret(session, actor), queries.list_running(session, actor)
    runs, problems = queries.list_latest_runs(session, actor, ids), queries.count_problems(session, actor, ids)
    calendars: dict[UUID, list[CalendarRow]] = {key: [] for key in ids}
    for calendar in queries.list_calendars(session, actor, ids):
        calendars[calendar.connection_id].append(CalendarRow.model_validate(calendar))
    books = book_views.list_rows(session, actor, ids)
    passwords = {row.id for row in rows if row.id in secrets and (row.username or row.kind != ConnectionKind.ICS)}  # of a feed the address is sealed, too
    return tuple(
        ConnectionView(
            **row.model_dump(exclude={"owner_id", "audience", "created_at", "updated_at", "inner_allowed", "last_full_at", "place"}),
            has_password=row.id in passwords, running=str(row.id) in running, stale=is_stale(row, moment), calendars=tuple(calendars[row.id]),
            books=books.get(row.id, ()),
            last_run=RunView.model_validate(runs[row.id]) if row.id in runs else None, problems=sum(problems.get(row.id, (0, 0))),
        )
        for row in rows
    )  # fmt: skip


def is_stale(row: Connection, moment: datetime) -> bool:
    """Whether a connection that should sync has not done so for too long."""
    return rules.is_stale(row.state, row.interval_minutes, row.last_ok_at or row.created_at, moment)


def is_troubled(row: Connection, moment: datetime) -> bool:
    """Whether a connection needs its owner: it cannot sign in, is overdue, or has failed so often that it is left alone."""
    return row.state == "sign_in_needed" or (row.state == "active" and row.failures >= rules.BREAKER) or is_stale(row, moment)


def problem(row: SyncProblem, calendar: str) -> ProblemView:
    """One thing that is not here."""
    given_up = row.kind == "failed" and row.tries >= rules.MOST_TRIES
    shown = row.model_dump(include={"id", "item", "title", "kind", "reason", "tries", "seen_at"})
    return ProblemView(**shown, calendar=calendar, given_up=given_up)
