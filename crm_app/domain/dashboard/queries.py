"""The dashboard's own counts, and how its reader has arranged it: one statement."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, DateTime, Integer, Select, Text, Uuid, and_, bindparam, cast, exists, func, literal_column
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.ai.models import AiSettings
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.page_queries import SORTS
from crm_app.domain.days import day_begins
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.rows import Audience

WEEKS, MOST_GROWN = 12, 5_000
_LIVE = (col(Contact.deleted_at).is_(None), col(Contact.archived_at).is_(None))
_MOMENT = DateTime(timezone=True)
_LAST_CONTACT = SORTS["-last_contact"].columns[0]


class ContactCounts(NamedTuple):
    """Live contacts that are not archived: all, made since the month began, and last spoken to on each day of the week.

    ``made`` are those of each of the last twelve weeks, the oldest week first; None when there were more than 5,000.
    ``has_contact``, ``has_note`` and ``has_calendar`` say whether there is anything at all; ``arranged`` is the reader's line of cards,
    ``uses_models`` whether the team has switched models on.
    """

    active: int
    new: int
    spoken: dict[date, int]
    made: tuple[int, ...] | None
    has_contact: bool
    has_note: bool
    has_calendar: bool
    arranged: str
    uses_models: bool


def count_contacts(session: Session, actor: Actor, month: date, week: date, only_mine: bool) -> ContactCounts:
    """Count what the asker sees, or of that only what is theirs, from the first days of this month and week.

    Each count stands alone, so that each uses its own index: one's own and the team's, too.
    """
    values = {
        "asker": actor.user_id, "zone": actor.time_zone,
        "week": day_begins(week, actor.zone), "begins": day_begins(week - timedelta(weeks=WEEKS - 1), actor.zone),
        "most": MOST_GROWN + 1,
    }  # fmt: skip
    row = session.connection().execute(_asked(only_mine), values).one()
    by_day = _dated(row[2])
    if sum(by_day.values()) > MOST_GROWN:
        theirs = (col(Contact.owner_id) == actor.user_id,) if only_mine else ()
        new = session.exec(select(_count(col(Contact.created_at) >= day_begins(month, actor.zone), *theirs))).one()
        return ContactCounts(row[0], new, _dated(row[1]), None, *row[3:])
    new = sum(number for day, number in by_day.items() if day >= month)
    return ContactCounts(row[0], new, _dated(row[1]), _by_week(by_day, week), *row[3:])


@cache
def _asked(only_mine: bool) -> Any:
    asker = bindparam("asker", type_=Uuid)
    mine = col(Contact.owner_id) == asker
    theirs = (mine,) if only_mine else ()
    active = _count(mine) if only_mine else _count(mine) + _count(~mine, col(Contact.audience) == Audience.TEAM.value)
    spoken = columns(_day(_LAST_CONTACT).label("day")).where(*_LIVE, _LAST_CONTACT >= bindparam("week", type_=_MOMENT), *theirs).subquery()
    made = columns(_day(col(Contact.created_at)).label("day")).where(*_LIVE, col(Contact.created_at) >= bindparam("begins", type_=_MOMENT), *theirs)
    newest = made.order_by(col(Contact.created_at).desc()).limit(bindparam("most", type_=Integer)).subquery()
    any_contact = exists().where(col(Contact.deleted_at).is_(None))
    any_note = exists().where(col(Interaction.deleted_at).is_(None))
    arranged = select(UserAccount.dashboard).where(UserAccount.id == asker).scalar_subquery()
    any_calendar = exists().where(col(Calendar.owner_id) == asker)
    uses_models = exists().where(col(AiSettings.enabled))
    return columns(active, _by_day(spoken), _by_day(newest), any_contact, any_note, any_calendar, func.coalesce(arranged, ""), uses_models)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(Contact).where(and_(*_LIVE, *conditions)).scalar_subquery()


def _day(moment: Any) -> Any:
    return cast(func.timezone(bindparam("zone", type_=Text), moment), Date)


def _by_day(found: Any) -> Any:
    counted: Select[Any] = columns(found.c.day, func.count().label("number")).group_by(found.c.day)
    grouped = counted.subquery()
    return columns(func.coalesce(func.json_object_agg(grouped.c.day, grouped.c.number), literal_column("'{}'::json"))).scalar_subquery()


def _dated(counts: dict[str, int]) -> dict[date, int]:
    return {date.fromisoformat(day): number for day, number in counts.items()}


def _by_week(made: dict[date, int], week: date) -> tuple[int, ...]:
    first = week - timedelta(weeks=WEEKS - 1)
    weeks = [0] * WEEKS
    for day, number in made.items():
        weeks[min((day - first).days // 7, WEEKS - 1)] += number
    return tuple(weeks)
