"""Twice as many signs of each passage, taken between two thresholds, so that of a hundred thousand passages hardly one of the ten nearest is missed.

Signs of before cannot be compared with these, and are no part of what anybody wrote: everything goes at once, and the clock reads all texts again, as
it does when another model is chosen. That takes no longer to begin for a million passages than for none, this way and back.

Revision ID: 0065
Revises: 0064
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

FOLLOW = "meaning_follow(text, boolean, bytea)"


def upgrade() -> None:
    _begin_anew(768)
    op.alter_column("meaning_state", "centre", new_column_name="common")
    _rewrite(FOLLOW, "centre", "common")


def downgrade() -> None:
    _begin_anew(384)
    op.alter_column("meaning_state", "common", new_column_name="centre")
    _rewrite(FOLLOW, "common", "centre")


def _begin_anew(width: int) -> None:
    """Nobody's vectors are kept, so that the clock begins with those of its model; the index over the signs is made again by the next start."""
    op.execute("truncate meaning_source, meaning_chunk, meaning_vector")
    op.execute("delete from meaning_state")
    op.execute("drop index if exists meaning_chunk_near")
    op.execute(f"alter table meaning_chunk alter column signs type bit({width}) using repeat('0', {width})::bit({width})")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one name in it changed."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
