"""Reminders: how long before its time a task calls. Days away stand in their own table by now, so the settings of being told need none.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("remind_minutes", sa.Integer(), nullable=True))
    op.drop_column("notification_profile", "away_until")


def downgrade() -> None:
    op.add_column("notification_profile", sa.Column("away_until", sa.Date(), nullable=True))
    op.drop_column("task", "remind_minutes")
