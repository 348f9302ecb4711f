"""Address books elsewhere: a kind of connection, its books, and what each of their cards said when it last came in.

Revision ID: 0050
Revises: 0049
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
KIND = "'carddav'"
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'address_book', 'address_card', "
CONSTRAINT = "connection_kind_known"

# Of somebody who is erased no word stays in what their card said, nor in what is told of that card. Taking back their making is no erasing.
FORGOTTEN = f"""
create function contact_leaves_cards() returns trigger language plpgsql {DEFINER} as $$
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;
  delete from sync_problem p using address_card c join address_book b on b.id = c.book_id
    where c.contact_id = old.id and p.connection_id = b.connection_id and p.calendar_ref = b.external_id and p.item = c.external_id;
  update address_card set said = '{{}}', brought = '[]' where contact_id = old.id;
  return old;
end $$
"""


def upgrade() -> None:
    _kinds(lambda known: [*known, KIND])
    _address_book()
    _address_card()
    for table in ("address_book", "address_card"):
        _secure(table)
    op.execute("create trigger address_book_touch before update on address_book for each row execute function touch_row('name,token')")
    op.execute("create trigger address_book_guard before update on address_book for each row execute function guard_owner('')")
    op.execute("create trigger address_book_notice after insert or update or delete on address_book for each row execute function connection_notice()")
    op.execute(FORGOTTEN)
    op.execute("revoke execute on function contact_leaves_cards() from public")
    op.execute("create trigger contact_leaves_cards before delete on contact for each row execute function contact_leaves_cards()")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    op.execute("drop trigger contact_leaves_cards on contact")
    op.execute("drop function contact_leaves_cards()")
    op.drop_table("address_card")
    op.drop_table("address_book")
    op.execute(f"delete from connection where kind = {KIND}")
    _kinds(lambda known: [kind for kind in known if kind != KIND])


def _kinds(change) -> None:  # type: ignore[no-untyped-def]
    """Add to the kinds that are known, or take from them, whatever others there are."""
    found = op.get_bind().execute(sa.text("select pg_get_constraintdef(oid) from pg_constraint where conname = :name"), {"name": CONSTRAINT}).scalar_one()
    known = [part.split("::")[0].strip() for part in found.partition("ARRAY[")[2].partition("]")[0].split(",")]
    op.execute(f"alter table connection drop constraint {CONSTRAINT}")
    op.execute(f"alter table connection add constraint {CONSTRAINT} check (kind in ({', '.join(change(known))})) not valid")
    op.execute(f"alter table connection validate constraint {CONSTRAINT}")


def _owned() -> list[sa.Column]:
    return [
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _address_book() -> None:
    op.create_table(
        "address_book",
        *_owned(),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="address_book_audience_known"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("address_book_ref", "address_book", ["connection_id", "external_id"], unique=True)


def _address_card() -> None:
    op.create_table(
        "address_card",
        *_owned(),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("brought", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="address_card_audience_known"),
        sa.ForeignKeyConstraint(["book_id"], ["address_book.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("address_card_ref", "address_card", ["book_id", "external_id"], unique=True)
    op.create_index("address_card_contact", "address_card", ["contact_id"])


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


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
