"""Shortcuts in a linked folder: what each leads to. Everything that is linked is looked at once more, so that what they lead to comes in.

Revision ID: 0089
Revises: 0088
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

ANEW = "update connection set place = '' where kind = 'google_drive'"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("drive_folder", sa.Column("target", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.execute(ANEW)


def downgrade() -> None:
    """What came by a shortcut stays; the look at everything that follows says that it is not in the folder itself."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("delete from drive_folder where target <> ''")
    op.drop_column("drive_folder", "target")
    op.execute(ANEW)
