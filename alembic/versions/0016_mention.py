"""Mentions: which colleagues an entry or a task names, as a reference that stands when somebody is called otherwise.

A mention is seen by whom its entry is seen, takes its owner and audience from it by trigger, and goes with it.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"{WRITER} and (owner_id = {ME} or audience = 'team')"

OF_ENTRY = f"""
create function mention_of_entry() returns trigger language plpgsql {DEFINER} as $$
declare target record;
begin
  if new.interaction_id is not null then
    select owner_id, audience into target from interaction where id = new.interaction_id;
  else
    select owner_id, audience into target from task where id = new.task_id;
  end if;
  if target is null or (app_user() is not null and target.owner_id <> app_user() and target.audience <> 'team') then
    raise exception 'no such entry' using errcode = '23503';
  end if;
  new.owner_id := target.owner_id;
  new.audience := target.audience;
  return new;
end $$
"""

CARRIED = f"""
create function mentions_carried() returns trigger language plpgsql {DEFINER} as $$
begin
  if tg_table_name = 'interaction' then
    update mention set audience = new.audience, owner_id = new.owner_id where interaction_id = new.id;
  else
    update mention set audience = new.audience, owner_id = new.owner_id where task_id = new.id;
  end if;
  return null;
end $$
"""

# What is purged leaves no history: with the entry go its mentions, and with them what was recorded of them.
FORGOTTEN = f"""
create function mention_forgotten() returns trigger language plpgsql {DEFINER} as $$
begin
  if nullif(current_setting('app.change_set', true), '') is null then delete from change where table_name = 'mention' and row_id = old.id; end if;
  return null;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "mention",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="mention_audience_known"),
        sa.CheckConstraint("num_nonnulls(interaction_id, task_id) = 1", name="mention_of_one"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("mention_by_interaction", "mention", ["interaction_id", "user_id"], unique=True, postgresql_where=sa.text("interaction_id is not null"))
    op.create_index("mention_by_task", "mention", ["task_id", "user_id"], unique=True, postgresql_where=sa.text("task_id is not null"))
    op.create_index(op.f("ix_mention_user_id"), "mention", ["user_id"], unique=False)
    op.execute("alter table mention enable row level security")
    op.execute("alter table mention force row level security")
    op.execute("create policy mention_schema_owner on mention to current_user using (true) with check (true)")
    op.execute(f"create policy mention_select on mention for select to {APP} using ({ME} is not null and (owner_id = {ME} or audience = 'team'))")
    op.execute(f"create policy mention_insert on mention for insert to {APP} with check ({MINE})")
    op.execute(f"create policy mention_update on mention for update to {APP} using ({MINE}) with check (owner_id = {ME} or audience = 'team')")
    op.execute(f"create policy mention_delete on mention for delete to {APP} using ({MINE})")
    op.execute(f"grant select, insert, update, delete on mention to {APP}")
    for function in (OF_ENTRY, CARRIED, FORGOTTEN):
        op.execute(function)
    op.execute("create trigger mention_child before insert on mention for each row execute function mention_of_entry()")
    for table in ("interaction", "task"):
        moved = "old.audience is distinct from new.audience or old.owner_id is distinct from new.owner_id"
        op.execute(
            f"create trigger {table}_mentions after update of audience, owner_id on {table} for each row when ({moved}) execute function mentions_carried()"
        )
    op.execute("create trigger mention_record after insert or update or delete on mention for each row execute function record_change()")
    op.execute("create trigger mention_forgotten after delete on mention for each row execute function mention_forgotten()")


def downgrade() -> None:
    for table in ("interaction", "task"):
        op.execute(f"drop trigger {table}_mentions on {table}")
    op.drop_table("mention")
    for name in ("mention_forgotten", "mentions_carried", "mention_of_entry"):
        op.execute(f"drop function {name}()")
