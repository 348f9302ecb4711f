"""An account at Google may be signed in to for changing its calendars, too, and a connection says whether its owner has allowed that.

Revision ID: 0073
Revises: 0072
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

KNOWN = "oauth_state_wants_known"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("connection", sa.Column("writes", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _known("wants in ('calendars', 'writing', 'mail', 'sending')")


def downgrade() -> None:
    """Whoever is at Google for it just now begins again; Google's calendars are only read from here on."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("delete from oauth_state where wants = 'writing'")
    op.execute("update calendar set writable = false where connection_id in (select id from connection where kind = 'google')")
    op.drop_column("connection", "writes")
    _known("wants in ('calendars', 'mail', 'sending')")


def _known(condition: str) -> None:
    op.drop_constraint(KNOWN, "oauth_state")
    op.create_check_constraint(KNOWN, "oauth_state", condition)
