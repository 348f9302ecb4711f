"""A mailbox knows what stands under the letters that leave by it.

Revision ID: 0090
Revises: 0089
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("signature", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("mailbox", "signature")
