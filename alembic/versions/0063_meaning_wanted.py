"""Whether the team wants its texts to be found by their meaning, for the clock, which is nobody; and no mail is read anew because its entry on a
timeline tells more or less of its subject.

Revision ID: 0063
Revises: 0062
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
WANTED = """
create function meaning_wanted() returns boolean language sql stable security definer set search_path = pg_catalog, public as $$
  select exists (select from ai_settings where enabled) and not exists (select from ai_feature where feature = 'search' and not enabled)
$$
"""

CHANGED = "meaning_changed()"
ALWAYS = "perform meaning_turn(array[new.id], array(select id from email where interaction_id = new.id));"
WHERE_SAID = "perform meaning_turn(array[new.id], array(select id from email where interaction_id = new.id and old.ai_allowed <> new.ai_allowed));"


def upgrade() -> None:
    op.execute(WANTED)
    op.execute("revoke execute on function meaning_wanted() from public")
    op.execute(f"grant execute on function meaning_wanted() to {APP}")
    _rewrite(CHANGED, ALWAYS, WHERE_SAID)


def downgrade() -> None:
    _rewrite(CHANGED, WHERE_SAID, ALWAYS)
    op.execute("drop function meaning_wanted()")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
