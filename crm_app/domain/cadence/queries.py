"""Who is due, along one index; the team's defaults; birthdays; the calendar address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Integer, Row, Uuid, bindparam, delete, func, or_, text, tuple_
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import Team, UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.cadence.models import AwayPeriod, CalendarFeed, StageCadence
from crm_app.domain.cadence.rules import days_of_birthdays
from crm_app.domain.cadence.schemas import DueFilter
from crm_app.domain.contacts.models import Contact
from crm_app.domain.days import day_begins
from crm_app.domain.files.models import Blob
from crm_app.domain.paging import decode_cursor
from crm_app.domain.rows import now
from crm_app.domain.tags.models import Tag

COUNTED = 1_000
_SHOWN = ("id", "display_name", "stage", "owner_id", "cadence_effective", "last_contact_at", "created_at", "due_at", "snoozed_until")
_ACTIVE = (col(Contact.deleted_at).is_(None), col(Contact.archived_at).is_(None))
_MINE = col(Contact.owner_id) == bindparam("asker", type_=Uuid)
_AWAY = (
    select(AwayPeriod)
    .where(col(AwayPeriod.user_id) == bindparam("asker", type_=Uuid), col(AwayPeriod.ends_on) >= bindparam("today", type_=Date))
    .order_by(col(AwayPeriod.starts_on), col(AwayPeriod.id))
)


def is_due(actor: Actor, today: date, within_days: int = 0) -> tuple[ColumnElement[bool], ...]:
    """The conditions of being due by the end of the day ``within_days`` after today, in the actor's calendar, and not put off beyond it."""
    values = _due_values(actor, today, within_days)
    return _due_before(values["ends"], values["last_day"])


def list_due(session: Session, actor: Actor, today: date, wanted: DueFilter) -> tuple[Sequence[Any], int]:
    """One row more than ``wanted.limit`` if there are more, the longest due first, and the count of all up to ``COUNTED`` + 1. One statement."""
    values = _due_values(actor, today, wanted.within_days) | {"asker": actor.user_id, "most": wanted.limit + 1}
    if wanted.after:
        values["moment"], values["key"] = decode_cursor(wanted.after, datetime, UUID)
    rows = session.connection().execute(_due_rows(wanted.mine, bool(wanted.after)), values).all()
    return rows, rows[0].total if rows else 0


def count_due(session: Session, actor: Actor, today: date, wanted: DueFilter) -> int:
    """How many are due, up to ``COUNTED`` + 1."""
    values = _due_values(actor, today, wanted.within_days) | {"asker": actor.user_id}
    return session.connection().execute(_due_counted(wanted.mine), values).scalar_one()


@cache
def _due_rows(mine: bool, further: bool) -> Any:
    found = (
        columns(
            *(getattr(Contact, name) for name in _SHOWN),
            col(UserAccount.name).label("owner_name"), col(Blob.sha256).label("photo_sha"), _due_counted(mine).scalar_subquery().label("total"),
        )
        .join(UserAccount, col(UserAccount.id) == col(Contact.owner_id))
        .outerjoin(Blob, col(Blob.id) == col(Contact.photo_id))
        .where(*_due(mine))
        .order_by(col(Contact.due_at), col(Contact.id))
        .limit(bindparam("most", type_=Integer))
    )  # fmt: skip
    place = tuple_(bindparam("moment", type_=DateTime(timezone=True)), bindparam("key", type_=Uuid))
    return found.where(tuple_(col(Contact.due_at), col(Contact.id)) > place) if further else found


@cache
def _due_counted(mine: bool) -> Any:
    return columns(func.count()).select_from(columns(col(Contact.id)).where(*_due(mine)).limit(COUNTED + 1).subquery())


def _due(mine: bool) -> tuple[ColumnElement[bool], ...]:
    return (*_due_before(bindparam("ends", type_=DateTime(timezone=True)), bindparam("last_day", type_=Date)), *((_MINE,) if mine else ()))


def _due_before(ends: Any, last_day: Any) -> tuple[ColumnElement[bool], ...]:
    snoozed = col(Contact.snoozed_until)
    return (*_ACTIVE, col(Contact.due_at) < ends, or_(snoozed.is_(None), snoozed <= last_day))


def _due_values(actor: Actor, today: date, within_days: int) -> dict[str, Any]:
    last_day = today + timedelta(days=within_days)
    return {"ends": day_begins(last_day + timedelta(days=1), actor.zone), "last_day": last_day}


