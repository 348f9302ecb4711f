"""Hide and forget what is said of events as it should be: the first record of a hand-made link is seen by whom its event is seen, and of an
erased person's meetings that a sync took away no word stays in the history.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

# function → (what stood in it, what stands in it now)
REWRITTEN = (
    (
        "event_link()",
        "new.audience := case when person.audience = 'private' then 'private' else target.audience end;",
        """new.audience := case when person.audience = 'team' and exists (select from event e join calendar k on k.id = e.calendar_id
      join connection n on n.id = k.connection_id where e.id = new.event_id and n.meetings_audience = 'team')
    and not exists (select from event_contact l join contact c on c.id = l.contact_id
      where l.event_id = new.event_id and l.how <> 'removed' and c.audience = 'private') then 'team' else 'private' end;""",
    ),
    (
        "contact_leaves_events()",
        "addresses := array(",
        """delete from change h where h.table_name = 'interaction' and not exists (select from interaction i where i.id = h.row_id) and h.row_id in (
    select (coalesce(l.after, l.before) ->> 'interaction_id')::uuid from change l where l.row_id = old.id and l.table_name = 'interaction_contact');
  addresses := array(""",
    ),
)


def upgrade() -> None:
    for signature, before, now in REWRITTEN:
        _rewrite(signature, before, now)


def downgrade() -> None:
    for signature, before, now in reversed(REWRITTEN):
        _rewrite(signature, now, before)


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
