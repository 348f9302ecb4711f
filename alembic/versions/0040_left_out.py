"""What of a calendar lay wholly before the months that are read, so that one line can say how much that is.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# What is kept already, does not come again, was not emptied by an erasing and has no event lay before.
MARK = (
    "update calendar_item i set left_out = true where read_until is null and content <> '' and not left_out "
    "and not exists (select from event e where e.item_id = i.id) "
    "and not exists (select from sync_problem p join calendar k on k.connection_id = p.connection_id and k.external_id = p.calendar_ref "
    "where k.id = i.calendar_id and p.item = i.external_id)"
)


def upgrade() -> None:
    op.execute("alter table calendar_item add column if not exists left_out boolean default false not null")
    with op.get_context().autocommit_block():  # the table is locked no longer
        op.execute(MARK)
        op.execute("create index concurrently if not exists calendar_item_left_out on calendar_item (calendar_id) where left_out")


def downgrade() -> None:
    op.drop_index("calendar_item_left_out", "calendar_item")
    op.execute("delete from sync_problem where item = ''")
    op.drop_column("calendar_item", "left_out")
