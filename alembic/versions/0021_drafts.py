"""What somebody was typing about a contact goes when the contact goes for good: of an erased person no word is left.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# A draft's key ends with the id of what is written about. No key refers to the contact, because a place need not be one.
FORGET = """
create function forget_drafts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from saved_draft d using gone g where split_part(d.key, ':', 2) = g.id::text;
  return null;
end $$
"""
ORPHANS = """
delete from saved_draft d where d.key like 'entry:%' and not exists (select from contact c where c.id::text = split_part(d.key, ':', 2))
"""


def upgrade() -> None:
    op.execute(FORGET)
    op.execute("create trigger forget_drafts after delete on contact referencing old table as gone for each statement execute function forget_drafts()")
    op.execute(ORPHANS)


def downgrade() -> None:
    op.execute("drop trigger forget_drafts on contact")
    op.execute("drop function forget_drafts()")
