"""One more purpose that somebody can agree to: that a public picture of them is looked for.

Revision ID: 0070
Revises: 0069
"""

from __future__ import annotations

from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

BEFORE = "'data_processing', 'health_notes', 'ai', 'marketing'"
NOW = f"{BEFORE}, 'photo'"
FORGETS = "'ai', 'health_notes'"
"""Of whoever takes one of these back, nothing stays of what models made."""


def upgrade() -> None:
    _purposes(NOW)
    _forget(f"{FORGETS}, 'photo'")


def downgrade() -> None:
    """What was agreed to for that purpose alone is no longer known."""
    _forget(FORGETS)
    op.execute("delete from consent where purpose = 'photo'")
    op.execute("delete from consent_text where purpose = 'photo'")
    _purposes(BEFORE)


def _purposes(known: str) -> None:
    for table in ("consent_text", "consent"):
        op.execute(f"alter table {table} drop constraint {table}_purpose_known")
        op.execute(f"alter table {table} add constraint {table}_purpose_known check (purpose in ({known}))")


def _forget(purposes: str) -> None:
    op.execute("drop trigger consent_analyses on consent")
    op.execute(
        f"create trigger consent_analyses after insert on consent for each row when (new.action = 'withdrawn' and new.purpose in ({purposes})) "
        "execute function analyses_leave_withdrawn()"
    )
