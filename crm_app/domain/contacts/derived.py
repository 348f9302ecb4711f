"""Facts of a contact that follow from other rows, brought up to date in the transaction that changed those rows.

Only entries and tasks at least as wide as the contact's own audience count, so a private note never shows
through a figure, and the result is the same whoever asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session

from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.rules import SEARCHED, folded_fields

DERIVED = (
    "sort_name", "search_text", "last_contact_at", "last_contact_kind", "cadence_effective", "due_at", "next_step", "next_step_on", "primary_email", "primary_phone",
)  # fmt: skip
_CHUNK = 1_000
_OWN_WORDS = text(
    f"select c.id, {', '.join(f'c.{name}' for name in SEARCHED)}, left(c.notes, 2000) as notes, "  # noqa: S608  column names of ours
    "coalesce((select jsonb_agg(jsonb_build_object('kind', p.kind, 'value', p.value, 'value_norm', p.value_norm, 'is_primary', p.is_primary) "
    "order by p.position, p.id) from contact_point p where p.contact_id = c.id), '[]') as points, "
    "coalesce((select jsonb_agg(t.name order by t.folded) from contact_tag l join tag t on t.id = l.tag_id where l.contact_id = c.id), '[]') as tags "
    "from contact c where c.id = any(:ids)"
)
_WIDE = "(l.audience = 'team' or (c.audience = 'private' and l.owner_id = c.owner_id))"
_NEXT_TASK = (
    "(select t.title, t.due_date as day, t.id from task_contact l join task t on t.id = l.task_id where l.contact_id = c.id and t.deleted_at is null "  # noqa: S608  names of our own columns
    f"and t.status not in ('completed', 'cancelled') and {_WIDE} order by t.due_date nulls last, t.id limit 1)"
)
# A day is one of the contact's owner's. What lasts longer than a day has begun, and is no next step.
_NEXT_MEETING = (
    "(select e.title, coalesce(e.start_date, day_in_zone(e.starts_at, (select u.time_zone from user_account u where u.id = c.owner_id))) as day, e.id "  # noqa: S608  names of our own columns
    "from event_contact l join event e on e.id = l.event_id where l.contact_id = c.id and l.how <> 'removed' and l.starts_at > clock_timestamp() - interval '1 day' "
    f"and e.ends_at > clock_timestamp() and e.title <> '' and e.status <> 'cancelled' and e.my_response is distinct from 'declined' and {_WIDE} "
    "order by l.starts_at, e.id limit 1)"
)
_WRITE = text(
    "with own as (select * from jsonb_to_recordset(cast(:own as jsonb)) as r(id uuid, sort_name text, search_text text, primary_email text, primary_phone text)), "  # noqa: S608  names of our own columns
    "fresh as (select own.*, keeping.last_at as last_contact_at, keeping.last_kind as last_contact_kind, keeping.every_days as cadence_effective, keeping.due_at, "
    "next.title as next_step, next.day as next_step_on from own join contact c on c.id = own.id cross join lateral contact_keeping(c) keeping "
    f"left join lateral (select * from ({_NEXT_TASK} union all {_NEXT_MEETING}) nearest order by day nulls last, id limit 1) next on true) "
    f"update contact c set ({', '.join(DERIVED)}) = ({', '.join(f'fresh.{name}' for name in DERIVED)}) from fresh where fresh.id = c.id "
    f"and ({', '.join(f'c.{name}' for name in DERIVED)}) is distinct from ({', '.join(f'fresh.{name}' for name in DERIVED)})"
)
"""Last contact, cadence and due day come from the database's own ``contact_keeping``, which a changed default of the team asks as well."""

_RECOUNT = text("select recount_programmes(:ids)")


def refresh_derived(session: Session, contact_ids: Iterable[UUID]) -> None:
    """Bring names, search text, last contact, due day, next step and primary e-mail and phone of these contacts up to date,
    and what is used of their programmes.

    Flush what was changed first. Contacts that the asker cannot see are left alone: nothing that the asker may
    write counts for them. Three statements for a thousand contacts; versions do not move.
    """
    wanted = list(dict.fromkeys(contact_ids))
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        connection = session.connection()
        own = [_own_columns(dict(row)) for row in connection.execute(_OWN_WORDS, {"ids": chunk}).mappings()]
        connection.execute(_WRITE, {"own": json.dumps(own)})
        connection.execute(_RECOUNT, {"ids": chunk})
        _forget(session, chunk)


def _own_columns(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(row["id"]), **folded_fields(row, row["points"], row["tags"])}


def _forget(session: Session, contact_ids: Iterable[UUID]) -> None:
    """What an already loaded contact remembers of its derived fields is read anew when it is asked for."""
    for contact_id in contact_ids:
        loaded = session.identity_map.get(identity_key(Contact, contact_id))
        if loaded is not None:
            session.expire(loaded, DERIVED)
