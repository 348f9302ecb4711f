"""A goal's history and its end look up what was done to its check-ins by the goal, which each change only names inside.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(
            "create index concurrently if not exists change_of_check_in on change ((coalesce(after, before) ->> 'goal_id')) where table_name = 'goal_check_in'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists change_of_check_in")
