"""Reminders: how long before its time a task calls. Days away stand in their own table by now, so the settings of being told need none.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("remind_minutes", sa.Integer(), nullable=True))
    op.drop_column("notification_profile", "away_until")


def downgrade() -> None:
    op.add_column("notification_profile", sa.Column("away_until", sa.Date(), nullable=True))
    op.drop_column("task", "remind_minutes")
