"""What of a calendar lay wholly before the months that are read, so that one line can say how much that is.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calendar_item", sa.Column("left_out", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("calendar_item_left_out", "calendar_item", ["calendar_id"], postgresql_where=sa.text("left_out"))
    # What is kept already, does not come again, was not emptied by an erasing and has no event lay before.
    op.execute(
        "update calendar_item i set left_out = true where read_until is null and content <> '' "
        "and not exists (select from event e where e.item_id = i.id) "
        "and not exists (select from sync_problem p join calendar k on k.connection_id = p.connection_id and k.external_id = p.calendar_ref "
        "where k.id = i.calendar_id and p.item = i.external_id)"
    )


def downgrade() -> None:
    op.drop_index("calendar_item_left_out", "calendar_item")
    op.execute("delete from sync_problem where item = ''")
    op.drop_column("calendar_item", "left_out")
