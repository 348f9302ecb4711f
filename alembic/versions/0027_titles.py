"""Titles of tasks and goals are found by half a word without reading them all.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = ("task", "goal")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for table in TABLES:
            op.execute(f"create index concurrently if not exists {table}_title_trgm on {table} using gin (title gin_trgm_ops) where deleted_at is null")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for table in TABLES:
            op.execute(f"drop index concurrently if exists {table}_title_trgm")
