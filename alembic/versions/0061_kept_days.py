"""What was sent to models is kept for as many days as an admin has chosen.

Revision ID: 0061
Revises: 0060
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

BEFORE = "declare gone integer;\nbegin\n"
NOW = BEFORE + "  keep := coalesce((select make_interval(days => s.keep_days) from ai_settings s), keep);\n"


def upgrade() -> None:
    _rewrite(BEFORE, NOW)


def downgrade() -> None:
    _rewrite(NOW, BEFORE)


def _rewrite(before: str, now: str) -> None:
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast('ai_tidy(interval)' as regprocedure))")).scalar_one()
    if before not in definition:
        raise RuntimeError("ai_tidy does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
