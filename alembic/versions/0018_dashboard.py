"""Which cards stand on a person's dashboard, and where.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("dashboard", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.execute("grant update (dashboard) on user_account to mindfulcrm_app")


def downgrade() -> None:
    op.execute("revoke update (dashboard) on user_account from mindfulcrm_app")
    op.drop_column("user_account", "dashboard")
