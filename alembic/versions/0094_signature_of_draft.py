"""A draft knows which signature was set under it: it is nobody's words once its mailbox has another, either.

Revision ID: 0094
Revises: 0093
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail_draft", sa.Column("signature", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("mail_draft", "signature")
