"""What the calendar of tasks and their figures are read from: an index of all that is due on a day, open or not.

It carries owner and audience, so that row security is answered from it as well.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BY_DUE = "(due_date, id) include (doer_id, status, due_at, priority, project_id, done_by, owner_id, audience) where deleted_at is null and due_date is not null"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists task_by_due")  # one that was interrupted is not whole
        op.execute(f"create index concurrently task_by_due on task {BY_DUE}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists task_by_due")
