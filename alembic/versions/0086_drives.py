"""Documents of contacts that lie in a drive at Google: a kind of connection, which of its files and folders are whose, and what came of each file.

Revision ID: 0086
Revises: 0085
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
KIND, WANTS = "'google_drive'", "'files'"
SHARED = "google_account_is_shared(uuid)"
GOOGLE_BEFORE, GOOGLE = "in ('google', 'gmail', 'google_people')", "in ('google', 'gmail', 'google_people', 'google_drive')"
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'drive_link', 'drive_file', "
MOVED = "state,next_run_at,last_run_at,last_ok_at,last_full_at,failures,reason"
TABLES = ("drive_link", "drive_file")
SIGNATURES = ("drive_of_contact()", "contact_leaves_drive()", "drive_notice()")

# A foreign key sees past row security, so whoever links a file has to see the contact, and the connection has to be theirs.
OF_CONTACT = f"""
create function drive_of_contact() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if not exists (select from contact c where c.id = new.contact_id and (c.owner_id = app_user() or c.audience = 'team')) then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  if not exists (select from connection c where c.id = new.connection_id and c.owner_id = new.owner_id) then
    raise exception 'no such connection' using errcode = '23503';
  end if;
  return new;
end $$
"""

# What is told of a file that did not come in bears its name, which may be that of somebody who is erased.
LEFT = f"""
create function contact_leaves_drive() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from sync_problem p using drive_link l where l.contact_id = old.id and p.connection_id = l.connection_id and p.calendar_ref = old.id::text;
  return old;
end $$
"""

# Whoever looks at the contact's files sees what becomes of what they chose.
NOTICE = f"""
create function drive_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now drive_link := case when tg_op = 'DELETE' then old else new end;
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'document', 'owner', row_now.owner_id, 'audience', 'private',
    'ids', jsonb_build_array(row_now.contact_id), 'change_set', null)::text);
  return null;
end $$
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    _known("connection", "kind", lambda known: [*known, KIND])
    _known("oauth_state", "wants", lambda known: [*known, WANTS])
    _rewrite(SHARED, GOOGLE_BEFORE, GOOGLE)
    op.add_column("connection", sa.Column("place", sa.Text(), server_default=sa.text("''"), nullable=False))
    _touch(f"{MOVED},place")
    op.add_column("document", sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("document", sa.Column("source_ref", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("document", sa.Column("source_gone", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_check_constraint("document_source_known", "document", "source in ('', 'google_drive')")
    _drive_link()
    _drive_file()
    for function in (OF_CONTACT, LEFT, NOTICE):
        op.execute(function)
    for signature in SIGNATURES:
        op.execute(f"revoke execute on function {signature} from public")
    for table in TABLES:
        _secure(table)
        op.execute(f"create trigger {table}_child before insert or update of contact_id, connection_id on {table} for each row execute function drive_of_contact()")
        op.execute(f"create trigger {table}_guard before update on {table} for each row execute function guard_owner('')")
    op.execute("create trigger drive_link_notice after insert or update or delete on drive_link for each row execute function connection_notice()")
    op.execute("create trigger drive_link_told after insert or update or delete on drive_link for each row execute function drive_notice()")
    op.execute("create trigger contact_leaves_drive before delete on contact for each row execute function contact_leaves_drive()")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    """Documents that came from a drive stay."""
    op.execute("set local lock_timeout = '5s'")
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.execute("drop trigger contact_leaves_drive on contact")
    for table in reversed(TABLES):
        op.drop_table(table)
    for signature in SIGNATURES:
        op.execute(f"drop function {signature}")
    for column in ("source_gone", "source_ref", "source"):
        op.drop_column("document", column)
    _touch(MOVED)
    op.drop_column("connection", "place")
    op.execute(f"delete from oauth_state where wants = {WANTS}")
    op.execute(f"delete from connection where kind = {KIND}")
    _rewrite(SHARED, GOOGLE, GOOGLE_BEFORE)
    _known("oauth_state", "wants", lambda known: [one for one in known if one != WANTS])
    _known("connection", "kind", lambda known: [one for one in known if one != KIND])


def _columns(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name=f"{table}_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    ]


def _drive_link() -> None:
    flags = [sa.Column(name, sa.Boolean(), nullable=False) for name in ("folder", "listed", "gone")]
    op.create_table("drive_link", *_columns("drive_link"), *flags)
    op.create_index("drive_link_ref", "drive_link", ["connection_id", "contact_id", "external_id"], unique=True)
    op.create_index("drive_link_contact", "drive_link", ["contact_id"])


def _drive_file() -> None:
    op.create_table(
        "drive_file",
        *_columns("drive_file"),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["drive_link.id"], ondelete="SET NULL"),
    )
    op.create_index("drive_file_ref", "drive_file", ["connection_id", "contact_id", "external_id"], unique=True)
    op.create_index("drive_file_contact", "drive_file", ["contact_id"])
    op.create_index("drive_file_link", "drive_file", ["link_id"])


def _secure(table: str) -> None:
    """What the application may do with a table: its owner reads and, as a writer, writes it; nobody else does either."""
    mine = f"owner_id = {ME} and audience = 'private'"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and {mine})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and {mine}) with check ({mine})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _touch(unseen: str) -> None:
    """What a run writes makes no open form of its owner stale."""
    op.execute(f"create or replace trigger connection_touch before update on connection for each row execute function touch_row('{unseen}')")


def _known(table: str, column: str, change: Callable[[list[str]], list[str]]) -> None:
    """Add to the words that are known, or take from them, whatever others there are."""
    name = f"{table}_{column}_known"
    found = op.get_bind().execute(sa.text("select pg_get_constraintdef(oid) from pg_constraint where conname = :name"), {"name": name}).scalar_one()
    known = [part.split("::")[0].strip() for part in found.partition("ARRAY[")[2].partition("]")[0].split(",")]
    op.execute(f"alter table {table} drop constraint {name}")
    op.execute(f"alter table {table} add constraint {name} check ({column} in ({', '.join(change(known))})) not valid")
    op.execute(f"alter table {table} validate constraint {name}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
