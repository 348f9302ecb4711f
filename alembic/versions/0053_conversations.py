"""Conversations with the assistant: what somebody asked, what it answered, and of whom that speaks.

Revision ID: 0053
Revises: 0052
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
MINE = "user_id = (select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
TABLES = ("conversation", "conversation_turn", "conversation_contact")
NOW = sa.text("now()")

# Of somebody who is erased nothing stays that was asked or answered about them. Taking back their making is no erasing.
FORGOTTEN = f"""
create function contact_leaves_talks() returns trigger language plpgsql {DEFINER} as $$
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;
  update conversation c set title = '', about_id = case when c.about_id = old.id then null else c.about_id end,
      handles = coalesce((select jsonb_object_agg(h.key, h.value) from jsonb_each(c.handles) h where h.value ->> 1 <> old.id::text), '{{}}')
    where c.about_id = old.id or c.id in (select t.conversation_id from conversation_turn t join conversation_contact p on p.turn_id = t.id where p.contact_id = old.id);
  delete from conversation_turn t using conversation_contact p where p.turn_id = t.id and p.contact_id = old.id;
  return old;
end $$
"""


def upgrade() -> None:
    _conversation()
    _turn()
    _contact()
    for table in TABLES:
        _secure(table)
    op.execute("create trigger conversation_touch before update on conversation for each row execute function touch_row('handles,asked_at')")
    op.execute(FORGOTTEN)
    op.execute("revoke execute on function contact_leaves_talks() from public")
    op.execute("create trigger contact_leaves_talks before delete on contact for each row execute function contact_leaves_talks()")


def downgrade() -> None:
    op.execute("drop trigger contact_leaves_talks on contact")
    op.execute("drop function contact_leaves_talks()")
    for table in reversed(TABLES):
        op.drop_table(table)


def _keyed() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
    ]


def _conversation() -> None:
    op.create_table(
        "conversation",
        *_keyed(),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("handles", postgresql.JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "user_id", name="conversation_of_user"),
    )
    op.create_index("conversation_by_user", "conversation", ["user_id", sa.text("asked_at desc"), sa.text("id desc")])


def _turn() -> None:
    op.create_table(
        "conversation_turn",
        *_keyed(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("question", "state", "answer", "failure")),
        *(sa.Column(name, postgresql.JSONB(), nullable=False) for name in ("steps", "sources", "cards", "suggestions")),
        sa.Column("model_label", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('running', 'stopping', 'done', 'stopped', 'failed')", name="conversation_turn_state_known"),
        sa.ForeignKeyConstraint(["conversation_id", "user_id"], ["conversation.id", "conversation.user_id"], name="conversation_turn_whose", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "user_id", name="conversation_turn_of_user"),
    )
    op.create_index("conversation_turn_in_order", "conversation_turn", ["conversation_id", "id"])


def _contact() -> None:
    """No key of the contact: it would tell whoever tries keys which of them there are."""
    op.create_table(
        "conversation_contact",
        *_keyed(),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id", "user_id"], ["conversation_turn.id", "conversation_turn.user_id"], name="conversation_contact_whose", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("turn_id", "contact_id", name="conversation_contact_once"),
    )
    op.create_index("conversation_contact_by_contact", "conversation_contact", ["contact_id"])


def _secure(table: str) -> None:
    """What the application may do with a table: whoever asked reads and, as a writer, writes it; nobody else does either."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({MINE})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and {MINE})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and {MINE}) with check ({MINE})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and {MINE})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")
