"""Connections as tests need them: rows of any state, without anything at the other end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.connections.models import MAILBOXES, Connection, SyncProblem, SyncRun
from crm_app.domain.mail.folders import make_mailbox
from crm_app.domain.unit_of_work import unit_of_work
from tests.tabs import RunningHouse


def moment(**ahead: float) -> datetime:
    """Now, or so far ahead: ``moment(minutes=-3)``."""
    return datetime.now(UTC) + timedelta(**ahead)


def connected(actor: Actor, name: str = "Practice", *, calendars: tuple[str, ...] = (), **values: Any) -> UUID:
    """A connection that is in step, unless ``values`` say otherwise."""
    usual = {
        "kind": "caldav", "url": "https://cloud.example.org/remote.php/dav/", "username": "ana", "next_run_at": moment(hours=2),
        "last_run_at": moment(), "last_ok_at": moment(),
    }  # fmt: skip
    with unit_of_work(actor, "tests.connected") as session:
        row = Connection(owner_id=actor.user_id, audience="private", name=name, **{**usual, **values})
        session.add(row)
        session.flush()
        if row.kind in MAILBOXES:
            make_mailbox(session, actor, row)
        for number, calendar in enumerate(calendars):
            session.add(Calendar(owner_id=actor.user_id, audience="private", connection_id=row.id, external_id=f"ref{number}", name=calendar, hue="teal"))
        session.flush()
        return row.id


def ran(actor: Actor, connection_id: UUID, **values: Any) -> None:
    """A run of it that is over."""
    with unit_of_work(actor, "tests.ran") as session:
        usual = {"state": "done", "ended_at": moment()}
        session.add(SyncRun(owner_id=actor.user_id, audience="private", connection_id=connection_id, **{**usual, **values}))


def missed(actor: Actor, connection_id: UUID, title: str, **values: Any) -> None:
    """A thing that is not here."""
    with unit_of_work(actor, "tests.missed") as session:
        usual = {"kind": "failed", "reason": "Its time zone is unknown.", "calendar_ref": "ref0", "item": f"{uuid4()}.ics", "title": title}
        session.add(SyncProblem(owner_id=actor.user_id, audience="private", connection_id=connection_id, **{**usual, **values}))


def change(house: RunningHouse, table: str, **values: Any) -> None:
    """Change every row of a table, as another process would."""
    named = ", ".join(f"{name} = :{name}" for name in values)
    with house.database.owner.begin() as connection:
        connection.execute(text(f"update {table} set {named}"), values)


def settle(house: RunningHouse, kind: str, state: str = "done", result: Mapping[str, Any] | None = None, **values: Any) -> None:
    """What waits of a kind of job has ended so."""
    sets = "".join(f", {name} = :{name}" for name in values)
    with house.database.owner.begin() as connection:
        connection.execute(
            text(f"update job set state = :state, result = cast(:result as jsonb){sets} where kind = :kind and state in ('queued', 'running')"),
            {"state": state, "result": json.dumps(dict(result or {})), "kind": kind, **values},
        )


def stored(house: RunningHouse, what: str) -> Any:
    """One value of the database."""
    with house.database.owner.connect() as connection:
        return connection.execute(text(f"select {what}")).scalar()
