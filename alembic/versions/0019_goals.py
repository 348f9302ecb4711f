"""Goals of contacts and of the practice, with their check-ins.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
VISIBLE = f"{ME} is not null and (owner_id = {ME} or audience = 'team')"
# What hangs on a contact has its owner and audience from there, by trigger, so a colleague may add to a shared one; what does not is the writer's own.
PART = f"{WRITER} and (owner_id = {ME} or (audience = 'team' and contact_id is not null))"
SEEN = f"{WRITER} and (owner_id = {ME} or audience = 'team')"
DERIVED = {"goal": "current_value,checked_on", "goal_check_in": ""}

CHECK_IN = f"""
create function check_in_of_goal() returns trigger language plpgsql {DEFINER} as $$
declare parent record;
begin
  select owner_id, audience, contact_id into parent from goal where id = new.goal_id;
  if parent is null or (app_user() is not null and parent.owner_id <> app_user() and parent.audience <> 'team') then
    raise exception 'no such goal' using errcode = '23503';
  end if;
  new.owner_id := parent.owner_id;
  new.audience := parent.audience;
  new.contact_id := parent.contact_id;
  return new;
end $$
"""

# Where a goal stands follows from its latest check-in, whoever writes, edits, takes away or undoes one.
CHECKED = f"""
create function goal_checked() returns trigger language plpgsql {DEFINER} as $$
declare concerned uuid := coalesce(new.goal_id, old.goal_id);
begin
  update goal g set (current_value, checked_on) = (select c.value, c.day from goal_check_in c where c.goal_id = g.id order by c.day desc, c.id desc limit 1)
    where g.id = concerned;
  return null;
end $$
"""

# What becomes private takes its history along, which would otherwise still tell everyone what it said.
SHARED = f"""
create function goal_shared() returns trigger language plpgsql {DEFINER} as $$
begin
  update goal_check_in set audience = new.audience where goal_id = new.id and audience <> new.audience;
  if new.audience = 'private' and new.contact_id is null then
    update change set audience = 'private' where audience <> 'private' and row_id = new.id;
    update change set audience = 'private' where audience <> 'private' and table_name = 'goal_check_in' and coalesce(after, before) ->> 'goal_id' = new.id::text;
  end if;
  return null;
end $$
"""
CONTACT = f"""
create function contact_shared_goals() returns trigger language plpgsql {DEFINER} as $$
begin
  update goal set audience = new.audience where contact_id = new.id and audience <> new.audience;
  return null;
end $$
"""

# Undoing the making of a contact must not tear down what others set for it, which the one who undoes may not see.
IN_USE = f"""
create function contacts_with_goals(ids uuid[]) returns setof uuid language sql stable {DEFINER} as $$
  select c.id from contact c where c.id = any(ids) and (c.owner_id = app_user() or c.audience = 'team')
    and exists (select from goal g where g.contact_id = c.id)
$$
"""

# What is purged is gone from the history as well. A goal's changes stand under its contact, or under itself.
PURGE = f"""
create function purge_goals(keep interval) returns bigint language plpgsql {DEFINER} as $$
declare gone uuid[]; places uuid[];
begin
  if not pg_try_advisory_xact_lock(hashtext('purge_goals')) then return 0; end if;
  select array_agg(g.id), array_agg(coalesce(g.contact_id, g.id)) into gone, places from goal g where g.deleted_at < now() - keep;
  if gone is null then return 0; end if;
  delete from goal where id = any(gone);
  delete from change where table_name = 'goal' and row_id = any(places) and coalesce(after, before) ->> 'id' = any(gone::text[]);
  delete from change where table_name = 'goal_check_in' and coalesce(after, before) ->> 'goal_id' = any(gone::text[]);
  return array_length(gone, 1);
end $$
"""

OPEN = ("contacts_with_goals(uuid[])", "purge_goals(interval)")
INNER = ("check_in_of_goal()", "goal_checked()", "goal_shared()", "contact_shared_goals()")


def upgrade() -> None:
    _goal()
    _check_in()
    for function in (CHECK_IN, CHECKED, SHARED, CONTACT, IN_USE, PURGE):
        op.execute(function)
    for table, derived in DERIVED.items():
        _secure(table)
        _keep(table, derived)
    op.execute("create trigger goal_guard before update on goal for each row execute function guard_owner('current_value,checked_on')")
    op.execute("create trigger goal_child before insert on goal for each row execute function child_of_contact()")
    op.execute("create trigger goal_shared after update of audience on goal for each row when (old.audience is distinct from new.audience) execute function goal_shared()")
    op.execute("create trigger goal_check_in_child before insert on goal_check_in for each row execute function check_in_of_goal()")
    op.execute("create trigger goal_check_in_checked after insert or update or delete on goal_check_in for each row execute function goal_checked()")
    op.execute(
        "create trigger contact_shared_goals after update of audience on contact for each row "
        "when (old.audience is distinct from new.audience) execute function contact_shared_goals()"
    )
    for signature in (*OPEN, *INNER):
        op.execute(f"revoke execute on function {signature} from public")
    for signature in OPEN:
        op.execute(f"grant execute on function {signature} to {APP}")


def _secure(table: str) -> None:
    delete = f"{WRITER} and (owner_id = {ME} or (audience = 'team' and (contact_id is not null or {ADMIN})))" if table == "goal" else SEEN
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({VISIBLE})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({PART if table == 'goal' else SEEN})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({SEEN}) with check (owner_id = {ME} or audience = 'team')")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({delete})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _keep(table: str, derived: str) -> None:
    """Versions, and the record of every change."""
    op.execute(f"create trigger {table}_touch before update on {table} for each row execute function touch_row('{derived}')")
    op.execute(f"create trigger {table}_record after update or delete on {table} for each row execute function record_change('{derived}')")
    op.execute(
        f"create trigger {table}_record_made after insert on {table} referencing new table as made for each statement execute function record_inserts('{derived}')"
    )


def _goal() -> None:
    op.create_table(
        "goal",
        *_owned(),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("start_value", sa.Float(), nullable=False),
        sa.Column("target_value", sa.Float(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("current_value", sa.Float(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="goal_audience_known"),
        sa.CheckConstraint("rhythm in ('none', 'daily', 'weekly', 'monthly')", name="goal_rhythm_known"),
        sa.CheckConstraint("target_value <> start_value", name="goal_leads_somewhere"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    live = "deleted_at is null"
    op.create_index("goal_by_contact", "goal", ["contact_id", "id"], postgresql_where=sa.text(live))
    op.create_index("goal_of_practice", "goal", ["id"], postgresql_where=sa.text(f"contact_id is null and {live} and archived_at is null"))
    op.create_index("goal_open", "goal", [sa.literal_column("id desc")], postgresql_where=sa.text(f"{live} and archived_at is null"))


def _check_in() -> None:
    op.create_table(
        "goal_check_in",
        *_owned(),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="goal_check_in_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("goal_check_in_by_goal", "goal_check_in", ["goal_id", sa.literal_column("day desc"), sa.literal_column("id desc")])
    op.create_index(
        "goal_check_in_by_contact", "goal_check_in", ["contact_id", sa.literal_column("day desc")], postgresql_where=sa.text("contact_id is not null")
    )


def _owned() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
    ]


def downgrade() -> None:
    op.execute("drop trigger contact_shared_goals on contact")
    op.drop_table("goal_check_in")
    op.drop_table("goal")
    for signature in (*OPEN, *INNER):
        op.execute(f"drop function {signature}")