def list_birthdays(session: Session, actor: Actor, today: date, within_days: int, mine: bool, limit: int) -> Sequence[Any]:
    """Contacts whose birthday falls on one of these days, in no order: which one comes first depends on today."""
    values = {"days": days_of_birthdays(today, within_days), "asker": actor.user_id, "most": limit}
    return session.connection().execute(_birthdays(mine), values).all()


@cache
def _birthdays(mine: bool) -> Any:
    found = (
        columns(*(getattr(Contact, name) for name in ("id", "display_name", "birth_year", "birth_month", "birth_day")), col(Blob.sha256).label("photo_sha"))
        .outerjoin(Blob, col(Blob.id) == col(Contact.photo_id))
        .where(*_ACTIVE, tuple_(col(Contact.birth_month), col(Contact.birth_day)).in_(bindparam("days", expanding=True)))
        .limit(bindparam("most", type_=Integer))
    )
    return found.where(_MINE) if mine else found


def get_stage_cadences(session: Session) -> dict[str, int | None]:
    """The team's defaults by stage."""
    return dict(session.exec(select(StageCadence.stage, StageCadence.days)).all())


def put_stage_cadence(session: Session, stage: str, days: int | None) -> None:
    """Set or replace a stage's default."""
    made = insert(StageCadence).values(stage=stage, days=days, updated_at=now())
    session.execute(made.on_conflict_do_update(index_elements=[col(StageCadence.stage)], set_={"days": days, "updated_at": now()}))


def list_tag_cadences(session: Session) -> Sequence[Tag]:
    """Tags that have a cadence, by name."""
    return session.exec(select(Tag).where(col(Tag.cadence_days).is_not(None)).order_by(Tag.folded)).all()


def get_tag_cadences(session: Session, tag_ids: Collection[UUID]) -> dict[UUID, int]:
    """The cadences of those of these tags that have one."""
    if not tag_ids:
        return {}
    return {key: days for key, days in session.exec(select(Tag.id, Tag.cadence_days).where(col(Tag.id).in_(tag_ids))).all() if days}


def get_team(session: Session) -> Team | None:
    """The team's row, locked until the transaction ends."""
    return session.exec(select(Team).with_for_update()).first()


def get_counted_kinds(session: Session) -> tuple[str, ...]:
    """The kinds of entry that count as being in touch."""
    return tuple((session.exec(select(Team.counted_kinds)).first() or "").split())


def recount(session: Session, after: UUID | None, limit: int) -> tuple[UUID | None, int]:
    """Bring last contact and due day of the next ``limit`` contacts up to date, whosever they are; the last key and how many there were."""
    row = session.connection().execute(text("select last_id, counted from recount_contacts(cast(:after as uuid), :limit)"), {"after": after, "limit": limit}).one()
    return row.last_id, row.counted


def list_away(session: Session, actor: Actor, today: date) -> Sequence[AwayPeriod]:
    """The person's periods that are not over, the next first."""
    return session.exec(_AWAY, params={"asker": actor.user_id, "today": today}).all()


def get_away(session: Session, actor: Actor, away_id: UUID) -> AwayPeriod | None:
    """One of the person's own periods."""
    return session.exec(select(AwayPeriod).where(AwayPeriod.id == away_id, AwayPeriod.user_id == actor.user_id)).first()


def find_away_today(session: Session, actor: Actor, today: date) -> AwayPeriod | None:
    """The period in which the person is away today: nobody is due for them, and reminders keep silent."""
    return next((row for row in list_away(session, actor, today) if row.starts_on <= today), None)


def get_feed(session: Session, actor: Actor) -> Row[Any] | None:
    """The person's live calendar address; its hash is not among what the application may read."""
    found: Any = columns(col(CalendarFeed.id), col(CalendarFeed.created_at), col(CalendarFeed.last_read_at))
    return session.connection().execute(found.where(col(CalendarFeed.user_id) == actor.user_id, col(CalendarFeed.revoked_at).is_(None))).first()


def revoke_feeds(session: Session, actor: Actor) -> int:
    """End the person's calendar address; how many there were."""
    statement = text("update calendar_feed set revoked_at = now() where user_id = :who and revoked_at is null")
    return int(session.connection().execute(statement, {"who": actor.user_id}).rowcount)


def delete_away_row(session: Session, actor: Actor, away_id: UUID) -> bool:
    """Remove one of the person's own periods; False when there is none."""
    gone = delete(AwayPeriod).where(col(AwayPeriod.id) == away_id, col(AwayPeriod.user_id) == actor.user_id)
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]
