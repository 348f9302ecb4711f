"""What the dashboard and the list of tasks count is answered by indexes alone.

Everyone's open tasks are counted from two, one's own and the team's: of a large team's tasks, most are somebody else's own.
Those of contacts by last contact and by their making hold what row security asks for.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DAY = "least(due_date, 'infinity'::date)"
OPEN = "deleted_at is null and status not in ('completed', 'cancelled')"
LAST = "(greatest(last_contact_at, '-infinity'::timestamptz) desc, id desc)"
CREATED = "(created_at desc, id desc)"
LIVE = "where deleted_at is null"
SEEN = "owner_id, audience, archived_at"
# name → (table, definition now, definition before; empty: there was none)
INDEXES = {
    "task_open_own": ("task", f"(owner_id, {DAY}, id) include (due_date, due_at, audience) where {OPEN}", ""),
    "task_open_team": ("task", f"({DAY}, id) include (due_date, due_at, owner_id, audience) where {OPEN} and audience = 'team'", ""),
    "contact_by_last": ("contact", f"{LAST} include (last_contact_at, {SEEN}) {LIVE}", f"{LAST} {LIVE}"),
    "contact_by_created": ("contact", f"{CREATED} include ({SEEN}) {LIVE}", f"{CREATED} {LIVE}"),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, now, _) in INDEXES.items():
            _make_index(name, table, now)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (table, _, before) in INDEXES.items():
            _make_index(name, table, before)


def _make_index(name: str, table: str, definition: str) -> None:
    """Put the index in place of the one that has its name, which goes on serving meanwhile."""
    if definition:
        op.execute(f"create index concurrently if not exists {name}_new on {table} {definition}")
    op.execute(f"drop index concurrently if exists {name}")
    op.execute(f"alter index if exists {name}_new rename to {name}")
