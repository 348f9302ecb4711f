"""An account at Google may be signed in to for sending its mail, too.

Revision ID: 0072
Revises: 0071
"""

from __future__ import annotations

from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

KNOWN = "oauth_state_wants_known"


def upgrade() -> None:
    """A sign-in that is under way says what it is for."""
    _known("wants in ('calendars', 'mail', 'sending')")


def downgrade() -> None:
    """Whoever is at Google for it just now begins again; mailboxes that send by Gmail only bring mail in from here on."""
    op.execute("delete from oauth_state where wants = 'sending'")
    op.execute("update mailbox set smtp_host = '', smtp_port = 0, smtp_security = '' where smtp_host = 'gmail.googleapis.com'")
    _known("wants in ('calendars', 'mail')")


def _known(condition: str) -> None:
    op.execute("set local lock_timeout = '5s'")
    op.drop_constraint(KNOWN, "oauth_state")
    op.create_check_constraint(KNOWN, "oauth_state", condition)
