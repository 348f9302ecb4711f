"""Address books that are written into, too: what a contact held when it was last in step with its card, and what was changed on both sides.

Revision ID: 0079
Revises: 0078
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

# Of somebody who is erased no word stays in what their card said. Taking back their making is no erasing.
FORGOTTEN = """
create or replace function contact_leaves_cards() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;
  delete from sync_problem p using address_card c join address_book b on b.id = c.book_id
    where c.contact_id = old.id and p.connection_id = b.connection_id and p.calendar_ref = b.external_id and p.item = c.external_id;
  update address_card set said = '{{}}', brought = '[]'{more} where contact_id = old.id;
  return old;
end $$
"""


def upgrade() -> None:
    op.add_column("address_book", sa.Column("two_way", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("address_book", sa.Column("refused", sa.Text(), server_default="", nullable=False))
    op.add_column("address_card", sa.Column("held", postgresql.JSONB(), nullable=True))
    op.add_column("address_card", sa.Column("seen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("address_card", sa.Column("copies", postgresql.JSONB(), server_default="[]", nullable=False))
    op.execute(FORGOTTEN.format(more=", held = null, copies = '[]'"))
    _touch("name,token,refused")


def downgrade() -> None:
    _touch("name,token")
    op.execute(FORGOTTEN.format(more=""))
    for table, column in (("address_card", "copies"), ("address_card", "seen"), ("address_card", "held"), ("address_book", "refused"), ("address_book", "two_way")):
        op.drop_column(table, column)


def _touch(unseen: str) -> None:
    """What changes of a book that is nobody's decision leaves its version alone."""
    op.execute("drop trigger address_book_touch on address_book")
    op.execute(f"create trigger address_book_touch before update on address_book for each row execute function touch_row('{unseen}')")
