"""Every tab of a person hears of what they ask the assistant in another one, and a question says when it was last heard of by whoever answers it.

Revision ID: 0069
Revises: 0068
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

NOTICE = """
create function conversation_notice() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'conversation', 'owner', row_now -> 'user_id', 'audience', 'private',
    'ids', jsonb_build_array(coalesce(row_now -> 'conversation_id', row_now -> 'id')), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""
# Of an answer that is being written it is told that it began and how it ended, not every second that somebody is at it.
TOLD = {"conversation": "insert or update or delete", "conversation_turn": "insert or update of state or delete"}


def upgrade() -> None:
    op.execute(NOTICE)
    op.execute("revoke execute on function conversation_notice() from public")
    op.add_column("conversation_turn", sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    for table, when in TOLD.items():
        op.execute(f"create trigger {table}_notice after {when} on {table} for each row execute function conversation_notice()")


def downgrade() -> None:
    for table in TOLD:
        op.execute(f"drop trigger {table}_notice on {table}")
    op.drop_column("conversation_turn", "heard_at")
    op.execute("drop function conversation_notice()")
