"""Whose number stands in a text is looked up by an index, by the number's last figures.

As it was first published this revision looked up names as well, by a generated column, which wrote the whole table anew. Names are 0095's now.

Revision ID: 0075
Revises: 0074
"""

from __future__ import annotations

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("create index concurrently if not exists contact_point_by_end on contact_point (\"right\"(value_norm, 7)) where kind = 'phone'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists contact_point_by_end")
