"""Whom one owes a meeting: people of one's open tasks that are due soon, and people who are due, while none is planned with them. One statement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.schemas import FollowUp
from crm_app.domain.days import day_begins

SOON_DAYS = 7
_LOOKED_AT = 100
_NONE_PLANNED = (
    "not exists (select from event_contact l join event e on e.id = l.event_id where l.contact_id = c.id and l.how <> 'removed' and l.starts_at >= :moment "
    "and e.status <> 'cancelled' and e.my_response is distinct from 'declined')"
)
_HERE = "c.deleted_at is null and c.archived_at is null"
_TASKS = (
    "select t.id, t.title, t.due_date from task t where t.doer_id = :who and t.done_by = 'user' and t.deleted_at is null "
    "and t.status not in ('completed', 'cancelled') and least(t.due_date, 'infinity'::date) <= :soon "
    "order by least(t.due_date, 'infinity'::date), t.id limit :looked_at"
)
_ASKED = (
    f"select distinct on (c.id) c.id, t.title, t.due_date as on_day from ({_TASKS}) t join task_contact x on x.task_id = t.id "  # noqa: S608  names of ours
    f"join contact c on c.id = x.contact_id where {_HERE} and {_NONE_PLANNED} order by c.id, t.due_date, t.id"
)
_DUE = (
    f"select c.id, '' as title, day_in_zone(c.due_at, :zone) as on_day from contact c where c.owner_id = :who and {_HERE} and c.due_at < :tomorrow "  # noqa: S608  names of ours
    "and (c.snoozed_until is null or c.snoozed_until <= :today) "
    "and not exists (select from away_period w where w.user_id = :who and w.starts_on <= :today and w.ends_on >= :today) "
    f"and {_NONE_PLANNED} order by c.due_at, c.id limit :most_and_asked"
)
_FOLLOW_UPS = text(
    f"with asked as materialized ({_ASKED}), due as materialized ({_DUE}), found as (select a.*, 0 as place from asked a "  # noqa: S608  names of ours
    "union all select d.*, 1 from due d where d.id not in (select a.id from asked a)) "
    "select f.id as contact_id, c.display_name as name, b.sha256 as photo_sha, f.title as task, f.on_day as due_on from found f "
    "join contact c on c.id = f.id left join blob b on b.id = c.photo_id order by f.place, f.on_day, c.sort_name, f.id limit :most"
)


def list_follow_ups(session: Session, actor: Actor, today: date, moment: datetime, most: int) -> tuple[FollowUp, ...]:
    """At most so many: first people of the asker's own tasks that are due within a week, then their contacts who are due, the longest first."""
    values = {
        "who": actor.user_id, "moment": moment, "today": today, "tomorrow": day_begins(today + timedelta(days=1), actor.zone), "zone": actor.time_zone,
        "soon": today + timedelta(days=SOON_DAYS), "most": most, "looked_at": _LOOKED_AT, "most_and_asked": most + _LOOKED_AT,
    }  # fmt: skip
    return tuple(FollowUp(**row) for row in session.connection().execute(_FOLLOW_UPS, values).mappings())
