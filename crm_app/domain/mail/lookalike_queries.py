"""Whom the senders of a thread may be taken for, among those whom its reader knows."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.mail.lookalike import Known

MOST = 200
_KNOWN = text(
    "with named as materialized (select c.id from contact c where c.sort_name = any(:names) and c.deleted_at is null "  # noqa: S608  a number of ours
    "union select p.contact_id from unnest(cast(:locals as text[])) l join contact_point p "
    f"on p.kind = 'email' and p.value_norm >= l || '@' and p.value_norm < l || 'A' limit {MOST}) "
    "select c.id, c.display_name as name, array(select p.value_norm from contact_point p where p.contact_id = c.id and p.kind = 'email') as addresses "
    "from contact c where c.id in (select id from named) and c.deleted_at is null "
    f"union all (select null, u.name, array[lower(u.email)] from user_account u where u.disabled_at is null and u.id <> :who limit {MOST})"
)


def list_known(session: Session, actor: Actor, names: Collection[str], locals_: Collection[str]) -> list[Known]:
    """Contacts of these names, or with addresses that begin so, as far as the actor sees them, and everybody else in the team. One statement."""
    rows = session.connection().execute(_KNOWN, {"names": sorted(names), "locals": sorted(locals_), "who": actor.user_id})
    return [Known(row.name, frozenset(row.addresses), row.id) for row in rows]
