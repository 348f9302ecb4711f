"""A document says where it comes from by a column that is called ``source``: a function whose argument is called so as well says which one it means.

Revision ID: 0087
Revises: 0086
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

SIGNATURE = "meaning_concerns(uuid)"
BEFORE, NOW = "d.id = s.document_id where s.id = source and", "d.id = s.document_id where s.id = meaning_concerns.source and"


def upgrade() -> None:
    _rewrite(BEFORE, NOW)


def downgrade() -> None:
    _rewrite(NOW, BEFORE)


def _rewrite(before: str, now: str) -> None:
    """Make the function anew with one part of it in other words. As it was before it did not fit the table any more, which is not looked at here."""
    op.execute("set local check_function_bodies = off")
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": SIGNATURE}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{SIGNATURE} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
