"""Contacts that are to be put into an address book: a card of it that is wanted, until it stands there.

Revision ID: 0084
Revises: 0083
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

# Whoever is erased is put into no book any more. Taking back their making is no erasing.
FORGOTTEN = """
create or replace function contact_leaves_cards() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;
  delete from sync_problem p using address_card c join address_book b on b.id = c.book_id
    where c.contact_id = old.id and p.connection_id = b.connection_id and p.calendar_ref = b.external_id and p.item = c.external_id;
  {more}update address_card set said = '{{}}', brought = '[]', held = null, copies = '[]' where contact_id = old.id;
  return old;
end $$
"""

# Its owner's open pages of the contact learn what has become of it.
NOTICE = """
create function card_wanted_notice() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare card address_card := coalesce(new, old);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'contact', 'owner', card.owner_id, 'audience', 'private',
    'ids', jsonb_build_array(card.contact_id), 'change_set', null)::text);
  return null;
end $$
"""
WHEN = {"insert": "new.wanted", "update": "old.wanted is distinct from new.wanted", "delete": "old.wanted"}


def upgrade() -> None:
    op.add_column("address_card", sa.Column("wanted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(NOTICE)
    op.execute("revoke execute on function card_wanted_notice() from public")
    for act, when in WHEN.items():
        op.execute(f"create trigger address_card_notice_{act} after {act} on address_card for each row when ({when}) execute function card_wanted_notice()")
    op.execute(FORGOTTEN.format(more="delete from address_card where contact_id = old.id and wanted;\n  "))


def downgrade() -> None:
    op.execute(FORGOTTEN.format(more=""))
    for act in WHEN:
        op.execute(f"drop trigger address_card_notice_{act} on address_card")
    op.execute("drop function card_wanted_notice()")
    op.execute("delete from address_card where wanted")
    op.drop_column("address_card", "wanted")
