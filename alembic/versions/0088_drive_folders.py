"""Folders below a linked one: which lie in which, and in which of them a file lies. Everything that is linked is looked at once more, so that they come in.

Revision ID: 0088
Revises: 0087
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"owner_id = {ME} and audience = 'private'"
HANDED = "team_owned_tables(boolean)"
KEPT_BEFORE, KEPT = "'drive_link', 'drive_file', ", "'drive_link', 'drive_file', 'drive_folder', "
ANEW = "update connection set place = '' where kind = 'google_drive'"

# A foreign key sees past row security, so the connection has to be theirs.
OF_CONNECTION = f"""
create function drive_of_connection() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is not null and not exists (select from connection c where c.id = new.connection_id and c.owner_id = new.owner_id) then
    raise exception 'no such connection' using errcode = '23503';
  end if;
  return new;
end $$
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.add_column("drive_file", sa.Column("folder", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "drive_folder",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("within", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="drive_folder_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("drive_folder_ref", "drive_folder", ["connection_id", "external_id"], unique=True)
    op.execute(OF_CONNECTION)
    op.execute("revoke execute on function drive_of_connection() from public")
    _secure()
    _rewrite(HANDED, KEPT_BEFORE, KEPT)
    op.execute(ANEW)


def downgrade() -> None:
    """Documents from folders below a linked one stay; the look at everything that follows says that they are not in the linked one itself."""
    op.execute("set local lock_timeout = '5s'")
    _rewrite(HANDED, KEPT, KEPT_BEFORE)
    op.drop_table("drive_folder")
    op.execute("drop function drive_of_connection()")
    op.drop_column("drive_file", "folder")
    op.execute(ANEW)


def _secure() -> None:
    """Its owner reads and, as a writer, writes it; nobody else does either."""
    table = "drive_folder"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and {MINE})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and {MINE}) with check ({MINE})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")
    op.execute(f"create trigger {table}_child before insert or update of connection_id on {table} for each row execute function drive_of_connection()")
    op.execute(f"create trigger {table}_guard before update on {table} for each row execute function guard_owner('')")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
