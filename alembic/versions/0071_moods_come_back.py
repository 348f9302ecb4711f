"""An entry that is taken out keeps its mood in the record of that, so that it comes back with it: an import may have said it, and nobody reads it anew.

Revision ID: 0071
Revises: 0070
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

RECORD = "record_change()"
BEFORE = "  if tg_op <> 'DELETE' then became := to_jsonb(new) - skipped; end if;\n"
MOOD = """  if tg_op = 'DELETE' and tg_table_name = 'interaction' then
    was := was || jsonb_build_object('sentiment', to_jsonb(old) -> 'sentiment', 'sentiment_confidence', to_jsonb(old) -> 'sentiment_confidence');
  end if;
"""


def upgrade() -> None:
    _rewrite(RECORD, BEFORE, MOOD + BEFORE)


def downgrade() -> None:
    _rewrite(RECORD, MOOD + BEFORE, BEFORE)


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
